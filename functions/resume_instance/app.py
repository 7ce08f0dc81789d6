"""POST /workflows/instances/{instance_id}/resume: continue the halted thread with a person's decision."""

from interactor.api import instances
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response


@endpoint("workflows:execute")
def handler(call: Call) -> Response:
    """Return the whole instance."""
    return instances.resumed(call, thread_id=None)
