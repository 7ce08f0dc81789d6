"""POST /workflows/instances/{instance_id}/cancel: end an instance with all its threads."""

from interactor.api import instances
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response
from interactor.instances.lifecycle import cancel_instance


@endpoint("workflows:execute")
def handler(call: Call) -> Response:
    """Return the whole instance."""
    return instances.changed(call, cancel_instance)
