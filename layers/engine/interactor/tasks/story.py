"""What became of a task, told by the history: of an open one its comments and responses, of a closed one its end."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from interactor.core.jsons import JsonObject
from interactor.core.times import Millis, iso

if TYPE_CHECKING:
    from interactor.instances.store.instances import InstanceStore

RECORDS_PER_READ: Final = 100
READS: Final = 20
"""Pages of history that are read for one task; what comes later is left out."""
ENDS: Final = ("completed", "expired", "cancelled")


@dataclass(frozen=True)
class Story:
    """The events of one task in their order, and the halt's own."""

    waiting: JsonObject
    events: tuple[JsonObject, ...] = field(default=())
    whole: bool = True

    @property
    def created(self) -> JsonObject:
        """The event that opened it."""
        return self.events[0]

    @property
    def end(self) -> JsonObject | None:
        """The event that closed it; None while it is open, or where the end was not reached."""
        return next((each for each in reversed(self.events) if each["subtype"] in ENDS), None)

    def of(self, *subtypes: str) -> list[JsonObject]:
        """The events of some kinds."""
        return [each for each in self.events if each["subtype"] in subtypes]

    def closed(self) -> JsonObject:
        """How it was decided, as the ``details`` of errors tell it."""
        end = self.end
        if end is None:
            return {"outcome": None, "decided_by": None, "decided_at": None}
        outcome = end.get("outcome") if end["subtype"] == "completed" else end["subtype"]
        return {"outcome": outcome, "decided_by": end.get("by"), "decided_at": iso(end["at"])}

    def people(self) -> frozenset[str]:
        """Everybody whom the events name: whom it concerned."""
        found = {
            name for event in self.events for name in (event.get("by"), event.get("on_behalf_of"), event.get("of"))
        }
        for event in self.events:
            found |= {*event.get("assignees", ()), *event.get("notify", {}).get("users", ())}
        return frozenset(each for each in found if each)

    def groups(self) -> frozenset[str]:
        """The groups that the events name."""
        return frozenset(each for event in self.events for each in event.get("groups", ()))


def read(store: "InstanceStore", account: str, instance_id: str, number: int, task: str) -> Story | None:
    """Return the story of a task by the number of its waiting event; None: there is no such task."""
    waiting: JsonObject | None = None
    events: list[JsonObject] = []
    after, more = number - 1, True
    for _ in range(READS):
        records, more = store.records_after(account, instance_id, after, RECORDS_PER_READ)
        for event in (each for record in records for each in record.events if each["number"] > after):
            if event["number"] == number and (event["type"], event["subtype"]) == ("halt", "waiting"):
                waiting = event
            elif event["type"] == "task" and event.get("task_id") == task:
                events.append(event)
        if not records or waiting is None or not events:
            break
        after = max(after, records[-1].events[-1]["number"])
        if not more or events[-1]["subtype"] in ("completed", "expired"):
            break
    return None if waiting is None or not events else Story(waiting, tuple(events), not more)


def since(story: Story) -> Millis:
    """When it was opened."""
    at: Millis = story.created["at"]
    return at
