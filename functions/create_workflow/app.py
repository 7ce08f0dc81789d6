"""POST /workflows: make a workflow and its first version, a draft."""

from interactor.access.rules.principal import Principal
from interactor.api import definitions, idempotency
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.definitions import workflows
from interactor.runtime import runtime


@endpoint("workflows:write", query=("strict",))
def handler(request: Request, principal: Principal) -> Response:
    """Answer the name with its draft."""
    strict = definitions.is_strict(request)

    def work(key: idempotency.Key | None) -> Response:
        posted, also = definitions.posted(request, strict), definitions.remembered(key, 201)
        return definitions.made(201, workflows.create(runtime().workflows, principal.account, posted, also))

    return idempotency.once(request, principal, "", work)
