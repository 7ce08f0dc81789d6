"""GET /webhooks/subscriptions/{subscription_id}/deliveries: a subscription's log, newest first."""

from interactor.access.rules.principal import Principal
from interactor.api import views, webhooks
from interactor.api.endpoint import endpoint
from interactor.api.paging import Paging
from interactor.api.request import Request
from interactor.api.response import Response, ok
from interactor.runtime import runtime


@endpoint("webhooks:read", query=("status", "event", "limit", "cursor"))
def handler(request: Request, principal: Principal) -> Response:
    """Answer a page of deliveries."""
    paging, wanted = Paging(request, principal), webhooks.log_filter(request)
    subscription = webhooks.found(request, principal)
    found, position = runtime().delivery_store.page(
        principal.account, subscription.id, wanted, paging.position, paging.limit, runtime().world.now()
    )
    return ok(views.page("deliveries", [views.delivery(each) for each in found], paging.cursor(position)))
