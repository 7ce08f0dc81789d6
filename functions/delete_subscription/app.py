"""DELETE /webhooks/subscriptions/{subscription_id}: delete a subscription."""

from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response, no_content
from interactor.webhooks import subscriptions


@endpoint("webhooks:write")
def handler(call: Call) -> Response:
    """Return an empty answer."""
    store = call.services.webhooks.subscription_store
    subscription = subscriptions.find(store, call.principal, call.parameter("subscription_id"))
    call.request.nothing()
    subscriptions.delete(store, call.principal, subscription)
    return no_content()
