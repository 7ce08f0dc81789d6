"""POST /workflows/instances/{instance_id}/resume: take the halted thread on with a person's decision."""

from interactor.access.rules.principal import Principal
from interactor.api import instances
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response


@endpoint("workflows:execute")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the whole instance."""
    return instances.resumed(request, principal, thread_id=None)
