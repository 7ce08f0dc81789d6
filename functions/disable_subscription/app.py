"""POST /webhooks/subscriptions/{subscription_id}/disable: let no more events go to it."""

from interactor.api import webhooks
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.core.principal import Principal


@endpoint("webhooks:write")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the subscription as it then is."""
    return webhooks.switched(request, principal, "disabled")
