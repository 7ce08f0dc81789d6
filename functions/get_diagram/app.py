"""GET /workflows/{name}/versions/{version_id}/diagram: a diagram of a definition."""

from interactor.api.call import Call
from interactor.api.diagrams import drawn, wanted
from interactor.api.endpoint import endpoint
from interactor.api.response import Response
from interactor.definitions.diagram.graph import graph_of
from interactor.definitions.lookup import find_version, find_workflow


@endpoint("workflows:read", query=("format",))
def handler(call: Call) -> Response:
    """Return the diagram."""
    store, name, version_id = call.services.definitions.store, call.parameter("name"), call.parameter("version_id")
    form = wanted(call.request)
    find_workflow(store, call.account, name)
    find_version(store, call.account, name, version_id)
    return drawn(form, graph_of(store.definition(call.account, name, version_id)), None)
