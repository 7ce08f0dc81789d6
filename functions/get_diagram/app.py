"""GET /workflows/{name}/versions/{version_id}/diagram: a picture of a definition."""

from interactor.access.rules.principal import Principal
from interactor.api.diagrams import drawn, wanted
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.definitions.diagram.graph import graph_of
from interactor.definitions.lookup import find_version, find_workflow
from interactor.runtime import runtime


@endpoint("workflows:read", query=("format",))
def handler(request: Request, principal: Principal) -> Response:
    """Answer the picture."""
    store, name, version_id = runtime().definitions, request.parameter("name"), request.parameter("version_id")
    form = wanted(request)
    find_workflow(store, principal.account, name)
    find_version(store, principal.account, name, version_id)
    return drawn(form, graph_of(store.definition(principal.account, name, version_id)), None)
