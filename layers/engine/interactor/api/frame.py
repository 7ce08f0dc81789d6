"""What every handler does around its endpoint: makes a request from the event, and an answer from whatever is raised.

``endpoint`` is the frame of endpoints that need a token. Those that need none are here.
"""

from collections.abc import Callable
from typing import Any

from interactor.access.rules.rates import Category, Standing, end_of, window_of
from interactor.api.request import Request
from interactor.api.response import Response, refused
from interactor.core.errors import (
    InteractorError,
    InternalError,
    PayloadTooLargeError,
    RateLimitedError,
    ServiceUnavailableError,
)
from interactor.core.jsons import JsonObject
from interactor.core.storing import StoreBusyError
from interactor.core.times import Millis
from interactor.logs import logger
from interactor.services import Services, services

LARGEST_BODY = 6 * 2**20

Headers = dict[str, str]
"""Headers of the answer, whatever the answer will be."""


class Frame:
    """A Lambda handler: makes a request from the event, gets its answer, and makes an answer from whatever is
    raised.
    """

    def __init__(self, function: Callable[..., Response]) -> None:
        self.function = function
        self.__doc__ = function.__doc__

    def __call__(self, event: JsonObject, context: Any) -> dict[str, Any]:
        """Answer one event of API Gateway (payload format 2.0)."""
        parts, headers = services(), Headers()
        request_id = made = parts.world.new_id("req")
        try:
            request = Request.of(event)
            request_id = request.request_id(made)
            logger.thread_safe_clear_keys()
            logger.thread_safe_append_keys(request_id=request_id, route=event.get("routeKey"))
            category = self.counted_as(request)
            if category is not None:
                headers |= _of_nobody(parts, category)
            if len(request.raw_body) > LARGEST_BODY:
                message = "The body is larger than any request may be"
                raise PayloadTooLargeError(message, [{"field": "body", "message": message}])
            response = self.answer(request, parts, headers)
        except InteractorError as error:
            response = refused(error, request_id)
            if error.status >= 500:
                logger.exception("request failed")
        except StoreBusyError:
            logger.warning("refused for now", exc_info=True)
            response = refused(ServiceUnavailableError(), request_id)
        except Exception:
            # Any other exception is our fault: the log has its place, and the answer has no detail.
            logger.exception("request failed")
            response = refused(InternalError(), request_id)
        logger.info("answered", extra={"status": response.status})
        return response.event(request_id, headers)

    def counted_as(self, request: Request) -> Category | None:
        """Return the category in which a request counts (ruling 33); None: it does not count."""
        raise NotImplementedError

    def answer(self, request: Request, parts: Services, headers: Headers) -> Response:
        """Return the answer to a request."""
        raise NotImplementedError


class Public(Frame):
    """An endpoint that needs no token, and whose requests are not counted."""

    def counted_as(self, request: Request) -> None:
        return None

    def answer(self, request: Request, parts: Services, headers: Headers) -> Response:
        response = self.function(request, parts)
        if request.method == "GET":
            # Nothing was read for this request. If the path does not exist, its query does not matter.
            request.check_query(())
        return response


class Counted(Frame):
    """An endpoint that needs no token and counts its requests itself (``count``)."""

    def __init__(self, function: Callable[[Request, Services, Headers], Response], category: Category) -> None:
        super().__init__(function)
        self.category = category

    def counted_as(self, request: Request) -> Category:
        return self.category

    def answer(self, request: Request, parts: Services, headers: Headers) -> Response:
        return self.function(request, parts, headers)


def public(function: Callable[[Request, Services], Response]) -> Public:
    """Make a Lambda handler of an endpoint that needs no token. A GET that has an answer has no query parameters.

    ``/oauth/revoke`` ignores unknown parameters, like ``counted``.
    """
    return Public(function)


def counted(category: Category) -> Callable[[Callable[[Request, Services, Headers], Response]], Counted]:
    """Make a Lambda handler of an endpoint that needs no token and counts its requests itself (``count``).

    It ignores unknown parameters, as RFC 6749, 3.2 asks of a token endpoint.
    """
    return lambda function: Counted(function, category)


def count(parts: Services, category: Category, subject: str, headers: Headers) -> None:
    """Count a request, and put its caller's standing into ``headers``.

    Raises:
        RateLimitedError: the limit is reached.
    """
    bucket = parts.access.buckets.get(category)
    if bucket is None:
        return
    now = parts.world.now()
    try:
        headers |= parts.access.limiter.take(subject, bucket, now).headers()
    except RateLimitedError:
        headers |= Standing(bucket.limit, 0, end_of(window_of(now))).headers()
        raise


def give_back(parts: Services, category: Category, subject: str, taken_at: Millis) -> None:
    """Undo a ``count`` at that time."""
    bucket = parts.access.buckets.get(category)
    if bucket is not None:
        parts.access.limiter.give_back(subject, bucket, taken_at)


def _of_nobody(parts: Services, category: Category) -> Headers:
    """Return the headers for a caller who is not known (yet) and for whom nothing is counted: the whole limit is
    left.
    """
    bucket = parts.access.buckets.get(category)
    if bucket is None:
        return {}
    return Standing(bucket.limit, bucket.limit, end_of(window_of(parts.world.now()))).headers()
