"""GET /workflows/instances/{instance_id}: one instance with its threads and latest history."""

from interactor.access.rules.principal import Principal
from interactor.api import listed
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.instances.lookup import find_instance
from interactor.runtime import runtime


@endpoint("workflows:read")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the whole instance."""
    head = find_instance(runtime().instances, principal, request.parameter("instance_id"), runtime().ended_since())
    return Response(200, listed.text(head))
