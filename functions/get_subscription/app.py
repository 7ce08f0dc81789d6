"""GET /webhooks/subscriptions/{subscription_id}: one subscription."""

from interactor.access.rules.principal import Principal
from interactor.api import views, webhooks
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response, ok


@endpoint("webhooks:read")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the subscription, without its secret."""
    return ok(views.subscription(webhooks.found(request, principal)))
