"""How one thread's change becomes the next version of its instance: joins, ends, status, numbers and wake-up.

The whole of it is one commit (invariant 1): the end of a thread, the join it completes and the cancelling of
the threads that are no longer waited for go together. A change that another thread's commit overtook is settled
again on the new head, as long as its own thread is where it was.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from interactor.core import limits, snapshots
from interactor.core.definition.model import Definition, Fork, State
from interactor.core.events import Event, changes
from interactor.core.instance import MAIN, Failure, Instance, Phase, Status, Thread
from interactor.core.jsons import Json, JsonObject, size
from interactor.core.machine import INPUT, PERMANENT, Change, cancelled, failed
from interactor.core.times import DAY, Millis


class OvertakenError(Exception):
    """The thread is no longer where the change began: the change is void."""


@dataclass(frozen=True)
class Lifetimes:
    """How long an instance may stay in a status before the clock cancels it, and is kept after its end (ruling 24)."""

    running: Millis = 30 * DAY
    halted: Millis = 90 * DAY
    after_end: Millis = 30 * DAY
    """How long an ended instance is kept."""


@dataclass(frozen=True)
class Settled:
    """The instance after the commit, and what the commit adds to its history."""

    instance: Instance
    events: tuple[JsonObject, ...]
    snapshot: JsonObject | None
    """The data after the last event, where this record carries it (``snapshots``)."""
    by: Json
    """Who caused the commit, or None for the engine itself (ruling 27)."""


def settle(definition: Definition, head: Instance, change: Change, now: Millis, entropy: bytes) -> Settled:
    """The instance after ``change``, judged on its present head.

    ``entropy`` (at least 5 random bytes) goes into the ids of the events.

    Raises:
        OvertakenError: when the thread has moved, the instance has ended without it, or was paused before a resume.
    """
    present = head.threads.get(change.before.id)
    if present is None or present.place != change.before.place or present.outcome != change.before.outcome:
        raise OvertakenError
    if head.paused and change.after.last_resume != change.before.last_resume:
        raise OvertakenError
    if change.after.outcome != "failed" and _grown_too_large(head, change):
        change = _failed_for_size(change, now)
    shift = head.next_sequence - change.first_sequence
    draft = Draft(definition, replace(head, next_sequence=change.next_sequence + shift), now)
    draft.events.extend(change.events)
    # What the sequences are does not matter, only that they are never given twice.
    after = _shifted(change.after, shift, change.first_sequence)
    if after.last_resume is not None and after.last_resume != change.before.last_resume:
        # What is simultaneous is judged by the commit, not by when the computing began (ruling 17).
        after = replace(after, last_resume=replace(after.last_resume, at=now))
    draft.put(after)
    for thread in change.forked:
        draft.put(_shifted(thread, shift, change.first_sequence))
    if change.before.outcome is None and change.after.outcome is not None:
        draft.thread_ended(change.after.id)
    return draft.settled(entropy, change.by)


def _grown_too_large(head: Instance, change: Change) -> bool:
    """Whether threads that were each within the bound are over it together (ruling 14)."""
    grown = size(change.after.layer) > size(change.before.layer)
    return grown and head.with_thread(change.after).data_size() > limits.WORKFLOW_DATA_BYTES


def _failed_for_size(change: Change, now: Millis) -> Change:
    failure = Failure("workflow_data_too_large", "workflow_data is over 256 KB", change.before.state)
    fields: JsonObject = {"state": failure.state, "code": failure.code, "message": failure.message}
    event = Event("error", "step_failed", now, change.before.id, fields)
    return replace(change, after=failed(change.before, failure), forked=(), events=(event,))


def wake_at(instance: Instance, lifetimes: Lifetimes) -> Millis:
    """When a hint for this instance is overdue, the earliest over its threads (invariant 3).

    What the engine works on is overdue after what the work may take and a minute; what only the clock starts (a
    timeout, an expiry, the cleaning of what has ended) is due at its time itself. A paused instance only expires.
    """
    moments: list[Millis] = []
    for thread in instance.threads.values():
        if instance.paused:
            continue
        if thread.running:
            begin = thread.due_at if thread.due_at is not None else instance.updated_at
            moments.append(begin + limits.STEP_WORK + limits.OVERDUE_AFTER)
        elif thread.phase is Phase.HALTED and thread.halt is not None and thread.halt.timeout_at is not None:
            moments.append(thread.halt.timeout_at)
    if not moments and instance.ended_at is not None:
        return instance.ended_at + lifetimes.after_end
    if not instance.ended:
        moments.append(expires_at(instance, lifetimes))
    return min(moments)


def expires_at(instance: Instance, lifetimes: Lifetimes) -> Millis:
    """When an instance is cancelled as expired: counted from entering ``halted``, or from the last commit."""
    if instance.status == "halted":
        return instance.status_since + lifetimes.halted
    return instance.updated_at + lifetimes.running


class Draft:
    """An instance on its way through one commit: threads are put in, events noted, and the consequences drawn."""

    def __init__(self, definition: Definition | None, instance: Instance, now: Millis) -> None:
        self.definition = definition
        self.instance = instance
        self.now = now
        self.events: list[Event] = []
        self._was_ended = instance.ended

    def put(self, thread: Thread) -> None:
        """Put a thread in its new place."""
        self.instance = self.instance.with_thread(thread)

    def thread_ended(self, thread_id: str) -> None:
        """Draw the consequences of a thread's end: for its parent's join, or for the instance."""
        thread = self.instance.threads[thread_id]
        if thread.parent is None:
            self._main_ended(thread)
        elif thread.outcome == "failed" and thread.failure is not None:
            self._fork_failed(self.instance.threads[thread.parent], thread.failure)
        else:
            self._try_join(self.instance.threads[thread.parent])

    def end(self, status: Status, fields: JsonObject) -> None:
        """End the instance."""
        self.instance = replace(self.instance, status=status, status_since=self.now, ended_at=self.now)
        self.note(MAIN, "lifecycle", status, fields)

    def settled(self, entropy: bytes, by: Json) -> Settled:
        """Number the events, and judge the status by the threads."""
        instance = self.instance
        if not instance.ended:
            status: Status = "halted" if _all_rest(instance.threads.values()) else "running"
            if status != instance.status:
                instance = replace(instance, status=status, status_since=self.now)
        first = instance.next_event
        numbered = tuple(event.numbered(first + index, entropy) for index, event in enumerate(self.events))
        instance = replace(
            instance, next_event=first + len(numbered), updated_at=self.now, version=instance.version + 1
        )
        instance, taken = snapshots.mark(instance, numbered)
        return Settled(instance, numbered, taken, by)

    def _main_ended(self, main: Thread) -> None:
        if main.outcome == "failed" and main.failure is not None:
            failure = main.failure
            self.instance = replace(self.instance, failure=failure)
            fields: JsonObject = {"code": failure.code, "message": failure.message, "state": failure.state}
            self.note(MAIN, "error", "instance_failed", fields)
            self.end("failed", {"error": failure.message, "error_code": failure.code, "failed_state": failure.state})
        else:
            self.end("completed", {"state": main.state})

    def _try_join(self, parent: Thread) -> None:
        fork = self._fork_of(parent)
        children = [self.instance.threads[name] for name in parent.forked]
        completed = [child for child in children if child.outcome == "completed"]
        if parent.phase is not Phase.JOINING or len(completed) < fork.policy_count:
            return
        before = self.instance.view(parent.id)
        for child in children:
            self._cancel_below(child)
        merged: JsonObject = {}
        writers: dict[str, str] = {}
        for child in children:
            if child.outcome == "completed":
                merged |= child.layer
                writers |= child.writers
        finals = {
            child.id.removeprefix("thread_"): child.state if child.outcome == "completed" else None
            for child in children
        }
        merged["threads"] = {**before_threads(before), **finals}
        writers["threads"] = INPUT
        found = changes(before, {**before, **merged})
        joined = replace(
            self._onwards(parent, fork.join_target, "join"),
            layer={**parent.layer, **merged},
            writers={**parent.writers, **writers},
        )
        self.put(joined)
        self.note(
            parent.id, "transition", "join", {"state": parent.state, "threads": list(parent.forked), "changes": found}
        )

    def _fork_failed(self, parent: Thread, failure: Failure) -> None:
        """A failing thread cancels its siblings, then fails its parent or goes where the fork's ``on_error`` says."""
        for name in parent.forked:
            self._cancel_below(self.instance.threads[name])
        state = self._state_of(parent)
        if state.on_error is not None and failure.code not in PERMANENT:
            before = self.instance.view(parent.id)
            error = {"code": failure.code, "message": failure.message, "state": failure.state}
            joined = replace(
                self._onwards(parent, state.on_error, "error"),
                layer={**parent.layer, "error": error},
                writers={**parent.writers, "error": INPUT},
            )
            self.put(joined)
            found = changes(before, {**before, "error": error})
            fields: JsonObject = {
                "state": parent.state,
                "code": failure.code,
                "message": failure.message,
                "changes": found,
            }
            self.note(parent.id, "error", "step_failed", fields)
        else:
            self.put(replace(failed(parent, failure), cut_off=Phase.JOINING))
            self.thread_ended(parent.id)

    def _onwards(self, parent: Thread, target: str, trigger: str) -> Thread:
        sequence = self.instance.next_sequence
        self.instance = replace(self.instance, next_sequence=sequence + 1)
        return replace(
            parent, phase=Phase.ENTER, coming_from=parent.state, state=target, trigger=trigger, sequence=sequence,
            forked=(), transitions=parent.transitions + 1,
        )  # fmt: skip

    def _cancel_below(self, thread: Thread) -> None:
        """End a thread that is no longer waited for, and all it forked; one that completed keeps its on_enter."""
        for name in thread.forked:
            self._cancel_below(self.instance.threads[name])
        if thread.outcome is None:
            self.put(cancelled(thread))

    def _state_of(self, thread: Thread) -> State:
        if self.definition is None:
            raise AssertionError("a fork is judged without its definition")
        return self.definition.states[thread.state]

    def _fork_of(self, parent: Thread) -> Fork:
        fork = self._state_of(parent).fork
        if fork is None:
            raise AssertionError(f"state '{parent.state}' does not fork")
        return fork

    def note(self, thread: str, type_: str, subtype: str, fields: JsonObject) -> None:
        """Note what happened, at the time of the commit."""
        self.events.append(Event(type_, subtype, self.now, thread, fields))


def before_threads(data: JsonObject) -> JsonObject:
    """What earlier joins left in ``workflow_data.threads``."""
    threads = data.get("threads")
    return threads if isinstance(threads, dict) else {}


def _all_rest(threads: Iterable[Thread]) -> bool:
    alive = [thread for thread in threads if thread.outcome is None and thread.phase is not Phase.JOINING]
    return bool(alive) and all(thread.phase is Phase.HALTED for thread in alive)


def _shifted(thread: Thread, shift: int, first: int) -> Thread:
    """The thread with the sequences this change gave it moved behind those of the commit that came before."""
    if shift == 0 or thread.sequence < first:
        return thread
    return replace(thread, sequence=thread.sequence + shift)
