"""The parts that store subscriptions and deliver webhooks."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from interactor.aws.provider import AwsProvider
    from interactor.aws.queues import MessageQueue
    from interactor.core.world import Provider, World
    from interactor.instances.store.instances import InstanceStore
    from interactor.outgoing import OutgoingClient
    from interactor.settings import Settings
    from interactor.webhooks.concurrency import ConcurrencyLimits
    from interactor.webhooks.deliver import Deliverer
    from interactor.webhooks.redrive import Redrive
    from interactor.webhooks.replays import Replays
    from interactor.webhooks.rules.events import Answer
    from interactor.webhooks.store.concurrency import ConcurrencyStore
    from interactor.webhooks.store.deliveries import DeliveryStore
    from interactor.webhooks.store.subscriptions import SubscriptionStore
    from interactor.webhooks.subscriptions import Subscriptions


class WebhooksProvider:
    """Makes each part when it is first used, and keeps it."""

    def __init__(
        self,
        settings: "Settings",
        world: "World",
        aws: "AwsProvider",
        instances: "Provider[InstanceStore]",
        outgoing: "Provider[OutgoingClient]",
    ) -> None:
        self._settings = settings
        self._world = world
        self._aws = aws
        self._instances = instances
        self._outgoing = outgoing

    @cached_property
    def subscription_store(self) -> "SubscriptionStore":
        """Stored subscriptions."""
        from interactor.webhooks.store.subscriptions import SubscriptionStore

        return SubscriptionStore(self._aws.table)

    @cached_property
    def subscriptions(self) -> "Subscriptions":
        """Use cases of subscriptions: create, change, delete."""
        from interactor.webhooks.store import account_events
        from interactor.webhooks.subscriptions import Subscriptions

        return Subscriptions(
            self._world,
            self.subscription_store,
            lambda: self._aws.sealer,
            account_events.write,
            self._settings.outbound_allow_loopback,
            self._settings.outgoing_private_ranges,
        )

    @cached_property
    def delivery_store(self) -> "DeliveryStore":
        """The log of deliveries."""
        from interactor.webhooks.store.deliveries import DeliveryStore

        return DeliveryStore(self._aws.table)

    @cached_property
    def concurrency_limits(self) -> "ConcurrencyLimits":
        """The limits on attempts of subscriptions and accounts."""
        from interactor.webhooks.account_concurrency import AccountConcurrency
        from interactor.webhooks.concurrency import ConcurrencyLimits

        watches = AccountConcurrency(self._world, self.concurrency_store, self._settings.webhook_attempts_at_once)
        return ConcurrencyLimits(self._world, self.concurrency_store, watches)

    @cached_property
    def concurrency_store(self) -> "ConcurrencyStore":
        """Stored usage of the limits."""
        from interactor.webhooks.store.concurrency import ConcurrencyStore

        return ConcurrencyStore(self._aws.table)

    @cached_property
    def replays(self) -> "Replays":
        """Replays of ranges of the log."""
        from interactor.webhooks.replays import Replays

        return Replays(self._world, self.delivery_store, self.subscription_store, self.concurrency_store, self.queue)

    @cached_property
    def redrive(self) -> "Redrive":
        """Removes replayed messages from the exhausted queue."""
        from interactor.webhooks.redrive import Redrive

        return Redrive(self.delivery_store, self.exhausted_queue, self.queue)

    @cached_property
    def queue(self) -> "MessageQueue":
        """Deliveries: one message for each attempt."""
        return self._aws.queue(self._settings.webhooks_queue_url)

    @cached_property
    def exhausted_queue(self) -> "MessageQueue":
        """Deliveries whose last attempt failed."""
        return self._aws.queue(self._settings.exhausted_queue_url)

    @cached_property
    def relay_retry_queue(self) -> "MessageQueue":
        """History records whose relay failed."""
        return self._aws.queue(self._settings.relay_retry_queue_url)

    @cached_property
    def deliverer(self) -> "Deliverer":
        """Delivers webhooks."""
        from interactor.webhooks.deliver import Deliverer

        return Deliverer(
            world=self._world,
            subscriptions=self.subscriptions,
            log=self.delivery_store,
            instances=self._instances(),
            post=self._post,
            waiting=self.queue,
            exhausted=self.exhausted_queue,
            replays=self.replays,
            delays=self._settings.webhook_retry_delays,
        )

    def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> "Answer":
        from interactor.webhooks.post import post

        return post(self._outgoing(), url, headers, body, self._world.now())
