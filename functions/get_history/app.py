"""GET /workflows/instances/{instance_id}/history: what happened to an instance, oldest first."""

from interactor.access.rules.principal import Principal
from interactor.api import events
from interactor.api.endpoint import endpoint
from interactor.api.paging import Paging
from interactor.api.request import Request
from interactor.api.response import Response, ok
from interactor.api.views import page
from interactor.core import limits
from interactor.instances import history
from interactor.instances.lookup import find_instance
from interactor.runtime import runtime


@endpoint("workflows:read", query=("types", "since", "until", "thread", "state", "include_data", "limit", "cursor"))
def handler(request: Request, principal: Principal) -> Response:
    """Answer a page of events."""
    parts, default, most = runtime(), limits.HISTORY_PAGE_DEFAULT, limits.HISTORY_PAGE_MAXIMUM
    paging = Paging(request, principal, default, most)
    wanted, after = events.wanted(request), int(paging.position or 0)
    found = find_instance(parts.instances, principal, request.parameter("instance_id"), parts.ended_since()).instance
    shown, last = history.page(parts.instances, principal.account, found.id, wanted, after, paging.limit)
    cursor = paging.cursor(None if last is None else str(last))
    head = {
        "instance_id": found.id,
        "workflow_id": found.workflow_id,
        "workflow_name": found.workflow_name,
        "version_id": found.version_id,
        "namespace": found.namespace,
        "status": found.status,
    }
    head |= {} if found.traceparent is None else {"traceparent": found.traceparent}
    return ok(head | page("events", [events.view(each) for each in shown], cursor))
