"""A deployment in this process behind ``requests``: what speaks HTTP calls it as it calls the real API."""

import io
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from local import gateway
from tests.support.deployed.deployment import Deployment
from tests.support.template import router

BASE = "http://127.0.0.1:8080"


class Gateway(HTTPAdapter):
    """Hands requests to a deployment in this process. ``routes`` has those that were asked for, as (method, path)."""

    def __init__(self, deployment: Deployment) -> None:
        super().__init__()
        self.deployment = deployment
        self.routes: set[tuple[str, str]] = set()

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """What the deployment answers."""
        self.deployment.clock.advance(10)
        body = request.body or b""
        asked = gateway.Request(
            request.method or "GET",
            request.path_url,
            "HTTP/1.1",
            {name.lower(): str(value) for name, value in request.headers.items()},
            "127.0.0.1",
            body.encode() if isinstance(body, str) else body,
            self.deployment.clock(),
        )
        match = router().match(asked.method, asked.target.partition("?")[0])
        assert match is not None, f"no route takes {asked.method} {asked.target}"
        self.routes.add((asked.method, match.route.key.partition(" ")[2]))
        given = self.deployment.request(match.route.function, gateway.event(asked, match))
        raw = io.BytesIO(b"" if given.raw is None else given.raw.encode("utf-8", "surrogatepass"))
        answer = HTTPResponse(raw, dict(given.headers), given.status, version=11, preload_content=False)
        return self.build_response(request, answer)
