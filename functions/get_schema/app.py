"""GET /schemas/workflow-definition.json: the JSON Schema of definitions."""

from importlib.resources import files

from interactor.api.frame import public
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.services import Services

SCHEMA = files("interactor.definitions.rules").joinpath("workflow-definition.json").read_text("utf-8")
DAY_SECONDS = 86_400


@public
def handler(_: Request, services: Services) -> Response:
    """Return the schema itself. It is no secret and rarely changes, so anybody may cache it."""
    headers = {"Content-Type": "application/schema+json", "Cache-Control": f"public, max-age={DAY_SECONDS}"}
    return Response(200, SCHEMA, headers)
