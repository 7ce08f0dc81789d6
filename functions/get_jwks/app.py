"""GET /oauth/jwks: the public keys that access tokens are signed with."""

from interactor.api.frame import public
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.services import Services

HOUR_SECONDS = 3_600


@public
def handler(_: Request, services: Services) -> Response:
    """Return the JWK set itself, without the envelope of other answers (RFC 7517)."""
    return Response(200, services.access.signer.public_jwks(), {"Cache-Control": f"public, max-age={HOUR_SECONDS}"})
