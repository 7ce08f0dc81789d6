"""Checks a webhook as a subscriber would who has read the documentation only: nothing of the engine is used."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

MAX_AGE_SECONDS = 300


def problems(headers: Mapping[str, str], body: bytes, secret: str, now: float) -> list[str]:
    """What is wrong with the signatures of a delivery; nothing when both hold.

    Args:
        headers: by lower-case name.
        secret: as it was given to the subscription, ``whsec_`` and base64.
        now: Unix time in seconds.
    """
    documented = _documented(headers, body, secret, now)
    standard = _standard(headers, body, secret, now)
    return [text for text in (documented, standard) if text is not None]


def _documented(headers: Mapping[str, str], body: bytes, secret: str, now: float) -> str | None:
    """``sha256=`` + hex HMAC of ``{timestamp}.{body}``, keyed with the secret's bytes as written (ruling 34)."""
    timestamp = headers.get("x-interactor-timestamp", "")
    if not _recent(timestamp, now):
        return f"X-Interactor-Timestamp {timestamp!r} is not within {MAX_AGE_SECONDS} s"
    expected = "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), headers.get("x-interactor-signature", "").encode()):
        return "X-Interactor-Signature does not fit the body"
    return None


def _standard(headers: Mapping[str, str], body: bytes, secret: str, now: float) -> str | None:
    """Standard Webhooks: one of the space-separated ``v1,`` + base64 HMACs of ``{id}.{timestamp}.{body}``."""
    message, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message or not _recent(timestamp, now):
        return f"webhook-timestamp {timestamp!r} is not within {MAX_AGE_SECONDS} s, or webhook-id is missing"
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        key = secret.encode()
    digest = hmac.new(key, f"{message}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    expected = b"v1," + base64.b64encode(digest)
    offered = headers.get("webhook-signature", "").split(" ")
    if not any(hmac.compare_digest(expected, each.encode()) for each in offered):
        return "webhook-signature does not fit the body"
    return None


def _recent(timestamp: str, now: float) -> bool:
    return timestamp.isascii() and timestamp.isdigit() and abs(now - int(timestamp)) <= MAX_AGE_SECONDS
