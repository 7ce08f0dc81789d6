"""POST /webhooks/subscriptions/{subscription_id}/deliveries/{delivery_id}/replay: deliver an event once more."""

from interactor.access.rules.principal import Principal
from interactor.api import webhooks
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.core.jsons import JsonObject
from interactor.runtime import runtime
from interactor.webhooks.log import find, require_active
from interactor.webhooks.rules.events import Subscription


@endpoint("webhooks:write")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the id of the new delivery."""

    def send(subscription: Subscription) -> JsonObject:
        parts = runtime()
        delivery = find(parts.delivery_store, parts.world, subscription, request.parameter("delivery_id"))
        request.nothing()
        require_active(subscription)
        return {"delivery_id": parts.replays.one(subscription, delivery), "replay_of": delivery.id}

    return webhooks.sending(request, principal, send)
