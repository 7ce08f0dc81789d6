"""What happened to an instance, as values: history events, and the changes of data they carry.

An event knows its type, time, thread and fields. Its number and id are given when the advance it belongs to is
settled, since another thread may have committed in between.
"""

from dataclasses import dataclass, field

from interactor.core import ids
from interactor.core.jsons import JsonObject, equal
from interactor.core.times import Millis


@dataclass(frozen=True)
class Event:
    """One thing that happened, not yet numbered."""

    type: str
    subtype: str
    at: Millis
    thread: str
    fields: JsonObject = field(default_factory=dict)

    def numbered(self, number: int, entropy: bytes) -> JsonObject:
        """The event as it is stored: with its number, and an id that carries the number."""
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
    """What differs between two data objects, key by key at the top level.

    The answer holds those of ``added`` {key: value}, ``updated`` {key: {from, to}} and ``removed`` {key: value}
    that are not empty, exact enough to go forth and back.
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
    """The data after a change that ``changes`` found."""
    after = {key: value for key, value in data.items() if key not in change.get("removed", {})}
    after.update(change.get("added", {}))
    after.update({key: pair["to"] for key, pair in change.get("updated", {}).items()})
    return after


def undo(data: JsonObject, change: JsonObject) -> JsonObject:
    """The data as it was before a change that ``changes`` found."""
    before = {key: value for key, value in data.items() if key not in change.get("added", {})}
    before.update({key: pair["from"] for key, pair in change.get("updated", {}).items()})
    before.update(change.get("removed", {}))
    return before
