"""Diagrams in answers: ``format`` is ``svg`` or ``mermaid`` for the diagram itself. Without it, both come as JSON."""

from interactor.api.request import Request
from interactor.api.response import Response, ok
from interactor.core.errors import InvalidRequestError
from interactor.definitions.diagram.graph import Graph, Taken
from interactor.definitions.diagram.mermaid import mermaid
from interactor.definitions.diagram.svg import svg

FORMATS = ("svg", "mermaid")
# A diagram contains names that anybody may have chosen, so a browser is told to run nothing in it.
_SVG_HEADERS = {
    "Content-Type": "image/svg+xml",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}


def wanted(request: Request) -> str | None:
    """Return the format that the request asks for; None means both.

    Raises:
        InvalidRequestError: there is no such format.
    """
    given = request.query.get("format")
    if given is not None and given not in FORMATS:
        message = f"must be one of {', '.join(FORMATS)}; leave it out for both"
        raise InvalidRequestError(f"'format' {message}", [{"field": "format", "message": message}])
    return given


def drawn(form: str | None, graph: Graph, taken: Taken | None) -> Response:
    """Return the diagram of a graph in a format."""
    if form == "svg":
        return Response(200, svg(graph, taken), dict(_SVG_HEADERS))
    if form == "mermaid":
        return Response(200, mermaid(graph, taken), {"Content-Type": "text/plain; charset=utf-8"})
    return ok({"mermaid": mermaid(graph, taken), "svg": svg(graph, taken)})
