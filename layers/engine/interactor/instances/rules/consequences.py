"""An instance during one commit: the consequences of what its threads did, for the other threads and for the instance.

A thread's end may complete a join, fail a fork, or end the instance. Whatever follows is in the same commit (invariant
1). ``machine`` decides how a single thread moves.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from interactor.core import limits
from interactor.core.jsons import Json, JsonObject
from interactor.core.statuses import Status
from interactor.core.times import Millis
from interactor.definitions.rules.model import Definition, Fork, HttpLogic, State
from interactor.forms import redaction
from interactor.instances.rules import layers, snapshots
from interactor.instances.rules.events import Event, changes
from interactor.instances.rules.instance import MAIN, Failure, Instance, Phase, Thread
from interactor.instances.rules.layers import Writers
from interactor.instances.rules.machine import PERMANENT
from interactor.instances.rules.thread_draft import INPUT, DoneMark, cancelled, failed


@dataclass(frozen=True)
class Settled:
    """The instance after the commit, and what the commit adds to its history."""

    instance: Instance
    events: tuple[JsonObject, ...]
    snapshot: JsonObject | None
    """The data after the last event, if this record has it (``snapshots``)."""
    by: Json
    """Who caused the commit, or None for the engine itself (ruling 27)."""
    done: tuple[DoneMark, ...] = ()
    """Responses to tasks that it contains."""


class InstanceDraft:
    """Collects changed threads and events, and applies the consequences. ``settled`` returns the result."""

    def __init__(
        self, definition: Definition | None, instance: Instance, now: Millis, in_flight: Sequence[JsonObject] = ()
    ) -> None:
        self.definition = definition
        self._before = instance.threads
        self.instance = _swept(instance)
        self.now = now
        self.events: list[Event] = []
        self._in_flight = in_flight
        self._cut_short: list[JsonObject] = []

    def put(self, thread: Thread) -> None:
        """Put a thread at its new place."""
        self.instance = self.instance.with_thread(thread)

    def note(self, thread: str, type_: str, subtype: str, fields: JsonObject) -> None:
        """Add an event, at the time of the commit."""
        self.events.append(Event(type_, subtype, self.now, thread, fields))

    def thread_ended(self, thread_id: str) -> None:
        """Apply the consequences of a thread's end: for its parent's join, or for the instance."""
        thread = self.instance.threads[thread_id]
        if thread.parent is None:
            self._main_ended(thread)
        elif thread.outcome == "failed" and thread.failure is not None:
            self._fork_failed(self.instance.threads[thread.parent], thread.failure)
        else:
            self._try_join(self.instance.threads[thread.parent])

    def join_again(self, thread_id: str) -> None:
        """Let a thread that is at its join again continue if enough threads have completed already."""
        parent = self.instance.threads[thread_id]
        for name in parent.forked:
            # A retry starts the count of transitions in a row again, also for threads that need not be repeated.
            self.put(replace(self.instance.threads[name], transitions=0))
        self._try_join(parent)

    def end(self, status: Status, fields: JsonObject) -> None:
        """End the instance."""
        # An ended instance is not paused: nobody could unpause it, and it could not be deleted.
        self.instance = replace(self.instance, status=status, status_since=self.now, ended_at=self.now, paused=False)
        if status != "failed":
            # Only what has failed can be retried, and its tasks be opened again.
            threads = {name: replace(thread, task=None) for name, thread in self.instance.threads.items()}
            self.instance = replace(self.instance, threads=threads)
        self.note(MAIN, "lifecycle", status, fields)

    def settled(self, entropy: bytes, by: Json) -> Settled:
        """Number the events, and derive the status from the threads."""
        instance = self.instance
        if not instance.ended:
            status: Status = "halted" if _all_rest(instance.threads.values()) else "running"
            if status != instance.status:
                instance = replace(instance, status=status, status_since=self.now)
        first, events = instance.next_event, self._with_tasks(instance)
        numbered = tuple(
            redaction.event(event.numbered(first + index, entropy), instance.redacted)
            for index, event in enumerate(events)
        )
        instance = replace(
            instance, next_event=first + len(numbered), updated_at=self.now, version=instance.version + 1
        )
        if any(event["type"] == "task" for event in numbered):
            from interactor.instances.rules import open_tasks

            instance, numbered = open_tasks.with_ids(self._before, instance, numbered)
            instance = open_tasks.deciders(self.definition, instance, numbered)
        instance, taken = snapshots.mark(instance, numbered)
        return Settled(instance, numbered, taken, by)

    def _with_tasks(self, instance: Instance) -> list[Event]:
        """The events, with those of tasks that this commit ends or opens beside; the end of all stays the last."""
        if not any(each.task is not None for each in (*self._before.values(), *instance.threads.values())):
            return self.events
        from interactor.instances.rules import open_tasks

        more = open_tasks.ended_otherwise(self._before, instance, self.events, self.now)
        last = len(self.events) - (1 if instance.ended and self.events[-1].type == "lifecycle" else 0)
        return [*self.events[:last], *more, *self.events[last:]]

    def _main_ended(self, main: Thread) -> None:
        if main.outcome == "failed" and main.failure is not None:
            failure = main.failure
            self.instance = replace(self.instance, failure=failure)
            fields: JsonObject = {"code": failure.code, "message": failure.message, "state": failure.state}
            self.note(MAIN, "error", "instance_failed", fields)
            fields = {"error": failure.message, "error_code": failure.code, "failed_state": failure.state}
            self.end("failed", fields | self._consequences([]))
        else:
            self.end("completed", {"state": main.state})

    def _try_join(self, parent: Thread) -> None:
        fork = self._fork_of(parent)
        children = [self.instance.threads[name] for name in parent.forked]
        completed = [child for child in children if child.outcome == "completed"]
        if parent.phase is not Phase.JOINING or len(completed) < fork.policy_count:
            return
        exhausted = self._exhausted(min(child.transitions for child in completed))
        if exhausted is not None:
            self._parent_failed(parent, exhausted)
            return
        cut_off = self._cancel(children)
        before = self.instance.view(parent.id)
        merged, written_by = _merged(before, children, self._own_results())
        found = changes(before, {**before, **merged})
        joined = replace(
            self._onwards(parent, fork.join_target, "join"),
            transitions=min(child.transitions for child in completed) + 1,
            layer={**parent.layer, **merged},
            writers=layers.taken_over(parent.layer, parent.writers, merged, written_by, parent.parent is None),
        )
        self.put(joined)
        fields: JsonObject = {"state": parent.state, "threads": list(parent.forked), "changes": found}
        self.note(parent.id, "transition", "join", fields | self._consequences(cut_off))

    def _fork_failed(self, parent: Thread, failure: Failure) -> None:
        """Apply a failed thread's effect on its fork: cancel its siblings, then fail the parent or go where
        ``on_error`` says.
        """
        state = self._state_of(parent)
        if state.on_error is None or failure.code in PERMANENT:
            self._parent_failed(parent, failure)
            return
        exhausted = self._exhausted(parent.transitions)
        if exhausted is not None:
            self._parent_failed(parent, exhausted)
            return
        cut_off = self._cancel([self.instance.threads[name] for name in parent.forked])
        before = self.instance.view(parent.id)
        error = {"code": failure.code, "message": failure.message, "state": failure.state}
        self.put(
            replace(
                self._onwards(parent, state.on_error, "error"),
                layer={**parent.layer, "error": error},
                writers={**parent.writers, "error": INPUT},
            )
        )
        fields: JsonObject = {"state": parent.state, "code": failure.code, "message": failure.message}
        fields["changes"] = changes(before, {**before, "error": error})
        self.note(parent.id, "error", "step_failed", fields | self._consequences(cut_off))

    def _parent_failed(self, parent: Thread, failure: Failure) -> None:
        self._cancel([self.instance.threads[name] for name in parent.forked])
        self.put(replace(failed(parent, failure), cut_off=Phase.JOINING))
        self.thread_ended(parent.id)

    def _onwards(self, parent: Thread, target: str, trigger: str) -> Thread:
        sequence = self.instance.next_sequence
        self.instance = replace(self.instance, next_sequence=sequence + 1)
        return replace(
            parent,
            phase=Phase.ENTER,
            coming_from=parent.state,
            state=target,
            trigger=trigger,
            sequence=sequence,
            forked=(),
            transitions=parent.transitions + 1,
        )

    def _exhausted(self, transitions: int) -> Failure | None:
        """Return why there must not be another transition, if a bound is reached (ruling 14)."""
        state = self.instance.main.state
        if transitions >= limits.TRANSITIONS_IN_A_ROW:
            return Failure("loop_limit_exceeded", "1,000 transitions in a row without a halt", state)
        if self.instance.next_event + len(self.events) > limits.EVENTS_PER_INSTANCE:
            return Failure("history_limit_exceeded", "The instance has 25,000 events, as many as it may", state)
        return None

    def _cancel(self, threads: Iterable[Thread]) -> list[str]:
        """End threads that nothing waits for any longer, with all that they forked. Return the ones that were ended.

        A completed one keeps its ``on_enter``.
        """
        ended: list[str] = []
        for thread in threads:
            ended += self._cancel(self.instance.threads[name] for name in thread.forked)
            if thread.outcome is None:
                self.put(cancelled(thread))
                ended.append(thread.id)
                self._cut_short += [action for action in self._in_flight if action["thread"] == thread.id]
        return ended

    def _consequences(self, cut_off: list[str]) -> JsonObject:
        """Return which threads an event ended, and which of their actions were under way: these may have had their
        effect.
        """
        fields: JsonObject = {"cancelled": cut_off} if cut_off else {}
        if self._cut_short:
            fields["in_flight"], self._cut_short = self._cut_short, []
        return fields

    def _state_of(self, thread: Thread) -> State:
        if self.definition is None:
            raise AssertionError("a fork is judged without its definition")
        return self.definition.states[thread.state]

    def _own_results(self) -> frozenset[str]:
        """The states with HTTP logic whose results are stored under their own names."""
        states = () if self.definition is None else self.definition.states.values()
        return frozenset(each.name for each in states if isinstance(each.logic, HttpLogic) and each.output is None)

    def _fork_of(self, parent: Thread) -> Fork:
        fork = self._state_of(parent).fork
        if fork is None:
            raise AssertionError(f"state '{parent.state}' does not fork")
        return fork


def _merged(before: JsonObject, children: Sequence[Thread], results: Collection[str]) -> tuple[JsonObject, Writers]:
    """Return what a join writes, and who wrote it: the layers of completed threads, and the final state of every
    thread.
    """
    completed = [child for child in children if child.outcome == "completed"]
    merged, writers = layers.joined(before, ((child.layer, child.writers) for child in completed), results)
    threads = dict(_threads(before))
    for child in completed:
        threads |= _threads(child.layer)
    for child in children:
        threads[child.id.removeprefix("thread_")] = child.state if child.outcome == "completed" else None
    return {**merged, "threads": threads}, {**writers, "threads": INPUT}


def _threads(data: JsonObject) -> JsonObject:
    """Return what earlier joins left in ``workflow_data.threads``."""
    threads = data.get("threads")
    return threads if isinstance(threads, dict) else {}


def _all_rest(threads: Iterable[Thread]) -> bool:
    alive = [thread for thread in threads if thread.outcome is None and thread.phase is not Phase.JOINING]
    return bool(alive) and all(thread.phase is Phase.HALTED for thread in alive)


def _swept(instance: Instance) -> Instance:
    """Return the instance without the data of finished threads that no join, retry or ``on_enter`` needs any longer.

    The commit after a thread's last one does this; the history record of that last commit still has the thread's data.
    """
    threads = instance.threads.values()
    swept = {each.id: _emptied(each) if _is_done(each, instance) else each for each in threads}
    return replace(instance, threads=swept)


def _is_done(thread: Thread, instance: Instance) -> bool:
    if thread.parent is None or thread.phase is not Phase.ENDED:
        return False
    parent = instance.threads[thread.parent]
    waited_for = Phase.JOINING in (parent.phase, parent.cut_off) and thread.id in parent.forked
    return not waited_for


def _emptied(thread: Thread) -> Thread:
    return replace(thread, layer={}, writers={}, input={}, halt=None, task=None)
