"""POST /webhooks/subscriptions: subscribe a URL to events."""

from interactor.access.rules.principal import Principal
from interactor.api import bodies, idempotency, views, webhooks
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response, created
from interactor.core.jsons import JsonObject
from interactor.runtime import runtime
from interactor.webhooks import subscriptions
from interactor.webhooks.rules.events import Subscription


@endpoint("webhooks:write")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the subscription; a secret that was made for it is shown here and never again."""

    def work(key: idempotency.Key | None) -> Response:
        body = bodies.read(bodies.CreateSubscription, request)

        def show(made: Subscription, secret: str) -> JsonObject:
            return views.subscription(made) | ({"secret": secret} if body.secret is None else {})

        within = webhooks.filter_of(body.namespace_filter)
        wanted = subscriptions.Wanted(body.url, tuple(body.events), body.secret, within)
        also = None if key is None else webhooks.with_secret(201, show, key)
        return created(show(*subscriptions.create(runtime().subscriptions, principal, wanted, also)))

    scope = webhooks.key_scope(principal, secret=True)
    return idempotency.once(request, principal, scope, work, webhooks.unsealed(principal))
