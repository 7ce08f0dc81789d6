"""What callers do with deliveries: look one up, or send a sample."""

from typing import TYPE_CHECKING

from interactor.core import ids, jsons
from interactor.core.errors import DeliveryNotFoundError, SubscriptionDisabledError
from interactor.core.ids import ENTROPY_BYTES
from interactor.core.jsons import JsonObject
from interactor.core.world import World
from interactor.webhooks.relay import Messages
from interactor.webhooks.rules.delivery import Delivery, source_of
from interactor.webhooks.rules.events import Subscription
from interactor.webhooks.rules.samples import sample

if TYPE_CHECKING:
    from interactor.webhooks.store.deliveries import DeliveryStore


def find(log: "DeliveryStore", world: World, subscription: Subscription, delivery_id: str) -> Delivery:
    """Return one delivery of a subscription.

    Raises:
        DeliveryNotFoundError: its log has none with this id.
    """
    well_formed = ids.is_id(delivery_id, "del")
    found = log.get(subscription.account, subscription.id, delivery_id, world.now()) if well_formed else None
    if found is None:
        raise DeliveryNotFoundError(delivery_id)
    return found


def require_active(subscription: Subscription) -> None:
    """Refuse what a disabled subscription cannot get.

    Raises:
        SubscriptionDisabledError: it is disabled.
    """
    if subscription.status != "active":
        raise SubscriptionDisabledError(
            "The subscription is disabled; enable it first: POST /webhooks/subscriptions/{id}/enable"
        )


def send_sample(messages: Messages, log: "DeliveryStore", world: World, subscription: Subscription, event: str) -> str:
    """Send a sample of an event type, in one attempt, also to a disabled subscription.

    Return the id of the delivery.
    """
    body = sample(event, subscription, world.now(), world.entropy(ENTROPY_BYTES))
    message: JsonObject = {
        "account": subscription.account,
        "subscription_id": subscription.id,
        "delivery_id": body["delivery_id"],
        "attempt": 0,
        "test": True,
        "body": jsons.dumps(body),
    }
    messages.send_all([(message, subscription.id, 0)])
    delivery_id: str = body["delivery_id"]
    shown = Delivery(delivery_id, "pending", source_of(message, body))
    log.note(subscription.account, subscription.id, shown, world.now())
    return delivery_id
