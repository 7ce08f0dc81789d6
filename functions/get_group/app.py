"""GET /groups/{group_id}: one group of the directory with its members."""

from interactor.api import people
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response
from interactor.people import groups


@endpoint("tasks:manage")
def handler(call: Call) -> Response:
    """Answer the group."""
    return people.group(200, groups.find(call.services.people.group_store, call.account, call.parameter("group_id")))
