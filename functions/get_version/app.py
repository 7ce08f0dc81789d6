"""GET /workflows/{name}/versions/{version_id}: one version with its definition."""

from interactor.access.rules.principal import Principal
from interactor.api import definitions
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.definitions.lookup import find_version, find_workflow
from interactor.runtime import runtime


@endpoint("workflows:read")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the version with the definition as it was posted."""
    shared, name, version_id = runtime().workflows, request.parameter("name"), request.parameter("version_id")
    find_workflow(shared.store, principal.account, name)
    version = find_version(shared.store, principal.account, name, version_id)
    return definitions.with_definition(name, version, shared.store.posted(principal.account, name, version_id))
