"""GET /webhooks/subscriptions: the subscriptions within the caller's namespaces, newest first."""

from interactor.api import views
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.paging import Paging
from interactor.api.response import Response, ok
from interactor.webhooks import subscriptions


@endpoint("webhooks:read", query=("limit", "cursor"))
def handler(call: Call) -> Response:
    """Return a page of subscriptions."""
    paging = Paging(call)
    found = subscriptions.visible(call.services.webhooks.subscription_store, call.principal)
    rest = [each for each in found if paging.position is None or each.id < paging.position]
    here = rest[: paging.limit]
    position = here[-1].id if len(rest) > len(here) else None
    return ok(views.page("subscriptions", [views.subscription(each) for each in here], paging.cursor(position)))
