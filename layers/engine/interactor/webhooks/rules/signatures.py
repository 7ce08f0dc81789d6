"""Signatures of webhook requests: the API's own, and those of the Standard Webhooks specification (ruling 34)."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence

_PREFIX = "whsec_"
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
"""Padded base64 (RFC 4648, section 4). Releases of Python differ in what else they decode; receivers must not."""


def headers(
    event: str, delivery_id: str, message_id: str, secrets: Sequence[str], body: bytes, at: int, retry: int
) -> Mapping[str, str]:
    """Return all headers of one attempt. ``at`` is the attempt's Unix time in seconds; ``retry`` counts from 0.

    ``secrets`` are the valid ones, the newest first. The API's own signature uses the newest; the standard's header has
    one signature for each.
    """
    return {
        "Content-Type": "application/json",
        "X-Interactor-Event": event,
        "X-Interactor-Delivery": delivery_id,
        "X-Interactor-Timestamp": str(at),
        "X-Interactor-Retry-Count": str(retry),
        "X-Interactor-Signature": f"sha256={_digest(secrets[0].encode(), at, body).hex()}",
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(_standard(secret, message_id, at, body) for secret in secrets),
    }


def _digest(key: bytes, at: int, body: bytes) -> bytes:
    return hmac.digest(key, f"{at}.".encode() + body, hashlib.sha256)


def _standard(secret: str, message_id: str, at: int, body: bytes) -> str:
    signed = f"{message_id}.{at}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(_standard_key(secret), signed, hashlib.sha256)).decode()


def _standard_key(secret: str) -> bytes:
    """Return the decoded base64 after ``whsec_``, or the secret's own bytes if there is none."""
    encoded = secret.removeprefix(_PREFIX)
    if encoded != secret and _BASE64.fullmatch(encoded):
        return base64.b64decode(encoded)
    return secret.encode()
