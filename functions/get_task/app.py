"""GET /tasks/{task_id}: one task, with what was said so far and what its reader may do."""

from interactor.api import task_reading
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response, ok


@endpoint("tasks:read")
def handler(call: Call) -> Response:
    """Answer the whole task, open or closed."""
    head, number = task_reading.head_of(call)
    return ok(task_reading.shown(call, head, number, whole=True))
