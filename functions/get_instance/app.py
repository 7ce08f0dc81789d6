"""GET /workflows/instances/{instance_id}: one instance with its threads and latest history."""

from interactor.api import listed
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response


@endpoint("workflows:read")
def handler(call: Call) -> Response:
    """Return the whole instance."""
    head = call.instance()
    return Response(200, listed.text(head))
