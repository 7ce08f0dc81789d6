"""GET /workflows/{name}: the published version, or else the latest, with its definition."""

from interactor.api import definitions
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response
from interactor.definitions.lookup import find_version, find_workflow


@endpoint("workflows:read")
def handler(call: Call) -> Response:
    """Return the version with the definition as it was posted."""
    shared = call.services.definitions.workflows
    name = call.parameter("name")
    workflow = find_workflow(shared.store, call.account, name)
    version_id = workflow.published_version_id or workflow.latest_version_id
    version = find_version(shared.store, call.account, name, version_id)
    return definitions.with_definition(name, version, shared.store.posted(call.account, name, version_id))
