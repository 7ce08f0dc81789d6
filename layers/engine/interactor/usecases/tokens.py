"""Tokens for registered clients: ``POST /oauth/token`` (ruling 25, RFC 6749).

Entries parse JSON or form bodies into a flat object, and hand in time and entropy.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import unquote_plus

from interactor.core.errors import InvalidRequestError, UnauthorizedError
from interactor.core.jsons import JsonObject
from interactor.core.principal import Client, namespaces_claim, narrow
from interactor.core.times import SECOND, Millis

LIFETIME_SECONDS: Final = 3600
ENTROPY_BYTES: Final = 16
FIELD_CHARACTERS: Final = 1_024
"""The longest credential or scope that is looked at."""


class Clients(Protocol):
    """Where registered clients are kept."""

    def authenticate(self, client_id: str, secret: str) -> Client | None:
        """The client, if the secret is its own."""


class Signing(Protocol):
    """Whatever signs claims."""

    def sign(self, claims: JsonObject) -> str:
        """A compact JWT of ``claims``."""


@dataclass(frozen=True)
class Issuer:
    """What every token of this deployment has in common, and who signs it."""

    issuer: str
    audience: str
    clients: Clients
    signing: Signing


@dataclass(frozen=True)
class Credentials:
    """What a client says it is, not yet checked."""

    client_id: str
    secret: str


@dataclass(frozen=True)
class IssuedToken:
    """The answer of the token endpoint; ``expires_in`` is in seconds."""

    access_token: str
    scope: str
    expires_in: int = LIFETIME_SECONDS
    token_type: str = "Bearer"  # noqa: S105  # the token's type, not a token

    def as_json(self) -> JsonObject:
        """The fields of RFC 6749, 5.1."""
        return {
            "access_token": self.access_token,
            "token_type": self.token_type,
            "expires_in": self.expires_in,
            "scope": self.scope,
        }


def issue_token(
    issuer: Issuer, form: JsonObject, authorization: str | None, now: Millis, entropy: bytes
) -> IssuedToken:
    """A token by ``client_credentials`` for what the client may, narrowed to the ``scope`` that is asked for.

    Args:
        form: the fields of the body; values may be of any JSON type, and are checked here.
        authorization: the ``Authorization`` header, for a client that authenticates with HTTP Basic.
        entropy: at least 16 random bytes; the token's ``jti``.

    Raises:
        InvalidRequestError: a field is missing or wrong, another grant type, or no scope is left.
        UnauthorizedError: no such client, or not its secret.
    """
    check_grant(form)
    credentials = credentials_of(form, authorization)
    wanted = "" if form.get("scope") in (None, "") else _text(form, "scope")
    client = issuer.clients.authenticate(credentials.client_id, credentials.secret)
    if client is None:
        raise UnauthorizedError("The client id or the client secret is wrong")
    scopes = narrow(client.scopes, wanted.split() or client.scopes)
    if not scopes:
        raise _invalid("scope", f"asks for nothing that this client has; it has: {' '.join(client.scopes)}")
    scope = " ".join(scopes)
    issued = now // SECOND
    claims: JsonObject = {
        "iss": issuer.issuer,
        "aud": issuer.audience,
        "sub": client.client_id,
        "account_id": client.account,
        "namespaces": namespaces_claim(client.namespaces),
        "scope": scope,
        "iat": issued,
        "exp": issued + LIFETIME_SECONDS,
        "jti": entropy[:ENTROPY_BYTES].hex(),
    }
    return IssuedToken(issuer.signing.sign(claims), scope)


def check_grant(form: JsonObject) -> None:
    """Refuse every grant type but ``client_credentials``.

    Raises:
        InvalidRequestError: naming ``grant_type``.
    """
    if _text(form, "grant_type") != "client_credentials":
        raise _invalid("grant_type", "must be 'client_credentials'")


def credentials_of(form: JsonObject, authorization: str | None) -> Credentials:
    """The client's credentials, from HTTP Basic or from the body (RFC 6749, 2.3.1), unchecked.

    Entries use it as well, to limit requests per client before the costly check (ruling 33).

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
            "or leave it out and send 'client_id' and 'client_secret' in the body"
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
