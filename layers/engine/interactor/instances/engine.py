"""Runs advances: does what a thread's steps ask for, commits the result, and sends the next hint.

Pure steps (scripts, plain states) run where they occur; inside a request, as far as its budget goes. Only a step worker
makes an outside call, after it has taken a lease. Whatever happens in between, the instance is at its last commit, and
its ``wake_at`` finds it again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from interactor.assignments.members import Members
from interactor.core.errors import InstanceTooLargeError
from interactor.core.jsons import Json, JsonObject
from interactor.core.storing import ContendedError, GuardLostError, Item, StoreBusyError, StoreUnavailableError
from interactor.core.times import SECOND, Millis
from interactor.core.world import Provider, World
from interactor.definitions.rules.model import Definition
from interactor.instances.in_flight import in_flight
from interactor.instances.ports import GroupDirectory, HaltFiles, Hints
from interactor.instances.quota import QuotaShards
from interactor.instances.rules.consequences import Settled
from interactor.instances.rules.instance import Instance
from interactor.instances.rules.lifetimes import Lifetimes, wake_at
from interactor.instances.rules.machine import Advance
from interactor.instances.rules.settle import OvertakenError, is_resume, settle, too_large
from interactor.instances.rules.stored import Head, Lease, Record
from interactor.instances.rules.thread_draft import ThreadChange, pure_thread
from interactor.instances.running import StepRunner

if TYPE_CHECKING:
    from interactor.definitions.store import DefinitionStore
    from interactor.instances.store.instances import InstanceStore
    from interactor.logic.run import Logic

THROTTLED_ATTEMPTS = 3
"""A commit that the table throttles is tried again twice, within half a second, because its result may have cost an
outside call. More tries would only make the throttling last longer.
"""
COMMIT_ATTEMPTS = 24
"""Ten threads that commit at once lose to each other at most nine times. The rest is for a busy table."""


Remember = Callable[[Settled, Sequence[Record]], Item]
"""Returns one more write for a commit, from its result and the history before: an idempotency key's record."""


@dataclass(frozen=True)
class Cause:
    """Who causes a change (``{actor, via}``, or None for the engine itself), and what its commit stores in addition."""

    by: Json = None
    remember: Remember | None = None


BY_ITSELF = Cause()
"""The cause of what the engine does by itself: a timeout, an expiry."""


@dataclass(frozen=True)
class Rules:
    """Settings of the deployment. ``retry_delays``: the waits of an exponential back-off; linear ones use the first."""

    lifetimes: Lifetimes
    quota: int | None
    inline_budget: Millis
    redacted_words: tuple[str, ...] = ()
    """Words that make a form field sensitive (``forms.redaction``)."""
    retry_delays: tuple[Millis, ...] = (1 * SECOND, 2 * SECOND, 4 * SECOND, 8 * SECOND)


def staying(head: Head, settled: Settled) -> dict[str, Lease]:
    """Return the leases that a commit keeps: those of threads that it does not move.

    The lease of a thread that moves or ends here is over, and a later thread may have the same name.
    """
    before, after = head.instance.threads, settled.instance.threads
    return {name: lease for name, lease in head.leases.items() if after[name].position == before[name].position}


