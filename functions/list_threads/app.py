"""GET /workflows/instances/{instance_id}/threads: the threads of an instance."""

from interactor.api import views
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response, ok


@endpoint("workflows:read")
def handler(call: Call) -> Response:
    """Return all threads, also the ended ones."""
    head = call.instance()
    return ok({"threads": views.threads(head.instance)})
