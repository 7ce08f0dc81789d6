"""GET /webhooks/subscriptions/{subscription_id}/deliveries/{delivery_id}: one delivery with every attempt."""

from interactor.api import views, webhooks
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response, ok
from interactor.webhooks.log import find


@endpoint("webhooks:read")
def handler(call: Call) -> Response:
    """Return the delivery."""
    subscription = webhooks.found(call)
    delivery_id = call.parameter("delivery_id")
    delivery = find(call.services.webhooks.delivery_store, call.services.world, subscription, delivery_id)
    return ok(views.delivery(delivery) | {"attempts": views.attempts(delivery)})
