"""POST /webhooks/subscriptions/{subscription_id}/replay: deliver again what did not arrive in a range of time."""

from interactor.api import bodies, webhooks
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response
from interactor.core.jsons import JsonObject
from interactor.webhooks.log import require_active
from interactor.webhooks.rules.events import Subscription


@endpoint("webhooks:write")
def handler(call: Call) -> Response:
    """Return the replay's id. The deliveries follow."""

    def send(subscription: Subscription) -> JsonObject:
        body = bodies.read(bodies.ReplayDeliveries, call.request)
        since, until, states = webhooks.replay_range(body, call.services.world.now())
        require_active(subscription)
        return {"replay_id": call.services.webhooks.replays.begin(subscription, since, until, states)}

    return webhooks.sending(call, send)
