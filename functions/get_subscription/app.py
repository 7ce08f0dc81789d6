"""GET /webhooks/subscriptions/{subscription_id}: one subscription."""

from interactor.api import views, webhooks
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response, ok


@endpoint("webhooks:read")
def handler(call: Call) -> Response:
    """Return the subscription, without its secret."""
    return ok(views.subscription(webhooks.found(call)))
