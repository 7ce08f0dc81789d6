"""What the endpoints of instances share: showing an instance, resuming it, and the filters of a list."""

from collections.abc import Callable, Sequence

from interactor.adapters.dynamo import records
from interactor.adapters.dynamo.listing import Query
from interactor.api import bodies, idempotency, views
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.core import jsons
from interactor.core.errors import InvalidRequestError, ThreadNotFoundError
from interactor.core.instance import STATUSES
from interactor.core.jsons import Json
from interactor.core.limits import BODY_BYTES
from interactor.core.principal import ALL, Principal, actor_of, check_namespace
from interactor.core.settle import Settled
from interactor.core.storing import Head, Item, Record, Remembered
from interactor.runtime import runtime
from interactor.usecases import workflows
from interactor.usecases.deliver import Resume, Trigger, find, resume
from interactor.usecases.engine import Also, Engine

Change = Callable[[Engine, Head, Json, Also | None], Head]
"""Something that is done to a whole instance, by someone, with one more write in its commit."""


def text(head: Head) -> str:
    """The body of an answer that shows an instance as it stands."""
    return jsons.dumps({"data": views.instance(head.instance, head.records or ())})


def remembered(key: idempotency.Key | None, status: int) -> Also | None:
    """The write that remembers the answer of a commit under the request's idempotency key, where it has one."""
    if key is None:
        return None

    def write(settled: Settled, before: Sequence[Record]) -> Item:
        body = jsons.dumps({"data": views.instance(settled.instance, [*before, records.of(settled)])})
        ends = runtime().world.now() + idempotency.OPEN if runtime().engine.runs_on(settled.instance) else 0
        return key.write(Remembered(key.key.request, status, body, settled.instance.id, ends))

    return write


def _answered(key: idempotency.Key | None, head: Head) -> Response:
    """The answer that shows an instance, remembered also where it stood as asked already."""
    body = text(head)
    if key is not None:
        key.keep(200, body, head.instance.id)
    return Response(200, body)


def resumed(request: Request, principal: Principal, thread_id: str | None) -> Response:
    """Resume, and answer the instance. What does not exist is told before what is wrong with the body (ruling 18)."""
    head = find(runtime().instances, principal, request.parameter("instance_id"), runtime().ended_since())
    if thread_id is not None and thread_id not in head.instance.threads:
        raise ThreadNotFoundError(thread_id)

    def work(key: idempotency.Key | None) -> Response:
        body = bodies.read(bodies.Resume, request, bodies.RAW_INPUT_BYTES)
        by = actor_of(principal, request.headers.get("x-interactor-actor")).as_json()
        trigger = Trigger("input", body.input, body.option, by)
        asked = Resume(trigger, thread_id, body.expected_state, request.arrived_at)
        return _answered(key, resume(runtime().engine, principal, head, asked, remembered(key, 200)))

    return idempotency.once(request, principal, head.instance.namespace, work)


def query(request: Request, principal: Principal) -> Query | None:
    """The filters of a list; None when they ask for what the token cannot see, or what cannot exist.

    Raises:
        InvalidRequestError: with all filters that are wrong.
    """
    namespace, status = request.query.get("namespace"), request.query.get("status")
    if namespace is not None:
        check_namespace(namespace)
        if not principal.holds(namespace):
            return None
    if status is not None and status not in STATUSES:
        message = f"must be one of {', '.join(STATUSES)}"
        raise InvalidRequestError("The filter is wrong", [{"field": "status", "message": message}])
    namespaces = principal.namespaces if namespace is None else (namespace,)
    if namespaces is not ALL and not namespaces:
        return None
    workflow_name = request.query.get("workflow_name")
    if workflow_name is not None and not workflows.is_name(workflow_name):
        return None
    known = next((each for each in STATUSES if each == status), None)
    return Query(principal.account, namespaces, runtime().ended_since(), known, workflow_name)


def changed(request: Request, principal: Principal, change: Change) -> Response:
    """Do something to a whole instance that needs no body, and answer it."""
    head = find(runtime().instances, principal, request.parameter("instance_id"), runtime().ended_since())

    def work(key: idempotency.Key | None) -> Response:
        request.object(BODY_BYTES)
        by = actor_of(principal, request.headers.get("x-interactor-actor")).as_json()
        return _answered(key, change(runtime().engine, head, by, remembered(key, 200)))

    return idempotency.once(request, principal, head.instance.namespace, work)
