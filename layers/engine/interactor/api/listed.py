"""What the endpoints that show instances share: an instance as it is, and the filters of a list.

It is separate from the endpoints that change an instance, which import the whole engine.
"""

from interactor.access.rules.principal import ALL, check_namespace
from interactor.api import views
from interactor.api.call import Call
from interactor.core import jsons
from interactor.core.errors import InvalidRequestError
from interactor.core.names import is_workflow_name
from interactor.core.statuses import STATUSES
from interactor.instances.rules.stored import Head
from interactor.instances.store.listing import Query


def text(head: Head) -> str:
    """Return the body of an answer that shows an instance as it is."""
    return jsons.dumps({"data": views.instance(head.instance, head.records or ())})


def query(call: Call) -> Query | None:
    """Return the filters of a list, or None if they ask for what the token cannot see, or what cannot exist.

    Raises:
        InvalidRequestError: filters are wrong; the error names all of them.
    """
    request, principal, services = call
    namespace, status = request.query.get("namespace"), request.query.get("status")
    if namespace is not None:
        check_namespace(namespace)
        if not principal.holds(namespace):
            return None
    if status is not None and status not in STATUSES:
        message = f"must be one of {', '.join(STATUSES)}"
        raise InvalidRequestError(f"'status' {message}", [{"field": "status", "message": message}])
    namespaces = principal.namespaces if namespace is None else (namespace,)
    if namespaces is not ALL and not namespaces:
        return None
    workflow_name = request.query.get("workflow_name")
    if workflow_name is not None and not is_workflow_name(workflow_name):
        return None
    known = next((each for each in STATUSES if each == status), None)
    return Query(principal.account, namespaces, services.instances.ended_since(), known, workflow_name)
