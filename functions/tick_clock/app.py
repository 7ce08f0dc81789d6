"""The clock: sends hints for what is overdue."""

from typing import Any

from interactor.workers.clock import tick_once


def handler(_: dict[str, Any], __: Any) -> None:
    """Send the hints of one tick."""
    tick_once()
