"""GET /workflows: the account's workflows, newest first."""

from interactor.access.rules.principal import Principal
from interactor.api import views
from interactor.api.endpoint import endpoint
from interactor.api.paging import Paging
from interactor.api.request import Request
from interactor.api.response import Response, ok
from interactor.runtime import runtime


@endpoint("workflows:read", query=("limit", "cursor"))
def handler(request: Request, principal: Principal) -> Response:
    """Answer a page of workflows."""
    paging = Paging(request, principal)
    found, position = runtime().definitions.workflows(principal.account, paging.position, paging.limit)
    return ok(views.page("workflows", [views.workflow(each) for each in found], paging.cursor(position)))
