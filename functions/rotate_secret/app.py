"""POST /webhooks/subscriptions/{subscription_id}/rotate-secret: set a new secret. Both sign for a day."""

from interactor.api import bodies, idempotency, views, webhooks
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response, ok
from interactor.core.jsons import JsonObject
from interactor.core.times import iso
from interactor.webhooks import subscriptions
from interactor.webhooks.rules.events import Subscription


@endpoint("webhooks:write")
def handler(call: Call) -> Response:
    """Return the subscription. A generated secret is shown here and never again."""
    subscription = webhooks.found(call)

    def work(key: idempotency.Key | None) -> Response:
        body = bodies.read(bodies.RotateSecret, call.request)

        def show(rotated: Subscription, secret: str) -> JsonObject:
            view = views.subscription(rotated) | {"previous_secret_expires_at": iso(rotated.previous_until)}
            return view | ({"secret": secret} if body.secret is None else {})

        also = None if key is None else webhooks.with_secret(200, show, key)
        return ok(
            show(
                *subscriptions.rotate(
                    call.services.webhooks.subscriptions, call.principal, subscription.id, body.secret, also
                )
            )
        )

    scope = webhooks.key_scope(call.principal, secret=True)
    return idempotency.once(call, scope, work, webhooks.unsealed(call))
