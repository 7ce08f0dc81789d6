"""Tokens for registered clients: ``POST /oauth/token`` (ruling 25, RFC 6749).

Callers parse JSON or form bodies into a flat object, and pass time and entropy. Each access token comes with a refresh
token, which gets the next one without the client's secret (`interactor.access.refresh`).
"""

import base64
import binascii
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import unquote_plus

from interactor.access import refresh
from interactor.access.rules.principal import Client, namespaces_claim, narrow
from interactor.core.errors import InvalidRequestError, UnauthorizedError
from interactor.core.jsons import JsonObject
from interactor.core.times import SECOND, Millis

LIFETIME_SECONDS: Final = 3600
JTI_BYTES: Final = 16
ENTROPY_BYTES: Final = JTI_BYTES + refresh.ENTROPY_BYTES
GRANTS: Final = ("client_credentials", "refresh_token")
BASIC: Final = 'Basic realm="interactor", charset="UTF-8"'
"""The challenge for a client that has not authenticated: this endpoint accepts no token as proof (RFC 6749, 5.2)."""
FIELD_CHARACTERS: Final = 1_024
"""The longest credential or scope that is read."""


class Clients(Protocol):
    """Where registered clients are kept."""

    def authenticate(self, client_id: str, secret: str) -> Client | None:
        """Return the client if the secret is right."""

    def get(self, client_id: str) -> Client | None:
        """Return the client with that id."""


class Signing(Protocol):
    """Signs claims."""

    def sign(self, claims: JsonObject) -> str:
        """Return a compact JWT of ``claims``."""


@dataclass(frozen=True)
class Issuer:
    """What all tokens of this deployment have in common, and the signer."""

    issuer: str
    audience: str
    clients: Clients
    signing: Signing
    families: refresh.Families


@dataclass(frozen=True)
class Credentials:
    """Credentials that a client sent, not yet checked."""

    client_id: str
    secret: str


@dataclass(frozen=True)
class IssuedToken:
    """The answer of the token endpoint; ``expires_in`` is in seconds."""

    access_token: str
    refresh_token: str
    scope: str
    expires_in: int = LIFETIME_SECONDS
    token_type: str = "Bearer"  # noqa: S105  # the token's type, not a token

    def as_json(self) -> JsonObject:
        """Return the fields of RFC 6749, 5.1."""
        return {
            "access_token": self.access_token,
            "token_type": self.token_type,
            "expires_in": self.expires_in,
            "refresh_token": self.refresh_token,
            "scope": self.scope,
        }


def issue_token(
    issuer: Issuer,
    form: JsonObject,
    authorization: str | None,
    now: Millis,
    entropy: bytes,
    proven: Callable[[Client], None] = lambda _: None,
) -> IssuedToken:
    """Return a token for what the client may do, narrowed to the requested ``scope``.

    With ``client_credentials``, or with ``refresh_token`` for at most what the first token of its family was for.

    Args:
        form: the fields of the body; values may be of any JSON type, and are checked here.
        authorization: the ``Authorization`` header, for a client that authenticates with HTTP Basic.
        entropy: ``ENTROPY_BYTES`` random bytes, for the token's ``jti`` and the refresh token.
        proven: called with the client when it has proven who it is, before anything is changed; it may refuse.

    Raises:
        InvalidRequestError: a field is missing or wrong, the grant type is another one, or no scope is left.
        UnauthorizedError: there is no such client, the secret is wrong, or the refresh token is not valid.
    """
    jti, rest = entropy[:JTI_BYTES], entropy[JTI_BYTES:]
    wanted = "" if form.get("scope") in (None, "") else _text(form, "scope")
    if _grant(form) == "refresh_token":
        token = _text(form, "refresh_token")
        client = _refreshing(issuer, form, authorization, token)
        family = refresh.find(issuer.families, token, client.client_id, now, client.generation)
        proven(client)
        scopes = _narrowed(narrow(client.scopes, family.scopes), wanted)
        # Signing comes first: if it fails, the refresh token is not used up.
        signed = _signed(issuer, client, scopes, now, jti)
        following = refresh.rotate(issuer.families, family, token, now, rest)
    else:
        client = _authenticated(issuer, credentials_of(form, authorization))
        proven(client)
        scopes = _narrowed(client.scopes, wanted)
        signed = _signed(issuer, client, scopes, now, jti)
        following = refresh.begin(issuer.families, client.client_id, scopes, now, rest, client.generation)
    return IssuedToken(signed, following, " ".join(scopes))


