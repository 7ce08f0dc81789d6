"""POST /workflows/instances/{instance_id}/cancel: end an instance with all its threads."""

from interactor.api import instances
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response, ok
from interactor.core.limits import BODY_BYTES
from interactor.core.principal import Principal, actor_of
from interactor.runtime import runtime
from interactor.usecases.deliver import cancel_instance, find


@endpoint("workflows:execute")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the whole instance."""
    instance_id = request.parameter("instance_id")
    find(runtime().engine.instances, principal, instance_id)
    request.object(BODY_BYTES)
    by = actor_of(principal, request.headers.get("x-interactor-actor")).as_json()
    cancel_instance(runtime().engine, principal, instance_id, by)
    return ok(instances.shown(principal, instance_id))
