"""The history of an instance: pages of events, one event, and the data right after each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from interactor.core import ids, jsons
from interactor.core.errors import EventNotFoundError
from interactor.core.jsons import JsonObject
from interactor.core.times import Millis
from interactor.instances.rules.snapshots import data_along, data_at
from interactor.instances.rules.stored import Record

if TYPE_CHECKING:
    from interactor.instances.store.instances import InstanceStore

PAGE_BYTES = 4 * 2**20
RECORDS_PER_READ = 200


@dataclass(frozen=True)
class Shown:
    """One event as it is shown: a transition with the changes that led to it, and the data after the event if asked
    for.
    """

    event: JsonObject
    changes: JsonObject | None
    data: JsonObject | None


@dataclass(frozen=True)
class EventFilter:
    """Which events of an instance are asked for. None: all. ``since`` and ``until`` are exclusive."""

    types: frozenset[str] | None = None
    thread: str | None = None
    state: str | None = None
    since: Millis | None = None
    until: Millis | None = None
    with_data: bool = False

    def fits(self, event: JsonObject) -> bool:
        """Whether an event matches."""
        return (
            (self.types is None or event["type"] in self.types)
            and self.thread in (None, event["thread"])
            and (self.state is None or self.state in _states(event))
            and (self.since is None or event["at"] > self.since)
            and (self.until is None or event["at"] < self.until)
        )


def page(
    store: "InstanceStore", account: str, instance_id: str, wanted: EventFilter, after: int, limit: int
) -> tuple[list[Shown], int | None]:
    """Return up to ``limit`` events with numbers over ``after``, oldest first, and where to continue (None: no more).

    This reads one page of history records. So a page may be short or empty if few events match the filter.
    """
    records, more = store.records_after(account, instance_id, after, RECORDS_PER_READ)
    before = _to_fold_from(store, records) if wanted.with_data else []
    found: list[Shown] = []
    size = 0
    last = after
    for event, changes, data in _along(before, records, wanted.with_data):
        if event["number"] <= after:
            continue
        if wanted.fits(event):
            if len(found) == limit or size > PAGE_BYTES:
                return found, last
            size += jsons.size([event, data])
            found.append(Shown(event, changes, data))
        last = event["number"]
    return found, last if more else None


def event(store: "InstanceStore", account: str, instance_id: str, event_id: str, with_data: bool) -> Shown:
    """Return one event by its id.

    Raises:
        EventNotFoundError: the instance has none with this id.
    """
    number = ids.event_number(event_id)
    records = store.records_of(account, instance_id, number) if number is not None else []
    for found, changes, _ in _along([], records[-1:], False):
        if found["id"] == event_id:
            return Shown(found, changes, data_at(records, found["number"]) if with_data else None)
    raise EventNotFoundError(event_id)


def _to_fold_from(store: "InstanceStore", records: list[Record]) -> list[Record]:
    """Return the records before the first one that are needed to compute its data."""
    if not records or records[0].snapshot is not None:
        return []
    first = records[0]
    return store.records_of(first.account, first.instance_id, first.events[0]["number"])[:-1]


def _along(
    before: list[Record], records: list[Record], with_data: bool
) -> Iterator[tuple[JsonObject, JsonObject | None, JsonObject | None]]:
    """Yield events with what changed. A transition is shown with the changes of the step or resume that led to it."""
    first = records[0].events[0]["number"] if records else 0
    begins = {record.events[0]["number"] for record in records}
    events: Iterator[tuple[JsonObject, JsonObject | None]]
    if with_data:
        events = iter(data_along([*before, *records]))
    else:
        events = ((event, None) for record in records for event in record.events)
    led: dict[str, JsonObject] = {}
    for found, data in events:
        if found["number"] in begins:
            # What led to a transition is looked for in its own record, so that it looks the same on every page.
            led.clear()
        thread, changes = found["thread"], found.get("changes")
        if changes:
            led[thread] = changes
        elif (found["type"], found["subtype"]) == ("transition", "state_change"):
            changes = led.pop(thread, None)
        if found["number"] >= first:
            yield found, changes, data


def _states(event: JsonObject) -> tuple[str | None, ...]:
    return tuple(event.get(name) for name in ("state", "from_state", "to_state", "initial_state", "failed_state"))
