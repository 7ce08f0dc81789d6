"""Counts the tries of what is due, so that work that never ends is given up (invariant 9).

A try is counted in the lease of a thread, in the instance's head. After the last one the instance fails. What cannot
even be failed is set aside, and an operator must look at it.
"""

from interactor.core import limits
from interactor.core.storing import GuardLostError, StoreUnavailableError
from interactor.core.times import Millis
from interactor.instances.engine import Engine, staying
from interactor.instances.rules import lifecycle
from interactor.instances.rules.instance import MAIN, Instance
from interactor.instances.rules.lifetimes import timer_due
from interactor.instances.rules.stored import Head, Lease, StepHint


class SetAsideError(Exception):
    """An instance broke the engine and could not even be failed. It waits, and an operator must look at it."""


def broken(engine: Engine, hint: StepHint, head: Head | None) -> bool:
    """Count a try that broke the engine. The last one fails the instance, or, if that breaks too, makes it wait.

    Return whether it must wait. Nothing is tried for ever, and nothing that breaks stays the oldest of what is due
    (invariant 9).
    """
    now = engine.world.now()
    present = engine.reread(head) if head is not None else None
    if head is None or present is None:
        # The head cannot be read, so nothing can be counted in it.
        engine.instances.set_aside(hint.account, hint.instance_id, now + limits.SET_ASIDE)
        return True
    thread = culprit(head.instance, hint, now)
    lease = present.leases.get(thread, Lease(0, 0))
    if present.instance.threads[thread].position != head.instance.threads[thread].position:
        return False
    if lease == head.leases.get(thread, Lease(0, 0)):
        lease = Lease(now, lease.tries + 1)
        present = engine.instances.lease(present, thread, lease, engine.world.entropy(16).hex())
    if lease.tries < limits.TRIES_PER_STEP:
        return False
    try:
        give_up(engine, present)
    except StoreUnavailableError:
        raise
    except Exception:
        engine.instances.set_aside(hint.account, hint.instance_id, now + limits.SET_ASIDE)
        return True
    return False


def culprit(instance: Instance, hint: StepHint, now: Millis) -> str:
    """Return the thread in whose lease a broken try is counted: ``thread_main`` if it concerns the whole instance."""
    if hint.thread_id is not None:
        return hint.thread_id
    due = [thread.id for thread in instance.halted_threads() if timer_due(thread, now)]
    due += [each.id for each in instance.running_threads() if each.due_at is None or each.due_at <= now]
    return due[0] if due else MAIN


def give_up(engine: Engine, head: Head) -> None:
    """Fail an instance that was tried too often.

    Raises:
        InstanceNotActiveError: it has ended, and cannot be failed.
    """

    def judge(present: Head, commit_id: str) -> Head:
        now = engine.world.now()
        settled = lifecycle.give_up(present.instance, engine.under_way(present, now), now, bytes.fromhex(commit_id))
        return engine.write(present, settled, commit_id, staying(present, settled), None, reserve=True)

    engine.insist(head, judge)


def give_back(engine: Engine, head: Head, thread_id: str, lease: Lease) -> None:
    """Take back a try that the table interrupted. If this cannot be stored either, the try stays counted."""
    present = head.leases.get(thread_id)
    if present is None or present.tries == lease.tries:
        return
    try:
        engine.instances.lease(head, thread_id, Lease(engine.world.now(), lease.tries), engine.world.entropy(16).hex())
    except (StoreUnavailableError, GuardLostError):
        return
