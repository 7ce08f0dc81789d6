"""From an ``Authorization`` header to a `Principal`, or to 401 (ruling 25).

A token does not decide how it is verified. The algorithm is RS256 whatever its header says. The key is one of ours,
found only by ``kid`` (``jwk``, ``jku``, ``x5u`` and the like are never read). The time is a parameter. Every claim must
have its type and is required, except ``acts_for_people`` (ruling 27). PyJWT checks the signature, and then the engine's
own strict JSON reader reads the claims. So of an unsigned token only ``kid`` is read.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NoReturn, Protocol

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from interactor.access.rules.principal import SUBJECT_CHARACTERS, Principal, is_sane_text, parse_namespaces
from interactor.access.rules.tokens import Verified
from interactor.core.errors import UnauthorizedError
from interactor.core.jsons import Json, JsonError, JsonObject, loads
from interactor.core.names import is_account
from interactor.core.times import SECOND, Millis

TOKEN_CHARACTERS: Final = 8 * 1024
EARLY: Final[Millis] = 30 * SECOND
"""How far an issuer's clock may be ahead of ours: the leeway for ``iat`` and ``nbf``. Expiry has no leeway."""

_ALGORITHM: Final = "RS256"
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
_KID_CHARACTERS: Final = 128
_JTI_CHARACTERS: Final = 128
_SCOPE_CHARACTERS: Final = 4_096
_TOKENS_REMEMBERED: Final = 1_000
_JWS: Final = jwt.PyJWS(algorithms=[_ALGORITHM])


class KeySource(Protocol):
    """A source of public keys: the built-in signer, or an external issuer's JWKS."""

    def get(self, kid: str) -> RSAPublicKey | None:
        """Return the key with that id, or None if the issuer has no such key."""


@dataclass(frozen=True)
class _Signed:
    """The claims of a valid signature, and the key that verified it."""

    kid: str
    key: RSAPublicKey
    claims: JsonObject


IsRevoked = Callable[[str, str, Millis], bool]
"""Whether an account's token with this ``jti`` is revoked, as far as is known at this time."""


class Verifier:
    """Verifies bearer tokens of one issuer for one audience. If ``revoked`` is None, no token is ever revoked."""

    def __init__(self, keys: KeySource, issuer: str, audience: str, revoked: IsRevoked | None = None) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._revoked = revoked
        self._signed: dict[bytes, _Signed] = {}

    def verify(self, authorization: str | None, now: Millis) -> Principal:
        """Return who sent a request with this ``Authorization`` header at ``now``.

        Raises:
            UnauthorizedError: as for ``inspect``, and for a revoked token.
        """
        verified = self.inspect(authorization, now)
        if self._revoked is not None and self._revoked(verified.principal.account, verified.jti, now):
            raise UnauthorizedError("The token was revoked; get a new one from /oauth/token")
        return verified.principal

    def inspect(self, authorization: str | None, now: Millis) -> Verified:
        """Return the token of an ``Authorization`` header, whether it was revoked or not.

        Raises:
            UnauthorizedError: there is no token, or it is not valid. The sentence helps an honest caller. It says
                nothing about keys, and says something about claims only if the signature was right.
        """
        claims = self._claims(bearer_token(authorization))
        principal = self._principal(claims, now)
        return Verified(principal, str(claims["jti"]), int(claims["exp"] * 1000))

    def _claims(self, token: str) -> JsonObject:
        """Return the claims of a token whose signature is right.

        A signature that was right before, by a key that the issuer still has, is not computed again. The claims are
        checked each time.
        """
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        known = self._signed.get(digest)
        if known is not None and self._keys.get(known.kid) is known.key:
            return known.claims
        kid, key = self._key_of(token)
        try:
            claims = loads(_verified_payload(token, key))
        except JsonError:
            _refuse("its claims are not JSON")
        if not isinstance(claims, dict):
            _refuse("its claims are not a JSON object")
        if len(self._signed) >= _TOKENS_REMEMBERED:
            self._signed.clear()
        self._signed[digest] = _Signed(kid, key, claims)
        return claims

    def _key_of(self, token: str) -> tuple[str, RSAPublicKey]:
        try:
            header = jwt.get_unverified_header(token)
        except Exception:
            # A library may fail on a hostile text in ways that it does not document; the text is at fault.
            _refuse("it is not a JWT")
        kid = header.get("kid")
        if header.get("alg") != _ALGORITHM:
            _refuse(f"tokens are signed with {_ALGORITHM}")
        if "crit" in header:
            # RFC 7515, 4.1.11: a critical extension that is not understood makes a token invalid; we know none.
            _refuse("its header asks for an extension that is not supported")
        if not isinstance(kid, str) or len(kid) > _KID_CHARACTERS:
            _refuse("its header names no key")
        # This is outside the try: if our own keys are not available, that is our failure, not the token's.
        key = self._keys.get(kid)
        if key is None:
            _refuse("its key is not known here")
        return kid, key

    def _principal(self, claims: JsonObject, now: Millis) -> Principal:
        self._check_origin(claims)
        _check_times(claims, now)
        subject, account = claims.get("sub"), claims.get("account_id")
        if not is_sane_text(subject, SUBJECT_CHARACTERS):
            _refuse_claim("sub")
        if not is_account(account):
            _refuse_claim("account_id")
        if not is_sane_text(claims.get("jti"), _JTI_CHARACTERS):
            _refuse_claim("jti")
        scope = claims.get("scope")
        if not isinstance(scope, str) or len(scope) > _SCOPE_CHARACTERS:
            _refuse_claim("scope")
        raw_namespaces = claims.get("namespaces")
        if not isinstance(raw_namespaces, list):
            _refuse_claim("namespaces")
        try:
            namespaces = parse_namespaces(raw_namespaces)
        except ValueError:
            _refuse_claim("namespaces")
        acts = claims.get("acts_for_people", False)
        if not isinstance(acts, bool):
            _refuse_claim("acts_for_people")
        return Principal(str(account), str(subject), frozenset(scope.split(" ")) - {""}, namespaces, acts)

    def _check_origin(self, claims: JsonObject) -> None:
        if claims.get("iss") != self._issuer:
            _refuse_claim("iss")
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if not all(isinstance(one, str) for one in audiences) or self._audience not in audiences:
            _refuse_claim("aud")


