"""The one door: everything that moves a thread from outside comes through here.

What comes in is a ``Trigger`` for a thread at an expected sequence. Which of simultaneous ones wins is decided by
the commit; what the others are told is ruling 17.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal

from interactor.core import jsons
from interactor.core.errors import (
    ConcurrentModificationError,
    InstanceNotHaltedError,
    InstancePausedError,
    ThreadNotFoundError,
    ThreadRequiredError,
)
from interactor.core.instance import Instance, LastResume, Phase, Thread
from interactor.core.jsons import Json, JsonObject
from interactor.core.lifecycle import cancel
from interactor.core.limits import REMEMBERED_RESUME
from interactor.core.machine import Advance
from interactor.core.principal import Principal
from interactor.core.settle import OvertakenError, expires_at
from interactor.core.storing import Head
from interactor.core.times import Millis
from interactor.usecases.engine import Also, Engine, staying
from interactor.usecases.lookup import find_instance

EXPIRED = "expired"


@dataclass(frozen=True)
class Trigger:
    """What comes in from outside. ``name`` is the option that was taken, where one was."""

    kind: Literal["input", "timeout"]
    payload: JsonObject
    name: str | None = None
    by: Json = None

    def fingerprint(self) -> str:
        """The same for the same input, however its keys are ordered."""
        text = jsons.dumps([_sorted(self.payload), self.name])
        return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Resume:
    """A request to resume. ``arrived_at`` is when the request reached the API, before any of our code ran."""

    trigger: Trigger
    thread_id: str | None
    expected_state: str | None
    arrived_at: Millis


def resume(engine: Engine, principal: Principal, head: Head, request: Resume, also: Also | None = None) -> Head:
    """Take a halted thread of what ``find`` found on with a person's decision, as far as the budget goes.

    Raises:
        ThreadNotFoundError, ThreadRequiredError: when it is not clear what to resume.
        InstanceNotHaltedError, InstancePausedError: when nothing waits, or it must not go on.
        ConcurrentModificationError: when another decision came first, or ``expected_state`` is not the present one.
        InvalidRequestError, InvalidTransitionError, WorkflowDataTooLargeError: when the input does not fit.
    """
    thread = wanted_thread(head.instance, request.thread_id)
    if request.expected_state is not None and thread.state != request.expected_state:
        raise _conflict(head.instance, thread, request.expected_state)
    require_going(head.instance)
    if _decided_earlier(head.instance, thread, request, engine.world.now()):
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
    uploads = engine.files.sent(head.instance, thread, trigger.payload)
    advance.resume(trigger.payload, trigger.name, trigger.fingerprint(), now, uploads)
    engine.files.keep(head.instance, uploads)
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
        return engine.write(present, settled, commit_id, staying(present, settled), also)

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
        raise ThreadRequiredError("Several threads are halted: resume one of them by its id", {"threads": names})
    return halted[0] if halted else instance.main


def _decided_earlier(instance: Instance, thread: Thread, request: Resume, now: Millis) -> bool:
    """Whether the same resume took effect earlier; False where this one is judged on its own (ruling 17).

    Raises:
        ConcurrentModificationError, InstanceNotHaltedError: when an earlier one decides against it.
    """
    last = _last_resume(instance, request.thread_id)
    same = last is not None and last.input_hash == request.trigger.fingerprint()
    if last is not None and request.arrived_at < last.at and request.expected_state is None:
        if same:
            return True
        raise _conflict(instance, thread, last.state)
    if thread.phase is Phase.HALTED:
        return False
    if last is not None and same and now - last.at <= REMEMBERED_RESUME:
        return True
    raise InstanceNotHaltedError(
        f"Instance '{instance.id}' does not wait for an input: thread '{thread.id}' is at '{thread.state}'",
        {"status": instance.status, "current_state": thread.state},
    )


def _after_losing(engine: Engine, principal: Principal, instance_id: str, lost: Thread, request: Resume) -> Head:
    """What a resume is told that another commit overtook."""
    head = find_instance(engine.instances, principal, instance_id, 0)
    instance = head.instance
    require_going(instance)
    last = instance.threads[lost.id].last_resume if lost.id in instance.threads else None
    winner = last if last is not None and last.sequence == lost.sequence else None
    if winner is not None and winner.input_hash == request.trigger.fingerprint():
        return head
    raise _conflict(instance, instance.threads.get(lost.id, instance.main), lost.state)


def _last_resume(instance: Instance, thread_id: str | None) -> LastResume | None:
    threads = instance.threads.values() if thread_id is None else (instance.threads[thread_id],)
    found = [thread.last_resume for thread in threads if thread.last_resume is not None]
    return max(found, key=lambda last: last.at, default=None)


def _conflict(instance: Instance, thread: Thread, expected_state: str) -> ConcurrentModificationError:
    details = {"current_state": thread.state, "expected_state": expected_state}
    return ConcurrentModificationError("Instance was modified by another request", details)


def _sorted(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value
