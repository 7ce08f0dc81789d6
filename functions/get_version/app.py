"""GET /workflows/{name}/versions/{version_id}: one version with its definition."""

from interactor.api import definitions
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response
from interactor.definitions.lookup import find_version, find_workflow


@endpoint("workflows:read")
def handler(call: Call) -> Response:
    """Return the version with the definition as it was posted."""
    shared, name, version_id = call.services.definitions.workflows, call.parameter("name"), call.parameter("version_id")
    find_workflow(shared.store, call.account, name)
    version = find_version(shared.store, call.account, name, version_id)
    return definitions.with_definition(name, version, shared.store.posted(call.account, name, version_id))