def bearer_token(authorization: str | None) -> str:
    """Return the token of an ``Authorization`` header (RFC 6750, 2.1; the scheme's case does not matter).

    Raises:
        UnauthorizedError: there is none, or it does not have the form of a JWT.
    """
    if authorization is None or not authorization.strip():
        raise UnauthorizedError(
            "No token: send the header 'Authorization: Bearer <token>', with a token from /oauth/token"
        )
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() != "bearer":
        raise UnauthorizedError(
            "The Authorization header must be of the scheme Bearer: 'Authorization: Bearer <token>'"
        )
    token = token.strip(" ")
    if len(token) > TOKEN_CHARACTERS:
        _refuse(f"it is longer than {TOKEN_CHARACTERS} characters")
    if _TOKEN.fullmatch(token) is None:
        _refuse("it is not a JWT")
    return token


def _verified_payload(token: str, key: RSAPublicKey) -> bytes:
    try:
        payload: Any = _JWS.decode(token, key, algorithms=[_ALGORITHM])
    except Exception:
        # As above: whatever PyJWT or cryptography raise for these bytes, the token is not valid.
        _refuse("its signature is not valid")
    return bytes(payload)


def _check_times(claims: JsonObject, now: Millis) -> None:
    expires, issued = _moment(claims.get("exp")), _moment(claims.get("iat"))
    if expires is None:
        _refuse_claim("exp")
    if issued is None or issued > now + EARLY:
        _refuse_claim("iat")
    if "nbf" in claims:
        not_before = _moment(claims["nbf"])
        if not_before is None or not_before > now + EARLY:
            _refuse_claim("nbf")
    if expires <= now:
        raise UnauthorizedError("The token has expired; get a new one from /oauth/token")


def _moment(value: Json) -> float | None:
    """Return a NumericDate (seconds, RFC 7519 section 2) in milliseconds; None if it is not a sensible number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 2**53:
        return None
    return value * 1000


def _refuse_claim(name: str) -> NoReturn:
    _refuse(f"its claim '{name}' is missing or wrong")


def _refuse(reason: str) -> NoReturn:
    raise UnauthorizedError(f"The token is not valid: {reason}. Get a new one from /oauth/token")
