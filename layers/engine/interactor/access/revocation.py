"""Revocation of tokens (ruling 25, RFC 7009). Every process knows of it within 30 s."""

from collections.abc import Callable
from typing import Final, Protocol

from interactor.access.refresh import Families, family_of
from interactor.access.rules.tokens import Verified
from interactor.core.errors import InvalidRequestError, UnauthorizedError
from interactor.core.jsons import JsonObject
from interactor.core.times import SECOND, Millis

READ_EVERY: Final[Millis] = 30 * SECOND
ACCOUNTS_REMEMBERED: Final = 1_000


class RevokedTokens(Protocol):
    """Stores the ids of revoked access tokens until the tokens would have expired."""

    def add(self, account: str, jti: str, expires_at: Millis) -> None:
        """Put a token on its account's list."""

    def of(self, account: str, now: Millis) -> frozenset[str]:
        """Return an account's list."""


class RevocationList:
    """The lists in one process: each is read at most every 30 s, when a token of its account arrives."""

    def __init__(self, tokens: RevokedTokens) -> None:
        self._tokens = tokens
        self._known: dict[str, tuple[Millis, frozenset[str]]] = {}

    def holds(self, account: str, jti: str, now: Millis) -> bool:
        """Whether a token is on the list."""
        read_at, listed = self._known.get(account, (None, frozenset()))
        if read_at is None or now - read_at >= READ_EVERY:
            if len(self._known) >= ACCOUNTS_REMEMBERED:
                self._known.clear()
            listed = self._tokens.of(account, now)
            self._known[account] = now, listed
        return jti in listed


Inspect = Callable[[str, Millis], Verified]
"""Reads an ``Authorization`` header at a time. It raises UnauthorizedError if the token is not valid."""


def revoke(form: JsonObject, families: Families, tokens: RevokedTokens, inspect: Inspect, now: Millis) -> None:
    """Revoke ``token``: an access token, or a refresh token with its family. Any other text is ignored.

    Whoever has a token may revoke it. If ``client_id`` is sent, a refresh token must belong to that client.

    Raises:
        InvalidRequestError: there is no ``token``.
    """
    token = form.get("token")
    if not isinstance(token, str) or not token:
        message = "must be the token to revoke, as a text"
        raise InvalidRequestError(f"'token' {message}", [{"field": "token", "message": message}])
    family_id = family_of(token)
    if family_id is not None:
        family = families.get(family_id)
        if family is not None and form.get("client_id") in (None, family.client_id):
            families.end(family_id)
        return
    try:
        verified = inspect(f"Bearer {token}", now)
    except UnauthorizedError:
        # RFC 7009, 2.2: a token that is not valid counts as revoked.
        return
    tokens.add(verified.principal.account, verified.jti, verified.expires_at)
