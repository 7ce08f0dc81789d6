"""POST /webhooks/subscriptions/{subscription_id}/deliveries/{delivery_id}/replay: deliver an event again."""

from interactor.api import webhooks
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response
from interactor.core.jsons import JsonObject
from interactor.webhooks.log import find, require_active
from interactor.webhooks.rules.events import Subscription


@endpoint("webhooks:write")
def handler(call: Call) -> Response:
    """Return the id of the new delivery."""

    def send(subscription: Subscription) -> JsonObject:
        parts = call.services
        delivery = find(parts.webhooks.delivery_store, parts.world, subscription, call.parameter("delivery_id"))
        call.request.nothing()
        require_active(subscription)
        return {"delivery_id": parts.webhooks.replays.one(subscription, delivery), "replay_of": delivery.id}

    return webhooks.sending(call, send)
