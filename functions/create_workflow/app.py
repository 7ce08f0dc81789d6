"""POST /workflows: create a workflow and its first version, a draft."""

from interactor.api import definitions, idempotency
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response
from interactor.definitions import workflows


@endpoint("workflows:write", query=("strict",))
def handler(call: Call) -> Response:
    """Return the workflow with its draft."""
    strict = definitions.is_strict(call.request)

    def work(key: idempotency.Key | None) -> Response:
        posted, also = definitions.posted(call.request, strict), definitions.remembered(key, 201)
        return definitions.made(201, workflows.create(call.services.definitions.workflows, call.account, posted, also))

    return idempotency.once(call, "", work)
