"""GET /workflows/instances/{instance_id}/threads: the threads of an instance."""

from interactor.api import views
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response, ok
from interactor.core.principal import Principal
from interactor.runtime import runtime
from interactor.usecases.lookup import find_instance


@endpoint("workflows:read")
def handler(request: Request, principal: Principal) -> Response:
    """Answer all threads, the ended ones included."""
    head = find_instance(runtime().instances, principal, request.parameter("instance_id"), runtime().ended_since())
    return ok({"threads": views.threads(head.instance)})
