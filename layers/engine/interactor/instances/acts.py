"""Commits acts at tasks: each is judged on the present head, inside the loop that commits it (invariant 1).

A response is never computed first and settled again: what other people did in between decides whether it still counts.
"""

from collections.abc import Callable, Sequence

from interactor.assignments import timers
from interactor.core.errors import InstanceTooLargeError, WorkflowDataTooLargeError
from interactor.core.jsons import JsonObject
from interactor.core.times import Millis
from interactor.instances.engine import BY_ITSELF, Cause, Engine, staying
from interactor.instances.in_flight import in_flight
from interactor.instances.rules.instance import Instance, Thread
from interactor.instances.rules.settle import OvertakenError, settle, too_large
from interactor.instances.rules.stored import Head
from interactor.instances.rules.task_acts import Past, TaskAdvance
from interactor.instances.rules.thread_draft import ThreadChange

Act = Callable[[TaskAdvance, Head, Past, Millis], None]
"""Judges an act on the present head and draws its change, or raises why it must not be."""


def task_of(instance: Instance, number: int) -> Thread | None:
    """Return the thread that waits for the task with this number; None: the task is closed, or there is none."""
    found = (each for each in instance.threads.values() if each.waits_for_task and each.task is not None)
    return next((each for each in found if each.task is not None and each.task.number == number), None)


def act(engine: Engine, head: Head, number: int, does: Act, cause: Cause) -> Head:
    """Do something at an open task, commit, and run on while the budget lasts where that decided it.

    Raises:
        OvertakenError: when the task is not open any more.
        InstanceTooLargeError: when what it leads to is too large to be kept.
        StoreBusyError, StoreUnavailableError: as ``Engine.insist``; and whatever ``does`` raises.
    """
    definition = engine.definition_of(head.instance)
    deadline = engine.world.now() + engine.rules.inline_budget

    def judge(present: Head, commit_id: str) -> Head:
        instance = present.instance
        thread = task_of(instance, number)
        if thread is None:
            raise OvertakenError
        now = engine.world.now()
        advance = TaskAdvance(definition, instance, thread.id, cause.by, engine.members(instance.account))
        does(advance, present, _past(engine, present), now)
        if not advance.waits_for_task:
            engine.steps.run_pure(instance.account, advance, deadline)
        return _write(engine, present, advance.change(), cause, commit_id)

    committed = engine.insist(head, judge)
    if task_of(committed.instance, number) is not None:
        return committed
    return engine.carry_on(definition, committed, cause.by, deadline)


def run_timer(engine: Engine, head: Head, thread: Thread) -> None:
    """Do what is due at a task by time alone, one thing at a time; the next one has its own ``wake_at``."""
    if thread.task is None:
        raise AssertionError("the thread waits for no task")

    def does(advance: TaskAdvance, present: Head, past: Past, now: Millis) -> None:
        now_waiting = task_of(present.instance, number)
        halt = None if now_waiting is None else now_waiting.halt
        if now_waiting is None or halt is None or halt.asked is None or now_waiting.task is None:
            raise OvertakenError
        if present.instance.paused:
            raise OvertakenError
        first = timers.due(halt.asked, now_waiting.task, now)
        if halt.timeout_at is not None and halt.timeout_at <= now and (first is None or halt.timeout_at <= first.at):
            advance.expire(advance.timeout_target(), past, now)
        elif first is not None:
            advance.run_timer(first, past, now)
        else:
            raise OvertakenError

    number = thread.task.number
    committed = act(engine, head, number, does, BY_ITSELF)
    engine.hint_at(committed)


def _write(engine: Engine, present: Head, change: ThreadChange, cause: Cause, commit_id: str) -> Head:
    now = engine.world.now()
    definition = engine.definition_of(present.instance)
    under_way = in_flight(definition, present, now)
    entropy = bytes.fromhex(commit_id)
    try:
        settled = settle(definition, present.instance, change, now, entropy, under_way)
        return engine.write(present, settled, commit_id, staying(present, settled), cause.remember)
    except (InstanceTooLargeError, WorkflowDataTooLargeError) as error:
        if cause.by is not None:
            raise
        # Nobody is there who could be told: the instance fails for it.
        failing = too_large(change, error.message, now)
    settled = settle(definition, present.instance, failing, now, entropy, under_way)
    return engine.write(present, settled, commit_id, staying(present, settled), cause.remember, reserve=True)


def _past(engine: Engine, head: Head) -> Past:
    def read(numbers: Sequence[int]) -> list[JsonObject]:
        if not numbers:
            return []
        return engine.instances.events(head.instance.account, head.instance.id, numbers)

    return read
