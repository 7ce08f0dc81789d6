"""POST /workflows/instances/{instance_id}/unpause: let a paused instance go on."""

from interactor.access.rules.principal import Principal
from interactor.api import instances
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.instances.lifecycle import unpause


@endpoint("workflows:execute")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the whole instance."""
    return instances.changed(request, principal, unpause)
