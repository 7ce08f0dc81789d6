"""Webhooks: subscriptions, and the log of what was sent to them."""

from collections.abc import Iterator, Sequence
from typing import Unpack, cast

from interactor_client.calls import Calls, given, path_of
from interactor_client.models import (
    Delivery,
    DeliveryStatus,
    DeliveryWithAttempts,
    EventType,
    NewSubscription,
    RotatedSubscription,
    SentDelivery,
    Subscription,
    SubscriptionChanges,
)

_ALL = "/webhooks/subscriptions"


class Subscriptions(Calls):
    """The calls about webhooks."""

    def list_event_types(self) -> list[EventType]:
        """Return the event types that a subscription can have."""
        return cast(list[EventType], self._get("/webhooks/event-types")["event_types"])

    def create_subscription(
        self,
        url: str,
        events: Sequence[str],
        *,
        secret: str | None = None,
        namespace_filter: str | None = None,
        rate_per_minute: int | None = None,
        idempotency_key: str | None = None,
    ) -> NewSubscription:
        """Subscribe a URL to events. Without ``secret``, the API generates one and shows it only in this answer.

        ``rate_per_minute`` is the most attempts that the subscription gets per minute. Further ones wait.
        """
        body = given(
            url=url,
            events=list(events),
            secret=secret,
            namespace_filter=namespace_filter,
            rate_per_minute=rate_per_minute,
        )
        return cast(NewSubscription, self._post(_ALL, body, idempotency_key))

    def list_subscriptions(self, *, limit: int | None = None) -> Iterator[Subscription]:
        """Yield the subscriptions, newest first."""
        return cast(Iterator[Subscription], self._pages(_ALL, "subscriptions", {"limit": limit}))

    def get_subscription(self, subscription_id: str) -> Subscription:
        """Return one subscription."""
        return cast(Subscription, self._get(_subscription(subscription_id)))

    def update_subscription(self, subscription_id: str, **changes: Unpack[SubscriptionChanges]) -> Subscription:
        """Change the given members. The others stay as they are."""
        return cast(Subscription, self.transport.call("PATCH", _subscription(subscription_id), changes))

    def delete_subscription(self, subscription_id: str) -> None:
        """Delete a subscription."""
        self.transport.call("DELETE", _subscription(subscription_id))

    def enable_subscription(self, subscription_id: str, idempotency_key: str | None = None) -> Subscription:
        """Send events to a disabled subscription again."""
        return cast(Subscription, self._post(f"{_subscription(subscription_id)}/enable", None, idempotency_key))

    def disable_subscription(self, subscription_id: str, idempotency_key: str | None = None) -> Subscription:
        """Send no events until the subscription is enabled."""
        return cast(Subscription, self._post(f"{_subscription(subscription_id)}/disable", None, idempotency_key))

    def rotate_secret(
        self, subscription_id: str, secret: str | None = None, idempotency_key: str | None = None
    ) -> RotatedSubscription:
        """Set a new secret. Without ``secret``, the API generates one and shows it only in this answer.

        For 24 hours, ``webhook-signature`` also has a signature with the old secret. ``X-Interactor-Signature`` uses
        the new secret at once. If a receiver checks only that header, give it the new secret before.
        """
        path = f"{_subscription(subscription_id)}/rotate-secret"
        return cast(RotatedSubscription, self._post(path, given(secret=secret), idempotency_key))

    def test_subscription(
        self, subscription_id: str, event: str | None = None, idempotency_key: str | None = None
    ) -> SentDelivery:
        """Send a sample of an event type; by default, of the first one that the subscription has."""
        path = f"{_subscription(subscription_id)}/test"
        return cast(SentDelivery, self._post(path, given(event=event), idempotency_key))

    def list_deliveries(
        self,
        subscription_id: str,
        *,
        status: DeliveryStatus | None = None,
        event: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Delivery]:
        """Yield what was sent to a subscription, newest first."""
        path = f"{_subscription(subscription_id)}/deliveries"
        return cast(Iterator[Delivery], self._pages(path, "deliveries", given(status=status, event=event, limit=limit)))

    def get_delivery(self, subscription_id: str, delivery_id: str) -> DeliveryWithAttempts:
        """Return one delivery with its attempts."""
        return cast(DeliveryWithAttempts, self._get(_delivery(subscription_id, delivery_id)))

    def replay_delivery(
        self, subscription_id: str, delivery_id: str, idempotency_key: str | None = None
    ) -> SentDelivery:
        """Deliver an event again, with a new delivery id."""
        path = f"{_delivery(subscription_id, delivery_id)}/replay"
        return cast(SentDelivery, self._post(path, None, idempotency_key))

    def replay_deliveries(
        self,
        subscription_id: str,
        since: str,
        until: str | None = None,
        *,
        status: DeliveryStatus | None = None,
        idempotency_key: str | None = None,
    ) -> str:
        """Deliver again what was not delivered between two ISO 8601 times. Return the replay's id."""
        body = given(since=since, until=until, status=status)
        return cast(str, self._post(f"{_subscription(subscription_id)}/replay", body, idempotency_key)["replay_id"])


def _subscription(subscription_id: str) -> str:
    return f"{_ALL}{path_of(subscription_id)}"


def _delivery(subscription_id: str, delivery_id: str) -> str:
    return f"{_subscription(subscription_id)}{path_of('deliveries', delivery_id)}"
