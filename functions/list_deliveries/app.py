"""GET /webhooks/subscriptions/{subscription_id}/deliveries: a subscription's log, newest first."""

from interactor.api import views, webhooks
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.paging import Paging
from interactor.api.response import Response, ok


@endpoint("webhooks:read", query=("status", "event", "limit", "cursor"))
def handler(call: Call) -> Response:
    """Return a page of deliveries."""
    paging, wanted = Paging(call), webhooks.log_filter(call.request)
    subscription = webhooks.found(call)
    found, position = call.services.webhooks.delivery_store.page(
        call.account, subscription.id, wanted, paging.position, paging.limit, call.services.world.now()
    )
    return ok(views.page("deliveries", [views.delivery(each) for each in found], paging.cursor(position)))
