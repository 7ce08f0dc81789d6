"""GET /workflows/instances: instances by namespace, workflow and status, newest first."""

from interactor.api import listed, views
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.paging import Paging
from interactor.api.response import Response, ok
from interactor.instances.store import listing


@endpoint("workflows:read", query=("namespace", "workflow_name", "status", "limit", "cursor"))
def handler(call: Call) -> Response:
    """Return a page of instances."""
    paging = Paging(call)
    query = listed.query(call)
    if query is None:
        return ok(views.page("instances", [], None))
    found, position = listing.page(
        call.services.aws.table, query, paging.position, paging.limit, call.services.settings.index_shards
    )
    return ok(views.page("instances", [views.listed(each) for each in found], paging.cursor(position)))
