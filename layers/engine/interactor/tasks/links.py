"""Signed links: made for a person and a task as a mail or webhook is sent, and read when somebody comes by one."""

from dataclasses import dataclass
from typing import Final

from interactor.core.times import SECOND, Millis
from interactor.core.world import World
from interactor.tasks.link_keys import LinkKeys
from interactor.tasks.rules import link_tokens
from interactor.tasks.rules.link_tokens import Link

PAGE: Final = "/inbox/task"
"""Where the inbox shows one task: of the link ``t``, or of the id ``id`` to who signs in."""


@dataclass(frozen=True)
class SignedLink:
    """An address that opens one task for one person."""

    url: str
    ends_at: Millis


class Links:
    """Makes and reads links.

    Args:
        base: the address that links lead to, without a path; empty where nobody named one.
        lifetime: how long a link is good.
    """

    def __init__(self, world: World, keys: LinkKeys, base: str, lifetime: Millis) -> None:
        self._world = world
        self._keys = keys
        self._lifetime = lifetime
        self.base = base.rstrip("/")

    def make(self, account: str, task_id: str, person: str, generation: int, at: Millis, base: str = "") -> SignedLink:
        """Return the link of a person to a task. It is good for the lifetime from ``at`` on.

        The same arguments make the same link, under the same key. ``base`` is where it leads instead.

        Raises:
            StoreBusyError: when the table or KMS does not answer now.
        """
        ends_at = (at + self._lifetime) // SECOND * SECOND
        token = link_tokens.make(self._keys.for_making(), Link(account, task_id, person, generation, ends_at))
        return SignedLink(f"{base or self.base}{PAGE}?t={token}", ends_at)

    def read(self, token: str) -> Link | None:
        """Return the link of a token, ended or not; None for what is no token of this deployment.

        Raises:
            StoreBusyError: when the table or KMS does not answer now.
        """
        return link_tokens.read(self._keys.for_reading(), token)

    def confirmation(self, token: str, shown: str) -> str:
        """Return what confirms a decision of the token's holder about what is shown (a hash), for 15 minutes."""
        return link_tokens.make_confirmation(self._keys.for_making(), token, shown, self._world.now())

    def confirms(self, confirmation: str, token: str, shown: str) -> bool:
        """Whether a text confirms a decision of the token's holder about what is shown, now."""
        return link_tokens.confirms(self._keys.for_reading(), confirmation, token, shown, self._world.now())

    def address(self, task_id: str, base: str = "") -> str:
        """Return the inbox's address of a task, which opens nothing to who has not signed in."""
        return f"{base or self.base}{PAGE}?id={task_id}"
