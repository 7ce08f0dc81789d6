"""An API Gateway event (payload format 2.0) as the request that the use cases need."""

import base64
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from interactor.access.rules.rates import NO_SOURCE, source_of
from interactor.core import jsons, limits
from interactor.core.errors import InvalidRequestError, PayloadTooLargeError
from interactor.core.jsons import Json, JsonError, JsonObject, JsonPlace
from interactor.core.near import nearest
from interactor.core.times import Millis

IDEMPOTENCY_KEY = "idempotency-key"
LONGEST_KEY = 255
"""Characters of an idempotency key."""
_LATEST_SECONDS = 10**11
_LONGEST_FIELD = 300
_LISTED, _QUOTED = 20, 80
"""One refusal names so many members or parameters, and so many characters of each name."""
_LISTS = frozenset({"types"})
"""Query parameters with several values separated by commas. API Gateway joins a repeated parameter in the same way."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_JSON = re.compile(r"application/([a-z0-9!#$&^_.-]+\+)?json", re.ASCII)
_SANE_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}", re.ASCII)
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)


def dotted(place: JsonPlace) -> str:
    """Return a place in a body as ``details`` name it: ``input.items.0.price``."""
    return ".".join(map(str, place))


@dataclass(frozen=True)
class Request:
    """One HTTP request. Header names are in lower case. ``arrived_at`` is when it reached the API.

    ``source`` is where it came from, as ``source_of`` returns it: the connection's address, never what a header claims.
    """

    method: str
    path: str
    parameters: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw_body: bytes
    arrived_at: Millis
    raw_query: str = ""
    source: str = NO_SOURCE

    @classmethod
    def of(cls, event: JsonObject) -> "Request":
        """Return the request of an event."""
        context: Any = event["requestContext"]
        raw = event.get("body") or ""
        try:
            body = (
                base64.b64decode(raw, validate=True)
                if event.get("isBase64Encoded")
                else raw.encode("utf-8", "surrogatepass")
            )
        except ValueError:
            body = b"\xff"
        return cls(
            method=context["http"]["method"],
            path=context["http"]["path"],
            parameters=event.get("pathParameters") or {},
            query=event.get("queryStringParameters") or {},
            headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
            # RFC 8259, 8.1: it is no part of the document, and is not stored with it.
            raw_body=body.removeprefix(_BYTE_ORDER_MARK),
            arrived_at=_millis(int(context["timeEpoch"])),
            raw_query=event.get("rawQueryString") or "",
            source=source_of(context["http"].get("sourceIp")),
        )

    @property
    def media_type(self) -> str:
        """The type of the body, without its parameters; empty if none is named."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @cached_property
    def traceparent(self) -> str | None:
        """The caller's W3C trace context, if it is valid."""
        given = self.headers.get("traceparent", "").strip()
        return given if _TRACEPARENT.fullmatch(given) else None

    def request_id(self, made: str) -> str:
        """Return the caller's own id if it is acceptable, else the one that was made."""
        given = self.headers.get("x-request-id", "")
        return given if _SANE_ID.fullmatch(given) else made

    def parameter(self, name: str) -> str:
        """Return a path parameter, as API Gateway decoded it."""
        return self.parameters[name]

    def check_query(self, known: Sequence[str]) -> None:
        """Refuse query parameters that the endpoint does not have: a misspelt filter must not list everything (ruling
        22).

        Raises:
            InvalidRequestError: names each, with the nearest existing one.
        """
        sent = Counter(name for name, _ in parse_qsl(self.raw_query, keep_blank_values=True, errors="replace"))
        twice = [name for name in known if sent[name] > 1 and name not in _LISTS]
        unknown = [name for name in self.query if name not in known]
        wrong: list[JsonObject] = [{"field": name, "message": "is sent more than once"} for name in twice]
        wrong += [{"field": name[:_QUOTED], "message": _unknown(name, known)} for name in unknown[:_LISTED]]
        if wrong:
            first = f"{wrong[0]['field']} {wrong[0]['message']}"
            raise InvalidRequestError(f"The query is wrong: {first}", list(wrong))

    def check_idempotency_key(self) -> None:
        """Refuse what cannot be an ``Idempotency-Key``, before anything is read for the request.

        Raises:
            InvalidRequestError: it is empty, or too long.
        """
        given = self.headers.get(IDEMPOTENCY_KEY)
        if given is not None and not 0 < len(given) <= LONGEST_KEY:
            message = f"must have 1 to {LONGEST_KEY} characters"
            raise InvalidRequestError(
                f"'Idempotency-Key' {message}", [{"field": "Idempotency-Key", "message": message}]
            )

    def json(self, most: int, empty: Json = None, written: Callable[[JsonPlace], str] = dotted) -> Json:
        """Return the body as JSON. ``empty`` stands for no body; ``written`` writes the place of what is wrong.

        Raises:
            PayloadTooLargeError: it has more than ``most`` bytes.
            InvalidRequestError: it is not JSON as the engine reads it, or has another content type.
        """
        if len(self.raw_body) > most:
            message = f"The body has {len(self.raw_body)} bytes; at most {most} are taken"
            raise PayloadTooLargeError(message, [{"field": "body", "message": message}])
        if not self.raw_body.strip():
            return empty
        if self.media_type and not _JSON.fullmatch(self.media_type):
            message = f"must be application/json where there is a body, not {self.media_type[:80]}"
            raise InvalidRequestError(f"The Content-Type {message}", [{"field": "Content-Type", "message": message}])
        try:
            return jsons.loads(self.raw_body)
        except JsonError as error:
            field = written(error.place)[:_LONGEST_FIELD]
            message = f"The body is not JSON: {error}" + (f", at {field}" if field else "")
            raise InvalidRequestError(message, [{"field": field or "body", "message": str(error)}]) from None

    def nothing(self) -> None:
        """Read the body of a request that needs none. An object without members is accepted.

        Raises:
            PayloadTooLargeError, InvalidRequestError: as for ``object``; also for members, which would have no effect.
        """
        body = self.object(limits.BODY_BYTES)
        if body:
            message = "is not a member of this body: it needs none"
            wrong: list[JsonObject] = [{"field": name[:_QUOTED], "message": message} for name in list(body)[:_LISTED]]
            raise InvalidRequestError(f"The body must be empty here: {wrong[0]['field']} {message}", list(wrong))

    def object(self, most: int) -> JsonObject:
        """Return the body as a JSON object. No body is an empty object.

        Raises:
            PayloadTooLargeError, InvalidRequestError: as for ``json``; also for a body that is no object.
        """
        body = self.json(most, {})
        if not isinstance(body, dict):
            message = "must be a JSON object"
            raise InvalidRequestError(f"The body {message}", [{"field": "body", "message": message}])
        return body


def _unknown(name: str, known: Sequence[str]) -> str:
    near = nearest(name, known)
    if near is not None:
        return f"is no query parameter here: did you mean '{near}'?"
    return f"is no query parameter here: {', '.join(known) if known else 'there is none'}"


def _millis(moment: int) -> Millis:
    """Return a time of a request in milliseconds. ``sam local start-api`` sends seconds."""
    return moment * 1_000 if moment < _LATEST_SECONDS else moment
