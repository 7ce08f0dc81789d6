"""How long an instance may stay as it is, and when it must be looked at again (invariant 3, ruling 24)."""

from dataclasses import dataclass

from interactor.assignments import timers
from interactor.core import limits
from interactor.core.times import DAY, Millis
from interactor.instances.rules.instance import Instance, Phase, Thread


@dataclass(frozen=True)
class Lifetimes:
    """How long an instance may stay in a status before the clock cancels it, and how long it is kept after its end
    (ruling 24).
    """

    running: Millis = 30 * DAY
    halted: Millis = 90 * DAY
    after_end: Millis = 30 * DAY
    """How long an ended instance is kept."""
    files: Millis = 7 * DAY
    """The longest time for which its files are kept."""

    def kept_until(self, instance: Instance) -> Millis | None:
        """Return when an ended instance must be removed, or None if it has not ended."""
        return None if instance.ended_at is None else instance.ended_at + self.after_end

    def files_kept_until(self, instance: Instance) -> Millis | None:
        """Return when the files of an ended instance must be deleted, or None if it has not ended."""
        return None if instance.ended_at is None else instance.ended_at + min(self.files, self.after_end)


def wake_at(instance: Instance, lifetimes: Lifetimes) -> Millis:
    """Return when a hint for this instance is overdue: the earliest time over its threads (invariant 3).

    What the engine works on is overdue after the longest time of the work plus a minute. What only the clock starts (a
    timeout, an expiry, the deletion after the end) is due at its own time. A paused instance only expires.
    """
    moments: list[Millis] = []
    for thread in instance.threads.values():
        if instance.paused:
            continue
        if thread.running:
            begin = thread.due_at if thread.due_at is not None else instance.updated_at
            moments.append(begin + limits.STEP_WORK + limits.OVERDUE_AFTER)
        elif thread.phase is Phase.HALTED and thread.halt is not None:
            moments += [each for each in (thread.halt.timeout_at, _timer_at(thread)) if each is not None]
    cleaned_at = lifetimes.files_kept_until(instance) if instance.takes_files else lifetimes.kept_until(instance)
    if not moments and cleaned_at is not None:
        return cleaned_at
    if not instance.ended:
        moments.append(expires_at(instance, lifetimes))
    return min(moments)


def _timer_at(thread: Thread) -> Millis | None:
    if thread.halt is None or thread.halt.asked is None or thread.task is None:
        return None
    return timers.next_at(thread.halt.asked, thread.task)


def timer_due(thread: Thread, now: Millis) -> bool:
    """Whether a halt is over by its time, or something of its task is due by time alone."""
    moments = () if thread.halt is None else (thread.halt.timeout_at, _timer_at(thread))
    return thread.phase is Phase.HALTED and any(each is not None and each <= now for each in moments)


def expires_at(instance: Instance, lifetimes: Lifetimes) -> Millis:
    """Return when an instance is cancelled as expired: counted from its latest halt, or, while it runs, from its last
    commit.
    """
    if instance.status == "halted":
        halts = [thread.halt.since for thread in instance.halted_threads() if thread.halt is not None]
        return max(halts, default=instance.status_since) + lifetimes.halted
    return instance.updated_at + lifetimes.running
