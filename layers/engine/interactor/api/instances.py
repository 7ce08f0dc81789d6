"""What the endpoints that change an instance share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from interactor.api import bodies, idempotency, listed, views
from interactor.api.call import Call
from interactor.api.response import Response
from interactor.core import jsons
from interactor.core.errors import ThreadNotFoundError
from interactor.core.storing import IdempotencyRecord, Item
from interactor.instances.conflicts import Resume, Trigger
from interactor.instances.engine import Cause, Engine
from interactor.instances.resume import resume, task_meant
from interactor.instances.rules.consequences import Settled
from interactor.instances.rules.stored import Head, Record
from interactor.instances.store import records
from interactor.services import Services

LifecycleAction = Callable[[Engine, Head, Cause], Head]
"""A change of a whole instance."""


@dataclass(frozen=True)
class RememberedAnswer:
    """Makes the write that stores the answer of a commit under the request's idempotency key (``Remember``)."""

    services: Services
    key: idempotency.Key
    status: int

    def __call__(self, settled: Settled, before: Sequence[Record]) -> Item:
        """Return the write, made from the result of the commit."""
        body = jsons.dumps({"data": views.instance(settled.instance, [*before, records.of(settled)])})
        runs_on = self.services.instances.engine.runs_on(settled.instance)
        ends = self.services.world.now() + idempotency.OPEN if runs_on else 0
        return self.key.write(IdempotencyRecord(self.key.key.request, self.status, body, settled.instance.id, ends))


def cause(call: Call, key: idempotency.Key | None, status: int) -> Cause:
    """Return who asks, and how the answer is stored if the request has a key."""
    return Cause(call.principal.by, None if key is None else RememberedAnswer(call.services, key, status))


def _answered(key: idempotency.Key | None, head: Head) -> Response:
    """Return the answer that shows an instance.

    It is also stored if the instance already was as the request wants it.
    """
    body = listed.text(head)
    if key is not None:
        key.keep(200, body, head.instance.id)
    return Response(200, body)


def resumed(call: Call, thread_id: str | None) -> Response:
    """Resume, and return the instance. A missing object is reported before a wrong body (ruling 18)."""
    request, principal, services = call
    head = call.instance()
    if thread_id is not None and thread_id not in head.instance.threads:
        raise ThreadNotFoundError(thread_id)

    def work(key: idempotency.Key | None) -> Response:
        body = bodies.read(bodies.Resume, request, bodies.RAW_INPUT_BYTES)
        trigger = Trigger("input", body.input, body.option, cause(call, key, 200))
        asked = Resume(trigger, thread_id, body.expected_state, request.arrived_at, body.halt_id)
        task = task_meant(head.instance, asked)
        if task is not None:
            # Few states have an assignment, and what decides those is slow to import.
            from interactor.instances.rules.task_acts import Given
            from interactor.tasks.responses import Asking, respond

            given = Given(body.input, body.option, None, trigger.fingerprint())
            asking = Asking(principal, principal.via)
            return _answered(key, respond(services.tasks.tasks, asking, head, task, given, trigger.cause))
        return _answered(key, resume(services.instances.engine, principal, head, asked))

    return idempotency.once(call, head.instance.namespace, work)


def changed(call: Call, change: LifecycleAction) -> Response:
    """Change a whole instance, with no body in the request, and return it."""
    head = call.instance()

    def work(key: idempotency.Key | None) -> Response:
        call.request.nothing()
        return _answered(key, change(call.services.instances.engine, head, cause(call, key, 200)))

    return idempotency.once(call, head.instance.namespace, work)
