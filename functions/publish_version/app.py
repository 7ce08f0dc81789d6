"""POST /workflows/{name}/versions/{version_id}/publish: make a version the one that new instances run."""

from interactor.api import views
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response, ok
from interactor.core.principal import Principal
from interactor.runtime import runtime
from interactor.usecases import workflows


@endpoint("workflows:write")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the published version."""
    name, version_id = request.parameter("name"), request.parameter("version_id")
    version = workflows.publish(runtime().workflows, principal.account, name, version_id)
    return ok({"name": name, **views.version(version)})
