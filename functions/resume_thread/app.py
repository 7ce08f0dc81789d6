"""POST /workflows/instances/{instance_id}/threads/{thread_id}/resume: take one halted thread on."""

from interactor.access.rules.principal import Principal
from interactor.api import instances
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response


@endpoint("workflows:execute")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the whole instance."""
    return instances.resumed(request, principal, request.parameter("thread_id"))
