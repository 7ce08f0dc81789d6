"""POST /workflows/instances/{instance_id}/resume: take the halted thread on with a person's decision."""

from interactor.api import instances
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.core.principal import Principal


@endpoint("workflows:execute")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the whole instance."""
    return instances.resumed(request, principal, thread_id=None)
