"""POST /webhooks/subscriptions/{subscription_id}/deliveries/{delivery_id}/replay: deliver an event once more."""

from interactor.api import webhooks
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.core.jsons import JsonObject
from interactor.core.principal import Principal
from interactor.core.webhooks import Subscription
from interactor.runtime import runtime
from interactor.usecases.delivery_log import find, require_active


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
