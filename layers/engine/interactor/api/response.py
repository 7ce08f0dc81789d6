"""Answers: ``{"data": ...}`` or ``{"error": {...}}``, with the headers that every answer has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from interactor.core import jsons
from interactor.core.errors import InteractorError, RateLimitedError, ServiceUnavailableError, UnauthorizedError
from interactor.core.jsons import Json, JsonObject

ALWAYS: Final = {
    "Cache-Control": "no-store",
    # An address may hold the token of a signed link, which no other site is to be told.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # RFC 6797. Over plain HTTP, as in the local run, browsers pass over it.
    "Strict-Transport-Security": "max-age=31536000",
}
"""Headers of every answer, errors too; an endpoint may replace one (``Cache-Control`` of what anybody may keep)."""


@dataclass(frozen=True)
class Response:
    """One HTTP answer. ``body`` None: none at all."""

    status: int
    body: Json = None
    headers: dict[str, str] = field(default_factory=dict)

    def event(self, request_id: str, also: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The answer in API Gateway's notation, with further headers."""
        headers = {"X-Request-Id": request_id, **ALWAYS, **(also or {}), **self.headers}
        if self.body is None:
            return {"statusCode": self.status, "headers": headers}
        headers = {"Content-Type": "application/json", **headers}
        text = self.body if isinstance(self.body, str) else jsons.dumps(self.body)
        return {"statusCode": self.status, "headers": headers, "body": text}


def ok(data: Json) -> Response:
    """200."""
    return Response(200, {"data": data})


def created(data: Json) -> Response:
    """201."""
    return Response(201, {"data": data})


def accepted(data: Json) -> Response:
    """202: it will be done."""
    return Response(202, {"data": data})


def no_content() -> Response:
    """204."""
    return Response(204)


def refused(error: InteractorError, request_id: str) -> Response:
    """An error of the tree, in the documented form."""
    body: JsonObject = {
        "code": error.code,
        "message": error.message,
        "details": error.details,
        "request_id": request_id,
    }
    headers = {"WWW-Authenticate": error.challenge} if isinstance(error, UnauthorizedError) else {}
    if isinstance(error, RateLimitedError | ServiceUnavailableError):
        headers["Retry-After"] = str(error.retry_after)
    return Response(error.status, {"error": body}, headers)
