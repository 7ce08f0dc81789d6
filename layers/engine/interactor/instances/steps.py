"""Handles step messages: one thread's next step, or, for a hint of the clock, one thing that is due.

Messages are hints (invariant 4). A message that comes twice, late or out of order changes nothing and costs one read.
One that comes too early is sent again with the remaining delay. Before an outside call, and whenever a message may be
poison, the worker takes a lease, which counts a try (invariant 5).
"""

from contextlib import suppress
from dataclasses import replace
from typing import Protocol

from interactor.core import limits, traces
from interactor.core.errors import InstanceNotActiveError
from interactor.core.logic import Failed
from interactor.core.storing import GuardLostError, StoreBusyError, StoreUnavailableError
from interactor.core.times import Millis
from interactor.instances import acts, tries
from interactor.instances.conflicts import Trigger
from interactor.instances.engine import BY_ITSELF, COMMIT_ATTEMPTS, Engine
from interactor.instances.lifecycle import EXPIRED, cancel_instance
from interactor.instances.resume import take
from interactor.instances.rules.instance import Instance, Phase, Thread
from interactor.instances.rules.lifetimes import expires_at, timer_due, wake_at
from interactor.instances.rules.machine import Advance
from interactor.instances.rules.settle import OvertakenError
from interactor.instances.rules.stored import Head, Lease, StepHint
from interactor.instances.rules.thread_draft import action_key
from interactor.instances.tries import SetAsideError
from interactor.logic.rules import instructions


class Delayed(Protocol):
    """Sends a hint again."""

    def send_again(self, hint: StepHint, delay: Millis) -> None:
        """Send the same hint, to arrive after ``delay`` milliseconds."""


def work(engine: Engine, delayed: Delayed, hint: StepHint) -> None:
    """Do what a hint is for, if that is still due.

    Raises:
        StoreUnavailableError: the table did not answer; the message should come again.
        SetAsideError: the instance broke what read it, and was put behind everything else that is due.
    """
    head: Head | None = None
    try:
        head = engine.instances.read(hint.account, hint.instance_id)
        if head is not None:
            _follow(engine, delayed, head, hint)
    except (OvertakenError, GuardLostError):
        # Another worker, a resume or a cancel came first and sent its own hints. The clock would find what is left.
        return
    except StoreUnavailableError:
        raise
    except Exception as error:
        if tries.broken(engine, hint, head):
            raise SetAsideError("the instance can neither be taken on nor failed") from error
        raise


def _follow(engine: Engine, delayed: Delayed, head: Head, hint: StepHint) -> None:
    if hint.thread_id is None:
        if hint.again:
            _do_due_again(engine, delayed, head, hint)
        else:
            _do_due(engine, delayed, head)
        return
    thread = head.instance.threads.get(hint.thread_id)
    if thread is None or not thread.running or head.instance.paused:
        return
    if (thread.sequence, thread.attempt) != (hint.sequence, hint.attempt):
        return
    now = engine.world.now()
    if thread.due_at is not None and thread.due_at > now:
        delayed.send_again(hint, thread.due_at - now)
    else:
        _work_on(engine, delayed, head, thread, hint)


def _do_due_again(engine: Engine, delayed: Delayed, head: Head, hint: StepHint) -> None:
    """Do what is due if an earlier worker got it and did not report how that ended: it may have died of it.

    The try is counted first, so that work that kills every worker without an error ends as well (invariant 9).

    Raises:
        SetAsideError: it was tried too often, and cannot be failed either.
    """
    now = engine.world.now()
    if not _due_without_lease(engine, head.instance, now):
        # A message that comes twice counts no try and costs no write (invariant 4). Nothing here can kill a worker.
        _do_due(engine, delayed, head)
        return
    name = tries.culprit(head.instance, hint, now)
    before = head.leases.get(name, Lease(0, 0))
    if before.tries >= limits.TRIES_PER_STEP:
        try:
            tries.give_up(engine, head)
        except InstanceNotActiveError as error:
            engine.instances.set_aside(hint.account, hint.instance_id, now + limits.SET_ASIDE)
            raise SetAsideError("the ended instance cannot be removed") from error
        return
    counted = engine.instances.lease(head, name, Lease(now, before.tries + 1), engine.world.entropy(16).hex())
    try:
        _do_due(engine, delayed, counted)
    except StoreUnavailableError:
        tries.give_back(engine, counted, name, before)
        raise


def _due_without_lease(engine: Engine, instance: Instance, now: Millis) -> bool:
    """Return whether an expiry, a timeout or the deletion is due. A step counts its tries in its own lease."""
    if wake_at(instance, engine.rules.lifetimes) > now:
        return False
    if not instance.ended and expires_at(instance, engine.rules.lifetimes) <= now:
        return True
    if instance.paused:
        return False
    if any(timer_due(thread, now) for thread in instance.halted_threads()):
        return True
    return instance.ended and not list(instance.running_threads())


