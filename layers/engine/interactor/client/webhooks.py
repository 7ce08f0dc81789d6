"""Checking that a webhook comes from the API, is whole, and is not an old one sent again."""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

from interactor.client.errors import InvalidWebhookError

TOLERANCE_SECONDS = 300


def verify_webhook(
    headers: Mapping[str, str],
    body: bytes,
    *secrets: str,
    now: float | None = None,
    tolerance: float = TOLERANCE_SECONDS,
) -> dict[str, Any]:
    """The event of a webhook request, after its signature was found to hold.

    Args:
        headers: the request's, their names in any case.
        body: the bytes as they came: not read and written again.
        secrets: the subscription's secret; while one is being rotated, the old one too.
        now: Unix time in seconds; None: the clock's.

    Raises:
        InvalidWebhookError: saying which part does not hold.
    """
    named = {name.lower(): value for name, value in headers.items()}
    timestamp = named.get("x-interactor-timestamp", "")
    moment = time.time() if now is None else now
    if not (timestamp.isascii() and timestamp.isdigit()) or abs(moment - int(timestamp)) > tolerance:
        raise InvalidWebhookError(f"X-Interactor-Timestamp is missing, or not within {tolerance:.0f} s")
    signed = timestamp.encode() + b"." + body
    given = named.get("x-interactor-signature", "").encode()
    expected = [b"sha256=" + hmac.new(each.encode(), signed, hashlib.sha256).hexdigest().encode() for each in secrets]
    if not any(hmac.compare_digest(each, given) for each in expected):
        raise InvalidWebhookError("X-Interactor-Signature does not fit the body and the secret")
    event = json.loads(body)
    if not isinstance(event, dict):
        raise InvalidWebhookError("The body is no JSON object")
    return event
