"""What the endpoints share that change an instance."""

from collections.abc import Callable, Sequence

from interactor.api import bodies, idempotency, listed, views
from interactor.api.call import Call
from interactor.api.response import Response
from interactor.core import jsons
from interactor.core.errors import ThreadNotFoundError
from interactor.core.jsons import Json
from interactor.core.storing import IdempotencyRecord, Item
from interactor.instances.conflicts import Resume, Trigger
from interactor.instances.engine import Also, Engine
from interactor.instances.resume import resume
from interactor.instances.rules.consequences import Settled
from interactor.instances.rules.stored import Head, Record
from interactor.instances.store import records

LifecycleAction = Callable[[Engine, Head, Json, Also | None], Head]
"""Something that is done to a whole instance, by someone, with one more write in its commit."""


def remembered(call: Call, key: idempotency.Key | None, status: int) -> Also | None:
    """The write that remembers the answer of a commit under the request's idempotency key, where it has one."""
    if key is None:
        return None

    def write(settled: Settled, before: Sequence[Record]) -> Item:
        body = jsons.dumps({"data": views.instance(settled.instance, [*before, records.of(settled)])})
        runs_on = call.services.instances.engine.runs_on(settled.instance)
        ends = call.services.world.now() + idempotency.OPEN if runs_on else 0
        return key.write(IdempotencyRecord(key.key.request, status, body, settled.instance.id, ends))

    return write


def _answered(key: idempotency.Key | None, head: Head) -> Response:
    """The answer that shows an instance, remembered also where it stood as asked already."""
    body = listed.text(head)
    if key is not None:
        key.keep(200, body, head.instance.id)
    return Response(200, body)


def resumed(call: Call, thread_id: str | None) -> Response:
    """Resume, and answer the instance. What does not exist is told before what is wrong with the body (ruling 18)."""
    request, principal, services = call
    head = call.instance()
    if thread_id is not None and thread_id not in head.instance.threads:
        raise ThreadNotFoundError(thread_id)

    def work(key: idempotency.Key | None) -> Response:
        body = bodies.read(bodies.Resume, request, bodies.RAW_INPUT_BYTES)
        trigger = Trigger("input", body.input, body.option, principal.by)
        asked = Resume(trigger, thread_id, body.expected_state, request.arrived_at, body.halt_id)
        return _answered(key, resume(services.instances.engine, principal, head, asked, remembered(call, key, 200)))

    return idempotency.once(call, head.instance.namespace, work)


def changed(call: Call, change: LifecycleAction) -> Response:
    """Do something to a whole instance that needs no body, and answer it."""
    head = call.instance()

    def work(key: idempotency.Key | None) -> Response:
        call.request.nothing()
        also = remembered(call, key, 200)
        return _answered(key, change(call.services.instances.engine, head, call.principal.by, also))

    return idempotency.once(call, head.instance.namespace, work)
