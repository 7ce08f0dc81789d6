"""GET /workflows/instances/{instance_id}/files/{file_id}: a link to a file, valid for a few minutes."""

from interactor.api import views
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response, ok


@endpoint("workflows:read")
def handler(call: Call) -> Response:
    """Return the file with its link."""
    parts = call.services.files
    head = call.instance(with_history=False)
    shown = parts.files.show(head.instance, call.parameter("file_id"), parts.ended_since())
    return ok(views.download(shown))
