"""A draft of one thread's way: what was done so far, what the thread sees and has, and what must be done next.

This module keeps the notes. ``machine`` decides where the thread goes, and ``consequences`` what follows for the other
threads.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from interactor.assignments.members import Members, none_known
from interactor.core import limits
from interactor.core.jsons import Json, JsonObject, size
from interactor.core.paths import Scope
from interactor.core.times import Millis
from interactor.definitions.rules.model import (
    Definition,
    HttpLogic,
    Instructions,
    ScriptLogic,
    State,
    Work,
)
from interactor.forms import redaction
from interactor.instances.rules.events import Event, changes
from interactor.instances.rules.instance import (
    Failure,
    Halt,
    Instance,
    Phase,
    Thread,
)
from interactor.instances.rules.layers import Written, after_write, recorded

INPUT = "input"
"""The writer's name for values from a create or a resume."""

_KINDS: dict[type, str] = {ScriptLogic: "script", HttpLogic: "http", Instructions: "ai"}


@dataclass(frozen=True)
class Step:
    """What a thread needs before it can continue: its state's logic, a model's text for its halt, or (``logic`` None)
    only its rules.
    """

    state: State
    phase: Phase
    logic: Work | None
    sequence: int
    attempt: int

    @property
    def outside(self) -> bool:
        """Whether it reaches beyond the engine, and so must not be repeated without care (invariant 5)."""
        return isinstance(self.logic, (HttpLogic, Instructions))

    @property
    def effective(self) -> bool:
        """Whether it may have an outside effect even if its result is lost. A model's text has none."""
        return isinstance(self.logic, HttpLogic)


@dataclass(frozen=True)
class DoneMark:
    """A person has responded to a task: ``hash`` tells a repeat of that response from another one."""

    person: str
    task: str
    hash: str
    shown: JsonObject


@dataclass(frozen=True)
class ThreadChange:
    """The result of one advance. It is valid for any version of the instance in which the thread has not moved."""

    before: Thread
    after: Thread
    forked: tuple[Thread, ...]
    events: tuple[Event, ...]
    first_sequence: int
    next_sequence: int
    by: Json
    """Who caused it: ``{actor, via}``, or None for the engine itself (ruling 27)."""
    done: tuple[DoneMark, ...] = ()


def pending_step(definition: Definition, thread: Thread) -> Step | None:
    """Return the step that a thread needs next, or None while it rests with nothing to do."""
    if not thread.running:
        return None
    state = definition.states[thread.state]
    work: dict[Phase, Work | None] = {
        Phase.ON_ENTER: state.on_enter,
        Phase.LOGIC: state.logic,
        Phase.INSTRUCT: state.instructions,
    }
    return Step(state, thread.phase, work.get(thread.phase), thread.sequence, thread.attempt)


def pure_thread(definition: Definition, instance: Instance) -> Thread | None:
    """Return a thread that can continue now without an outside call. A paused instance has none."""
    for thread in () if instance.paused else instance.running_threads():
        step = pending_step(definition, thread)
        if thread.outcome is None and thread.due_at is None and step is not None and not step.outside:
            return thread
    return None


