"""GET /workflows/instances/{instance_id}/diagram: a diagram of the way an instance took, and of its present state."""

from interactor.api import views
from interactor.api.call import Call
from interactor.api.diagrams import drawn, wanted
from interactor.api.endpoint import endpoint
from interactor.api.response import Response
from interactor.definitions.diagram.graph import graph_of, taken


@endpoint("workflows:read", query=("format",))
def handler(call: Call) -> Response:
    """Return the diagram."""
    parts, form = call.services, wanted(call.request)
    head = call.instance()
    found = head.instance
    definition = parts.definitions.store.definition(found.account, found.workflow_name, found.version_id)
    standing = {each["current_state"]: str(each.get("outcome") or each["status"]) for each in views.threads(found)}
    events = [event for record in head.records or () for event in record.events]
    return drawn(form, graph_of(definition), taken(events, standing))
