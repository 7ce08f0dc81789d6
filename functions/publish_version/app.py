"""POST /workflows/{name}/versions/{version_id}/publish: make a version the one that new instances run."""

from interactor.access.rules.principal import Principal
from interactor.api import definitions, idempotency
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.definitions import workflows
from interactor.definitions.lookup import find_version, find_workflow
from interactor.runtime import runtime


@endpoint("workflows:write")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the published version."""
    shared, name, version_id = runtime().workflows, request.parameter("name"), request.parameter("version_id")
    find_workflow(shared.store, principal.account, name)
    find_version(shared.store, principal.account, name, version_id)

    def work(key: idempotency.Key | None) -> Response:
        request.nothing()
        also = definitions.remembered(key, 200)
        return definitions.made(200, workflows.publish(shared, principal.account, name, version_id, also))

    return idempotency.once(request, principal, "", work)
