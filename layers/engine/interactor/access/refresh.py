"""Refresh tokens: each works once, is valid for 30 days, and belongs to the family that its first token began (ruling
25).

A token is ``rt_<family>.<secret>``. The table has one item for each family, with the hash of the one secret that is
valid next. If somebody sends a family with another secret, it is an old token of the family, so two parties have used
it. Then the family ends for both (RFC 9700, 4.14.2).
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import Final, Protocol

from interactor.access.rules.tokens import Family
from interactor.core.errors import UnauthorizedError
from interactor.core.times import DAY, Millis

LIFETIME: Final[Millis] = 30 * DAY
FAMILY_BYTES: Final = 16
SECRET_BYTES: Final = 32
ENTROPY_BYTES: Final = FAMILY_BYTES + SECRET_BYTES
REFUSAL: Final = "The refresh token is not valid for this client; get a new one with grant_type client_credentials"

_TOKEN: Final = re.compile(r"rt_([0-9a-f]{32})\.([A-Za-z0-9_-]{43})", re.ASCII)


class Families(Protocol):
    """Stores families."""

    def get(self, family_id: str) -> Family | None:
        """Return the family with that id."""

    def put(self, family: Family) -> None:
        """Store a new family."""

    def rotate(self, family: Family, next_hash: str, expires_at: Millis) -> bool:
        """Replace the next token by another one. Return False, and change nothing, if that was done before."""

    def end(self, family_id: str) -> None:
        """Delete a family, so that none of its tokens works any more."""


def begin(
    families: Families, client_id: str, scopes: Iterable[str], now: Millis, entropy: bytes, generation: str = ""
) -> str:
    """Begin a new family and return its first refresh token."""
    family_id, secret = entropy[:FAMILY_BYTES].hex(), entropy[FAMILY_BYTES:ENTROPY_BYTES]
    token = _token(family_id, secret)
    families.put(Family(family_id, client_id, tuple(scopes), _hash(token), now + LIFETIME, generation))
    return token


def find(families: Families, token: str, client_id: str, now: Millis, generation: str = "") -> Family:
    """Return the family whose next token this is, for the client's present registration (``generation``).

    Raises:
        UnauthorizedError: it is not this client's token, or it is an old one; then the family is ended.
    """
    family_id = family_of(token)
    family = None if family_id is None else families.get(family_id)
    if family is None or family.client_id != client_id or family.expires_at <= now:
        raise UnauthorizedError(REFUSAL)
    if family.generation != generation:
        raise UnauthorizedError(REFUSAL)
    if not hmac.compare_digest(_hash(token), family.next_hash):
        raise _reused(families, family)
    return family


def rotate(families: Families, family: Family, token: str, now: Millis, entropy: bytes) -> str:
    """Use up ``token`` and return the token that follows it.

    Raises:
        UnauthorizedError: another request used it at this moment; the family is ended.
    """
    following = _token(family.id, entropy[FAMILY_BYTES:ENTROPY_BYTES])
    if not families.rotate(family, _hash(following), now + LIFETIME):
        raise _reused(families, family)
    return following


def family_of(token: str) -> str | None:
    """Return the family that a token names, or None if it is no refresh token."""
    parts = _TOKEN.fullmatch(token)
    return None if parts is None else parts[1]


def _reused(families: Families, family: Family) -> UnauthorizedError:
    families.end(family.id)
    return UnauthorizedError(
        "The refresh token was used before, so that it and all that followed it are revoked; "
        "get a new one with grant_type client_credentials"
    )


def _token(family_id: str, secret: bytes) -> str:
    return f"rt_{family_id}.{base64.urlsafe_b64encode(secret).decode().rstrip('=')}"


def _hash(token: str) -> str:
    # A random secret of 256 bits needs no salt and no slow hash.
    return hashlib.sha256(token.encode("ascii")).hexdigest()
