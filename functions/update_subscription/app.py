"""PATCH /webhooks/subscriptions/{subscription_id}: change URL, events, filter or status."""

from interactor.access.rules.principal import Principal
from interactor.api import bodies, views, webhooks
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response, ok
from interactor.runtime import runtime
from interactor.webhooks.subscriptions import Changes, change


@endpoint("webhooks:write")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the subscription as it then is."""
    subscription = webhooks.found(request, principal)
    body = bodies.read(bodies.ChangeSubscription, request)
    within = webhooks.filter_of(body.namespace_filter)
    changes = Changes(body.given, body.url, tuple(body.events), within, body.status)
    return ok(views.subscription(change(runtime().subscriptions, principal, subscription.id, changes)))
