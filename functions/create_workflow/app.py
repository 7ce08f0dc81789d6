"""POST /workflows: make a workflow and its first version, a draft."""

from interactor.api import definitions, views
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response, created
from interactor.core.principal import Principal
from interactor.runtime import runtime
from interactor.usecases import workflows


@endpoint("workflows:write")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the name with its draft."""
    document = definitions.posted(request)
    workflow, version = workflows.create(runtime().workflows, principal.account, document, request.raw_body)
    return created({"name": workflow.name, "workflow_id": workflow.workflow_id, **views.version(version)})
