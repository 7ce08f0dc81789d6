"""POST /workflows/instances/{instance_id}/cancel: end an instance with all its threads."""

from interactor.api import idempotency, instances
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.core.limits import BODY_BYTES
from interactor.core.principal import Principal, actor_of
from interactor.runtime import runtime
from interactor.usecases.deliver import cancel_instance, find


@endpoint("workflows:execute")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the whole instance."""
    head = find(runtime().instances, principal, request.parameter("instance_id"), runtime().ended_since())

    def work(key: idempotency.Key | None) -> Response:
        request.object(BODY_BYTES)
        by = actor_of(principal, request.headers.get("x-interactor-actor")).as_json()
        also = instances.remembered(key, 200)
        return Response(200, instances.text(cancel_instance(runtime().engine, head, "requested", by, also)))

    return idempotency.once(request, principal, head.instance.namespace, work)
