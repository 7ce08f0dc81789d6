"""POST /oauth/token: an access token for a registered client, by its secret or by a refresh token."""

from interactor.api.endpoint import Headers, count, counted
from interactor.api.forms import form_or_json
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.core.errors import NotFoundError
from interactor.core.principal import is_client_id
from interactor.runtime import runtime
from interactor.usecases.tokens import ENTROPY_BYTES, client_id_of, issue_token


@counted("token")
def handler(request: Request, headers: Headers) -> Response:
    """Answer the token under ``data``, and its fields beside it for plain OAuth clients (ruling 25)."""
    if runtime().outside_issuer is not None:
        raise NotFoundError("This deployment takes the tokens of an outside issuer; get them there")
    form, authorization = form_or_json(request), request.headers.get("authorization")
    client_id = client_id_of(form, authorization)
    if is_client_id(client_id):
        count("token", client_id, headers)
    world = runtime().world
    token = issue_token(runtime().issuer, form, authorization, world.now(), world.entropy(ENTROPY_BYTES)).as_json()
    return Response(200, {"data": token, **token})
