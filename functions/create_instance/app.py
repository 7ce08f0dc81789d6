"""POST /workflows/{name}/instances: start an instance and run it on to where it first rests."""

from interactor.access.rules.principal import Principal, namespace_for_create
from interactor.api import bodies, idempotency, instances, listed
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.definitions.lookup import find_workflow
from interactor.instances.start import Wanted, start
from interactor.runtime import runtime


@endpoint("workflows:execute", "create")
def handler(request: Request, principal: Principal) -> Response:
    """Answer the whole instance."""
    workflow = find_workflow(runtime().definitions, principal.account, request.parameter("name"))
    named = request.object(bodies.RAW_INPUT_BYTES).get("namespace")
    namespace = namespace_for_create(principal, named, request.headers.get("x-namespace"))

    def work(key: idempotency.Key | None) -> Response:
        body = bodies.read(bodies.CreateInstance, request, bodies.RAW_INPUT_BYTES)
        wanted = Wanted(workflow, principal.account, namespace, body.input, principal.by, request.traceparent)
        return Response(201, listed.text(start(runtime().engine, wanted, instances.remembered(key, 201))))

    return idempotency.once(request, principal, namespace, work)
