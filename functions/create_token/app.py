"""POST /oauth/token: an access token for a registered client, by its secret or by a refresh token.

Each request first counts against its source address, before any work. When it has proven which client it is, it counts
against that client instead. A client id that is only claimed counts for nothing (ruling 33).
"""

from interactor.access.issuer import ENTROPY_BYTES, issue_token
from interactor.access.rules.principal import Client
from interactor.api.forms import form_or_json
from interactor.api.frame import Headers, count, counted, give_back
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.core.errors import NotFoundError
from interactor.services import Services


@counted("source")
def handler(request: Request, services: Services, headers: Headers) -> Response:
    """Return the token under ``data``, and its fields beside it for plain OAuth clients (ruling 25)."""
    if services.access.outside_issuer is not None:
        raise NotFoundError("This deployment takes the tokens of an outside issuer; get them there")
    world = services.world
    came_at = world.now()
    count(services, "source", request.source, headers)

    def proven(client: Client) -> None:
        headers.clear()
        count(services, "token", client.client_id, headers)
        # Not earlier: a client over its own limit must not be able to have secrets checked without end.
        give_back(services, "source", request.source, came_at)

    form, authorization, entropy = form_or_json(request), request.headers.get("authorization"), ENTROPY_BYTES
    token = issue_token(services.access.issuer, form, authorization, came_at, world.entropy(entropy), proven).as_json()
    return Response(200, {"data": token, **token})
