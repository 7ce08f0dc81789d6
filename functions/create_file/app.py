"""POST /workflows/instances/{instance_id}/files: announce a file for a field of the form it waits with."""

from interactor.access.rules.principal import Principal
from interactor.api import bodies, idempotency, views
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response, created
from interactor.core.storing import Item
from interactor.files.uploads import Announced, Begun
from interactor.instances.lookup import find_instance
from interactor.instances.resume import require_going, wanted_thread
from interactor.runtime import runtime


@endpoint("workflows:execute")
def handler(request: Request, principal: Principal) -> Response:
    """Answer where to send the file."""
    ended_since = runtime().ended_since()
    head = find_instance(
        runtime().instances, principal, request.parameter("instance_id"), ended_since, with_history=False
    )

    def work(key: idempotency.Key | None) -> Response:
        body = bodies.read(bodies.CreateFile, request)
        thread = wanted_thread(head.instance, body.thread_id)
        require_going(head.instance)
        asked = Announced(body.field, body.name, body.content_type, body.size, body.replaces)

        def remembered(begun: Begun) -> Item:
            assert key is not None  # noqa: S101 - asked for only then
            return key.answer(201, {"data": views.upload(begun)})[1]

        return created(
            views.upload(runtime().files.begin(head.instance, thread, asked, None if key is None else remembered))
        )

    return idempotency.once(request, principal, head.instance.namespace, work)
