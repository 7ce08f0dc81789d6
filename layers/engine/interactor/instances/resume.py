"""The one door: everything that moves a thread from outside comes through here.

What comes in is a ``Trigger`` for a thread at an expected sequence. Which of simultaneous ones wins is decided by
the commit; what the others are told is ruling 17.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from interactor.access.rules.principal import Principal
from interactor.core import ids, jsons
from interactor.core.errors import (
    ConcurrentModificationError,
    InstanceNotHaltedError,
    InstancePausedError,
    ThreadNotFoundError,
    ThreadRequiredError,
)
from interactor.core.jsons import Json, JsonObject
from interactor.core.limits import REMEMBERED_RESUME
from interactor.core.times import Millis
from interactor.instances.engine import Also, Engine, staying
from interactor.instances.lookup import find_instance
from interactor.instances.rules import halts
from interactor.instances.rules.halts import Fate
from interactor.instances.rules.instance import Instance, LastResume, Phase, Thread
from interactor.instances.rules.lifecycle import cancel
from interactor.instances.rules.machine import Advance
from interactor.instances.rules.settle import OvertakenError, expires_at
from interactor.instances.rules.stored import Head, Record

EXPIRED = "expired"


@dataclass(frozen=True)
class Trigger:
    """What comes in from outside. ``payload`` is None where a resume has no input, ``name`` is the option that was
    taken, where one was.
    """

    kind: Literal["input", "timeout"]
    payload: JsonObject | None
    name: str | None = None
    by: Json = None

    def fingerprint(self) -> str:
        """The same for the same input of the same person, however its keys are ordered (ruling 17)."""
        text = jsons.dumps([_sorted(self.payload), self.name, _sorted(self.by)])
        return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Resume:
    """A request to resume. ``arrived_at`` is when the request reached the API, before any of our code ran."""

    trigger: Trigger
    thread_id: str | None
    expected_state: str | None
    arrived_at: Millis
    halt_id: str | None = None


def resume(engine: Engine, principal: Principal, head: Head, request: Resume, also: Also | None = None) -> Head:
    """Take a halted thread on with a person's decision, as far as the budget goes.

    A decision that names its halt is for that halt only: where it was taken already, by the same person with the same
    input, it is answered as done, however long ago, since a client may have lost the answer.

    Raises:
        ThreadNotFoundError, ThreadRequiredError: when it is not clear what to resume.
        InstanceNotHaltedError, InstancePausedError: when nothing waits, or it must not go on.
        ConcurrentModificationError: when another decision came first, or the halt or state is not the present one.
        InvalidRequestError, InvalidTransitionError: when the input does not fit.
        WorkflowDataTooLargeError, InstanceTooLargeError: when what it leads to is too large to be kept.
    """
    thread = _thread_of(head.instance, request)
    if request.halt_id is not None and request.halt_id != halts.present(head.instance, thread):
        return _done_before(head, thread, request, request.halt_id)
    if request.expected_state is not None and thread.state != request.expected_state:
        fate = halts.decision(head.records or (), thread)
        meant = fate if fate is not None and fate.state == request.expected_state else None
        raise _conflict(head, thread, request.expected_state, meant)
    require_going(head.instance)
    if request.halt_id is None and _decided_earlier(head, thread, request, engine.world.now()):
        return head
    try:
        return deliver(engine, head, thread.id, thread.sequence, request.trigger, also)
    except OvertakenError:
        return _after_losing(engine, principal, head.instance.id, thread, request)


def deliver(
    engine: Engine, head: Head, thread_id: str, expected_sequence: int, trigger: Trigger, also: Also | None = None
) -> Head:
    """Move a halted thread, commit, and run on as far as the budget goes.

    Raises:
        OvertakenError: when the thread does not rest at that sequence any more, or the instance is paused.
    """
    thread = head.instance.threads.get(thread_id)
    if head.instance.paused or thread is None or thread.phase is not Phase.HALTED:
        raise OvertakenError
    if thread.sequence != expected_sequence:
        raise OvertakenError
    definition = engine.definition_of(head.instance)
    now = engine.world.now()
    deadline = now + engine.rules.inline_budget
    advance = Advance(definition, head.instance, thread_id, trigger.by)
    if trigger.kind == "timeout":
        # What follows is the chain's: a script there that kills its worker must be counted (invariant 4).
        advance.time_out(now)
        committed = engine.commit(definition, head, advance.change(), also)
        engine.hint_at(committed)
        return committed
    uploads = engine.files().sent(head.instance, thread, trigger.payload or {})
    advance.resume(trigger.payload, trigger.name, trigger.fingerprint(), now, uploads)
    engine.files().keep(head.instance, uploads)
    engine.run_pure(head.instance.account, advance, deadline)
    committed = engine.commit(definition, head, advance.change(), also)
    return engine.carry_on(definition, committed, trigger.by, deadline)


def cancel_instance(engine: Engine, head: Head, by: Json, also: Also | None = None, reason: str = "requested") -> Head:
    """Cancel an instance with all its threads, on whatever its head is by then.

    It tries until it wins or the instance has ended (ruling 24).

    Raises:
        InstanceNotActiveError: when it has ended.
    """

    def judge(present: Head, commit_id: str) -> Head:
        now = engine.world.now()
        if reason == EXPIRED and expires_at(present.instance, engine.rules.lifetimes) > now:
            # A resume that commits before the expiry wins (invariant 3).
            raise OvertakenError
        settled = cancel(present.instance, reason, by, engine.under_way(present, now), now, bytes.fromhex(commit_id))
        return engine.write(present, settled, commit_id, staying(present, settled), also, reserve=True)

    return engine.insist(head, judge)


def require_going(instance: Instance) -> None:
    """Refuse what would move a paused instance.

    Raises:
        InstancePausedError: when it is paused.
    """
    if instance.paused:
        raise InstancePausedError(f"Instance '{instance.id}' is paused; unpause it first")


def wanted_thread(instance: Instance, thread_id: str | None) -> Thread:
    """The thread that a request is about: the one it names, else the only halted one, else the main one.

    Raises:
        ThreadNotFoundError, ThreadRequiredError: when there is none of that name, or several are halted.
    """
    if thread_id is not None:
        if thread_id not in instance.threads:
            raise ThreadNotFoundError(thread_id)
        return instance.threads[thread_id]
    halted = instance.halted_threads()
    if len(halted) > 1:
        names = [thread.id for thread in halted]
        raise ThreadRequiredError(
            "Several threads are halted: resume one of them by its id, or by its halt_id",
            {"threads": names, "halts": halts.all_present(instance)},
        )
    return halted[0] if halted else instance.main


def _thread_of(instance: Instance, request: Resume) -> Thread:
    """The thread that a resume is about: a halt is in one thread, so that naming the halt names the thread."""
    if request.thread_id is None and request.halt_id is not None:
        halted = instance.halted_threads()
        return halts.thread_of(instance, request.halt_id) or (halted[0] if len(halted) == 1 else instance.main)
    return wanted_thread(instance, request.thread_id)


def _done_before(head: Head, thread: Thread, request: Resume, halt_id: str) -> Head:
    """The head, where this very decision has ended the halt that it names.

    Raises:
        ConcurrentModificationError: when the halt is another's, or something else has ended it.
    """
    owner, last = halts.thread_of(head.instance, halt_id), thread.last_resume
    if owner is None:
        raise _conflict(head, thread, request.expected_state, None, "the halt_id names no halt of this instance")
    if owner.id != thread.id:
        raise _conflict(head, thread, request.expected_state, None, f"the halt_id is of thread '{owner.id}'")
    if (
        last is not None
        and last.sequence == ids.halt_sequence(halt_id)
        and last.input_hash == request.trigger.fingerprint()
        and request.expected_state in (None, last.state)
    ):
        return head
    raise _conflict(head, thread, request.expected_state, halts.fate_of(*_told(head), thread, halt_id))


def _decided_earlier(head: Head, thread: Thread, request: Resume, now: Millis) -> bool:
    """Whether the same resume took effect earlier; False where this one is judged on its own (ruling 17).

    Raises:
        ConcurrentModificationError, InstanceNotHaltedError: when an earlier one decides against it.
    """
    instance = head.instance
    resumed, last = _last_resume(instance, request.thread_id)
    same = last is not None and last.input_hash == request.trigger.fingerprint()
    if last is not None and request.arrived_at < last.at and request.expected_state is None:
        if same:
            return True
        raise _conflict(head, thread, last.state, halts.decision(head.records or (), resumed))
    if thread.phase is Phase.HALTED:
        return False
    if last is not None and same and now - last.at <= REMEMBERED_RESUME:
        return True
    raise _not_halted(head, thread)


def _after_losing(engine: Engine, principal: Principal, instance_id: str, lost: Thread, request: Resume) -> Head:
    """What a resume is told that another commit overtook."""
    head = find_instance(engine.instances, principal, instance_id, 0)
    instance = head.instance
    thread = instance.threads.get(lost.id, instance.main)
    require_going(instance)
    last = thread.last_resume
    winner = last if last is not None and last.sequence == lost.sequence else None
    if winner is not None and winner.input_hash == request.trigger.fingerprint():
        return head
    halt_id = halts.id_of(instance, lost)
    raise _conflict(head, thread, lost.state, halts.fate_of(*_told(head), thread, halt_id))


def _last_resume(instance: Instance, thread_id: str | None) -> tuple[Thread, LastResume | None]:
    """The thread, of those that are meant, that was resumed last; and that resume."""
    threads = [*instance.threads.values()] if thread_id is None else [instance.threads[thread_id]]
    found = max(threads, key=lambda thread: thread.last_resume.at if thread.last_resume is not None else -1)
    return found, found.last_resume


def _told(head: Head) -> tuple[Instance, Sequence[Record]]:
    """What can be told of the past without another read."""
    return head.instance, head.records or ()


def _conflict(
    head: Head, thread: Thread, expected_state: str | None, fate: Fate | None, why: str | None = None
) -> ConcurrentModificationError:
    """Names the present halts, and what became of the one that was meant (ruling 16)."""
    why = f"that halt was {fate.sentence()}" if fate is not None else why
    details: JsonObject = {
        "current_state": thread.state,
        "expected_state": expected_state,
        "halt_id": halts.present(head.instance, thread),
        "halts": halts.all_present(head.instance),
        **halts.told(fate),
    }
    message = "Instance was modified by another request"
    return ConcurrentModificationError(message if why is None else f"{message}: {why}", details)


def _not_halted(head: Head, thread: Thread) -> InstanceNotHaltedError:
    """Says what the thread does instead, and how it came out of its last halt."""
    fate = halts.latest(*_told(head), thread)
    does = thread.outcome or "running"
    told = f"; it was {fate.sentence()}" if fate is not None else ""
    return InstanceNotHaltedError(
        f"Instance '{head.instance.id}' does not wait for an input: thread '{thread.id}' is {does} at "
        f"'{thread.state}'{told}",
        {"status": head.instance.status, "current_state": thread.state, **halts.told(fate)},
    )


def _sorted(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value
