"""GET /workflows/{name}/versions: a workflow's versions, newest first."""

from interactor.access.rules.principal import Principal
from interactor.api import views
from interactor.api.endpoint import endpoint
from interactor.api.paging import Paging
from interactor.api.request import Request
from interactor.api.response import Response, ok
from interactor.definitions.lookup import find_workflow
from interactor.runtime import runtime


@endpoint("workflows:read", query=("limit", "cursor"))
def handler(request: Request, principal: Principal) -> Response:
    """Answer a page of versions."""
    shared, name, paging = runtime().workflows, request.parameter("name"), Paging(request, principal)
    find_workflow(shared.store, principal.account, name)
    found, position = shared.store.versions(principal.account, name, paging.position, paging.limit)
    return ok(views.page("versions", [views.version(each) for each in found], paging.cursor(position)))
