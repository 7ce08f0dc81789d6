"""The metrics that the API's documentation names, and those of models, made from history records (invariant 2).

workflow.instance.created     counter
workflow.instance.completed   counter
workflow.instance.failed      counter
workflow.state.duration       milliseconds that a thread was in a state, when it leaves the state
workflow.script.duration      milliseconds that a script ran
workflow.script.unavailable   scripts that did not run because a lock of the sandbox does not hold
workflow.http.duration        milliseconds that one attempt of an HTTP action took
workflow.ai.duration          milliseconds that a halt waited for a model
workflow.ai.generated         halts that show what a model wrote
workflow.ai.fallback          halts that asked a model and show plain text
workflow.instance.set_aside   instances that can be neither continued nor failed; from the worker, not from a record
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from interactor.core.jsons import JsonObject

Unit = Literal["Count", "Milliseconds"]

NAMES: Final[dict[str, Unit]] = {
    "workflow.instance.created": "Count",
    "workflow.instance.completed": "Count",
    "workflow.instance.failed": "Count",
    "workflow.instance.set_aside": "Count",
    "workflow.state.duration": "Milliseconds",
    "workflow.script.duration": "Milliseconds",
    "workflow.script.unavailable": "Count",
    "workflow.http.duration": "Milliseconds",
    "workflow.ai.duration": "Milliseconds",
    "workflow.ai.generated": "Count",
    "workflow.ai.fallback": "Count",
}


@dataclass(frozen=True)
class Measure:
    """One value of one metric; its unit is in ``NAMES``."""

    name: str
    value: int


def measures(event: JsonObject) -> Iterator[Measure]:
    """Yield the metric values of a history event."""
    match event["type"], event["subtype"]:
        case "lifecycle", ("created" | "completed" | "failed") as subtype:
            yield Measure(f"workflow.instance.{subtype}", 1)
        case "transition", "state_change" if "duration_ms" in event:
            yield Measure("workflow.state.duration", event["duration_ms"])
        case "step", subtype:
            if event.get("code") == "script_unavailable":
                yield Measure("workflow.script.unavailable", 1)
            yield Measure(f"workflow.{event['logic']}.duration", event["duration_ms"])
            if event["logic"] == "ai":
                yield Measure(f"workflow.ai.{'generated' if subtype == 'completed' else 'fallback'}", 1)
