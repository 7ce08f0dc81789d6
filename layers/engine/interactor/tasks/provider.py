"""The parts that know tasks."""

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from interactor.aws.provider import AwsProvider
    from interactor.instances.provider import InstancesProvider
    from interactor.people.provider import PeopleProvider
    from interactor.tasks.responses import Tasks
    from interactor.tasks.store import InboxStore


class TasksProvider:
    """Makes each part when it is first used, and keeps it."""

    def __init__(self, aws: "AwsProvider", people: "PeopleProvider", instances: "InstancesProvider") -> None:
        self._aws = aws
        self._people = people
        self._instances = instances

    @cached_property
    def inboxes(self) -> "InboxStore":
        """The lists of inboxes."""
        from concurrent.futures import ThreadPoolExecutor

        from interactor.tasks.store import InboxStore

        return InboxStore(self._aws.table, ThreadPoolExecutor(AT_ONCE).map)

    @cached_property
    def tasks(self) -> "Tasks":
        """What the use cases share."""
        from interactor.tasks.responses import Tasks

        return Tasks(self._instances.engine, lambda: self._people.directory, self.inboxes)


AT_ONCE = 8
"""Inboxes that are read at the same time."""
