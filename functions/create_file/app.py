"""POST /workflows/instances/{instance_id}/files: announce a file for a field of the form it waits with."""

from interactor.api import bodies, idempotency, views
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response, created
from interactor.core.storing import Item
from interactor.files.uploads import Announced, Begun
from interactor.instances.conflicts import require_going, wanted_thread


@endpoint("workflows:execute")
def handler(call: Call) -> Response:
    """Return where to send the file."""
    head = call.instance(with_history=False)

    def work(key: idempotency.Key | None) -> Response:
        body = bodies.read(bodies.CreateFile, call.request)
        thread = wanted_thread(head.instance, body.thread_id)
        require_going(head.instance)
        asked = Announced(body.field, body.name, body.content_type, body.size, body.replaces)

        def remembered(begun: Begun) -> Item:
            assert key is not None  # noqa: S101 - asked for only then
            return key.answer(201, {"data": views.upload(begun)})[1]

        return created(
            views.upload(
                call.services.files.files.begin(head.instance, thread, asked, None if key is None else remembered)
            )
        )

    return idempotency.once(call, head.instance.namespace, work)
