"""GET /workflows/instances/{instance_id}: one instance with its threads and latest history."""

from interactor.api import instances
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response, ok
from interactor.core.principal import Principal


@endpoint("workflows:read")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the whole instance."""
    return ok(instances.shown(principal, request.parameter("instance_id")))
