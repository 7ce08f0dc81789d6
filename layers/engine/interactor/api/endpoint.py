"""The frame around every endpoint with a token: who asks, whether they may, what was answered, and how errors are
shown.

An endpoint is a function of a call. Its decorator says which scope it needs and in which category it counts, so that
neither can be forgotten. The order is that of ruling 18: 401, 403, 429, then the query, and only then the rest.
"""

from collections.abc import Callable, Sequence
from typing import Literal

from interactor.access.rules import actors
from interactor.access.rules.principal import Scope
from interactor.access.rules.rates import Category
from interactor.api import routes
from interactor.api.call import Call
from interactor.api.frame import Frame, Headers, count
from interactor.api.operations import ANY_SCOPE
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.services import Services


class Endpoint(Frame):
    """An endpoint that needs a token with ``scope``."""

    def __init__(
        self,
        function: Callable[[Call], Response],
        scope: Scope | Literal["any"],
        category: Category | None,
        query: Sequence[str],
    ) -> None:
        super().__init__(function)
        self.scope = scope
        self.category = category
        self.query = tuple(query)

    def counted_as(self, request: Request) -> Category:
        return self.category or ("read" if request.method == "GET" else "write")

    def answer(self, request: Request, parts: Services, headers: Headers) -> Response:
        access, now = parts.access, parts.world.now()
        principal = access.verifier.verify(request.headers.get("authorization"), now)
        category = self.counted_as(request)
        bucket = access.buckets.get(category)
        if bucket is not None:
            headers |= access.limiter.peek(principal.account, bucket, now).headers()
        if self.scope != ANY_SCOPE:
            principal.require(self.scope)
        named = request.headers.get(actors.HEADER.lower())
        actors.require_allowed(principal, named)
        count(parts, category, principal.account, headers)
        if any(routes.is_reserved(*each) for each in request.parameters.items()):
            return routes.refuse(request)
        request.check_query(self.query)
        request.check_idempotency_key()
        groups = request.headers.get(actors.GROUPS_HEADER.lower())
        return self.function(Call(request, actors.acting(principal, named, groups), parts))


def endpoint(
    scope: Scope | Literal["any"], category: Category | None = None, query: Sequence[str] = ()
) -> Callable[[Callable[[Call], Response]], Endpoint]:
    """Make a Lambda handler of an endpoint that needs a token with ``scope``.

    Args:
        scope: what the token must have; with `operations.ANY_SCOPE`, any token will do.
        category: how its requests count; None: GET as reads, all others as writes (ruling 33).
        query: its query parameters; any other is refused (ruling 22).
    """
    return lambda function: Endpoint(function, scope, category, query)
