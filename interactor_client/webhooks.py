"""Checks that a webhook comes from the API, is complete, and is not an old one sent again."""

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping
from typing import Any

from interactor_client.errors import InvalidWebhookError

TOLERANCE_SECONDS = 300

_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


def verify_webhook(
    headers: Mapping[str, str],
    body: bytes,
    *secrets: str,
    now: float | None = None,
    tolerance: float = TOLERANCE_SECONDS,
) -> dict[str, Any]:
    """Return the event of a webhook request, after one of its signatures was found valid (ruling 34).

    Either style is accepted: ``X-Interactor-Signature``, which the newest secret makes, or ``webhook-signature`` of
    Standard Webhooks, which has one signature for each valid secret. So a receiver that knows only the old secret keeps
    working for the 24 hours after a rotation.

    Args:
        headers: the request's headers, with names in any case.
        body: the bytes as they came, not parsed and written again.
        secrets: the subscription's secret; during a rotation, the old one and the new one. Empty ones are ignored.
        now: Unix time in seconds; None: the clock's.
        tolerance: seconds by which the signature may be older or newer than that.

    Raises:
        InvalidWebhookError: says which part is not valid.
    """
    named = {name.lower(): value for name, value in headers.items()}
    moment = time.time() if now is None else now
    own, standard = named.get("x-interactor-timestamp", ""), named.get("webhook-timestamp", "")
    own_holds, standard_holds = _recent(own, moment, tolerance), _recent(standard, moment, tolerance)
    if not own_holds and not standard_holds:
        raise InvalidWebhookError(f"The timestamp is missing, or not within {tolerance:.0f} s")
    expected = []
    for secret in filter(None, secrets):
        if own_holds:
            expected.append("sha256=" + _digest(secret.encode(), own, body).hex())
        if standard_holds:
            signed = _digest(_standard_key(secret), f"{named.get('webhook-id', '')}.{standard}", body)
            expected.append("v1," + base64.b64encode(signed).decode())
    given = [named.get("x-interactor-signature", ""), *named.get("webhook-signature", "").split()]
    if not any(hmac.compare_digest(each.encode(), _bytes(one)) for each in expected for one in given):
        raise InvalidWebhookError("No signature fits the body and a secret")
    return _event(body)


def _event(body: bytes) -> dict[str, Any]:
    try:
        event = json.loads(body)
    except ValueError as error:
        raise InvalidWebhookError("The body is no JSON") from error
    if not isinstance(event, dict):
        raise InvalidWebhookError("The body is no JSON object")
    return event


def _recent(timestamp: str, now: float, tolerance: float) -> bool:
    # Twelve digits are enough. int() refuses thousands of digits, and accepts digits of other scripts.
    return re.fullmatch("[0-9]{1,12}", timestamp) is not None and abs(now - int(timestamp)) <= tolerance


def _digest(key: bytes, before: str, body: bytes) -> bytes:
    return hmac.digest(key, _bytes(before) + b"." + body, hashlib.sha256)


def _bytes(header: str) -> bytes:
    """Return a header's text as bytes. Its sender may have put anything into it."""
    return header.encode(errors="replace")


def _standard_key(secret: str) -> bytes:
    encoded = secret.removeprefix("whsec_")
    if encoded != secret and _BASE64.fullmatch(encoded):
        return base64.b64decode(encoded)
    return secret.encode()
