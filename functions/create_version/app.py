"""POST /workflows/{name}/versions, PUT /workflows/{name}: create the next version of a workflow, a draft."""

from interactor.api import definitions, idempotency
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response
from interactor.definitions import workflows
from interactor.definitions.lookup import find_workflow


@endpoint("workflows:write", query=("strict",))
def handler(call: Call) -> Response:
    """Return the workflow with its new draft."""
    strict = definitions.is_strict(call.request)
    shared, name = call.services.definitions.workflows, call.parameter("name")
    find_workflow(shared.store, call.account, name)

    def work(key: idempotency.Key | None) -> Response:
        posted, also = definitions.posted(call.request, strict), definitions.remembered(key, 201)
        return definitions.made(201, workflows.add_version(shared, call.account, name, posted, also))

    return idempotency.once(call, "", work)
