"""POST /oauth/revoke: end a refresh token's family, or an access token (RFC 7009)."""

from interactor.access.revocation import revoke
from interactor.api.forms import form_or_json
from interactor.api.frame import public
from interactor.api.request import Request
from interactor.api.response import Response, ok
from interactor.core.limits import TOKEN_BYTES
from interactor.services import Services


@public
def handler(request: Request, services: Services) -> Response:
    """Return an empty answer: a token that does not exist counts as revoked."""
    parts, form = services, form_or_json(request, TOKEN_BYTES)
    revoke(form, parts.access.families, parts.access.revoked_tokens, parts.access.verifier.inspect, parts.world.now())
    return ok({})
