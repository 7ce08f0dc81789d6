"""GET /workflows/instances: instances by namespace, workflow and status, newest first."""

from interactor.access.rules.principal import Principal
from interactor.api import listed, views
from interactor.api.endpoint import endpoint
from interactor.api.paging import Paging
from interactor.api.request import Request
from interactor.api.response import Response, ok
from interactor.instances.store import listing
from interactor.runtime import runtime


@endpoint("workflows:read", query=("namespace", "workflow_name", "status", "limit", "cursor"))
def handler(request: Request, principal: Principal) -> Response:
    """Answer a page of instances."""
    paging = Paging(request, principal)
    query = listed.query(request, principal)
    if query is None:
        return ok(views.page("instances", [], None))
    found, position = listing.page(runtime().table, query, paging.position, paging.limit)
    return ok(views.page("instances", [views.listed(each) for each in found], paging.cursor(position)))
