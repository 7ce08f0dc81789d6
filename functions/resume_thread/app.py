"""POST /workflows/instances/{instance_id}/threads/{thread_id}/resume: take one halted thread on."""

from interactor.api import instances
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response


@endpoint("workflows:execute")
def handler(call: Call) -> Response:
    """Answer the whole instance."""
    return instances.resumed(call, call.parameter("thread_id"))