def _do_due(engine: Engine, delayed: Delayed, head: Head) -> None:
    """Do one thing that is overdue: an expiry, a timeout, a step whose message was lost, or the deletion."""
    now = engine.world.now()
    instance = head.instance
    wake = wake_at(instance, engine.rules.lifetimes)
    if wake > now:
        # The index may lag, or a lifetime was made longer: then the clock would find the instance for ever.
        if head.wake_at <= now:
            engine.instances.wake_later(head, wake)
        return
    if not instance.ended and expires_at(instance, engine.rules.lifetimes) <= now:
        with suppress(InstanceNotActiveError):
            cancel_instance(engine, head, BY_ITSELF, reason=EXPIRED)
        return
    if instance.paused:
        return
    timed_out = [thread for thread in instance.halted_threads() if timer_due(thread, now)]
    if timed_out:
        first = timed_out[0]
        if len(timed_out) > 1 or first.waits_for_task:
            # Of a task one thing is done at a time, and the next may be due as well.
            delayed.send_again(StepHint(instance.account, instance.id), 0)
        if first.waits_for_task:
            acts.run_timer(engine, head, first)
        else:
            take(engine, head, first.id, first.sequence, Trigger("timeout", {}))
        return
    overdue = [thread for thread in instance.running_threads() if thread.due_at is None or thread.due_at <= now]
    if instance.ended and not list(instance.running_threads()):
        _clean(engine, delayed, head, now)
    elif overdue:
        for thread in overdue[1:]:
            engine.hints.send(instance, thread.id, now)
        first = overdue[0]
        hint = StepHint(instance.account, instance.id, first.id, first.sequence, first.attempt, again=True)
        _work_on(engine, delayed, head, first, hint)


def _clean(engine: Engine, delayed: Delayed, head: Head, now: Millis) -> None:
    """Delete the files of an ended instance, and the instance itself when its own time has come."""
    instance = head.instance
    if instance.takes_files and not engine.files().remove(instance):
        delayed.send_again(StepHint(instance.account, instance.id), 0)
        return
    until = engine.rules.lifetimes.kept_until(instance)
    if until is not None and until > now:
        engine.instances.wake_later(head, until)
    elif not engine.instances.remove(head):
        delayed.send_again(StepHint(instance.account, instance.id), 0)


def _work_on(engine: Engine, delayed: Delayed, head: Head, thread: Thread, hint: StepHint) -> None:
    now = engine.world.now()
    lease = head.leases.get(thread.id, Lease(0, 0))
    if lease.until > now:
        delayed.send_again(hint, lease.until - now)
        return
    definition = engine.definition_of(head.instance)
    advance = engine.advance(definition, head.instance, thread.id)
    step = advance.step
    if step is None:
        return
    if lease.tries >= limits.TRIES_PER_STEP:
        advance.fail("internal_error", f"The step was begun {lease.tries} times and never came to an end", now)
        engine.carry_on(definition, engine.commit(definition, head, advance.change()), None, now)
        return
    if advance.refuse(now):
        engine.carry_on(definition, engine.commit(definition, head, advance.change()), None, now)
        return
    if step.outside or hint.again:
        taken = Lease(now + limits.STEP_WORK, lease.tries + 1)
        head = _lease(engine, head, thread, taken)
        advance = engine.advance(definition, head.instance, thread.id)
    try:
        if not _advance(engine, head, advance, thread, again=lease.tries > 0):
            delayed.send_again(replace(hint, again=False), limits.FORK_WAITS)
    except StoreUnavailableError:
        tries.give_back(engine, head, thread.id, lease)
        raise


def _advance(engine: Engine, head: Head, advance: Advance, thread: Thread, again: bool) -> bool:
    """Run and commit one advance. Return False if the thread could not move yet.

    ``again``: an earlier try never ended. A script that follows the outside call may have killed the worker. Then the
    call is committed on its own, so that it is made at most twice because of what comes after it.
    """
    step = advance.step
    definition = engine.definition_of(head.instance)
    deadline = engine.world.now() + engine.rules.inline_budget
    alone = again and step is not None and step.outside
    if step is not None and step.phase is Phase.INSTRUCT and _tries(head, thread) > limits.MODEL_TRIES:
        told = f"The model was asked {limits.MODEL_TRIES} times, and the worker never came to an end with it"
        advance.complete(Failed(instructions.ERROR, told), engine.world.now())
    elif step is not None and step.logic is not None and (step.outside or thread.outcome is not None):
        engine.steps.run_step(head.instance.account, advance, step.logic, _headers(head.instance, thread))
        deadline = engine.world.now() + engine.rules.inline_budget
    engine.steps.run_pure(head.instance.account, advance, deadline, scripts=not alone)
    if not advance.moved:
        return False
    committed = engine.commit(definition, head, advance.change())
    if alone:
        engine.hint_at(committed)
    else:
        engine.carry_on(definition, committed, None, deadline)
    return True


def _tries(head: Head, thread: Thread) -> int:
    return head.leases.get(thread.id, Lease(0, 0)).tries


def _headers(instance: Instance, thread: Thread) -> dict[str, str]:
    key = action_key(instance, thread)
    headers = {"Idempotency-Key": key}
    return headers | ({"traceparent": traces.below(instance.traceparent, key)} if instance.traceparent else {})


def _lease(engine: Engine, head: Head, thread: Thread, taken: Lease) -> Head:
    """Take a thread's lease. If the guard is lost to another thread's commit, try again.

    Raises:
        GuardLostError: the thread has moved, or somebody else took its lease.
        StoreBusyError: other commits came first each time.
    """
    before = head.leases.get(thread.id)
    for attempt in range(COMMIT_ATTEMPTS):
        try:
            return engine.instances.lease(head, thread.id, taken, engine.world.entropy(16).hex())
        except GuardLostError:
            engine.world.pause(attempt)
        found = engine.instances.read(head.instance.account, head.instance.id)
        present = None if found is None else found.instance.threads.get(thread.id)
        if found is None or present != thread or found.leases.get(thread.id) != before:
            raise GuardLostError
        head = found
    raise StoreBusyError("other commits kept coming first")
