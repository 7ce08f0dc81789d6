"""GET /webhooks/event-types: the event types that a subscription can have."""

from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response, ok
from interactor.webhooks.rules.events import DESCRIPTIONS, EVENT_TYPES


@endpoint("webhooks:read")
def handler(call: Call) -> Response:
    """Return all event types."""
    return ok({"event_types": [{"name": name, "description": DESCRIPTIONS[name]} for name in EVENT_TYPES]})
