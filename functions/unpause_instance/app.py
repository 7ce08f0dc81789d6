"""POST /workflows/instances/{instance_id}/unpause: let a paused instance continue."""

from interactor.api import instances
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response
from interactor.instances.lifecycle import unpause


@endpoint("workflows:execute")
def handler(call: Call) -> Response:
    """Return the whole instance."""
    return instances.changed(call, unpause)
