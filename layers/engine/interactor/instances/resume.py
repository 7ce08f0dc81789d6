"""The one entry for everything that moves a halted thread from outside.

What comes in is a ``Trigger`` for a thread at an expected sequence. If several are simultaneous, the commit decides
which one wins; ruling 17 says what the others are told.
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
from interactor.instances.rules.instance import Instance, Phase
from interactor.instances.rules.settle import OvertakenError
from interactor.instances.rules.stored import Head


def resume(engine: Engine, principal: Principal, head: Head, request: Resume) -> Head:
    """Resume a halted thread with a person's decision, and continue until the budget is used up.

    A decision that names its halt is only for that halt. If the same person took it already with the same input, the
    answer is that it is done, however long ago, because a client may have lost the answer.

    Raises:
        ThreadNotFoundError, ThreadRequiredError: it is not clear what to resume.
        InstanceNotHaltedError, InstancePausedError: nothing waits, or the instance must not continue.
        ConcurrentModificationError: another decision came first, or the halt or state is not the present one.
        InvalidRequestError, InvalidTransitionError: the input does not match.
        WorkflowDataTooLargeError, InstanceTooLargeError: the result is too large to be stored.
    """
    thread = thread_of(head.instance, request)
    if request.halt_id is not None and request.halt_id != halts.present(head.instance, thread):
        return done_before(head, thread, request, request.halt_id)
    if request.expected_state is not None and thread.state != request.expected_state:
        fate = halts.decision(head.records or (), thread)
        meant = fate if fate is not None and fate.state == request.expected_state else None
        stands = f"thread '{thread.id}' is at '{thread.state}', not at '{request.expected_state[:80]}'"
        raise conflict(head, thread, request.expected_state, meant, stands)
    require_going(head.instance)
    if request.halt_id is None and decided_earlier(head, thread, request, engine.world.now()):
        return head
    try:
        return take(engine, head, thread.id, thread.sequence, request.trigger)
    except OvertakenError:
        return after_losing(engine, principal, head.instance.id, thread, request)


def task_meant(instance: Instance, request: Resume) -> int | None:
    """Return the number of the task that a resume is about; None: it is about no open task.

    Raises:
        ThreadNotFoundError, ThreadRequiredError: as ``resume``.
    """
    thread = thread_of(instance, request)
    if not thread.waits_for_task or thread.task is None:
        return None
    other = request.halt_id is not None and request.halt_id != halts.present(instance, thread)
    if other or request.expected_state not in (None, thread.state):
        return None
    return thread.task.number


def take(engine: Engine, head: Head, thread_id: str, expected_sequence: int, trigger: Trigger) -> Head:
    """Move a halted thread, commit, and continue until the budget is used up.

    Raises:
        OvertakenError: the thread no longer rests at that sequence, or the instance is paused.
    """
    thread = head.instance.threads.get(thread_id)
    if head.instance.paused or thread is None or thread.phase is not Phase.HALTED:
        raise OvertakenError
    if thread.sequence != expected_sequence or thread.waits_for_task:  # a task is moved by ``acts``
        raise OvertakenError
    definition = engine.definition_of(head.instance)
    now = engine.world.now()
    deadline = now + engine.rules.inline_budget
    advance = engine.advance(definition, head.instance, thread_id, trigger.cause.by)
    if trigger.kind == "timeout":
        # The chain of steps does what follows: if a script there kills its worker, the try must be counted (invariant
        # 4).
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
