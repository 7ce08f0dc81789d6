"""How the members of a group change: in steps of as many as one transaction takes, removals before additions.

After each step the group says who is a member at that moment, and that a change is under way. So a change that was cut
off is completed by sending it again, and whoever was removed lost the right with the step that removed them.
"""

import hashlib
from dataclasses import dataclass, replace
from typing import Final

from interactor.core import jsons
from interactor.core.errors import ConcurrentModificationError
from interactor.core.jsons import Json
from interactor.core.times import Millis
from interactor.people.rules.directory import Changing, Group

MEMBERSHIPS_PER_STEP: Final = 98
"""A transaction takes 100 writes; two are of the group's head and of its entry in the list."""
DELETION: Final = "deleted"
"""What a group becomes that is being deleted, in place of a target's digest."""


@dataclass(frozen=True)
class Wanted:
    """A group as somebody wants it; ``members`` are ids in their normal form, each once."""

    id: str
    members: tuple[str, ...]
    name: str | None = None
    email: str | None = None

    @property
    def digest(self) -> str:
        """Return what tells this target from others."""
        told = [self.name, self.email, sorted(self.members)]
        return hashlib.sha256(jsons.encode(told)).hexdigest()[:32]

    def is_met(self, group: Group) -> bool:
        """Whether the group is so already, and complete."""
        same = (group.name, group.email, frozenset(group.members)) == (self.name, self.email, frozenset(self.members))
        return same and group.changing is None


@dataclass(frozen=True)
class Condition:
    """Which state of a group a request was made for: RFC 9110, sections 13.1.1 and 13.1.2.

    ``revisions`` are those of ``If-Match``, ``*`` stands for any; None: whatever is there is replaced. ``absent``:
    ``If-None-Match: *``, only where there is none yet.
    """

    revisions: frozenset[str] | None = None
    absent: bool = False

    def require(self, group: Group | None, to: str) -> None:
        """Refuse a request that was made for another state; not one that was cut off and is sent again.

        Args:
            to: what the request makes of the group.

        Raises:
            ConcurrentModificationError: with the present ``revision``, None where there is no such group.
        """
        since = None if group is None else group.revision
        if group is not None and group.changing is not None and group.changing.to == to:
            since = group.changing.since
        if self.absent and since is not None:
            raise _conflict(group, "There is a group of this id already; leave If-None-Match out to replace it")
        if self.revisions is None or since in self.revisions or (since is not None and "*" in self.revisions):
            return
        if group is None:
            raise _conflict(group, "There is no such group; leave If-Match out to make it")
        raise _conflict(group, "The group was changed since it was read; read it again, then change it")


@dataclass(frozen=True)
class Step:
    """One transaction: the group as it then is, and the memberships that end and begin with it."""

    group: Group
    removed: tuple[str, ...]
    added: tuple[str, ...]


@dataclass(frozen=True)
class Stamp:
    """What a step carries that no rule can know: when, by whom, and the new revision."""

    now: Millis
    by: Json
    revision: str


def next_step(group: Group | None, wanted: Wanted, stamp: Stamp) -> Step:
    """Return the next step from what there is to what is wanted; the last one where its group is not ``changing``."""
    held = () if group is None else group.members
    removed, added = _apart(held, wanted.members)
    ends = tuple(removed[:MEMBERSHIPS_PER_STEP])
    begins = tuple(added[: MEMBERSHIPS_PER_STEP - len(ends)])
    last = (len(ends), len(begins)) == (len(removed), len(added))
    gone = frozenset(ends)
    fresh = Group(wanted.id, (), stamp.now, stamp.now, stamp.revision) if group is None else group
    changed = replace(
        fresh,
        members=wanted.members if last else (*(each for each in held if each not in gone), *begins),
        name=wanted.name,
        email=wanted.email,
        updated_at=stamp.now,
        updated_by=stamp.by,
        revision=stamp.revision,
        changing=None if last else Changing(_since(group, wanted.digest), wanted.digest),
    )
    return Step(changed, ends, begins)


def next_removal(group: Group, stamp: Stamp) -> Step | None:
    """Return the next step of a deletion; None where what is left goes with the group itself."""
    if len(group.members) <= MEMBERSHIPS_PER_STEP:
        return None
    ends, rest = group.members[:MEMBERSHIPS_PER_STEP], group.members[MEMBERSHIPS_PER_STEP:]
    changed = replace(
        group,
        members=rest,
        updated_at=stamp.now,
        updated_by=stamp.by,
        revision=stamp.revision,
        changing=Changing(_since(group, DELETION), DELETION),
    )
    return Step(changed, ends, ())


def without(group: Group, person: str, stamp: Stamp) -> Step | None:
    """Return the step that takes one person out of a group; None where the person is no member.

    A change that is under way stays so, but who sends it again with an old ``If-Match`` is refused: it may name the
    person.
    """
    if person not in group.members:
        return None
    changed = replace(
        group,
        members=tuple(each for each in group.members if each != person),
        updated_at=stamp.now,
        updated_by=stamp.by,
        revision=stamp.revision,
        changing=None if group.changing is None else replace(group.changing, since=stamp.revision),
    )
    return Step(changed, (person,), ())


def _apart(held: tuple[str, ...], wanted: tuple[str, ...]) -> tuple[list[str], list[str]]:
    stays, held_now = frozenset(wanted), frozenset(held)
    return [each for each in held if each not in stays], [each for each in wanted if each not in held_now]


def _since(group: Group | None, to: str) -> str | None:
    """On which revision a change began whose next step this is."""
    if group is None:
        return None
    going_on = group.changing is not None and group.changing.to == to
    return group.changing.since if group.changing is not None and going_on else group.revision


def _conflict(group: Group | None, message: str) -> ConcurrentModificationError:
    return ConcurrentModificationError(message, {"revision": None if group is None else group.revision})
