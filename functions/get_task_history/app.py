"""GET /tasks/{task_id}/history: what happened to a task, oldest first."""

from interactor.api import task_reading, task_views
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response, ok


@endpoint("tasks:read")
def handler(call: Call) -> Response:
    """Answer the task's events."""
    told = task_reading.story_of(call)
    return ok({"events": [task_views.event(each) for each in told.events], "complete": told.whole})
