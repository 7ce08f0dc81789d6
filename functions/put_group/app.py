"""PUT /groups/{group_id}: make a group of the directory, or replace it."""

from interactor.api import bodies, people
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response
from interactor.people import groups


@endpoint("tasks:manage")
def handler(call: Call) -> Response:
    """Answer the group as it then is."""
    condition = people.condition(call.request)
    body = bodies.read(bodies.PutGroup, call.request, bodies.RAW_INPUT_BYTES)
    wanted = groups.wanted(call.parameter("group_id"), body.name, body.email, body.members)
    group, new = groups.put(call.services.people.groups, call.account, wanted, condition, call.principal.by)
    return people.group(201 if new else 200, group)
