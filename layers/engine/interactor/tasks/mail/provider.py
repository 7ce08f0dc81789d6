"""The parts that tell people of their tasks, and that make the links they follow."""

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from interactor.aws.provider import AwsProvider
    from interactor.aws.queues import MessageQueue
    from interactor.core.world import Provider, World
    from interactor.instances.store.instances import InstanceStore
    from interactor.people.provider import PeopleProvider
    from interactor.settings import Settings
    from interactor.tasks.links import Links
    from interactor.tasks.mail.send import Mailer


class MailProvider:
    """Makes each part when it is first used, and keeps it."""

    def __init__(
        self,
        settings: "Settings",
        world: "World",
        aws: "AwsProvider",
        people: "PeopleProvider",
        instances: "Provider[InstanceStore]",
    ) -> None:
        self._settings = settings
        self._world = world
        self._aws = aws
        self._people = people
        self._instances = instances

    @cached_property
    def links(self) -> "Links":
        """Makes and reads signed links."""
        from interactor.tasks.link_keys import LinkKeys
        from interactor.tasks.links import Links

        keys = LinkKeys(self._world, self._aws.table, lambda: self._aws.link_sealer)
        return Links(self._world, keys, self._settings.public_url, self._settings.link_lifetime)

    @cached_property
    def queue(self) -> "MessageQueue | None":
        """Messages that tell people of a task; None where no mails are sent."""
        return self._aws.queue(self._settings.mails_queue_url) if self._settings.mails_queue_url else None

    @cached_property
    def mailer(self) -> "Mailer":
        """Makes and sends mails."""
        from interactor.aws import boto
        from interactor.tasks.mail.marks import MarkStore
        from interactor.tasks.mail.open_tasks import OpenTasks
        from interactor.tasks.mail.send import Mailer
        from interactor.tasks.mail.ses import Ses

        return Mailer(
            world=self._world,
            tasks=OpenTasks(self._instances()),
            directory=self._people.directory,
            links=self.links,
            marks=MarkStore(self._aws.table),
            post=Ses(boto.client("sesv2"), self._settings.mail_from),
        )
