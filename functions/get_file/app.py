"""GET /workflows/instances/{instance_id}/files/{file_id}: a link to a file, good for a few minutes."""

from interactor.access.rules.principal import Principal
from interactor.api import views
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response, ok
from interactor.instances.lookup import find_instance
from interactor.runtime import runtime


@endpoint("workflows:read")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the file with its link."""
    parts, instance_id = runtime(), request.parameter("instance_id")
    head = find_instance(parts.instances, principal, instance_id, parts.ended_since(), with_history=False)
    shown = parts.files.show(head.instance, request.parameter("file_id"), parts.files_ended_since())
    return ok(views.download(shown))
