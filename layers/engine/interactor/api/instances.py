"""What the endpoints of instances share: reading a resume, showing an instance, and the filters of a list."""

from interactor.adapters.dynamo.listing import Query
from interactor.api import bodies, views
from interactor.api.request import Request
from interactor.core import ids
from interactor.core.errors import InstanceNotFoundError, InvalidRequestError
from interactor.core.instance import STATUSES
from interactor.core.jsons import JsonObject
from interactor.core.principal import ALL, Principal, actor_of, check_namespace
from interactor.runtime import runtime
from interactor.usecases import workflows
from interactor.usecases.deliver import Resume, Trigger, find, resume


def shown(principal: Principal, instance_id: str) -> JsonObject:
    """An instance as it now stands.

    Raises:
        InstanceNotFoundError: when the caller knows of none with this id.
    """
    well_formed = ids.is_id(instance_id, "inst")
    found = runtime().instances.read_with_history(principal.account, instance_id) if well_formed else None
    if found is None or not principal.holds(found[0].instance.namespace):
        raise InstanceNotFoundError(instance_id)
    return views.instance(found[0].instance, found[1])


def resumed(request: Request, principal: Principal, thread_id: str | None) -> JsonObject:
    """The instance after a resume. What does not exist is told before what is wrong with the body (ruling 18)."""
    instance_id = request.parameter("instance_id")
    head = find(runtime().instances, principal, instance_id)
    body = bodies.read(bodies.Resume, request, bodies.RAW_INPUT_BYTES)
    by = actor_of(principal, request.headers.get("x-interactor-actor")).as_json()
    trigger = Trigger("input", body.input, body.option, by)
    resume(runtime().engine, principal, head, Resume(trigger, thread_id, body.expected_state, request.arrived_at))
    return shown(principal, instance_id)


def require_workflow(principal: Principal, name: str) -> None:
    """Refuse an unknown workflow before the body is looked at (ruling 18).

    Raises:
        WorkflowNotFoundError: when the account has none of that name.
    """
    workflows.find(runtime().definitions, principal.account, name)


def query(request: Request, principal: Principal) -> Query | None:
    """The filters of a list; None when they ask for a namespace that the token does not hold.

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
    return Query(principal.account, namespaces, known, workflow_name)
