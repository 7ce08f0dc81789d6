"""HTTP logic of a state: one attempt, reported as ruling 13 says.

    2xx                                    Succeeded({"status", "body"})
    no answer within the time              http_timeout, may be retried
    no connection, or a broken answer      http_error, may be retried
    408, 429, 5xx                          http_error, may be retried, not before Retry-After says (at most 60 s)
    any other status, also 3xx             http_error, final
    address refused, answer over 64 KB     http_error, final
    2xx with a body that cannot be read    http_error, final; with broken compression it may be retried

The caller decides whether and when there is another attempt.
"""

import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

from interactor.core.jsons import Json, JsonError, loads
from interactor.core.limits import RESPONSE_BYTES
from interactor.core.logic import Failed, HttpCall, Outcome, Succeeded
from interactor.core.times import SECOND, Millis
from interactor.outgoing import reading
from interactor.outgoing.client import OutgoingClient
from interactor.outgoing.messages import ErrorKind, OutgoingError, OutgoingRequest, OutgoingResponse

MAX_RETRY_AFTER: Final[Millis] = 60 * SECOND
_EXCERPT_CHARACTERS: Final = 200

_CODES: Final[dict[ErrorKind, tuple[str, bool]]] = {
    "timeout": ("http_timeout", True),
    "connection": ("http_error", True),
    "refused_address": ("http_error", False),
    "too_large": ("http_error", False),
    "invalid": ("http_error", False),
}
_JSON_TYPE = re.compile(r"(?:application|text)/(?:[a-z0-9.+-]+\+)?json", re.ASCII)


def system_clock() -> Millis:
    """Return the time of day."""
    return time.time_ns() // 1_000_000


def run_http_call(
    client: OutgoingClient,
    call: HttpCall,
    extra_headers: Mapping[str, str],
    *,
    now: Callable[[], Millis] = system_clock,
    mask: Callable[[str], str] = str,
) -> Outcome:
    """Make one attempt. ``extra_headers`` are the engine's own and replace the definition's.

    ``mask`` is applied to an answer before a message quotes its beginning.

    ``body`` is parsed JSON if the answer's type says JSON (``application/json``, ``text/json``, ``.../*+json``), or if
    the text is a JSON object or array. Everything else is text, also JSON that the engine does not accept. (So a
    ``text/plain`` answer of ``0123`` or ``true`` stays a text.) A body that is no text and does not claim to be text
    (an image, a PDF) is None.
    """
    own = {name.lower() for name in extra_headers}
    headers = {name: value for name, value in call.headers.items() if name.lower() not in own}
    request = OutgoingRequest(
        call.method, call.url, {**headers, **extra_headers}, call.body, call.timeout_ms, RESPONSE_BYTES
    )
    try:
        response = client.send(request)
        if 200 <= response.status < 300:
            value = {"status": response.status, "body": _body(response)}
            return Succeeded(value, duration_ms=response.duration_ms)
    except OutgoingError as error:
        code, retryable = _CODES[error.kind]
        message = f"{_name(call)} failed: {error.message}"
        return Failed(code, message, duration_ms=error.duration_ms, retryable=retryable)
    return _refused(call, response, now(), mask)


def _refused(call: HttpCall, response: OutgoingResponse, now: Millis, mask: Callable[[str], str]) -> Failed:
    message = f"{_name(call)} answered {response.status}"
    if 300 <= response.status < 400:
        message += "; redirects are not followed, so give the final URL"
    else:
        excerpt = _excerpt(mask(_readable(response)))
        message += f": {excerpt}" if excerpt else ""
    retryable = response.status in (408, 429) or 500 <= response.status < 600
    return Failed(
        "http_error",
        message,
        duration_ms=response.duration_ms,
        retryable=retryable,
        retry_after_ms=retry_after(response.headers.get("retry-after", ""), now) if retryable else None,
    )


def retry_after(text: str, now: Millis, most: Millis = MAX_RETRY_AFTER) -> Millis | None:
    """Return how many milliseconds a ``Retry-After`` header asks to wait (RFC 9110, section 10.2.3: seconds, or a
    date).

    None if it cannot be read. The result is at most ``most`` (60 s for HTTP logic, ruling 13), and never negative.
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        return most if len(text) > 5 else min(int(text) * SECOND, most)
    try:
        moment = parsedate_to_datetime(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        wait = round(moment.timestamp() * 1000) - now
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return max(0, min(wait, most))


def _name(call: HttpCall) -> str:
    """Return method and host. A path or query may contain what others must not see."""
    try:
        host = urlsplit(call.url).hostname or "the host"
    except ValueError:
        host = "the host"
    return f"{call.method} to {host[:100]}"


def _body(response: OutgoingResponse) -> Json:
    kind, _, _ = response.headers.get("content-type", "").lower().partition(";")
    try:
        text = reading.text(response, RESPONSE_BYTES)
    except reading.NotTextError:
        return None
    if _JSON_TYPE.fullmatch(kind.strip()) or text.lstrip()[:1] in ("{", "["):
        try:
            return loads(text)
        except JsonError:
            return text
    return text


def _readable(response: OutgoingResponse) -> str:
    """Return the text of an answer that is quoted. Only its status counts, whatever its body is."""
    try:
        return reading.text(response, RESPONSE_BYTES, lenient=True)
    except (OutgoingError, reading.NotTextError):
        return ""


def _excerpt(text: str) -> str:
    """Return the beginning of a body on one line, for a person to read."""
    text = text[: 4 * _EXCERPT_CHARACTERS]
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return line[:_EXCERPT_CHARACTERS]
