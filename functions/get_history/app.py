"""GET /workflows/instances/{instance_id}/history: what happened to an instance, oldest first."""

from interactor.api import events
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.paging import Paging
from interactor.api.response import Response, ok
from interactor.api.views import page
from interactor.core import limits
from interactor.instances import history


@endpoint("workflows:read", query=("types", "since", "until", "thread", "state", "include_data", "limit", "cursor"))
def handler(call: Call) -> Response:
    """Return a page of events."""
    parts, default, most = call.services, limits.HISTORY_PAGE_DEFAULT, limits.HISTORY_PAGE_MAXIMUM
    paging = Paging(call, default, most)
    wanted, after = events.wanted(call.request), int(paging.position or 0)
    found = call.instance().instance
    shown, last = history.page(parts.instances.store, call.account, found.id, wanted, after, paging.limit)
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
