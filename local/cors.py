"""Who may call the API from a web page: API Gateway answers preflights itself, and adds its headers to every answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.gateway import Request, Response


@dataclass(frozen=True, slots=True)
class Cors:
    """The CORS rules of an HTTP API. ``max_age`` in seconds; no origin means that there are none."""

    origins: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    max_age: int = 0

    def preflight(self, request: Request) -> Response | None:
        """The answer to a browser that asks before it calls; None where it is another request, or no page may call."""
        asks = request.method == "OPTIONS" and "access-control-request-method" in request.headers
        if not self.origins or not asks or "origin" not in request.headers:
            return None
        if not self._allows(request):
            return Response(204, (), b"")
        allowed = (
            ("access-control-allow-methods", ",".join(self.methods)),
            ("access-control-allow-headers", ",".join(self.headers)),
            ("access-control-max-age", str(self.max_age)),
        )
        return Response(204, (*self._origin(request), *allowed), b"")

    def added(self, request: Request, response: Response) -> Response:
        """An answer with what lets a page read it, where the request came from one that may."""
        if not self._allows(request):
            return response
        exposed = ("access-control-expose-headers", ",".join(self.exposed))
        return Response(response.status, (*response.headers, *self._origin(request), exposed), response.body)

    def _allows(self, request: Request) -> bool:
        return "origin" in request.headers and ("*" in self.origins or request.headers["origin"] in self.origins)

    def _origin(self, request: Request) -> tuple[tuple[str, str], ...]:
        if "*" in self.origins:
            return (("access-control-allow-origin", "*"),)
        return ("access-control-allow-origin", request.headers["origin"]), ("vary", "Origin")


def read(rules: Mapping[str, Any]) -> Cors:
    """The rules as an OpenAPI body has them, resolved."""
    lists = {name: tuple(map(str, rules.get(name, ()))) for name in ("allowOrigins", "allowMethods", "allowHeaders")}
    exposed = tuple(map(str, rules.get("exposeHeaders", ())))
    return Cors(
        lists["allowOrigins"], lists["allowMethods"], lists["allowHeaders"], exposed, int(rules.get("maxAge", 0))
    )
