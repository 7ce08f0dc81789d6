"""POST /workflows/{name}/instances: start an instance and run it until it first rests."""

from interactor.access.rules.principal import check_namespace, namespace_for_create
from interactor.api import bodies, idempotency, instances, listed
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response
from interactor.definitions.lookup import find_workflow
from interactor.instances.start import NewInstance, start


@endpoint("workflows:execute", "create")
def handler(call: Call) -> Response:
    """Return the whole instance."""
    header = call.request.headers.get("x-namespace")
    if header is not None:
        # This needs no read, so it comes before a 404 (ruling 18).
        check_namespace(header, "X-Namespace")
    workflow = find_workflow(call.services.definitions.store, call.account, call.parameter("name"))
    named = call.request.object(bodies.RAW_INPUT_BYTES).get("namespace")
    namespace = namespace_for_create(call.principal, named, header)

    def work(key: idempotency.Key | None) -> Response:
        body = bodies.read(bodies.CreateInstance, call.request, bodies.RAW_INPUT_BYTES)
        wanted = NewInstance(
            workflow, call.account, namespace, body.input, instances.cause(call, key, 201), call.request.traceparent
        )
        return Response(201, listed.text(start(call.services.instances.engine, wanted)))

    return idempotency.once(call, namespace, work)
