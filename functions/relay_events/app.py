"""The table's stream: fans new history records out to webhook subscriptions."""

from typing import Any

from interactor.workers.relay import relay_stream


def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """Return the records that must be delivered again: none, unless they could not be put into the retry queue."""
    return relay_stream(event)
