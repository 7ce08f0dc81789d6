"""POST /webhooks/subscriptions: subscribe a URL to events."""

from interactor.api import bodies, views
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response, created
from interactor.core.principal import Principal, check_namespace
from interactor.runtime import runtime
from interactor.usecases import subscriptions


@endpoint("webhooks:write")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the subscription; a secret that was made for it is shown here and never again."""
    body = bodies.read(bodies.CreateSubscription, request)
    within = None if body.namespace_filter is None else check_namespace(body.namespace_filter, "namespace_filter")
    wanted = subscriptions.Wanted(body.url, tuple(body.events), body.secret, within)
    made = subscriptions.create(runtime().subscriptions, principal, wanted)
    shown = {"secret": made.secret} if body.secret is None else {}
    return created(views.subscription(made) | shown)