def _signed(issuer: Issuer, client: Client, scopes: Iterable[str], now: Millis, jti: bytes) -> str:
    issued = now // SECOND
    claims: JsonObject = {
        "iss": issuer.issuer,
        "aud": issuer.audience,
        "sub": client.client_id,
        "account_id": client.account,
        "namespaces": namespaces_claim(client.namespaces),
        "scope": " ".join(scopes),
        "iat": issued,
        "exp": issued + LIFETIME_SECONDS,
        "jti": jti.hex(),
    }
    if client.acts_for_people:
        claims["acts_for_people"] = True
    return issuer.signing.sign(claims)


def _narrowed(held: tuple[str, ...], wanted: str) -> tuple[str, ...]:
    scopes = narrow(held, wanted.split() or held)
    if not scopes:
        raise _invalid("scope", f"asks for nothing that this client has; it has: {' '.join(held)}")
    return scopes


def _authenticated(issuer: Issuer, credentials: Credentials) -> Client:
    client = issuer.clients.authenticate(credentials.client_id, credentials.secret)
    if client is None:
        raise UnauthorizedError("The client id or the client secret is wrong", BASIC)
    return client


def _refreshing(issuer: Issuer, form: JsonObject, authorization: str | None, token: str) -> Client:
    """Return the client of a refresh. Its id is enough, but a secret that is sent must be right (ruling 25)."""
    if form.get("client_secret") is not None or _is_basic(authorization):
        basic = authorization if _is_basic(authorization) else None
        return _authenticated(issuer, credentials_of(form, basic))
    client = issuer.clients.get(_text(form, "client_id"))
    if client is None:
        family_id = refresh.family_of(token)
        if family_id is not None:
            issuer.families.get(family_id)  # read all the same, so that time does not tell which clients there are
        raise UnauthorizedError(refresh.REFUSAL)
    return client


def _is_basic(authorization: str | None) -> bool:
    """Whether a header has client credentials. A refresh may also come with the token that it replaces."""
    return (authorization or "").strip().partition(" ")[0].lower() == "basic"


def _grant(form: JsonObject) -> str:
    grant = _text(form, "grant_type")
    if grant not in GRANTS:
        raise _invalid("grant_type", f"must be one of: {', '.join(GRANTS)}")
    return grant


def credentials_of(form: JsonObject, authorization: str | None) -> Credentials:
    """Return the client's credentials, from HTTP Basic or from the body (RFC 6749, 2.3.1), unchecked.

    Raises:
        InvalidRequestError: a field is missing, or credentials come in both ways.
        UnauthorizedError: an ``Authorization`` header that is no HTTP Basic.
    """
    if authorization is None or not authorization.strip():
        return Credentials(_text(form, "client_id"), _text(form, "client_secret"))
    credentials = _basic(authorization)
    if form.get("client_secret") is not None:
        raise _invalid("client_secret", "must not be in the body when HTTP Basic carries it; send one of them")
    if form.get("client_id") not in (None, credentials.client_id):
        raise _invalid("client_id", "differs from the one in the Authorization header; send one of them")
    return credentials


def _basic(authorization: str) -> Credentials:
    scheme, _, encoded = authorization.strip().partition(" ")
    try:
        if scheme.lower() != "basic":
            raise ValueError
        text = base64.b64decode(encoded.strip(" "), validate=True).decode("utf-8")
        client_id, colon, secret = text.partition(":")
        if not colon or len(text) > 2 * FIELD_CHARACTERS:
            raise ValueError
    except (ValueError, binascii.Error):
        raise UnauthorizedError(
            "The Authorization header of a token request must be HTTP Basic with client id and secret; "
            "or leave it out and send 'client_id' and 'client_secret' in the body",
            BASIC,
        ) from None
    return Credentials(unquote_plus(client_id), unquote_plus(secret))


def _text(form: JsonObject, field: str) -> str:
    value = form.get(field)
    if value is None or value == "":
        raise _invalid(field, "is required")
    if not isinstance(value, str):
        raise _invalid(field, "must be a text")
    if len(value) > FIELD_CHARACTERS:
        raise _invalid(field, f"is longer than {FIELD_CHARACTERS} characters")
    return value


def _invalid(field: str, problem: str) -> InvalidRequestError:
    return InvalidRequestError(f"'{field}' {problem}", [{"field": field, "message": problem}])
