"""POST /webhooks/subscriptions/{subscription_id}/enable: let events go to it again."""

from interactor.access.rules.principal import Principal
from interactor.api import webhooks
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response


@endpoint("webhooks:write")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the subscription as it then is."""
    return webhooks.switched(request, principal, "active")
