"""Answers: ``{"data": ...}`` or ``{"error": {...}}``, with the headers that every answer has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from interactor.core import jsons
from interactor.core.errors import (
    InteractorError,
    RateLimitedError,
    RemindedRecentlyError,
    ServiceUnavailableError,
    UnauthorizedError,
)
from interactor.core.jsons import Json, JsonObject

ALWAYS: Final = {
    "Cache-Control": "no-store",
    # The address may contain the token of a signed link, and no other site may get it.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # RFC 6797. Browsers ignore it over plain HTTP, as in the local run.
    "Strict-Transport-Security": "max-age=31536000",
}
"""Headers of every answer, errors too. An endpoint may replace one (``Cache-Control`` for what anybody may cache)."""


@dataclass(frozen=True)
class Response:
    """One HTTP answer. If ``body`` is None, there is none."""

    status: int
    body: Json = None
    headers: dict[str, str] = field(default_factory=dict)

    def event(self, request_id: str, also: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return the answer in API Gateway's notation, with the headers in ``also``."""
        headers = {"X-Request-Id": request_id, **ALWAYS, **(also or {}), **self.headers}
        if self.body is None:
            return {"statusCode": self.status, "headers": headers}
        headers = {"Content-Type": "application/json", **headers}
        text = self.body if isinstance(self.body, str) else jsons.dumps(self.body)
        return {"statusCode": self.status, "headers": headers, "body": text}


def ok(data: Json) -> Response:
    """Return an answer with status 200."""
    return Response(200, {"data": data})


def created(data: Json) -> Response:
    """Return an answer with status 201."""
    return Response(201, {"data": data})


def accepted(data: Json) -> Response:
    """Return an answer with status 202: it will be done."""
    return Response(202, {"data": data})


def no_content() -> Response:
    """Return an answer with status 204."""
    return Response(204)


def refused(error: InteractorError, request_id: str) -> Response:
    """Return an error of the tree in the documented form."""
    body: JsonObject = {
        "code": error.code,
        "message": error.message,
        "details": error.details,
        "request_id": request_id,
    }
    headers = {"WWW-Authenticate": error.challenge} if isinstance(error, UnauthorizedError) else {}
    if isinstance(error, RateLimitedError | RemindedRecentlyError | ServiceUnavailableError):
        headers["Retry-After"] = str(error.retry_after)
    return Response(error.status, {"error": body}, headers)
