"""GET /workflows/instances/{instance_id}/threads: the threads of an instance."""

from interactor.api import views
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response, ok


@endpoint("workflows:read")
def handler(call: Call) -> Response:
    """Answer all threads, the ended ones included."""
    head = call.instance()
    return ok({"threads": views.threads(head.instance)})
