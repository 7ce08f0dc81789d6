"""POST /oauth/token: an access token for a registered client."""

from interactor.api.endpoint import public
from interactor.api.forms import form_or_json
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.runtime import runtime
from interactor.usecases.tokens import ENTROPY_BYTES, issue_token


@public
def handler(request: Request) -> Response:
    """Answer the token under ``data``, and its fields beside it for plain OAuth clients (ruling 25)."""
    world = runtime().world
    form = form_or_json(request)
    token = issue_token(
        runtime().issuer, form, request.headers.get("authorization"), world.now(), world.entropy(ENTROPY_BYTES)
    ).as_json()
    return Response(200, {"data": token, **token})
