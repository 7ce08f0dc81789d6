"""POST /workflows/{name}/versions, PUT /workflows/{name}: make the next version of a workflow, a draft."""

from interactor.access.rules.principal import Principal
from interactor.api import definitions, idempotency
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.definitions import workflows
from interactor.definitions.lookup import find_workflow
from interactor.runtime import runtime


@endpoint("workflows:write", query=("strict",))
def handler(request: Request, principal: Principal) -> Response:
    """Answer the name with its new draft."""
    strict, shared, name = definitions.is_strict(request), runtime().workflows, request.parameter("name")
    find_workflow(shared.store, principal.account, name)

    def work(key: idempotency.Key | None) -> Response:
        posted, also = definitions.posted(request, strict), definitions.remembered(key, 201)
        return definitions.made(201, workflows.add_version(shared, principal.account, name, posted, also))

    return idempotency.once(request, principal, "", work)
