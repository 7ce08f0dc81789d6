"""GET /webhooks/subscriptions/{subscription_id}/deliveries/{delivery_id}: one delivery with every attempt."""

from interactor.access.rules.principal import Principal
from interactor.api import views, webhooks
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response, ok
from interactor.runtime import runtime
from interactor.webhooks.log import find


@endpoint("webhooks:read")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the delivery."""
    subscription = webhooks.found(request, principal)
    delivery_id = request.parameter("delivery_id")
    delivery = find(runtime().delivery_store, runtime().world, subscription, delivery_id)
    return ok(views.delivery(delivery) | {"attempts": views.attempts(delivery)})
