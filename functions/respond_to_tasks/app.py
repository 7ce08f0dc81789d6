"""POST /tasks/respond: one answer to several tasks, a commit and a result for each."""

from interactor.api import tasks
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response


@endpoint("tasks:respond")
def handler(call: Call) -> Response:
    """Answer the results, in the order of the tasks."""
    return tasks.bulk(call)
