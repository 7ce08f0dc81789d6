"""Builds the engine for one process: the settings, the clock, and one provider for each area.

A provider makes a part when it is first used, and imports it only then. So no function pays in its cold start for parts
that only others use. Handlers and workers are given the services; nothing below them asks for them.
"""

import os
import time
from functools import cached_property
from typing import TYPE_CHECKING

from interactor.core.times import Millis
from interactor.core.world import World
from interactor.settings import Settings, from_environment

if TYPE_CHECKING:
    from interactor.access.provider import AccessProvider
    from interactor.aws.provider import AwsProvider
    from interactor.definitions.provider import DefinitionsProvider
    from interactor.files.provider import FilesProvider
    from interactor.instances.provider import InstancesProvider
    from interactor.logic.provider import LogicProvider
    from interactor.people.provider import PeopleProvider
    from interactor.tasks.mail.provider import MailProvider
    from interactor.tasks.provider import TasksProvider
    from interactor.webhooks.provider import WebhooksProvider


def clock() -> Millis:
    """Return the present time in milliseconds."""
    return time.time_ns() // 1_000_000


class Services:
    """The parts of one process, by area.

    Raises:
        SettingsError: the environment lacks a setting, or one cannot be read.
    """

    def __init__(self, world: World | None = None, settings: Settings | None = None) -> None:
        self.settings = settings or from_environment(os.environ)
        self.world = world or World(clock, os.urandom, time.sleep)

    @cached_property
    def aws(self) -> "AwsProvider":
        """What all areas use of AWS."""
        from interactor.aws.provider import AwsProvider

        return AwsProvider(self.settings)

    @cached_property
    def access(self) -> "AccessProvider":
        """Tokens and rate limits."""
        from interactor.access.provider import AccessProvider

        return AccessProvider(self.settings, self.world, self.aws, lambda: self.logic.outgoing)

    @cached_property
    def people(self) -> "PeopleProvider":
        """The directory: groups, people, absence."""
        from interactor.people.provider import PeopleProvider

        return PeopleProvider(self.world, self.aws)

    @cached_property
    def definitions(self) -> "DefinitionsProvider":
        """Workflow definitions."""
        from interactor.definitions.provider import DefinitionsProvider

        return DefinitionsProvider(self.settings, self.world, self.aws, lambda: self.logic.sandbox)

    @cached_property
    def logic(self) -> "LogicProvider":
        """What states run: scripts, requests, models."""
        from interactor.logic.provider import LogicProvider

        return LogicProvider(self.settings, self.world)

    @cached_property
    def instances(self) -> "InstancesProvider":
        """Instances."""
        from interactor.instances.provider import InstancesProvider

        return InstancesProvider(
            self.settings,
            self.world,
            self.aws,
            self.definitions,
            self.logic,
            lambda: self.files.files,
            lambda: self.people.directory,
        )

    @cached_property
    def files(self) -> "FilesProvider":
        """Files of forms."""
        from interactor.files.provider import FilesProvider

        return FilesProvider(self.settings, self.world, self.aws)

    @cached_property
    def mails(self) -> "MailProvider":
        """Mails about tasks, and signed links."""
        from interactor.tasks.mail.provider import MailProvider

        return MailProvider(self.settings, self.world, self.aws, self.people, lambda: self.instances.store)

    @cached_property
    def tasks(self) -> "TasksProvider":
        """Tasks of people."""
        from interactor.tasks.provider import TasksProvider

        return TasksProvider(self.aws, self.people, self.instances)

    @cached_property
    def webhooks(self) -> "WebhooksProvider":
        """Subscriptions and deliveries."""
        from interactor.webhooks.provider import WebhooksProvider

        return WebhooksProvider(
            self.settings, self.world, self.aws, lambda: self.instances.store, lambda: self.logic.outgoing
        )


_services: Services | None = None


def services() -> Services:
    """Return the services of the process. Only the frames of endpoints and workers call this."""
    global _services
    if _services is None:
        _services = Services()
    return _services


def install(other: Services | None) -> None:
    """Replace the services, or (with None) let them be made again. For tests."""
    from interactor.aws import boto

    global _services
    _services = other
    boto.made.clear()
