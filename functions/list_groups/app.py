"""GET /groups: the groups of the directory, by id."""

from interactor.api import people, views
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.paging import Paging
from interactor.api.response import Response, ok


@endpoint("tasks:manage", query=("limit", "cursor"))
def handler(call: Call) -> Response:
    """Answer a page of groups."""
    paging = Paging(call)
    found, position = call.services.people.group_store.page(call.account, paging.position, paging.limit)
    return ok(views.page("groups", [people.listed(each) for each in found], paging.cursor(position)))
