"""POST /webhooks/subscriptions/{subscription_id}/disable: let no more events go to it."""

from interactor.api import webhooks
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response


@endpoint("webhooks:write")
def handler(call: Call) -> Response:
    """Answer the subscription as it then is."""
    return webhooks.switched(call, "disabled")
