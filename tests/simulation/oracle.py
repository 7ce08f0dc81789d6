"""What must hold after every write, and at the end (invariants 1 to 5 and 9 of the design).

It sees the writes as the table does, not as the engine tells them.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from interactor.aws.dynamo import items, keys
from interactor.aws.dynamo.table import Table
from interactor.core import ids, limits
from interactor.core.storing import StoreUnavailableError
from interactor.core.times import MINUTE, Millis
from interactor.instances.rules import snapshots
from interactor.instances.rules.instance import Instance, Phase, Thread
from interactor.instances.rules.lifetimes import Lifetimes
from interactor.instances.rules.quota_shards import UNCOUNTED
from interactor.instances.rules.stored import Head, Record
from interactor.instances.store.instances import InstanceStore
from interactor.webhooks.rules.events import event_type
from tests.simulation.history import Telling
from tests.simulation.workflows import Definition
from tests.support.memory.dynamo import FakeDynamo, Key
from tests.support.memory.expressions import Item

NUMBERED = (Phase.ON_ENTER, Phase.LOGIC, Phase.INSTRUCT, Phase.HALTED, Phase.JOINING)
"""Phases that are given a sequence of their own."""
ENDED = ("completed", "failed", "cancelled")
Write = tuple[Key, Item | None, Item | None]


@dataclass
class Tracked:
    """An instance as it was committed so far."""

    head: Head
    telling: Telling
    events: list[dict[str, Any]] = field(default_factory=list)
    views: dict[int, Any] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    places: dict[tuple[int, int], str] = field(default_factory=dict)
    """(sequence, attempt) to the thread that rested there."""
    phases: dict[int, Phase] = field(default_factory=dict)
    afterwards: set[int] = field(default_factory=set)
    """Events of a forked thread after its end: what it wrote may have been swept away by then."""
    removed: bool = False


class Oracle:
    """Judges what is written. ``violate`` is told in a sentence what does not hold."""

    def __init__(
        self,
        now: Callable[[], Millis],
        violate: Callable[[str], None],
        lifetimes: Lifetimes,
        account: str,
        chance: random.Random,
    ) -> None:
        self._now, self._violate, self._lifetimes, self._account = now, violate, lifetimes, account
        self._chance = chance
        self.definitions: dict[str, Definition] = {}
        self.instances: dict[str, Tracked] = {}
        self.settled: Counter[str] = Counter()
        """Attempts of HTTP actions that a commit brought to an end, by ``Idempotency-Key``."""
        self.wanted: dict[tuple[str, str], str] = {}
        """(subscription's URL, event id) of every delivery that must be made, to the event's type."""
        self.subscribers: dict[str, frozenset[str]] = {}
        self.commits = 0

    def watch(self, table: FakeDynamo) -> None:
        """Look at this table from now on, past its faults."""
        self.table = table
        self._store = InstanceStore(Table(table, "table"))  # type: ignore[arg-type]  # it answers as a client does

    # What is written

    def written(self, writes: list[Write]) -> None:
        """Judge the writes of one call, which took effect together."""
        by_instance: dict[str, list[Write]] = defaultdict(list)
        for write in writes:
            (pk, _), _, _ = write
            if "#I#" in pk:
                by_instance[pk].append(write)
        for pk, own in by_instance.items():
            self._instance_written(pk, own, writes)

    def _instance_written(self, pk: str, own: list[Write], all_writes: list[Write]) -> None:
        identifier = keys.parse_instance(pk)[1]
        head_writes = [write for write in own if write[0][1] == keys.HEAD]
        added = [write for write in own if write[0][1].startswith(keys.HISTORY) and write[2] is not None]
        removed = [write for write in own if write[2] is None and write[1] is not None]
        if removed:
            self._removed(identifier, removed)
        elif not head_writes:
            self._violate(f"{identifier}: {own[0][0][1]} is written without the head")
        elif not added:
            self._leased(identifier, head_writes[0])
        else:
            self._committed(identifier, head_writes[0], added, all_writes)

    def _head_of(self, pk: str) -> Head | None:
        try:
            return self._store.read(*keys.parse_instance(pk))
        except StoreUnavailableError:
            return None

    def _leased(self, identifier: str, write: Write) -> None:
        (pk, _), before, after = write
        assert after is not None
        tracked = self.instances[identifier]
        head = self._head_of(pk)
        if before is None or head is None:
            self._violate(f"{identifier}: a head without history")
            return
        changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
        if changed <= {"wake_at"}:
            # The only other write: when it is due is told anew, of the same version.
            self._wakes(identifier, after, head.instance)
            return
        self._next_version(identifier, tracked.head, head)
        if not changed <= {"leases", "version", "commit_id"}:
            self._violate(f"{identifier}: a lease changes {sorted(changed)}")
        tracked.head = head

    def _next_version(self, identifier: str, before: Head, after: Head) -> None:
        if after.instance.version != before.instance.version + 1:
            self._violate(f"{identifier}: version {after.instance.version} follows {before.instance.version}")
        if after.commit_id == before.commit_id:
            self._violate(f"{identifier}: one commit_id twice")

    def _committed(self, identifier: str, write: Write, added: list[Write], all_writes: list[Write]) -> None:
        (pk, _), before, after = write
        assert after is not None
        self.commits += 1
        head = self._head_of(pk)
        if head is None:
            self._violate(f"{identifier}: head and bulk are not of one commit")
            return
        tracked = self.instances.get(identifier)
        if before is None:
            if tracked is not None:
                self._violate(f"{identifier}: created over itself")
            definition = self.definitions[head.instance.workflow_name]
            telling = Telling(definition, lambda text: self._violate(f"{identifier}: {text}"))
            tracked = self.instances[identifier] = Tracked(head, telling)
            self._sequences(identifier, None, head.instance)
        elif tracked is not None:
            self._next_version(identifier, tracked.head, head)
            self._sequences(identifier, tracked.head.instance, head.instance)
            self._leases(identifier, tracked.head, head)
            self._attempts(tracked.head.instance, head.instance)
        assert tracked is not None
        self._history(identifier, tracked, head, added)
        tracked.head = head
        self._agrees(identifier, tracked)
        self._wakes(identifier, after, head.instance)
        self._counted(identifier, before, head.instance, all_writes)
        self._bounded(identifier, head.instance)

    def _history(self, identifier: str, tracked: Tracked, head: Head, added: list[Write]) -> None:
        if len(added) != 1:
            self._violate(f"{identifier}: {len(added)} history records in one commit")
        (_, sk), there, item = added[0]
        if there is not None:
            self._violate(f"{identifier}: history record {sk} is written over")
        assert item is not None
        record = self._store.record(item)
        first = tracked.events[-1]["number"] + 1 if tracked.events else 1
        numbers = [event["number"] for event in record.events]
        if numbers != list(range(first, first + len(numbers))) or sk != keys.history(first) or not numbers:
            self._violate(f"{identifier}: events {numbers} at {sk} follow {first - 1}")
        if head.instance.next_event != first + len(numbers):
            self._violate(f"{identifier}: next_event {head.instance.next_event} after {numbers}")
        tracked.records.append(record)
        for event in record.events:
            if ids.event_number(event["id"]) != event["number"]:
                self._violate(f"{identifier}: {event['id']} does not carry {event['number']}")
            told = tracked.telling.threads.get(event["thread"])
            if told is not None and told.outcome is not None and told.parent is not None:
                tracked.afterwards.add(event["number"])
            tracked.events.append(event)
            tracked.views[event["number"]] = tracked.telling.follow(event)
            kind = event_type(event)
            for url, kinds in self.subscribers.items():
                if kind is not None and kind in kinds:
                    self.wanted[url, event["id"]] = identifier

    def _sequences(self, identifier: str, before: Instance | None, after: Instance) -> None:
        floor = 0 if before is None else before.next_sequence
        if after.next_sequence < floor:
            self._violate(f"{identifier}: next_sequence goes back")
        tracked = self.instances[identifier]
        fresh = []
        for thread in after.threads.values():
            old = None if before is None else before.threads.get(thread.id)
            if old is None or old.sequence != thread.sequence:
                fresh.append(thread.sequence)
                if thread.sequence < floor:
                    self._violate(f"{identifier}: {thread.id} is given sequence {thread.sequence} again")
            if thread.sequence >= after.next_sequence:
                self._violate(f"{identifier}: {thread.id} has a sequence that was not given yet")
            if thread.outcome is None or thread.running:
                place = (thread.sequence, thread.attempt)
                same = tracked.places.setdefault(place, thread.id) == thread.id
                if thread.phase in NUMBERED:
                    same = same and tracked.phases.setdefault(thread.sequence, thread.phase) is thread.phase
                if not same:
                    self._violate(f"{identifier}: sequence {thread.sequence} names two places")
        if len(set(fresh)) < len(fresh):
            self._violate(f"{identifier}: one sequence for two threads: {fresh}")

    def _leases(self, identifier: str, before: Head, after: Head) -> None:
        if after.instance.ended:
            return
        for name, lease in before.leases.items():
            old, new = before.instance.threads.get(name), after.instance.threads.get(name)
            if old is not None and old == new and old.running and after.leases.get(name) != lease:
                self._violate(f"{identifier}: a commit of another thread drops the lease of {name}")
            if (
                new is not None
                and new.running
                and old is not None
                and old.position != new.position
                and name in after.leases
            ):
                self._violate(f"{identifier}: {name} keeps a lease for what is done")

    def _attempts(self, before: Instance, after: Instance) -> None:
        for thread in before.threads.values():
            now = after.threads[thread.id]
            if thread.running and (thread.position, thread.outcome) != (now.position, now.outcome):
                self.settled[f"{after.id}:{thread.id}:{thread.sequence}"] += 1

    def _agrees(self, identifier: str, tracked: Tracked) -> None:
        """The head's threads, status and data are those of the events."""
        instance, telling = tracked.head.instance, tracked.telling
        if set(instance.threads) != set(telling.threads):
            self._violate(f"{identifier}: threads {sorted(instance.threads)}, by its events {sorted(telling.threads)}")
            return
        for thread in instance.threads.values():
            told = telling.threads[thread.id]
            if thread.outcome != told.outcome:
                self._violate(f"{identifier}: {thread.id} is {thread.outcome}, by its events {told.outcome}")
            if _standing(thread) != told.state and thread.outcome != "cancelled":
                self._violate(f"{identifier}: {thread.id} is in {_standing(thread)}, by its events in {told.state}")
            halted = thread.phase is Phase.HALTED
            if halted is not told.waiting or (halted and thread.halt is None):
                self._violate(
                    f"{identifier}: {thread.id} is {thread.phase.value}, by its events waiting: {told.waiting}"
                )
            if (thread.phase is Phase.JOINING) is not bool(told.joining):
                self._violate(
                    f"{identifier}: {thread.id} is {thread.phase.value}, by its events joining {told.joining}"
                )
            if _holds_data(instance, thread) and instance.view(thread.id) != telling.view(thread.id):
                self._violate(f"{identifier}: the data of {thread.id} is not what its events make")
        status = telling.status or ("running" if _moves(instance) else "halted")
        if instance.status != status or instance.ended is not (status in ENDED):
            self._violate(f"{identifier}: status {instance.status}, by its threads {status}")

    def _wakes(self, identifier: str, item: Item, instance: Instance) -> None:
        if "wake_at" not in item or "due_pk" not in item:
            self._violate(f"{identifier}: {instance.status}, and nothing will wake it")
            return
        latest = self._latest_wake(instance)
        if items.number(item, "wake_at") > latest:
            self._violate(f"{identifier}: wakes {items.number(item, 'wake_at') - latest} ms too late")

    def _latest_wake(self, instance: Instance) -> Millis:
        now = self._now()
        moments = (
            []
            if instance.paused
            else [
                (now if thread.due_at is None else thread.due_at) + 2 * MINUTE
                for thread in instance.threads.values()
                if thread.running
            ]
        )
        if not instance.paused:
            halts = [thread.halt for thread in instance.halted_threads()]
            moments += [halt.timeout_at for halt in halts if halt is not None and halt.timeout_at is not None]
        if instance.ended:
            return min([*moments, now + self._lifetimes.after_end])
        expiry = now + (self._lifetimes.halted if instance.status == "halted" else self._lifetimes.running)
        return min([*moments, expiry])

    def _counted(self, identifier: str, before: Item | None, instance: Instance, writes: list[Write]) -> None:
        pk = keys.quota(instance.account, instance.namespace)
        steps = [
            int((after or {}).get("active", {"N": "0"})["N"]) - int((old or {}).get("active", {"N": "0"})["N"])
            for (partition, _), old, after in writes
            if partition == pk
        ]
        was_active = before is not None and before["status"]["S"] not in ENDED
        step = int(not instance.ended) - int(was_active)
        expected = [step] if step and instance.quota_shard != UNCOUNTED else []
        if steps != expected:
            self._violate(f"{identifier}: becomes {instance.status}, and the quota counts {steps}")

    def _bounded(self, identifier: str, instance: Instance) -> None:
        alive = [thread for thread in instance.threads.values() if thread.outcome is None]
        if len(alive) > limits.THREADS_ALIVE + 1 or instance.next_event > limits.EVENTS_PER_INSTANCE + 100:
            self._violate(f"{identifier}: over the bounds of threads or events")
        if any(thread.transitions > limits.TRANSITIONS_IN_A_ROW for thread in alive):
            self._violate(f"{identifier}: over 1,000 transitions in a row")
        if instance.data_size() > limits.WORKFLOW_DATA_BYTES:
            self._violate(f"{identifier}: data over its bound")

    def _removed(self, identifier: str, removed: list[Write]) -> None:
        tracked = self.instances[identifier]
        instance = tracked.head.instance
        if instance.ended_at is None or instance.ended_at + self._lifetimes.after_end > self._now():
            self._violate(f"{identifier}: is removed before its time")
        if any(sk == keys.HEAD for (_, sk), _, _ in removed):
            tracked.removed = True
            if self.table.partition(keys.instance(self._account, identifier)):
                self._violate(f"{identifier}: its head is removed before the rest")

    # What is asked for

    def hinted(self, body: dict[str, Any]) -> None:
        """A hint is sent: what it names must have been committed (the commit comes before the hint)."""
        if "thread_id" not in body:
            return
        tracked = self.instances.get(body["instance_id"])
        place = (body["sequence"], body["attempt"])
        if tracked is None or tracked.places.get(place) != body["thread_id"]:
            self._violate(f"{body['instance_id']}: a hint at {place} of {body['thread_id']}, which was never committed")

    def is_late(self, body: dict[str, Any]) -> bool:
        """Whether what a hint names is over, for good: such a hint changes nothing, and costs one read."""
        tracked = self.instances.get(body["instance_id"])
        if tracked is None or "thread_id" not in body or tracked.head.instance.status == "failed":
            return False
        thread = tracked.head.instance.threads[body["thread_id"]]
        return not thread.running or (thread.sequence, thread.attempt) != (body["sequence"], body["attempt"])

    def delivered(self, url: str, body: dict[str, Any]) -> None:
        """A subscriber is told of an event: it must be committed, and its data be that of then."""
        tracked = self.instances.get(body["data"]["instance_id"])
        number = body["data"]["sequence"]
        event = next((each for each in tracked.events if each["number"] == number), None) if tracked else None
        if tracked is None or event is None or event["id"] != body["id"]:
            self._violate(f"{url} is told of {body['id']}, which was never committed")
        elif event_type(event) != body["event"] or body["data"]["workflow_data"] != tracked.views[number]:
            self._violate(f"{url} is told of {body['id']} with other data than it had")

    # At rest

    def at_rest(self) -> None:
        """Nothing is under way any more: all stand where they may, and are counted."""
        active: Counter[str] = Counter()
        for identifier, tracked in self.instances.items():
            instance = tracked.head.instance
            if not tracked.removed and not instance.paused and any(True for _ in instance.running_threads()):
                self._violate(f"{identifier}: still running at rest")
            if not instance.ended:
                active[instance.namespace] += instance.quota_shard != UNCOUNTED
            self._data_at(identifier, tracked)
        for namespace in {tracked.head.instance.namespace for tracked in self.instances.values()}:
            counted = sum(
                items.number(item, "active") for item in self.table.partition(keys.quota(self._account, namespace))
            )
            if counted != active[namespace]:
                self._violate(f"the quota of {namespace} counts {counted}, and {active[namespace]} are active")

    def _data_at(self, identifier: str, tracked: Tracked) -> None:
        if tracked.removed or not tracked.events:
            return
        for event in self._chance.sample(tracked.events, min(4, len(tracked.events))):
            number = event["number"]
            if number in tracked.afterwards:
                continue
            at = next(place for place, each in enumerate(tracked.records) if each.events[-1]["number"] >= number)
            start = at
            while tracked.records[start].snapshot is None:
                start -= 1
            base = tracked.records[at].base
            if tracked.records[start].events[0]["number"] != base or at - start >= limits.RECORDS_PER_SNAPSHOT:
                self._violate(f"{identifier}: event {number} is folded from {base}, not from the last snapshot")
            if snapshots.data_at(tracked.records[start : at + 1], number) != tracked.views[number]:
                self._violate(f"{identifier}: the data at event {number} is not what the events make")

    def all_gone(self) -> None:
        """All have ended, and their time is over: nothing of them is left."""
        left = [item["pk"]["S"] for item in self.table.everything() if "#I#" in item["pk"]["S"]]
        if left:
            self._violate(f"left after its retention: {left[:3]}")


def _standing(thread: Thread) -> str:
    return thread.coming_from if thread.coming_from is not None else thread.state


def _holds_data(instance: Instance, thread: Thread) -> bool:
    """Whether what a thread wrote is still needed: a join has taken it over from those that it ended."""
    parent = None if thread.parent is None else instance.threads[thread.parent]
    return thread.outcome is None or parent is None or (parent.phase is Phase.JOINING and thread.id in parent.forked)


def _moves(instance: Instance) -> bool:
    alive = [each for each in instance.threads.values() if each.outcome is None and each.phase is not Phase.JOINING]
    return not alive or any(each.phase is not Phase.HALTED for each in alive)
