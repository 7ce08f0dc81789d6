"""POST /workflows/instances/{instance_id}/threads/{thread_id}/resume: continue one halted thread."""

from interactor.api import instances
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response


@endpoint("workflows:execute")
def handler(call: Call) -> Response:
    """Return the whole instance."""
    return instances.resumed(call, call.parameter("thread_id"))
