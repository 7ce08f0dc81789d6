"""POST /webhooks/subscriptions/{subscription_id}/disable: send it no more events."""

from interactor.api import webhooks
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response


@endpoint("webhooks:write")
def handler(call: Call) -> Response:
    """Return the subscription after the change."""
    return webhooks.switched(call, "disabled")
