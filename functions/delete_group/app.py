"""DELETE /groups/{group_id}: delete a group of the directory."""

from interactor.api import people
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response, no_content
from interactor.people import groups


@endpoint("tasks:manage")
def handler(call: Call) -> Response:
    """Answer nothing."""
    parts, group, condition = call.services.people, call.parameter("group_id"), people.condition(call.request)
    groups.find(parts.group_store, call.account, group)
    call.request.nothing()
    groups.delete(parts.groups, call.account, group, condition, call.principal.by)
    return no_content()
