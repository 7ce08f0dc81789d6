"""The frame around every endpoint: who asks, whether they may, what was answered, and what became of an error.

An endpoint is a function of a request and a principal; which scope it needs and what it is counted as stand in its
decorator, so that they cannot be forgotten (ruling 18 for the order: 401, 403, 429, then the query, and only then the
rest).
"""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from interactor.access.rules import actors
from interactor.access.rules.principal import Principal, Scope
from interactor.access.rules.rates import Category, Standing, end_of, window_of
from interactor.api import routes
from interactor.api.request import Request
from interactor.api.response import Response, refused
from interactor.core.errors import InteractorError, InternalError, PayloadTooLargeError, RateLimitedError
from interactor.core.jsons import JsonObject
from interactor.core.times import Millis
from interactor.logs import logger
from interactor.runtime import runtime

LARGEST_BODY = 6 * 2**20

Handler = Callable[[JsonObject, Any], dict[str, Any]]
Headers = dict[str, str]
"""Headers of the answer, whatever it will be."""


def endpoint(
    scope: Scope, category: Category | None = None, query: Sequence[str] = ()
) -> Callable[[Callable[[Request, Principal], Response]], Handler]:
    """Make a Lambda handler of an endpoint that needs a token with ``scope``.

    Args:
        category: what its requests are counted as; None: as reads where they are GET, else as writes (ruling 33).
        query: the query parameters that it has; any other is refused (ruling 22).
    """

    def decorate(function: Callable[[Request, Principal], Response]) -> Handler:
        def counted_as(request: Request) -> Category:
            return category or ("read" if request.method == "GET" else "write")

        def authorized(request: Request, headers: Headers) -> Response:
            now = runtime().world.now()
            principal = runtime().verifier.verify(request.headers.get("authorization"), now)
            bucket = runtime().buckets.get(counted_as(request))
            if bucket is not None:
                headers |= runtime().limiter.peek(principal.account, bucket, now).headers()
            principal.require(scope)
            named = request.headers.get(actors.HEADER.lower())
            actors.require_allowed(principal, named)
            count(counted_as(request), principal.account, headers)
            caller = actors.acting(principal, named)
            if any(routes.is_reserved(*each) for each in request.parameters.items()):
                return routes.refuse(request)
            request.check_query(query)
            return function(request, caller)

        made = _framed(wraps(function)(authorized), counted_as)
        made.__dict__.update(scope=scope, category=category, query=tuple(query))
        return made

    return decorate


def public(function: Callable[[Request], Response]) -> Handler:
    """Make a Lambda handler of an endpoint that needs no token; a GET that has an answer has no query parameters.

    ``/oauth/revoke`` passes over what it does not know, as ``counted``.
    """

    def called(request: Request, _: Headers) -> Response:
        response = function(request)
        if request.method == "GET":
            # Nothing was read for it; and a path that there is not is no matter of its query.
            request.check_query(())
        return response

    return _framed(wraps(function)(called))


def counted(category: Category) -> Callable[[Callable[[Request, Headers], Response]], Handler]:
    """Make a Lambda handler of an endpoint that needs no token and counts its requests itself (``count``).

    Parameters that it does not know are passed over, as RFC 6749, 3.2 asks of a token endpoint.
    """
    return lambda function: _framed(function, lambda _: category)


def count(category: Category, subject: str, headers: Headers) -> None:
    """Count a request, and put into ``headers`` where its caller then stands.

    Raises:
        RateLimitedError: the limit is reached.
    """
    bucket = runtime().buckets.get(category)
    if bucket is None:
        return
    now = runtime().world.now()
    try:
        headers |= runtime().limiter.take(subject, bucket, now).headers()
    except RateLimitedError:
        headers |= Standing(bucket.limit, 0, end_of(window_of(now))).headers()
        raise


def give_back(category: Category, subject: str, taken_at: Millis) -> None:
    """Undo a ``count`` of that moment."""
    bucket = runtime().buckets.get(category)
    if bucket is not None:
        runtime().limiter.give_back(subject, bucket, taken_at)


def _of_nobody(category: Category) -> Headers:
    """Where a caller stands who is not known (yet), for whom nothing is counted: at the whole limit."""
    bucket = runtime().buckets.get(category)
    if bucket is None:
        return {}
    return Standing(bucket.limit, bucket.limit, end_of(window_of(runtime().world.now()))).headers()


def _framed(
    function: Callable[[Request, Headers], Response], counted_as: Callable[[Request], Category] | None = None
) -> Handler:
    @wraps(function)
    def handler(event: JsonObject, context: Any) -> dict[str, Any]:
        made, headers = runtime().world.new_id("req"), Headers()
        request_id = made
        try:
            request = Request.of(event)
            request_id = request.request_id(made)
            logger.thread_safe_clear_keys()
            logger.thread_safe_append_keys(request_id=request_id, route=event.get("routeKey"))
            if counted_as is not None:
                headers |= _of_nobody(counted_as(request))
            if len(request.raw_body) > LARGEST_BODY:
                message = "The body is larger than any request may be"
                raise PayloadTooLargeError(message, [{"field": "body", "message": message}])
            response = function(request, headers)
        except InteractorError as error:
            response = refused(error, request_id)
            if error.status >= 500:
                logger.exception("request failed")
        except Exception:
            # Whatever else was raised is ours: told in the log with its place, and outside without detail.
            logger.exception("request failed")
            response = refused(InternalError(), request_id)
        logger.info("answered", extra={"status": response.status})
        return response.event(request_id, headers)

    return handler
