"""The clock: hints at what is overdue."""

from typing import Any

from interactor.adapters.dynamo.keys import DUE_SHARDS
from interactor.logs import logger
from interactor.runtime import runtime
from interactor.usecases.clock import tick


def handler(_: dict[str, Any], __: Any) -> None:
    """Send the hints of one tick."""
    parts = runtime()
    sent = tick(parts.world, parts.instances, parts.steps_queue, DUE_SHARDS)
    if sent:
        logger.info("clock hinted", extra={"hints": sent})
