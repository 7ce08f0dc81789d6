"""POST /webhooks/subscriptions/{subscription_id}/test: send a sample event."""

from interactor.access.rules.principal import Principal
from interactor.api import bodies, webhooks
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.core.jsons import JsonObject
from interactor.runtime import runtime
from interactor.webhooks.log import send_sample
from interactor.webhooks.rules.events import Subscription


@endpoint("webhooks:write")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the delivery's id; the log says how it went."""

    def send(subscription: Subscription) -> JsonObject:
        event = webhooks.known_event(bodies.read(bodies.TestSubscription, request).event, subscription)
        parts = runtime()
        sent = send_sample(parts.webhooks_queue, parts.delivery_store, parts.world, subscription, event)
        return {"delivery_id": sent}

    return webhooks.sending(request, principal, send)
