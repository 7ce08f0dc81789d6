"""GET /workflows/{name}/versions: a workflow's versions, newest first."""

from interactor.api import views
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.paging import Paging
from interactor.api.response import Response, ok
from interactor.definitions.lookup import find_workflow


@endpoint("workflows:read", query=("limit", "cursor"))
def handler(call: Call) -> Response:
    """Return a page of versions."""
    shared, name, paging = call.services.definitions.workflows, call.parameter("name"), Paging(call)
    find_workflow(shared.store, call.account, name)
    found, position = shared.store.versions(call.account, name, paging.position, paging.limit)
    return ok(views.page("versions", [views.version(each) for each in found], paging.cursor(position)))
