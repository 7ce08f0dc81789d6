"""GET /workflows/instances/{instance_id}/diagram: a picture of the way an instance took, and of where it stands."""

from interactor.access.rules.principal import Principal
from interactor.api import views
from interactor.api.diagrams import drawn, wanted
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.definitions.diagram.graph import graph_of, taken
from interactor.instances.lookup import find_instance
from interactor.runtime import runtime


@endpoint("workflows:read", query=("format",))
def handler(request: Request, principal: Principal) -> Response:
    """Answer the picture."""
    parts, form = runtime(), wanted(request)
    head = find_instance(parts.instances, principal, request.parameter("instance_id"), parts.ended_since())
    found = head.instance
    definition = parts.definitions.definition(found.account, found.workflow_name, found.version_id)
    standing = {each["current_state"]: str(each.get("outcome") or each["status"]) for each in views.threads(found)}
    events = [event for record in head.records or () for event in record.events]
    return drawn(form, graph_of(definition), taken(events, standing))
