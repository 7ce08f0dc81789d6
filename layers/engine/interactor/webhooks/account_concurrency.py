"""Counts the attempts of accounts whose receivers are slow (``webhooks.rules.account_concurrency``)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from interactor.core.storing import GuardLostError
from interactor.core.times import Millis
from interactor.core.world import World
from interactor.logs import logger
from interactor.webhooks.rules import account_concurrency
from interactor.webhooks.rules.account_concurrency import Watch

if TYPE_CHECKING:
    from interactor.webhooks.store.concurrency import ConcurrencyStore

TRIES = 5
"""After losing to other workers this often, there is no room. Attempts that were counted then end by themselves."""


@dataclass(frozen=True)
class AccountConcurrency:
    """The concurrency limits of accounts. ``at_once``: the attempts that a watched account gets at the same time."""

    world: World
    store: "ConcurrencyStore"
    at_once: int

    def room(self, watch: Watch, wanted: Mapping[str, int]) -> Mapping[str, int]:
        """Return for how many attempts, by subscription, a watched account seems to have room. This counts nothing."""
        return account_concurrency.take(watch, "", wanted, self.world.now(), self.at_once)[1]

    def take(self, account: str, watch: Watch, part_id: str, wanted: Mapping[str, int]) -> Mapping[str, int]:
        """Count attempts of a watched account. Returns how many have room, by subscription. ``watch``: as last read."""
        for attempt in range(TRIES):
            now = self.world.now()
            after, granted = account_concurrency.take(watch, part_id, wanted, now, self.at_once)
            if not any(granted.values()):
                return granted
            try:
                self.store.put_watch(account, after, now)
            except GuardLostError:
                self.world.pause(attempt)
                watch = self.store.watch(account)
            else:
                return granted
        return dict.fromkeys(wanted, 0)

    def give_back(self, account: str, part_id: str, subscription_id: str) -> None:
        """Stop counting the attempts of a worker to one subscription."""
        self._change(account, lambda watch, now: account_concurrency.give_back(watch, part_id, subscription_id, now))

    def note_slow(self, account: str) -> None:
        """Watch an account from now on, because one of its receivers is slow."""

        def change(watch: Watch, now: Millis) -> Watch | None:
            return account_concurrency.watch_on(watch, now) if watch.is_late(now) else None

        if self._change(account, change):
            logger.info("webhook receivers are slow", extra={"account": account})

    def _change(self, account: str, change: Callable[[Watch, Millis], Watch | None]) -> bool:
        """Try to change the watch, as best effort. Returns whether it was changed."""
        for attempt in range(TRIES):
            now = self.world.now()
            after = change(self.store.watch(account), now)
            if after is None:
                return False
            try:
                self.store.put_watch(account, after, now)
            except GuardLostError:
                self.world.pause(attempt)
            else:
                return True
        return False