class Engine:
    """What all use cases that move an instance share."""

    def __init__(
        self,
        world: World,
        instances: "InstanceStore",
        definitions: "DefinitionStore",
        logic: "Logic",
        hints: Hints,
        files: "Provider[HaltFiles]",
        directory: "Provider[GroupDirectory]",
        rules: Rules,
    ) -> None:
        self.world = world
        self.files = files
        self.directory = directory
        self.instances = instances
        self.definitions = definitions
        self.hints = hints
        self.rules = rules
        self._quota_shards = QuotaShards(world, instances, rules.quota)
        self.steps = StepRunner(world, logic, rules.retry_delays)

    def quota_shards(self, account: str, namespace: str) -> list[tuple[int, int | None]]:
        """Return a namespace's quota shards in the order to try them, each with its room (None: no limit)."""
        return self._quota_shards.of(account, namespace)

    def members(self, account: str) -> Members:
        """Return what looks groups of an account up."""
        return lambda groups: self.directory().members(account, groups)

    def advance(self, definition: Definition, instance: Instance, thread_id: str, by: Json = None) -> Advance:
        """Return a draft of one thread's way."""
        return Advance(definition, instance, thread_id, by, self.members(instance.account))

    def definition_of(self, instance: Instance) -> Definition:
        """Return the definition of the version that an instance runs."""
        return self.definitions.definition(instance.account, instance.workflow_name, instance.version_id)

    def under_way(self, head: Head, now: Millis) -> list[JsonObject]:
        """Return the HTTP actions under way. If the definition cannot be read, return none: an end must not need it."""
        try:
            return in_flight(self.definition_of(head.instance), head, now)
        except StoreUnavailableError:
            raise
        except Exception:
            return []

    def commit(
        self, definition: Definition, head: Head, change: ThreadChange, remember: Remember | None = None
    ) -> Head:
        """Commit the change of a thread on the present head.

        A commit that loses to another thread's is settled again on the new head, and its result is kept. If it cannot
        be stored, the thread fails instead, in the room that is reserved for that; a resume is refused.

        Raises:
            InstanceTooLargeError: it is a resume, and too large to be stored.
            OvertakenError: the thread itself has moved in between; nothing was changed.
            KeyTakenError: what ``remember`` writes is refused.
            StoreBusyError: the table did not accept it, and nothing was changed.
            StoreUnavailableError: it is not known whether something was changed.
        """

        def judge(present: Head, commit_id: str) -> Head:
            now = self.world.now()
            under_way = in_flight(definition, present, now)
            entropy = bytes.fromhex(commit_id)
            settled = settle(definition, present.instance, change, now, entropy, under_way)
            try:
                return self.write(present, settled, commit_id, staying(present, settled), remember)
            except InstanceTooLargeError as error:
                if is_resume(change):
                    raise
                failing = too_large(change, error.message, now)
            settled = settle(definition, present.instance, failing, now, entropy, under_way)
            return self.write(present, settled, commit_id, staying(present, settled), remember, reserve=True)

        return self.insist(head, judge)

    def write(
        self,
        head: Head,
        settled: Settled,
        commit_id: str,
        leases: Mapping[str, Lease],
        remember: Remember | None,
        room: int | None = None,
        reserve: bool = False,
    ) -> Head:
        """Try once to commit a result on a head. The errors are those of ``InstanceStore.commit``."""
        wake = wake_at(settled.instance, self.rules.lifetimes)
        extra = [remember(settled, head.records or ())] if remember is not None else []
        kept = self.rules.lifetimes.after_end
        return self.instances.commit(head, settled, commit_id, leases, wake, extra, room, kept, reserve)

    def insist(self, head: Head, judge: Callable[[Head, str], Head]) -> Head:
        """Try a commit until it takes effect. ``judge`` makes it on the present head, or raises why it must not."""
        present, throttled = head, 0
        for attempt in range(COMMIT_ATTEMPTS):
            commit_id = self.world.entropy(16).hex()
            try:
                return judge(present, commit_id)
            except (GuardLostError, ContendedError):
                self.world.pause(attempt)
            except StoreBusyError:
                throttled += 1
                if throttled == THROTTLED_ATTEMPTS:
                    raise
                self.world.pause(2 + throttled)
                continue  # nothing was changed, so that the head needs no other reading
            found = self.reread(head)
            if found is None:
                raise StoreBusyError("the instance is gone")
            present = found
        raise StoreBusyError("other commits kept coming first")

    def reread(self, head: Head) -> Head | None:
        """Return the present head, with history if the old one had it; None if it is gone."""
        read = self.instances.read if head.records is None else self.instances.read_with_history
        return read(head.instance.account, head.instance.id)

    def carry_on(self, definition: Definition, head: Head, by: Json, deadline: Millis) -> Head:
        """After a commit, run further steps until the budget is used up, and send hints for the rest."""
        try:
            while self.world.now() < deadline and (thread := pure_thread(definition, head.instance)) is not None:
                advance = self.advance(definition, head.instance, thread.id, by)
                self.steps.run_pure(head.instance.account, advance, deadline)
                if not advance.moved:
                    break
                head = self.commit(definition, head, advance.change())
        except OvertakenError:
            # Another commit moved that thread meanwhile and continues it. What was committed before stays.
            head = self._as_it_stands(head)
        except StoreUnavailableError:
            # What was committed before has happened. A fault of the table here must not look as if it had not.
            head = self._as_it_stands(head)
        self.hint_at(head)
        return head

    def _as_it_stands(self, head: Head) -> Head:
        """Return the present head if it can be read, else the old one."""
        try:
            return self.reread(head) or head
        except StoreUnavailableError:
            return head

    def hint_at(self, head: Head) -> None:
        """Send a hint for each thread that has a step to run. A paused instance has none."""
        if head.instance.paused:
            return
        now = self.world.now()
        for thread in head.instance.running_threads():
            self.hints.send(head.instance, thread.id, now)

    def runs_on(self, instance: Instance) -> bool:
        """Whether a request that commits this also runs the next step of one of its threads, within its budget."""
        return pure_thread(self.definition_of(instance), instance) is not None
