"""The data right after any event, computed from the history alone.

A history record has a snapshot of the data after it while that is small. For large data, a record has one only when the
changes since the last snapshot have grown to the size of the data, and at the latest every 50 records. So nobody
applies the changes of more than 50 records. Between snapshots, the events' own ``changes`` lead from one to the next.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from interactor.core import jsons, limits
from interactor.core.jsons import JsonObject
from interactor.forms import redaction
from interactor.instances.rules.events import apply, undo
from interactor.instances.rules.instance import Instance
from interactor.instances.rules.stored import Record


def snapshot(instance: Instance) -> JsonObject:
    """Return the layers of all threads with their parents: what the data of each consists of, redacted."""
    threads = instance.threads.values()
    return {
        "layers": {thread.id: redaction.data(thread.layer, instance.redacted) for thread in threads},
        "parents": {thread.id: thread.parent for thread in threads if thread.parent is not None},
    }


def mark(instance: Instance, events: Sequence[JsonObject]) -> tuple[Instance, JsonObject | None]:
    """Return the instance with its note of where the last snapshot is, and the snapshot of this record if it has
    one.
    """
    taken = snapshot(instance)
    size = jsons.size(taken)
    changed = instance.changed_since + sum(jsons.size(event["changes"]) for event in events if "changes" in event)
    records = instance.records_since + 1
    due = size <= limits.SNAPSHOT_SMALL_BYTES or changed >= size or records >= limits.RECORDS_PER_SNAPSHOT
    if due or instance.snapshot_number == 0:
        number = int(events[0]["number"])
        return replace(instance, snapshot_number=number, records_since=0, changed_since=0), taken
    return replace(instance, records_since=records, changed_since=changed), None


def data_at(records: Sequence[Record], number: int) -> JsonObject:
    """Return the data right after the event ``number``, as its thread saw it.

    ``records`` end with the record that has the event. They begin with it if it has a snapshot, else with the last
    record before it that has one.
    """
    first, last = records[0], records[-1]
    thread = next(event["thread"] for event in last.events if event["number"] == number)
    if last.snapshot is not None:
        data = _Data(last.snapshot)
        for event in reversed(last.events):
            if event["number"] > number:
                data.undo(event)
        return data.view(thread)
    if first.snapshot is None:
        raise ValueError("the first of the records has no snapshot")
    data = _Data(first.snapshot)
    for record in records[1:]:
        for event in record.events:
            if event["number"] <= number:
                data.apply(event)
    return data.view(thread)


def data_along(records: Sequence[Record]) -> Iterator[tuple[JsonObject, JsonObject]]:
    """Yield each event of consecutive records, oldest first, with the data right after it, as its thread saw it.

    ``records`` begin with one that has a snapshot. Later data comes from the changes, or from a record's own snapshot.
    """
    data: _Data | None = None
    for record in records:
        if record.snapshot is not None:
            data = _Data(record.snapshot)
            for event in reversed(record.events):
                data.undo(event)
        if data is None:
            raise ValueError("the first of the records has no snapshot")
        for event in record.events:
            data.apply(event)
            yield event, data.view(event["thread"])


class _Data:
    """What each thread has written over its parent's data, updated with each event."""

    def __init__(self, taken: JsonObject) -> None:
        self._layers: dict[str, JsonObject] = dict(taken["layers"])
        self._parents: dict[str, str] = dict(taken["parents"])

    def view(self, thread: str) -> JsonObject:
        parent = self._parents.get(thread)
        layer = self._layers.get(thread, {})
        return {**self.view(parent), **layer} if parent else layer

    def apply(self, event: JsonObject) -> None:
        if (event["type"], event["subtype"]) == ("transition", "fork"):
            for forked in event["threads"]:
                self._layers[forked], self._parents[forked] = {}, event["thread"]
        self._move(event, apply)

    def undo(self, event: JsonObject) -> None:
        self._move(event, undo)

    def _move(self, event: JsonObject, move: Callable[[JsonObject, JsonObject], JsonObject]) -> None:
        if "changes" in event:
            thread = event["thread"]
            self._layers[thread] = move(self._layers.get(thread, {}), event["changes"])
