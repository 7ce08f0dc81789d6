"""GET /tasks: what a person is asked, by due date; for managers all tasks of a namespace."""

from interactor.api import task_lists
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response


@endpoint("tasks:read", query=task_lists.QUERY)
def handler(call: Call) -> Response:
    """Answer a page of tasks."""
    return task_lists.listed(call)
