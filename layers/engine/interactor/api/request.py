"""An API Gateway event (payload format 2.0) as the request that the use cases need."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from interactor.core import jsons
from interactor.core.errors import InvalidRequestError, PayloadTooLargeError
from interactor.core.jsons import Json, JsonError, JsonObject
from interactor.core.times import Millis

_LATEST_SECONDS = 10**11
_SANE_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}", re.ASCII)
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)


@dataclass(frozen=True)
class Request:
    """One HTTP request. Header names are lower case; ``arrived_at`` is when it reached the API."""

    method: str
    path: str
    parameters: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw_body: bytes
    arrived_at: Millis

    @classmethod
    def of(cls, event: JsonObject) -> "Request":
        """The request of an event."""
        context: Any = event["requestContext"]
        raw = event.get("body") or ""
        try:
            body = (
                base64.b64decode(raw, validate=True)
                if event.get("isBase64Encoded")
                else raw.encode("utf-8", "surrogatepass")
            )
        except binascii.Error:
            body = b"\xff"
        return cls(
            method=context["http"]["method"],
            path=context["http"]["path"],
            parameters=event.get("pathParameters") or {},
            query=event.get("queryStringParameters") or {},
            headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
            raw_body=body,
            arrived_at=_millis(int(context["timeEpoch"])),
        )

    @cached_property
    def traceparent(self) -> str | None:
        """The caller's W3C trace context, where it is one."""
        given = self.headers.get("traceparent", "").strip()
        return given if _TRACEPARENT.fullmatch(given) else None

    def request_id(self, made: str) -> str:
        """The caller's own id where it is sane, else the one that was made."""
        given = self.headers.get("x-request-id", "")
        return given if _SANE_ID.fullmatch(given) else made

    def parameter(self, name: str) -> str:
        """A path parameter, as API Gateway decoded it."""
        return self.parameters[name]

    def json(self, most: int, empty: Json = None) -> Json:
        """The body as JSON; ``empty`` stands for no body at all.

        Raises:
            PayloadTooLargeError: over ``most`` bytes.
            InvalidRequestError: when it is not JSON as the engine reads it.
        """
        if len(self.raw_body) > most:
            raise PayloadTooLargeError(f"The body has {len(self.raw_body)} bytes; at most {most} are taken")
        if not self.raw_body.strip():
            return empty
        try:
            return jsons.loads(self.raw_body)
        except JsonError as error:
            raise InvalidRequestError(f"The body is not JSON: {error}") from None

    def object(self, most: int) -> JsonObject:
        """The body as a JSON object; no body is an empty one.

        Raises:
            PayloadTooLargeError, InvalidRequestError: as ``json``, and for a body that is no object.
        """
        body = self.json(most, {})
        if not isinstance(body, dict):
            raise InvalidRequestError("The body must be a JSON object")
        return body


def _millis(moment: int) -> Millis:
    """A time of a request in milliseconds; ``sam local start-api`` sends seconds."""
    return moment * 1_000 if moment < _LATEST_SECONDS else moment
