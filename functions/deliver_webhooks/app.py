"""The webhooks queue: one attempt for each message, ten at once."""

from typing import Any

from interactor.workers.webhooks import deliver_batch


def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """Return the messages that must be delivered again."""
    return deliver_batch(event)
