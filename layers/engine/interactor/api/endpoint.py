"""The frame around every endpoint: who asks, whether they may, what was answered, and what became of an error.

An endpoint is a function of a request and a principal; which scope it needs stands in its decorator, so that it
cannot be forgotten (ruling 18 for the order: 401, 403, and only then the rest).
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from interactor.api.request import Request
from interactor.api.response import Response, refused
from interactor.core.errors import InteractorError, InternalError, PayloadTooLargeError
from interactor.core.jsons import JsonObject
from interactor.core.principal import Principal, Scope
from interactor.logs import logger
from interactor.runtime import runtime

LARGEST_BODY = 6 * 2**20

Handler = Callable[[JsonObject, Any], dict[str, Any]]


def endpoint(scope: Scope) -> Callable[[Callable[[Request, Principal], Response]], Handler]:
    """Make a Lambda handler of an endpoint that needs a token with ``scope``."""

    def decorate(function: Callable[[Request, Principal], Response]) -> Handler:
        @wraps(function)
        def authorized(request: Request) -> Response:
            principal = runtime().verifier.verify(request.headers.get("authorization"), runtime().world.now())
            principal.require(scope)
            return function(request, principal)

        return public(authorized)

    return decorate


def public(function: Callable[[Request], Response]) -> Handler:
    """Make a Lambda handler of an endpoint that needs no token."""

    @wraps(function)
    def handler(event: JsonObject, context: Any) -> dict[str, Any]:
        made = runtime().world.new_id("req")
        request_id = made
        try:
            request = Request.of(event)
            request_id = request.request_id(made)
            logger.thread_safe_clear_keys()
            logger.thread_safe_append_keys(request_id=request_id, route=event.get("routeKey"))
            if len(request.raw_body) > LARGEST_BODY:
                raise PayloadTooLargeError("The body is larger than any request may be")
            response = function(request)
        except InteractorError as error:
            response = refused(error, request_id)
            if error.status >= 500:
                logger.exception("request failed")
        except Exception:
            # Whatever else was raised is ours: told in the log with its place, and outside without detail.
            logger.exception("request failed")
            response = refused(InternalError(), request_id)
        logger.info("answered", extra={"status": response.status})
        return response.event(request_id)

    return handler
