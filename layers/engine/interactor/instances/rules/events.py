"""What happened to an instance, as values: history events, and the changes of data that they contain.

An event has its type, time, thread and fields. It gets its number and id when its advance is settled, because another
thread may have committed in between.
"""

from dataclasses import dataclass, field

from interactor.core import ids
from interactor.core.jsons import JsonObject, equal
from interactor.core.times import Millis


@dataclass(frozen=True)
class Event:
    """One event, not yet numbered."""

    type: str
    subtype: str
    at: Millis
    thread: str
    fields: JsonObject = field(default_factory=dict)

    def numbered(self, number: int, entropy: bytes) -> JsonObject:
        """Return the event as it is stored: with its number, and an id that contains the number."""
        return {
            "number": number,
            "id": ids.event_id(number, self.at, entropy),
            "type": self.type,
            "subtype": self.subtype,
            "at": self.at,
            "thread": self.thread,
            **self.fields,
        }


def changes(before: JsonObject, after: JsonObject) -> JsonObject:
    """Return the differences between two data objects, key by key at the top level.

    The result has those of ``added`` {key: value}, ``updated`` {key: {from, to}} and ``removed`` {key: value} that are
    not empty. It is exact enough to be applied in both directions.
    """
    added = {key: value for key, value in after.items() if key not in before}
    removed = {key: value for key, value in before.items() if key not in after}
    updated = {
        key: {"from": before[key], "to": value}
        for key, value in after.items()
        if key in before and not equal(before[key], value)
    }
    found = {"added": added, "updated": updated, "removed": removed}
    return {name: values for name, values in found.items() if values}


def apply(data: JsonObject, change: JsonObject) -> JsonObject:
    """Return the data after a change that ``changes`` found."""
    after = {key: value for key, value in data.items() if key not in change.get("removed", {})}
    after.update(change.get("added", {}))
    after.update({key: pair["to"] for key, pair in change.get("updated", {}).items()})
    return after


def undo(data: JsonObject, change: JsonObject) -> JsonObject:
    """Return the data before a change that ``changes`` found."""
    before = {key: value for key, value in data.items() if key not in change.get("added", {})}
    before.update({key: pair["from"] for key, pair in change.get("updated", {}).items()})
    before.update(change.get("removed", {}))
    return before
