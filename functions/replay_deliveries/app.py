"""POST /webhooks/subscriptions/{subscription_id}/replay: deliver again what did not arrive in a range of time."""

from interactor.access.rules.principal import Principal
from interactor.api import bodies, webhooks
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.core.jsons import JsonObject
from interactor.runtime import runtime
from interactor.webhooks.log import require_active
from interactor.webhooks.rules.events import Subscription


@endpoint("webhooks:write")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the replay's id; the deliveries follow."""

    def send(subscription: Subscription) -> JsonObject:
        body = bodies.read(bodies.ReplayDeliveries, request)
        since, until, states = webhooks.replay_range(body, runtime().world.now())
        require_active(subscription)
        return {"replay_id": runtime().replays.begin(subscription, since, until, states)}

    return webhooks.sending(request, principal, send)
