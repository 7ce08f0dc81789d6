"""POST /webhooks/subscriptions/{subscription_id}/test: send a sample event."""

from interactor.api import bodies, webhooks
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response
from interactor.core.jsons import JsonObject
from interactor.webhooks.log import send_sample
from interactor.webhooks.rules.events import Subscription


@endpoint("webhooks:write")
def handler(call: Call) -> Response:
    """Return the delivery's id. The log shows the outcome."""

    def send(subscription: Subscription) -> JsonObject:
        event = webhooks.known_event(bodies.read(bodies.TestSubscription, call.request).event, subscription)
        parts = call.services
        sent = send_sample(parts.webhooks.queue, parts.webhooks.delivery_store, parts.world, subscription, event)
        return {"delivery_id": sent}

    return webhooks.sending(call, send)
