"""GET /workflows/{name}/versions/{version_id}/diagram: a picture of a definition."""

from interactor.api.diagrams import drawn, wanted
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.core.diagram.graph import graph_of
from interactor.core.principal import Principal
from interactor.runtime import runtime
from interactor.usecases.lookup import find_version, find_workflow


@endpoint("workflows:read", query=("format",))
def handler(request: Request, principal: Principal) -> Response:
    """Answer the picture."""
    store, name, version_id = runtime().definitions, request.parameter("name"), request.parameter("version_id")
    form = wanted(request)
    find_workflow(store, principal.account, name)
    find_version(store, principal.account, name, version_id)
    return drawn(form, graph_of(store.definition(principal.account, name, version_id)), None)
