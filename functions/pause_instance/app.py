"""POST /workflows/instances/{instance_id}/pause: hold an instance; nothing new starts."""

from interactor.access.rules.principal import Principal
from interactor.api import instances
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.instances.lifecycle import pause


@endpoint("workflows:execute")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the whole instance."""
    return instances.changed(request, principal, pause)
