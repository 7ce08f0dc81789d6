"""Webhook requests over the outgoing client."""

from collections.abc import Mapping

from interactor.core.times import DAY, SECOND, Millis
from interactor.logic.http import retry_after
from interactor.outgoing import OutgoingClient, OutgoingError, OutgoingRequest
from interactor.webhooks.rules.events import Answer

TIMEOUT: Millis = 30 * SECOND
ANSWER_BYTES = 4 * 1024
"""Bytes read of an answer. The log keeps half of them, so secrets that cross that limit can be masked first."""
_READABLE_RETRY_AFTER: Millis = DAY - SECOND


def post(client: OutgoingClient, url: str, headers: Mapping[str, str], body: bytes, now: Millis) -> Answer:
    """POST a webhook body. The answer says what went wrong, if anything did."""
    request = OutgoingRequest("POST", url, headers, body, TIMEOUT, ANSWER_BYTES)
    try:
        response = client.send(request, truncate=True)
    except OutgoingError as error:
        return Answer(None, error.kind, duration_ms=error.duration_ms)
    asked = retry_after(response.headers.get("retry-after", ""), now, _READABLE_RETRY_AFTER)
    return Answer(response.status, None, response.body.decode("utf-8", "replace"), asked, response.duration_ms)
