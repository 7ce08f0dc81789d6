"""POST /tasks/{task_id}/{act}: respond, claim, release, reassign, ask, answer, comment, remind."""

from interactor.api import tasks
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response


@endpoint("tasks:respond")
def handler(call: Call) -> Response:
    """Answer the task as it then stands."""
    return tasks.acted(call, call.request.path.rpartition("/")[2])
