"""The short history in an instance's answer: one entry for each state that a thread was in (ruling 28)."""

from collections.abc import Iterable

from interactor.core.jsons import JsonObject
from interactor.core.times import iso
from interactor.instances.rules.instance import MAIN


def entries(events: Iterable[JsonObject]) -> list[JsonObject]:
    """Return entries in the order in which their states were entered, from events in the order of their numbers."""
    found: list[JsonObject] = []
    current: dict[str, JsonObject] = {}
    for event in events:
        thread = event["thread"]
        match event["type"], event["subtype"]:
            case "lifecycle", "created":
                current[thread] = _opened(found, event["initial_state"], event)
            case "transition", "state_change":
                if thread in current:
                    current[thread] |= {"exited_at": iso(event["at"]), "transition": event["to_state"]}
                current[thread] = _opened(found, event["to_state"], event)
            case "step", _:
                _note_step(current.get(thread, {}), event)
            case "halt", "waiting":
                current.get(thread, {}).update(_halt(event))
            case "halt", "resumed":
                current.get(thread, {}).update(
                    input_received=event["input"], resumed_at=iso(event["at"]), resumed_by=event.get("by")
                )
    return found


def _opened(found: list[JsonObject], state: str, event: JsonObject) -> JsonObject:
    entry: JsonObject = {"state": state, "entered_at": iso(event["at"])}
    if event["thread"] != MAIN:
        entry["thread"] = event["thread"]
    found.append(entry)
    return entry


def _halt(event: JsonObject) -> JsonObject:
    """Return the halt's id. Events of earlier releases have none."""
    return {"halt_id": event["halt_id"]} if "halt_id" in event else {}


def _note_step(entry: JsonObject, event: JsonObject) -> None:
    if event.get("logs"):
        entry["logs"] = [*entry.get("logs", []), *event["logs"]]
    if event["phase"] == "logic":
        entry["duration_ms"] = event["duration_ms"]
