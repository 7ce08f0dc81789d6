"""When a task is decided, and how: the rules of quorums over the responses that were given.

A decision is taken as soon as it is certain, or (``wait``) once everyone has responded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from interactor.assignments.asked import Asked, OutcomeRule
from interactor.assignments.progress import Progress, Response, Side
from interactor.core.jsons import Json, JsonObject, equal

Outcome: TypeAlias = Literal["approved", "rejected", "completed"]
"""How a task is decided by responses; its time may end it as ``expired`` beside that."""

OUTCOMES: Final[Mapping[Side, Outcome]] = {"approve": "approved", "reject": "rejected", "neutral": "completed"}
"""What one response decides, where one decides."""
MOST_RESPONSES: Final = 100
"""Responses of one task: the hundredth decides, and where it does not approve it rejects."""


@dataclass(frozen=True)
class Tally:
    """Responses by side, and how many are needed (``Quorum.needed``)."""

    approve: int
    reject: int
    responses: int
    needed: int

    def to_json(self) -> JsonObject:
        """Return it as answers and events have it."""
        return {**vars(self)}


def side_of(rule: OutcomeRule | None, values: Mapping[str, Json]) -> Side:
    """Return the side that a checked input takes; ``neutral`` where its value stands in neither list."""
    if rule is None:
        return "neutral"
    value = values.get(rule.field)
    if any(equal(value, each) for each in rule.approve):
        return "approve"
    return "reject" if any(equal(value, each) for each in rule.reject) else "neutral"


def needed_of(share: str, electorate: int) -> int:
    """Return how many approvals ``60%`` or ``majority`` are of an electorate: rounded up, or over the half."""
    if share == "majority":
        return electorate // 2 + 1
    # Whole numbers throughout: 0.07 * 100 is more than 7 in floating point.
    whole, _, part = share.removesuffix("%").partition(".")
    scale: int = 100 * 10 ** len(part)
    return max(1, -(-int(whole + part) * electorate // scale))


def present_users(asked: Asked, progress: Progress) -> tuple[str, ...]:
    """Return the users who are assigned now, each in a slot of their own."""
    return asked.users if progress.users is None else progress.users


def present_groups(asked: Asked, progress: Progress) -> tuple[str, ...]:
    """Return the groups that are assigned now."""
    return asked.groups if progress.groups is None else progress.groups


def present_electorate(asked: Asked, progress: Progress) -> tuple[str, ...] | None:
    """Return the people who may respond, where they are written down; None: rights are judged at each act."""
    return asked.electorate if progress.electorate is None else progress.electorate


def size_of_electorate(asked: Asked, progress: Progress) -> int | None:
    """Return how many may respond, or None where that cannot be known: members of groups come and go."""
    frozen = present_electorate(asked, progress)
    if frozen is not None:
        return len(frozen)
    return None if present_groups(asked, progress) else len(present_users(asked, progress))


def needed(asked: Asked, progress: Progress) -> int:
    """Return how many responses of the wanted kind decide."""
    electorate = size_of_electorate(asked, progress)
    if electorate is None:
        return asked.quorum.needed
    if asked.quorum.everyone:
        return electorate
    return asked.quorum.needed if asked.quorum.share is None else needed_of(asked.quorum.share, electorate)


def tally(asked: Asked, progress: Progress) -> Tally:
    """Count the responses."""
    sides = [each.side for each in progress.responses]
    return Tally(sides.count("approve"), sides.count("reject"), len(sides), needed(asked, progress))


def decided(asked: Asked, progress: Progress) -> Outcome | None:
    """Return how the responses decide, or None while they do not."""
    quorum, responses = asked.quorum, progress.responses
    if not responses:
        return None
    if quorum.kind == "first":
        return OUTCOMES[responses[-1].side]
    electorate = size_of_electorate(asked, progress)
    everyone = electorate is not None and len(responses) >= electorate
    full = len(responses) >= MOST_RESPONSES
    if quorum.wait and not everyone and not full and electorate is not None:
        return None
    if quorum.kind == "responses":
        return "completed" if len(responses) >= needed(asked, progress) or everyone or full else None
    if _approved(asked, progress):
        return "approved"
    return "rejected" if _rejected(asked, progress, electorate) or everyone or full else None


def group_for(asked: Asked, progress: Progress, side: Side, groups: Sequence[str]) -> str | None:
    """Return the group for which a response counts where each has its own count: the first of the person's groups,
    in the order of the assignment, that still lacks one; the first of them where none does.
    """
    mine = [each for each in present_groups(asked, progress) if each in groups]
    lacking = [each for each in mine if _approvals(progress.responses, each) < asked.quorum.needed]
    return next(iter(lacking or mine), None) if side == "approve" else next(iter(mine), None)


def _approved(asked: Asked, progress: Progress) -> bool:
    if asked.quorum.per_group:
        groups = present_groups(asked, progress)
        return all(_approvals(progress.responses, each) >= asked.quorum.needed for each in groups)
    return tally(asked, progress).approve >= needed(asked, progress)


def _rejected(asked: Asked, progress: Progress, electorate: int | None) -> bool:
    count = tally(asked, progress)
    limit = asked.quorum.reject
    if limit is not None and count.reject >= limit:
        return True
    if electorate is None or asked.quorum.per_group:
        return False
    return count.approve + electorate - count.responses < needed(asked, progress)


def _approvals(responses: Sequence[Response], group: str) -> int:
    return sum(1 for each in responses if each.group == group and each.side == "approve")
