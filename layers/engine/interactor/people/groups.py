"""Groups of the directory: put, look at, list, delete (docs/groups.md).

A change is made to what was read, and stored unless another came first. What one transaction does not take goes in
several (``rules.changes``); a request that was cut off is completed by sending it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from interactor.core.errors import (
    ConcurrentModificationError,
    GroupNotFoundError,
    InvalidRequestError,
    PayloadTooLargeError,
)
from interactor.core.jsons import Json
from interactor.core.storing import ContendedError, GuardLostError
from interactor.core.world import World
from interactor.people.rules import changes, names, profiles
from interactor.people.rules.changes import Condition, Stamp, Wanted
from interactor.people.rules.directory import MEMBERS_PER_GROUP, Group

if TYPE_CHECKING:
    from interactor.people.store.groups import GroupStore

ATTEMPTS: Final = 8
"""Tries of a change that loses to others."""
MEMBERS_BYTES: Final = 256 * 1024
"""All members of a group as JSON, so that they fit one item."""


@dataclass(frozen=True)
class Groups:
    """The parts that the use cases of this module share."""

    world: World
    store: "GroupStore"

    def stamp(self, by: Json) -> Stamp:
        """Return what the next step carries."""
        return Stamp(self.world.now(), by, self.world.entropy(8).hex())

    def token(self) -> str:
        """Return what makes a repeated call of one transaction one effect."""
        return self.world.entropy(16).hex()


def wanted(group: str, name: str | None, email: str | None, members: Sequence[Json]) -> Wanted:
    """Return a group as it is wanted, its ids in their normal form, members named twice once.

    Raises:
        InvalidRequestError: with all fields that are wrong.
        PayloadTooLargeError: when the members are over 256 KB.
    """
    identifier = names.read_id(group, "group_id")
    found = names.read_ids(members, "members")
    wrong = profiles.problems(name, email)
    if len(found) > MEMBERS_PER_GROUP:
        wrong.append({"field": "members", "message": f"must be at most {MEMBERS_PER_GROUP:,} different ids"})
    if wrong:
        raise InvalidRequestError("The group has wrong fields; details lists them", wrong)
    if sum(len(each.encode()) + 3 for each in found) > MEMBERS_BYTES:
        message = "are larger than 256 KB together; use shorter ids"
        raise PayloadTooLargeError(f"The members {message}", [{"field": "members", "message": message}])
    return Wanted(identifier, found, name, email)


def put(groups: Groups, account: str, target: Wanted, condition: Condition, by: Json) -> tuple[Group, bool]:
    """Make a group what is wanted of it. Returns it, and whether it was not there before.

    A group that is so already is left alone, whatever the condition (RFC 9110, 13.1.1): so a request whose answer was
    lost may be sent again.

    Raises:
        ConcurrentModificationError: the group is not in the state that the condition names, or others change it all
            the time. If the change took several transactions, some of them may have been made.
    """
    new, ours = False, None
    lost = 0
    while lost < ATTEMPTS:
        found = groups.store.get(account, target.id)
        if found is not None and target.is_met(found):
            return found, new
        if ours is None or found is None or found.revision != ours:
            condition.require(found, target.digest)
        step = changes.next_step(found, target, groups.stamp(by))
        read = None if found is None else found.revision
        try:
            groups.store.change(account, read, step.group, step.removed, step.added, groups.token())
        except (GuardLostError, ContendedError):
            groups.world.pause(lost)
            lost += 1
            continue
        new, ours = new or found is None, step.group.revision
        if step.group.changing is None:
            return step.group, new
    raise _contended()


def find(store: "GroupStore", account: str, group: str) -> Group:
    """Return one group.

    Raises:
        GroupNotFoundError: when the directory has none of this id.
    """
    identifier = names.normal(group)
    found = None if identifier is None else store.get(account, identifier)
    if found is None:
        raise GroupNotFoundError(group)
    return found


def delete(groups: Groups, account: str, group: str, condition: Condition, by: Json) -> None:
    """Delete a group; nobody is a member of it any more. From then on a claim counts again where there is one.

    Raises:
        GroupNotFoundError: when the directory has none of this id.
        ConcurrentModificationError: as ``put``.
    """
    ours: str | None = None
    lost = 0
    while lost < ATTEMPTS:
        try:
            found = find(groups.store, account, group)
        except GroupNotFoundError:
            if ours is None:
                raise
            return
        if found.revision != ours:
            condition.require(found, changes.DELETION)
        step = changes.next_removal(found, groups.stamp(by))
        try:
            if step is None:
                groups.store.delete(account, found, groups.token())
                return
            groups.store.change(account, found.revision, step.group, step.removed, (), groups.token())
        except (GuardLostError, ContendedError):
            groups.world.pause(lost)
            lost += 1
        else:
            ours = step.group.revision
    raise _contended()


def remove(groups: Groups, account: str, group: str, person: str, by: Json) -> None:
    """Take one person out of a group, where the person is in it.

    Raises:
        ConcurrentModificationError: when others change the group all the time.
    """
    for attempt in range(ATTEMPTS):
        found = groups.store.get(account, group)
        step = None if found is None else changes.without(found, person, groups.stamp(by))
        if found is None or step is None:
            return
        try:
            groups.store.change(account, found.revision, step.group, step.removed, (), groups.token())
        except (GuardLostError, ContendedError):
            groups.world.pause(attempt)
        else:
            return
    raise _contended()


def _contended() -> ConcurrentModificationError:
    return ConcurrentModificationError("The group is being changed by others all the time; try again")