class ThreadDraft:
    """The result of one advance so far. Nothing outside it changes."""

    def __init__(
        self,
        definition: Definition,
        instance: Instance,
        thread_id: str,
        by: Json = None,
        members: Members = none_known,
    ) -> None:
        self._definition = definition
        self._members = members
        self._instance = instance
        self._by = by
        self._before = instance.threads[thread_id]
        self._thread = self._before
        self._events: list[Event] = []
        self._forked: list[Thread] = []
        self._done: list[DoneMark] = []
        self._deciders = {**instance.deciders}
        self._next_sequence = instance.next_sequence
        self._changed_bytes = 0

    # What is asked of it

    @property
    def step(self) -> Step | None:
        """The step that is needed next, or None while the thread rests with nothing to do."""
        return pending_step(self._definition, self._thread)

    @property
    def full(self) -> bool:
        """Whether it should be committed before it continues, so that one history record stays small."""
        return len(self._events) >= limits.EVENTS_PER_ADVANCE or self._changed_bytes >= limits.CHANGES_PER_ADVANCE_BYTES

    def waits(self, now: Millis) -> bool:
        """Whether the thread's next step is due later."""
        return self._thread.due_at is not None and self._thread.due_at > now

    @property
    def moved(self) -> bool:
        """Whether there is anything to commit."""
        return bool(self._events)

    @property
    def ended(self) -> bool:
        """Whether the thread has ended; an ``on_enter`` may still follow."""
        return self._thread.outcome is not None

    def scope(self) -> Scope:
        """What conditions, templates and scripts of the thread's present state see."""
        return Scope(workflow_data=self._data(), input=self._thread.input, context=self.context())

    def shown_scope(self) -> Scope:
        """The scope as a reader, or a model, may see it."""
        return redaction.scope(self.scope(), self._instance.redacted)

    def sensitive(self, written: str) -> redaction.Sensitive:
        """Return the values of sensitive fields that logic of the present state with the text ``written`` can see."""
        keys = self._instance.redacted
        return redaction.sensitive(self.scope(), keys, written) if keys else redaction.NO_SENSITIVE

    def context(self) -> JsonObject:
        """The ``context`` of scripts and templates."""
        instance = self._instance
        return {
            "namespace": instance.namespace,
            "instance_id": instance.id,
            "workflow_name": instance.workflow_name,
            "version_id": instance.version_id,
            "state_name": self._thread.state,
            "thread_id": self._thread.id,
            "initiator": instance.initiator,
        }

    def change(self) -> ThreadChange:
        """The change so far."""
        return ThreadChange(
            self._before,
            self._thread,
            tuple(self._forked),
            tuple(self._events),
            self._instance.next_sequence,
            self._next_sequence,
            self._by,
            tuple(self._done),
        )

    # What the rules note

    def _write(self, written: Written, writer: str, always: Iterable[str] = ()) -> JsonObject:
        """Put keys into the thread's layer and return what changed. An unchanged key keeps its last writer.

        The keys of ``always`` count as written even if they are unchanged: a join must not lose them.
        """
        before = self._data()
        found = changes(before, {**before, **written.values})
        touched = {*found.get("added", {}), *found.get("updated", {})}
        thread, kept = self._thread, [key for key in written.values if key in touched or key in set(always)]
        layer = {**thread.layer, **{key: written.values[key] for key in kept}}
        paths = written.paths if thread.parent is not None else ()
        writers = after_write(thread.layer, thread.writers, kept, paths, writer)
        writers = {**writers, **dict.fromkeys(recorded(touched), writer)}
        self._thread = replace(self._thread, layer=layer, writers=writers)
        self._changed_bytes += size(found)
        return found

    def _rest(self, phase: Phase) -> None:
        self._thread = replace(self._thread, phase=phase, sequence=self._take_sequence(), attempt=1, due_at=None)

    def _take_sequence(self) -> int:
        self._next_sequence += 1
        return self._next_sequence - 1

    def _note(self, type_: str, subtype: str, now: Millis, fields: JsonObject) -> None:
        self._events.append(Event(type_, subtype, now, self._thread.id, fields))

    def _step_fields(self, step: Step, logs: tuple[str, ...], duration_ms: int) -> JsonObject:
        fields: JsonObject = {
            "state": step.state.name,
            "phase": step.phase.value,
            "logic": _KINDS[type(step.logic)],
            "attempt": step.attempt,
            "duration_ms": duration_ms,
        }
        if step.effective:
            fields["idempotency_key"] = action_key(self._instance, self._thread)
        return fields | ({"logs": list(logs)} if logs else {})

    def _attribution(self) -> JsonObject:
        return {"by": self._by} if self._by is not None else {}

    def _halted(self) -> tuple[State, Halt]:
        if self._thread.halt is None:
            raise AssertionError("the thread is not halted")
        return self._definition.states[self._thread.state], self._thread.halt

    def _data(self) -> JsonObject:
        parent = self._thread.parent
        return {**self._instance.view(parent), **self._thread.layer} if parent else self._thread.layer

    def _all_writers(self) -> dict[str, str]:
        parent, found = self._thread.parent, dict(self._thread.writers)
        while parent is not None:
            found = {**self._instance.threads[parent].writers, **found}
            parent = self._instance.threads[parent].parent
        return found

    def _data_size(self) -> int:
        return self._instance.with_thread(self._thread).data_size()


def action_key(instance: Instance, thread: Thread) -> str:
    """Return the ``Idempotency-Key`` of a thread's present action: the same on every attempt (ruling 13)."""
    return f"{instance.id}:{thread.id}:{thread.sequence}"


def failed(thread: Thread, failure: Failure) -> Thread:
    """Return the thread, ended by a failure."""
    return replace(thread, phase=Phase.ENDED, outcome="failed", failure=failure, due_at=None)


def cancelled(thread: Thread) -> Thread:
    """Return the thread, ended because its instance, or its fork, continues without it."""
    return replace(thread, phase=Phase.ENDED, outcome="cancelled", cut_off=thread.phase, due_at=None)
