"""GET /workflows/instances/{instance_id}/events/{event_id}: one event of the history."""

from interactor.api import events
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response, ok
from interactor.instances import history


@endpoint("workflows:read", query=("include_data",))
def handler(call: Call) -> Response:
    """Return the event, with the data right after it if the query asks for that."""
    parts, with_data = call.services, events.wanted(call.request).with_data
    found = call.instance().instance
    event_id = call.parameter("event_id")
    return ok(events.view(history.event(parts.instances.store, call.account, found.id, event_id, with_data)))
