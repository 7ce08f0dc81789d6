"""POST /webhooks/subscriptions: subscribe a URL to events."""

from interactor.api import bodies, idempotency, views, webhooks
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response, created
from interactor.core.jsons import JsonObject
from interactor.webhooks import subscriptions
from interactor.webhooks.rules.events import Subscription


@endpoint("webhooks:write")
def handler(call: Call) -> Response:
    """Return the subscription. A generated secret is shown here and never again."""

    def work(key: idempotency.Key | None) -> Response:
        body = bodies.read(bodies.CreateSubscription, call.request)

        def show(made: Subscription, secret: str) -> JsonObject:
            return views.subscription(made) | ({"secret": secret} if body.secret is None else {})

        within = webhooks.filter_of(body.namespace_filter)
        wanted = subscriptions.NewSubscription(body.url, tuple(body.events), body.secret, within, body.rate_per_minute)
        also = None if key is None else webhooks.with_secret(201, show, key)
        return created(show(*subscriptions.create(call.services.webhooks.subscriptions, call.principal, wanted, also)))

    scope = webhooks.key_scope(call.principal, secret=True)
    return idempotency.once(call, scope, work, webhooks.unsealed(call))
