"""POST /workflows/{name}/instances: start an instance and run it on to where it first rests."""

from interactor.api import bodies, instances
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response, created
from interactor.core.principal import Principal, actor_of, namespace_for_create
from interactor.runtime import runtime
from interactor.usecases.start import start


@endpoint("workflows:execute")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the whole instance."""
    name = request.parameter("name")
    instances.require_workflow(principal, name)
    body = bodies.read(bodies.CreateInstance, request, bodies.RAW_INPUT_BYTES)
    namespace = namespace_for_create(principal, body.namespace, request.headers.get("x-namespace"))
    by = actor_of(principal, request.headers.get("x-interactor-actor")).as_json()
    made = start(runtime().engine, principal.account, name, namespace, body.input, by, request.traceparent)
    return created(instances.shown(principal, made.id))
