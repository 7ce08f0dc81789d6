"""What becomes of a task by time alone: reminders, levels of its escalation, the end of a claim.

Each happens once. What came due while an instance was paused happens at its end: levels one after the other, in
their order, and of the reminders one.
"""

from dataclasses import dataclass
from typing import Literal

from interactor.assignments.asked import Asked
from interactor.assignments.progress import Progress
from interactor.core.times import Millis

MOST_REMINDERS = 20
"""Reminders by the clock after the due date."""


@dataclass(frozen=True)
class Due:
    """One thing that is due: the level's number, or the reminders that are over once it has happened."""

    kind: Literal["level", "reminder", "claim_end"]
    at: Millis
    level: int = 0
    reminders: int = 0


def next_at(asked: Asked, progress: Progress) -> Millis | None:
    """Return when the next thing is due; None: nothing is."""
    moments = [each.at for each in _nexts(asked, progress)]
    return min(moments, default=None)


def due(asked: Asked, progress: Progress, now: Millis) -> Due | None:
    """Return what is due first, or None. Of several reminders that are due, one is sent."""
    found = sorted((each for each in _nexts(asked, progress) if each.at <= now), key=lambda each: each.at)
    if not found:
        return None
    first = found[0]
    if first.kind != "reminder":
        return first
    moments = _reminders(asked)
    over = sum(1 for each in moments if each <= now)
    return Due("reminder", first.at, reminders=over)


def _nexts(asked: Asked, progress: Progress) -> list[Due]:
    found = []
    if progress.level < len(asked.levels):
        found.append(Due("level", asked.levels[progress.level].at, level=progress.level))
    moments = _reminders(asked)
    if progress.reminders < len(moments):
        found.append(Due("reminder", moments[progress.reminders]))
    if progress.owner is not None and progress.owner_until is not None:
        found.append(Due("claim_end", progress.owner_until))
    return found


def _reminders(asked: Asked) -> list[Millis]:
    """All reminders by the clock, in their order: those before the due date, then from it on."""
    if asked.remind_every is None or asked.due_at is None:
        return list(asked.reminders)
    return [*asked.reminders, *(asked.due_at + n * asked.remind_every for n in range(MOST_REMINDERS))]
