"""POST /workflows/instances/{instance_id}/retry: continue a failed instance from the step that failed."""

from interactor.api import instances
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response
from interactor.instances.lifecycle import retry


@endpoint("workflows:execute")
def handler(call: Call) -> Response:
    """Return the whole instance."""
    return instances.changed(call, retry)
