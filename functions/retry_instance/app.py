"""POST /workflows/instances/{instance_id}/retry: take a failed instance on from the step that failed."""

from interactor.api import instances
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.core.principal import Principal
from interactor.usecases.repair import retry


@endpoint("workflows:execute")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the whole instance."""
    return instances.changed(request, principal, retry)
