"""POST /tasks/{task_id}/{act}: what only managers may: escalate, override."""

from interactor.api import tasks
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response


@endpoint("tasks:manage")
def handler(call: Call) -> Response:
    """Answer the task as it then stands."""
    return tasks.acted(call, call.request.path.rpartition("/")[2])
