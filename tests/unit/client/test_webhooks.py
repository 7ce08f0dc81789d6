"""Webhooks as the client checks them, against the signatures that the engine makes."""

import json

import pytest

from interactor.webhooks.rules import signatures
from interactor_client import InvalidWebhookError, verify_webhook

NOW = 1_800_000_000
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = json.dumps({"id": "evt_1", "event": "workflow.instance.halted"}).encode()


def headers(*secrets: str, at: int = NOW, body: bytes = BODY) -> dict[str, str]:
    return dict(signatures.headers("workflow.instance.halted", "del_1", "key_1", secrets or [SECRET], body, at, 0))


def test_an_honest_webhook_is_its_event() -> None:
    assert verify_webhook(headers(), BODY, SECRET, now=NOW + 299)["id"] == "evt_1"


def test_header_names_may_be_in_any_case() -> None:
    shouted = {name.upper(): value for name, value in headers().items()}
    assert verify_webhook(shouted, BODY, SECRET, now=NOW)


def test_while_a_secret_is_rotated_either_will_do() -> None:
    assert verify_webhook(headers("new", SECRET), BODY, SECRET, now=NOW)
    assert verify_webhook(headers("new"), BODY, SECRET, "new", now=NOW)


def without(style: str) -> dict[str, str]:
    return {name: value for name, value in headers().items() if not name.lower().startswith(style)}


@pytest.mark.parametrize(
    ("given", "body", "now"),
    [
        (headers(), BODY + b" ", NOW),
        (headers("another"), BODY, NOW),
        (headers(), BODY, NOW + 301),
        (headers(), BODY, NOW - 301),
        (without("webhook-") | {"X-Interactor-Timestamp": "soon"}, BODY, NOW),
        (without("webhook-") | {"X-Interactor-Timestamp": str(NOW + 1)}, BODY, NOW),
        (without("webhook-") | {"X-Interactor-Signature": ""}, BODY, NOW),
        (without("webhook-") | {"X-Interactor-Signature": "sha256=\udcff"}, BODY, NOW),
        (without("x-interactor-") | {"webhook-timestamp": str(NOW + 1)}, BODY, NOW),
        (without("x-interactor-") | {"webhook-id": "\udcff"}, BODY, NOW),
        (without("x-interactor-") | {"webhook-signature": "v1,"}, BODY, NOW),
        ({}, BODY, NOW),
        (headers(body=b"[]"), b"[]", NOW),
        (headers(body=b"no"), b"no", NOW),
    ],
)
def test_anything_else_is_refused(given: dict[str, str], body: bytes, now: int) -> None:
    with pytest.raises(InvalidWebhookError):
        verify_webhook(given, body, SECRET, now=now)
