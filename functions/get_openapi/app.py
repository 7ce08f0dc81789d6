"""GET /openapi.json, /openapi.yaml and /docs: the API's own description, for programs and for people."""

from interactor.api.frame import public
from interactor.api.openapi.document import document
from interactor.api.openapi.look import POLICY
from interactor.api.openapi.reference import page
from interactor.api.openapi.yaml import dump
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.core import jsons
from interactor.services import Services

KEPT_SECONDS = 300
CACHED = {"Cache-Control": f"public, max-age={KEPT_SECONDS}"}


@public
def handler(request: Request, services: Services) -> Response:
    """Return the description in the format that the path names."""
    if request.path.endswith(".json"):
        return Response(200, jsons.dumps(document()), dict(CACHED))
    if request.path.endswith(".yaml"):
        return Response(200, dump(document()), {**CACHED, "Content-Type": "application/yaml"})
    headers = {**CACHED, "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY}
    return Response(200, page(request.headers.get("host")), headers)
