"""GET /workflows/instances/{instance_id}/threads: the threads of an instance."""

from interactor.access.rules.principal import Principal
from interactor.api import views
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response, ok
from interactor.instances.lookup import find_instance
from interactor.runtime import runtime


@endpoint("workflows:read")
def handler(request: Request, principal: Principal) -> Response:
    """Answer all threads, the ended ones included."""
    head = find_instance(runtime().instances, principal, request.parameter("instance_id"), runtime().ended_since())
    return ok({"threads": views.threads(head.instance)})
