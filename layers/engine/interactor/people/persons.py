"""People of the directory: names and addresses, which can be erased, and absence (docs/groups.md).

Whoever is away is so from one moment on and before another. A substitute acts for that person meanwhile: nothing
moves, and it ends by itself. It is one hop: nobody acts for those for whom an absent person stands in.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

from interactor.core.errors import (
    ConcurrentModificationError,
    InvalidRequestError,
    PersonNotFoundError,
)
from interactor.core.jsons import Json
from interactor.core.storing import ContendedError, GuardLostError
from interactor.core.world import World
from interactor.people import groups as group_changes
from interactor.people.groups import Groups
from interactor.people.rules import names, profiles
from interactor.people.rules.directory import Away, Person, Standing
from interactor.people.store.persons import Taken

if TYPE_CHECKING:
    from interactor.people.store.persons import PersonStore

Made = TypeVar("Made")

ATTEMPTS: Final = 8
"""Tries of a change that loses to others."""


@dataclass(frozen=True)
class Persons:
    """The parts that the use cases of this module share."""

    world: World
    store: "PersonStore"
    groups: Groups


def put(persons: Persons, account: str, person: str, name: str | None, email: str | None, locale: str | None) -> Person:
    """Store what is shown of a person, in place of what was; an absence stays.

    Raises:
        InvalidRequestError: with all fields that are wrong.
        ConcurrentModificationError: when others change the person all the time.
    """
    identifier = names.read_id(person, "person_id")
    wrong = profiles.problems(name, email, locale)
    if wrong:
        raise InvalidRequestError("The person has wrong fields; details lists them", wrong)

    def store(found: Person | None) -> Person:
        read = None if found is None else found.revision
        revision = persons.world.entropy(8).hex()
        changed = replace(found or Person(identifier), name=name, email=email, locale=locale, revision=revision)
        persons.store.change(account, read, changed, None, None, _token(persons))
        return changed

    return _changed(persons, account, identifier, store)


def find(store: "PersonStore", account: str, person: str) -> Standing:
    """Return what the directory says of a person.

    Raises:
        PersonNotFoundError: when it says nothing.
    """
    identifier = names.normal(person)
    found = None if identifier is None else store.standing(account, identifier)
    if found is None or not (found.profile or found.groups or found.stands_in_for):
        raise PersonNotFoundError(person)
    return found


def erase(persons: Persons, account: str, person: str, memberships: bool, by: Json) -> None:
    """Delete a person's name, address, locale and absence; with ``memberships`` the person is in no group any more.

    Raises:
        PersonNotFoundError: when the directory says nothing of the person.
        ConcurrentModificationError: when others change the person, or a group, all the time.
    """
    standing = find(persons.store, account, person)
    for group in persons.store.memberships(account, standing.person) if memberships else ():
        group_changes.remove(persons.groups, account, group, standing.person, by)

    def delete(found: Person | None) -> None:
        if found is not None:
            persons.store.delete(account, found, _token(persons))

    _changed(persons, account, standing.person, delete)


def set_away(persons: Persons, account: str, person: str, away: Away) -> Person:
    """Have a substitute stand in for a person, in place of an earlier absence.

    Raises:
        InvalidRequestError: with all fields that are wrong.
        SubstituteQuotaExceededError: when the substitute stands in for 10 others already.
        ConcurrentModificationError: when others change the person or the substitute all the time.
    """
    identifier = names.read_id(person, "person_id")
    wrong = profiles.away_problems(identifier, away, persons.world.now())
    if wrong:
        raise InvalidRequestError("The absence has wrong fields; details lists them", wrong)

    def store(found: Person | None) -> Person:
        now = persons.world.now()
        care = persons.store.care(account, away.substitute)
        profiles.require_room(away.substitute, identifier, care.absent, now)
        before = found or Person(identifier)
        ended = tuple(each for each in profiles.over(care.absent, now) if each != identifier)
        changed = replace(before, away=away, revision=persons.world.entropy(8).hex())
        former = None if before.away is None else before.away.substitute
        taken = Taken(away.substitute, care.generation, ended)
        persons.store.change(account, before.revision, changed, former, taken, _token(persons))
        return changed

    return _changed(persons, account, identifier, store)


def end_away(persons: Persons, account: str, person: str) -> None:
    """End an absence, or take back one that is to come; nothing to do where there is none.

    Raises:
        ConcurrentModificationError: when others change the person all the time.
    """
    identifier = names.read_id(person, "person_id")

    def store(found: Person | None) -> None:
        if found is None or found.away is None:
            return
        changed = replace(found, away=None, revision=persons.world.entropy(8).hex())
        persons.store.change(account, found.revision, changed, found.away.substitute, None, _token(persons))

    _changed(persons, account, identifier, store)


def _changed(persons: Persons, account: str, person: str, store: Callable[[Person | None], Made]) -> Made:
    """What ``store`` comes to, made anew of the person as then stored where another change came first."""
    for attempt in range(ATTEMPTS):
        try:
            return store(persons.store.get(account, person))
        except (GuardLostError, ContendedError):
            persons.world.pause(attempt)
    raise ConcurrentModificationError("The person is being changed by others all the time; try again")


def _token(persons: Persons) -> str:
    return persons.world.entropy(16).hex()
