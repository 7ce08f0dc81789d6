"""DELETE /webhooks/subscriptions/{subscription_id}: end a subscription."""

from interactor.access.rules.principal import Principal
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response, no_content
from interactor.runtime import runtime
from interactor.webhooks import subscriptions


@endpoint("webhooks:write")
def handler(request: Request, principal: Principal) -> Response:
    """Answer nothing."""
    store = runtime().subscription_store
    subscription = subscriptions.find(store, principal, request.parameter("subscription_id"))
    request.nothing()
    subscriptions.delete(store, principal, subscription)
    return no_content()
