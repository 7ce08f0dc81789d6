"""PATCH /webhooks/subscriptions/{subscription_id}: change URL, events, filter, rate or status."""

from interactor.api import bodies, views, webhooks
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response, ok
from interactor.webhooks.subscriptions import Changes, change


@endpoint("webhooks:write")
def handler(call: Call) -> Response:
    """Return the subscription after the change."""
    subscription = webhooks.found(call)
    body = bodies.read(bodies.ChangeSubscription, call.request)
    within = webhooks.filter_of(body.namespace_filter)
    changes = Changes(body.given, body.url, tuple(body.events), within, body.rate_per_minute, body.status)
    return ok(
        views.subscription(change(call.services.webhooks.subscriptions, call.principal, subscription.id, changes))
    )
