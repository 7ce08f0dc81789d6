"""POST /workflows/instances/{instance_id}/cancel: end an instance with all its threads."""

from interactor.access.rules.principal import Principal
from interactor.api import instances
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.instances.resume import cancel_instance


@endpoint("workflows:execute")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the whole instance."""
    return instances.changed(request, principal, cancel_instance)
