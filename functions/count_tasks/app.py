"""GET /tasks/count: how many tasks a person has in each view."""

from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response, ok
from interactor.tasks import find, lists


@endpoint("tasks:read")
def handler(call: Call) -> Response:
    """Answer the counts, each up to 1,000."""
    parts, now = call.services, call.services.world.now()
    rights = find.rights_of(parts.people.directory, call.principal, now)
    return ok(lists.count(parts.tasks.inboxes, call.principal, rights, now))
