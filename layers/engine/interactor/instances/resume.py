"""The one door: everything that moves a thread from outside comes through here.

What comes in is a ``Trigger`` for a thread at an expected sequence. Which of simultaneous ones wins is decided by
the commit; what the others are told is ruling 17.
"""

from interactor.access.rules.principal import Principal
from interactor.instances.conflicts import (
    Resume,
    Trigger,
    after_losing,
    conflict,
    decided_earlier,
    done_before,
    require_going,
    thread_of,
)
from interactor.instances.engine import Engine
from interactor.instances.rules import halts
from interactor.instances.rules.instance import Phase
from interactor.instances.rules.machine import Advance
from interactor.instances.rules.settle import OvertakenError
from interactor.instances.rules.stored import Head


def resume(engine: Engine, principal: Principal, head: Head, request: Resume) -> Head:
    """Resume a halted thread with a person's decision, and run on while the budget lasts.

    A decision that names its halt is for that halt only: where it was taken already, by the same person with the same
    input, it is answered as done, however long ago, since a client may have lost the answer.

    Raises:
        ThreadNotFoundError, ThreadRequiredError: when it is not clear what to resume.
        InstanceNotHaltedError, InstancePausedError: when nothing waits, or it must not go on.
        ConcurrentModificationError: when another decision came first, or the halt or state is not the present one.
        InvalidRequestError, InvalidTransitionError: when the input does not fit.
        WorkflowDataTooLargeError, InstanceTooLargeError: when what it leads to is too large to be kept.
    """
    thread = thread_of(head.instance, request)
    if request.halt_id is not None and request.halt_id != halts.present(head.instance, thread):
        return done_before(head, thread, request, request.halt_id)
    if request.expected_state is not None and thread.state != request.expected_state:
        fate = halts.decision(head.records or (), thread)
        meant = fate if fate is not None and fate.state == request.expected_state else None
        raise conflict(head, thread, request.expected_state, meant)
    require_going(head.instance)
    if request.halt_id is None and decided_earlier(head, thread, request, engine.world.now()):
        return head
    try:
        return take(engine, head, thread.id, thread.sequence, request.trigger)
    except OvertakenError:
        return after_losing(engine, principal, head.instance.id, thread, request)


def take(engine: Engine, head: Head, thread_id: str, expected_sequence: int, trigger: Trigger) -> Head:
    """Move a halted thread, commit, and run on while the budget lasts.

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
    advance = Advance(definition, head.instance, thread_id, trigger.cause.by)
    if trigger.kind == "timeout":
        # What follows is the chain's: a script there that kills its worker must be counted (invariant 4).
        advance.time_out(now)
        committed = engine.commit(definition, head, advance.change(), trigger.cause.remember)
        engine.hint_at(committed)
        return committed
    uploads = engine.files().sent(head.instance, thread, trigger.payload or {})
    advance.resume(trigger.payload, trigger.name, trigger.fingerprint(), now, uploads)
    engine.files().keep(head.instance, uploads)
    engine.steps.run_pure(head.instance.account, advance, deadline)
    committed = engine.commit(definition, head, advance.change(), trigger.cause.remember)
    return engine.carry_on(definition, committed, trigger.cause.by, deadline)
