"""What other areas ask of the directory: members of groups, and what one person is, has and may stand in for.

Ids are in their normal form (``rules.names``). Each answer is as of the moment of the call; nothing is kept.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from interactor.people.rules.directory import Group, Person, Standing

if TYPE_CHECKING:
    from interactor.people.store.groups import GroupStore
    from interactor.people.store.persons import PersonStore


class Directory:
    """The groups and people of all accounts, read consistently."""

    def __init__(self, groups: "GroupStore", persons: "PersonStore") -> None:
        self._groups = groups
        self._persons = persons

    def members(self, account: str, groups: Sequence[str]) -> dict[str, tuple[str, ...] | None]:
        """Return the members of each group, None for one that the directory does not have: one batch of reads.

        Raises:
            LaterReleaseError: when a later release wrote one so that this one must not read it.
        """
        found = self._groups.several(account, list(dict.fromkeys(groups)))
        return {group: found[group].members if group in found else None for group in groups}

    def standing(self, account: str, person: str) -> Standing:
        """Return all that the directory says of a person: one query.

        Raises:
            LaterReleaseError: as above.
        """
        return self._persons.standing(account, person)

    def group(self, account: str, group: str) -> Group | None:
        """Return one group; None where the directory has none.

        Raises:
            LaterReleaseError: as above.
        """
        return self._groups.get(account, group)

    def people(self, account: str, persons: Sequence[str]) -> dict[str, Person]:
        """Return the profiles of those persons that have one: one batch of reads.

        Raises:
            LaterReleaseError: as above.
        """
        return self._persons.several(account, list(dict.fromkeys(persons)))

    def known(self, account: str, groups: Sequence[str]) -> frozenset[str]:
        """Return which of these groups the directory has: one batch of small reads, none for no groups."""
        return self._groups.known(account, list(dict.fromkeys(groups)))

    def person(self, account: str, person: str) -> Person | None:
        """Return the profile of a person; None where none is stored.

        Raises:
            LaterReleaseError: as above.
        """
        return self._persons.get(account, person)
