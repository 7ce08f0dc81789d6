"""GET /workflows: the account's workflows, newest first."""

from interactor.api import views
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.paging import Paging
from interactor.api.response import Response, ok


@endpoint("workflows:read", query=("limit", "cursor"))
def handler(call: Call) -> Response:
    """Return a page of workflows."""
    paging = Paging(call)
    found, position = call.services.definitions.store.workflows(call.account, paging.position, paging.limit)
    return ok(views.page("workflows", [views.workflow(each) for each in found], paging.cursor(position)))
