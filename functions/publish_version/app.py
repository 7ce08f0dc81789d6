"""POST /workflows/{name}/versions/{version_id}/publish: make a version the one that new instances run."""

from interactor.api import definitions, idempotency
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response
from interactor.definitions import workflows
from interactor.definitions.lookup import find_version, find_workflow


@endpoint("workflows:write")
def handler(call: Call) -> Response:
    """Return the published version."""
    shared, name, version_id = call.services.definitions.workflows, call.parameter("name"), call.parameter("version_id")
    find_workflow(shared.store, call.account, name)
    find_version(shared.store, call.account, name, version_id)

    def work(key: idempotency.Key | None) -> Response:
        call.request.nothing()
        also = definitions.remembered(key, 200)
        return definitions.made(200, workflows.publish(shared, call.account, name, version_id, also))

    return idempotency.once(call, "", work)
