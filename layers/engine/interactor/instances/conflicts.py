"""Decides which of several resumes takes effect, and what the others are told (ruling 17)."""

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
from interactor.core.jsons import JsonObject
from interactor.core.limits import REMEMBERED_RESUME
from interactor.core.times import Millis
from interactor.instances.engine import BY_ITSELF, Cause, Engine
from interactor.instances.lookup import find_instance
from interactor.instances.rules import halts
from interactor.instances.rules.halts import Fate
from interactor.instances.rules.instance import Instance, LastResume, Phase, Thread
from interactor.instances.rules.stored import Head, Record


@dataclass(frozen=True)
class Trigger:
    """What comes in from outside.

    ``payload`` is None if a resume has no input. ``name`` is the chosen option, if there is one.
    """

    kind: Literal["input", "timeout"]
    payload: JsonObject | None
    name: str | None = None
    cause: Cause = BY_ITSELF

    def fingerprint(self) -> str:
        """Return a hash that is the same for the same input of the same person, with its keys in any order (ruling
        17).
        """
        text = jsons.dumps([jsons.ordered(self.payload), self.name, jsons.ordered(self.cause.by)])
        return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Resume:
    """A request to resume. ``arrived_at`` is when the request reached the API, before any of our code ran."""

    trigger: Trigger
    thread_id: str | None
    expected_state: str | None
    arrived_at: Millis
    halt_id: str | None = None


def require_going(instance: Instance) -> None:
    """Refuse to move a paused instance.

    Raises:
        InstancePausedError: it is paused.
    """
    if instance.paused:
        raise InstancePausedError(f"Instance '{instance.id}' is paused; unpause it first")


def wanted_thread(instance: Instance, thread_id: str | None) -> Thread:
    """Return the thread that a request is about: the one it names, else the only halted one, else the main one.

    Raises:
        ThreadNotFoundError, ThreadRequiredError: there is none with that name, or several are halted.
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


def thread_of(instance: Instance, request: Resume) -> Thread:
    """Return the thread that a resume is about. A halt belongs to one thread, so its id names the thread as well."""
    if request.thread_id is None and request.halt_id is not None:
        halted = instance.halted_threads()
        return halts.thread_of(instance, request.halt_id) or (halted[0] if len(halted) == 1 else instance.main)
    return wanted_thread(instance, request.thread_id)


def done_before(head: Head, thread: Thread, request: Resume, halt_id: str) -> Head:
    """Return the head if exactly this decision has ended the halt that it names.

    Raises:
        ConcurrentModificationError: the halt belongs to another thread, or something else has ended it.
    """
    owner, last = halts.thread_of(head.instance, halt_id), thread.last_resume
    if owner is None:
        raise conflict(head, thread, request.expected_state, None, "the halt_id names no halt of this instance")
    if owner.id != thread.id:
        raise conflict(head, thread, request.expected_state, None, f"the halt_id is of thread '{owner.id}'")
    if (
        last is not None
        and last.sequence == ids.halt_sequence(halt_id)
        and last.input_hash == request.trigger.fingerprint()
        and request.expected_state in (None, last.state)
    ):
        return head
    raise conflict(head, thread, request.expected_state, halts.fate_of(*_told(head), thread, halt_id))


def decided_earlier(head: Head, thread: Thread, request: Resume, now: Millis) -> bool:
    """Whether the same resume took effect earlier. If not, this one is judged on its own (ruling 17).

    Raises:
        ConcurrentModificationError, InstanceNotHaltedError: an earlier one decides against it.
    """
    instance = head.instance
    resumed, last = _last_resume(instance, request.thread_id)
    same = last is not None and last.input_hash == request.trigger.fingerprint()
    if last is not None and request.arrived_at < last.at and request.expected_state is None:
        if same:
            return True
        raise conflict(head, thread, last.state, halts.decision(head.records or (), resumed))
    if thread.phase is Phase.HALTED:
        return False
    if last is not None and same and now - last.at <= REMEMBERED_RESUME:
        return True
    raise _not_halted(head, thread)


def after_losing(engine: Engine, principal: Principal, instance_id: str, lost: Thread, request: Resume) -> Head:
    """Return the head for a resume that lost to another commit, if both were the same decision.

    Raises:
        ConcurrentModificationError: another decision took effect.
        InstanceNotFoundError, InstancePausedError: the instance is gone, or it is paused.
    """
    head = find_instance(engine.instances, principal, instance_id, 0)
    instance = head.instance
    thread = instance.threads.get(lost.id, instance.main)
    require_going(instance)
    last = thread.last_resume
    winner = last if last is not None and last.sequence == lost.sequence else None
    if winner is not None and winner.input_hash == request.trigger.fingerprint():
        return head
    halt_id = halts.id_of(instance, lost)
    raise conflict(head, thread, lost.state, halts.fate_of(*_told(head), thread, halt_id))


def _last_resume(instance: Instance, thread_id: str | None) -> tuple[Thread, LastResume | None]:
    """Return the thread that was resumed last among those that may be meant, and that resume."""
    threads = [*instance.threads.values()] if thread_id is None else [instance.threads[thread_id]]
    found = max(threads, key=lambda thread: thread.last_resume.at if thread.last_resume is not None else -1)
    return found, found.last_resume


def _told(head: Head) -> tuple[Instance, Sequence[Record]]:
    """Return what is known of the past without another read."""
    return head.instance, head.records or ()


def conflict(
    head: Head, thread: Thread, expected_state: str | None, fate: Fate | None, why: str | None = None
) -> ConcurrentModificationError:
    """Return an error that names the present halts, and says what happened to the one that was meant (ruling 16)."""
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
    """Return an error that says what the thread does now, and how its last halt ended."""
    fate = halts.latest(*_told(head), thread)
    does = thread.outcome or "running"
    told = f"; it was {fate.sentence()}" if fate is not None else ""
    return InstanceNotHaltedError(
        f"Instance '{head.instance.id}' does not wait for an input: thread '{thread.id}' is {does} at "
        f"'{thread.state}'{told}",
        {"status": head.instance.status, "current_state": thread.state, **halts.told(fate)},
    )
