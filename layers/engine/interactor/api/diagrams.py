"""Pictures in answers: ``format`` is ``svg`` or ``mermaid`` for the picture itself; without it both come as JSON."""

from interactor.api.request import Request
from interactor.api.response import Response, ok
from interactor.core.errors import InvalidRequestError
from interactor.definitions.diagram.graph import Graph, Taken
from interactor.definitions.diagram.mermaid import mermaid
from interactor.definitions.diagram.svg import svg

FORMATS = ("svg", "mermaid")
# A picture holds names that anybody may have chosen: a browser is told to run nothing in it.
_SVG_HEADERS = {
    "Content-Type": "image/svg+xml",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}


def wanted(request: Request) -> str | None:
    """The format that is asked for; None: both.

    Raises:
        InvalidRequestError: when there is no such format.
    """
    given = request.query.get("format")
    if given is not None and given not in FORMATS:
        message = f"must be one of {', '.join(FORMATS)}; leave it out for both"
        raise InvalidRequestError(f"'format' {message}", [{"field": "format", "message": message}])
    return given


def drawn(form: str | None, graph: Graph, taken: Taken | None) -> Response:
    """The picture of a graph in a format."""
    if form == "svg":
        return Response(200, svg(graph, taken), dict(_SVG_HEADERS))
    if form == "mermaid":
        return Response(200, mermaid(graph, taken), {"Content-Type": "text/plain; charset=utf-8"})
    return ok({"mermaid": mermaid(graph, taken), "svg": svg(graph, taken)})
