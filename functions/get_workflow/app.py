"""GET /workflows/{name}: the published version, else the latest, with its definition."""

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
    shared = runtime().workflows
    name = request.parameter("name")
    workflow = find_workflow(shared.store, principal.account, name)
    version_id = workflow.published_version_id or workflow.latest_version_id
    version = find_version(shared.store, principal.account, name, version_id)
    return definitions.with_definition(name, version, shared.store.posted(principal.account, name, version_id))
