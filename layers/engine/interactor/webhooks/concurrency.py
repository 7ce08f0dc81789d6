"""Applies the concurrency limits of subscriptions to a batch of messages (``webhooks.rules.concurrency``).

Attempts of a watched account also count against the limit of the account (``webhooks.rules.account_concurrency``).
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from interactor.core import limits
from interactor.core.jsons import JsonObject
from interactor.core.storing import GuardLostError
from interactor.core.times import Millis
from interactor.core.world import World
from interactor.webhooks.account_concurrency import AccountConcurrency
from interactor.webhooks.rules import concurrency
from interactor.webhooks.rules.account_concurrency import SLOW, Watch
from interactor.webhooks.rules.concurrency import Kept, Taken, Usage

if TYPE_CHECKING:
    from interactor.webhooks.store.concurrency import ConcurrencyStore

TRIES = 5
"""After losing to other workers this often, the messages are refused: the subscription is busy."""
MOST_KEPT = 1_000
"""Subscriptions whose shares one process keeps. It keeps no further ones."""

SubscriptionKey = tuple[str, str]
"""Account and subscription."""
Refused = dict[int, Usage]
"""The messages, by position, that must wait, and the usage that left no room (an empty one: the account's limit)."""


@dataclass(frozen=True)
class _Held:
    """A share of ``count`` attempts, which its worker keeps or gives back."""

    share_id: str
    count: int
    kept: bool


class Batch:
    """The shares of one batch of messages.

    The share of a subscription ends with that subscription's attempts, so a receiver that hangs does not delay the
    other subscriptions of the batch and their later events.
    """

    def __init__(self) -> None:
        self.refused: Refused = {}
        self._key_of: dict[int, SubscriptionKey] = {}
        self._endings: dict[SubscriptionKey, list[Callable[[], None]]] = {}
        self._under_way: dict[SubscriptionKey, int] = {}
        self._lock = threading.Lock()

    def holds(self, key: SubscriptionKey, positions: Sequence[int], end: Callable[[], None]) -> None:
        """Note that something is held for the attempts at these positions, and the function that releases it."""
        new = [position for position in positions if position not in self._key_of]
        self._key_of |= dict.fromkeys(new, key)
        self._under_way[key] = self._under_way.get(key, 0) + len(new)
        self._endings.setdefault(key, []).append(end)

    def over(self, position: int) -> None:
        """Note that the attempt at a position has ended. The last attempt of a subscription releases its share."""
        key = self._key_of.get(position)
        if key is None:
            return
        with self._lock:
            self._under_way[key] -= 1
            endings = self._endings.pop(key, []) if self._under_way[key] == 0 else []
        for end in endings:
            end()

    def close(self) -> None:
        """Release everything that is still held."""
        while self._endings:
            for end in self._endings.popitem()[1]:
                end()


class ConcurrencyLimits:
    """Takes shares, keeps them and gives them back. A process has one; its batches may run at the same time."""

    def __init__(self, world: World, store: "ConcurrencyStore", watches: AccountConcurrency) -> None:
        self.world = world
        self.store = store
        self.watches = watches
        self._kept: dict[SubscriptionKey, Kept] = {}
        self._lock = threading.Lock()

    @contextmanager
    def of(
        self,
        messages: Sequence[JsonObject],
        positions: Sequence[int],
        watches: Mapping[str, Watch],
        rates: Mapping[SubscriptionKey, int],
    ) -> "Iterator[Batch]":
        """Take shares for the messages at these positions, for as long as their attempts are under way.

        ``watches`` are the watches over their accounts, and ``rates`` the rates a minute of their subscriptions, both
        just read. A subscription that is not there has the default.
        """
        by_account: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for position in positions:
            message = messages[position]
            by_account[message["account"]][message["subscription_id"]].append(position)
        batch, share_id = Batch(), self.world.entropy(8).hex()
        try:
            for account, by_subscription in by_account.items():
                watch = watches.get(account)
                if watch is not None and watch.is_on(self.world.now()):
                    self._take_watched(batch, share_id, account, watch, by_subscription, rates)
                else:
                    for subscription_id, wanting in by_subscription.items():
                        self._take_share(batch, share_id, (account, subscription_id), wanting, rates)
            yield batch
        finally:
            batch.close()

    def ended(self, message: JsonObject, took: Millis) -> None:
        """Note how long the receiver of an attempt took."""
        if took >= SLOW:
            self.watches.note_slow(message["account"])

    def _take_watched(
        self,
        batch: Batch,
        share_id: str,
        account: str,
        watch: Watch,
        by_subscription: Mapping[str, Sequence[int]],
        rates: Mapping[SubscriptionKey, int],
    ) -> None:
        """Take shares of the subscriptions of a watched account, as far as the account seems to have room; then count.

        Every share is given back: one that finds no room in the end must not block others.
        """
        room = self.watches.room(watch, {each: len(wanting) for each, wanting in by_subscription.items()})
        going: dict[str, Sequence[int]] = {}
        for subscription_id, wanting in by_subscription.items():
            batch.refused |= dict.fromkeys(wanting[room[subscription_id] :], Usage())
            some = wanting[: room[subscription_id]]
            if some:
                key = account, subscription_id
                going[subscription_id] = self._take_share(batch, share_id, key, some, rates, back=True)
        wanted = {each: len(granted) for each, granted in going.items()}
        counted = self.watches.take(account, watch, share_id, wanted)
        for subscription_id, granted in going.items():
            count = counted[subscription_id]
            batch.refused |= dict.fromkeys(granted[count:], Usage())
            if count:
                end = partial(self.watches.give_back, account, share_id, subscription_id)
                batch.holds((account, subscription_id), granted[:count], end)

    def _take_share(
        self,
        batch: Batch,
        share_id: str,
        key: SubscriptionKey,
        wanting: Sequence[int],
        rates: Mapping[SubscriptionKey, int],
        back: bool = False,
    ) -> Sequence[int]:
        """Take a share of a subscription: the one this worker keeps, or a new one. Refuse the messages without one.

        Returns the positions that have a share. ``back``: give the share back even if the subscription is not crowded.
        """
        rate = rates.get(key, limits.RATE_PER_MINUTE_DEFAULT)
        again = self._use_kept(key, rate, len(wanting))
        if again is not None:
            batch.holds(key, wanting, partial(self._release, key, _Held(again, len(wanting), kept=True)))
            return wanting
        taken = self._take(key, rate, share_id, len(wanting))
        granted = wanting[: taken.granted]
        batch.refused |= dict.fromkeys(wanting[taken.granted :], taken.usage)
        kept = taken.kept is not None and self._keep(key, taken.kept)
        if granted and (kept or back or taken.usage.crowded):
            batch.holds(key, granted, partial(self._release, key, _Held(share_id, taken.granted, kept)))
        return granted

    def _release(self, key: SubscriptionKey, held: "_Held") -> None:
        """Release the share of one subscription's attempts: a kept share is idle again, any other is given back."""
        if held.kept:
            self._done([(key, held.share_id, held.count)])
        else:
            self._give_back(key, held.share_id)

    def _use_kept(self, key: SubscriptionKey, rate: int, wanted: int) -> str | None:
        """Use the kept share for ``wanted`` attempts. Returns its id, or None if it has no room for them."""
        with self._lock:
            kept = self._kept.get(key)
            used = None if kept is None else kept.use(rate, wanted, self.world.now())
            if used is None:
                return None
            self._kept[key] = used
            return used.share.id

    def _keep(self, key: SubscriptionKey, kept: Kept) -> bool:
        """Keep a share, unless an earlier one of this process is still in use."""
        with self._lock:
            before = self._kept.get(key)
            if before is not None and before.busy and self.world.now() < before.share.until:
                return False
            if before is None and len(self._kept) >= MOST_KEPT:
                now = self.world.now()
                self._kept = {where: each for where, each in self._kept.items() if now < each.share.until}
                if len(self._kept) >= MOST_KEPT:
                    return False
            self._kept[key] = kept
            return True

    def _done(self, kept: Sequence[tuple[SubscriptionKey, str, int]]) -> None:
        with self._lock:
            for key, share_id, count in kept:
                known = self._kept.get(key)
                if known is not None and known.share.id == share_id:
                    self._kept[key] = known.done(count)

    def _take(self, key: SubscriptionKey, rate: int, share_id: str, wanted: int) -> Taken:
        idle = self._take_back(key)
        for attempt in range(TRIES):
            usage = self.store.get(*key)
            now = self.world.now()
            instead_of = None if idle is None else idle.share.id
            taken = concurrency.take(usage, rate, share_id, wanted, now, instead_of)
            if not taken.granted:
                break
            try:
                self.store.put(*key, taken.usage, now)
            except GuardLostError:
                self.world.pause(attempt)
            else:
                return taken
        if idle is not None:
            self._keep(key, idle)
        return Taken(usage, 0)

    def _take_back(self, key: SubscriptionKey) -> Kept | None:
        """Return the kept share if none of its attempts are under way. From now on no attempt starts in it."""
        with self._lock:
            kept = self._kept.get(key)
            return None if kept is None or kept.busy else self._kept.pop(key)

    def _give_back(self, key: SubscriptionKey, share_id: str) -> None:
        """Give a share back. This is best effort: a share also ends by itself."""
        now = self.world.now()
        try:
            self.store.put(*key, concurrency.give_back(self.store.get(*key), share_id, now), now)
        except GuardLostError:
            return
