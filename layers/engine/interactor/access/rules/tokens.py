"""Tokens as values: a verified access token, and a family of refresh tokens."""

from dataclasses import dataclass

from interactor.access.rules.principal import Principal
from interactor.core.times import Millis


@dataclass(frozen=True)
class Verified:
    """A valid access token: its owner, its id, and when it expires."""

    principal: Principal
    jti: str
    expires_at: Millis


@dataclass(frozen=True)
class Family:
    """Refresh tokens that followed one another. ``next_hash`` is the hash of the one that is not used yet.

    ``generation`` is that of the client when the family began. None: a release that did not store it began the family.
    """

    id: str
    client_id: str
    scopes: tuple[str, ...]
    next_hash: str
    expires_at: Millis
    generation: str | None = None
