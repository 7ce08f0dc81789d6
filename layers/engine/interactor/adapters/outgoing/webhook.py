"""Webhook requests over the outgoing client."""

from collections.abc import Mapping

from interactor.adapters.outgoing import OutgoingClient, OutgoingError, OutgoingRequest
from interactor.core.times import SECOND, Millis
from interactor.core.webhooks import Answer

TIMEOUT: Millis = 30 * SECOND
ANSWER_BYTES = 64 * 1024


def post(client: OutgoingClient, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """POST a webhook body; whatever goes wrong is in the answer."""
    request = OutgoingRequest("POST", url, headers, body, TIMEOUT, ANSWER_BYTES)
    try:
        return Answer(client.send(request, truncate=True).status)
    except OutgoingError as error:
        return Answer(None, error.kind)
