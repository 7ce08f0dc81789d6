"""The parts that keep the directory."""

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from interactor.aws.provider import AwsProvider
    from interactor.core.world import World
    from interactor.people.directory import Directory
    from interactor.people.groups import Groups
    from interactor.people.persons import Persons
    from interactor.people.store.groups import GroupStore
    from interactor.people.store.persons import PersonStore


class PeopleProvider:
    """Makes each part when it is first used, and keeps it."""

    def __init__(self, world: "World", aws: "AwsProvider") -> None:
        self._world = world
        self._aws = aws

    @cached_property
    def directory(self) -> "Directory":
        """What other areas ask."""
        from interactor.people.directory import Directory

        return Directory(self.group_store, self.person_store)

    @cached_property
    def groups(self) -> "Groups":
        """Use cases of groups."""
        from interactor.people.groups import Groups

        return Groups(self._world, self.group_store)

    @cached_property
    def persons(self) -> "Persons":
        """Use cases of people and their absence."""
        from interactor.people.persons import Persons

        return Persons(self._world, self.person_store, self.groups)

    @cached_property
    def group_store(self) -> "GroupStore":
        """Stored groups."""
        from interactor.people.store.groups import GroupStore

        return GroupStore(self._aws.table)

    @cached_property
    def person_store(self) -> "PersonStore":
        """Stored people."""
        from interactor.people.store.persons import PersonStore

        return PersonStore(self._aws.table)
