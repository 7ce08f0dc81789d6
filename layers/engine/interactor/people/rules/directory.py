"""What the directory knows of groups and people, and which groups count for somebody who asks.

A group that the directory has is judged by it alone; a group that it does not have counts by the token's claim, or by
the header of a client that speaks for people. So no claim of yesterday overrides who was removed today.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final, Protocol

from interactor.core.jsons import Json, JsonObject
from interactor.core.times import Millis

MEMBERS_PER_GROUP: Final = 1_000
GROUPS_PER_PERSON: Final = 50
"""Of one person, that count at the most; whoever has more is told so (``groups_truncated``)."""
STOOD_IN_FOR: Final = 10
"""People for whom one person stands in at a time."""


class Claims(Protocol):
    """Who asks, with the groups that the token or a header claims (``access.rules.principal.Principal``)."""

    @property
    def groups(self) -> tuple[str, ...]:
        """The claimed groups."""


@dataclass(frozen=True)
class Group:
    """A group of the directory. ``members`` are those who are members at this moment, also within a change."""

    id: str
    members: tuple[str, ...]
    created_at: Millis
    updated_at: Millis
    revision: str
    """Changes with each change, and never comes again, not even where a group is deleted and made anew."""
    name: str | None = None
    email: str | None = None
    updated_by: Json = None
    """Who made the latest change, as ``Principal.by`` says it."""
    changing: "Changing | None" = None
    later: JsonObject = field(default_factory=dict)
    """Members that a later release wrote."""


@dataclass(frozen=True)
class Changing:
    """A change of more members than one transaction takes is under way, or was cut off.

    ``since`` is the revision on which it began, ``to`` tells its target from others: whoever sends it again, completes
    it.
    """

    since: str | None
    to: str


@dataclass(frozen=True)
class ListedGroup:
    """What the list of groups shows of one."""

    id: str
    members: int
    updated_at: Millis
    name: str | None = None
    email: str | None = None


@dataclass(frozen=True)
class Away:
    """An absence from ``since`` on and before ``until``, for which ``substitute`` stands in."""

    since: Millis
    until: Millis
    substitute: str
    later: JsonObject = field(default_factory=dict)
    """Members that a later release wrote."""

    def holds(self, now: Millis) -> bool:
        """Whether it is that time."""
        return self.since <= now < self.until


@dataclass(frozen=True)
class StandIn:
    """``person`` is absent from ``since`` on and before ``until``: whose standing this is stands in meanwhile."""

    person: str
    since: Millis
    until: Millis

    def holds(self, now: Millis) -> bool:
        """Whether it is that time."""
        return self.since <= now < self.until


@dataclass(frozen=True)
class Person:
    """What may be erased of a person: everything but the id."""

    id: str
    name: str | None = None
    email: str | None = None
    locale: str | None = None
    away: Away | None = None
    """The latest absence, which may be over."""
    revision: str | None = None
    """None for who is not stored yet."""
    later: JsonObject = field(default_factory=dict)
    """Members that a later release wrote."""


@dataclass(frozen=True)
class Standing:
    """What the directory says of one person, as of one moment.

    ``groups`` are those of the directory only (at most 50, ``groups_truncated`` says whether there are more).
    ``stands_in_for`` has future and past absences too: ``acts_for`` says who is absent now.
    """

    person: str
    profile: Person | None = None
    groups: tuple[str, ...] = ()
    groups_truncated: bool = False
    stands_in_for: tuple[StandIn, ...] = ()

    def acts_for(self, now: Millis) -> tuple[str, ...]:
        """Return whom the person stands in for at this moment. One hop: nobody for whom those stand in."""
        return tuple(each.person for each in self.stands_in_for if each.holds(now))


def effective_groups(principal: Claims, standing: Standing, known: Collection[str]) -> tuple[str, ...]:
    """Return the groups that count for who asks, at most 50: those of the directory, then claimed ones.

    Args:
        known: which of the claimed groups the directory has (``Directory.known``): of those no claim counts.
    """
    claimed = (group for group in principal.groups if group not in known)
    return tuple(dict.fromkeys((*standing.groups, *claimed)))[:GROUPS_PER_PERSON]
