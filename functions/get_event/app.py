"""GET /workflows/instances/{instance_id}/events/{event_id}: one event of the history."""

from interactor.access.rules.principal import Principal
from interactor.api import events
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response, ok
from interactor.instances import history
from interactor.instances.lookup import find_instance
from interactor.runtime import runtime


@endpoint("workflows:read", query=("include_data",))
def handler(request: Request, principal: Principal) -> Response:
    """Answer the event, with the data right after it where that is asked for."""
    parts, with_data = runtime(), events.wanted(request).with_data
    found = find_instance(parts.instances, principal, request.parameter("instance_id"), parts.ended_since()).instance
    event_id = request.parameter("event_id")
    return ok(events.view(history.event(parts.instances, principal.account, found.id, event_id, with_data)))
