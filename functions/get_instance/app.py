"""GET /workflows/instances/{instance_id}: one instance with its threads and latest history."""

from interactor.api import listed
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.core.principal import Principal
from interactor.runtime import runtime
from interactor.usecases.lookup import find_instance


@endpoint("workflows:read")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the whole instance."""
    head = find_instance(runtime().instances, principal, request.parameter("instance_id"), runtime().ended_since())
    return Response(200, listed.text(head))
