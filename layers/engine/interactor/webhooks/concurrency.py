"""Takes each subscription's share of attempts for a whole batch of messages (``webhooks.rules.concurrency``).

Attempts of an account that is watched are counted for the account besides (``webhooks.rules.account_concurrency``).
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from interactor.core.jsons import JsonObject
from interactor.core.storing import GuardLostError
from interactor.core.times import Millis
from interactor.core.world import World
from interactor.webhooks.account_concurrency import AccountConcurrency
from interactor.webhooks.rules import concurrency
from interactor.webhooks.rules.account_concurrency import SLOW, Watch
from interactor.webhooks.rules.concurrency import Gate, Kept, Taken

if TYPE_CHECKING:
    from interactor.webhooks.store.concurrency import ConcurrencyStore

TRIES = 5
"""Losing to other workers this often is being refused: the subscription is busy."""
MOST_KEPT = 1_000
"""Subscriptions whose shares one process keeps; a further one is not kept."""

Place = tuple[str, str]
"""Account and subscription."""
Refused = dict[int, Gate]
"""The messages, by position, that must wait, and the gate that refused them (an open one: it was their account)."""


@dataclass(frozen=True)
class _Held:
    """A share of ``count`` attempts, that is kept by its worker or given back."""

    share_id: str
    count: int
    kept: bool


class Batch:
    """The shares of one batch of messages. Those of a subscription end with its own attempts: one that hangs must not
    hold up the others of its batch, and so their later events.
    """

    def __init__(self) -> None:
        self.refused: Refused = {}
        self._place_of: dict[int, Place] = {}
        self._endings: dict[Place, list[Callable[[], None]]] = {}
        self._under_way: dict[Place, int] = {}
        self._lock = threading.Lock()

    def holds(self, place: Place, positions: Sequence[int], end: Callable[[], None]) -> None:
        """Note something that is held for the attempts at these positions, and what ends it."""
        new = [position for position in positions if position not in self._place_of]
        self._place_of |= dict.fromkeys(new, place)
        self._under_way[place] = self._under_way.get(place, 0) + len(new)
        self._endings.setdefault(place, []).append(end)

    def over(self, position: int) -> None:
        """Note that the attempt at a position has ended; with the last one of its subscription its share ends."""
        place = self._place_of.get(position)
        if place is None:
            return
        with self._lock:
            self._under_way[place] -= 1
            endings = self._endings.pop(place, []) if self._under_way[place] == 0 else []
        for end in endings:
            end()

    def close(self) -> None:
        """Let go of whatever is held still."""
        while self._endings:
            for end in self._endings.popitem()[1]:
                end()


class ConcurrencyLimits:
    """Shares, taken, kept and given back. One process has one of these; its batches may run at the same time."""

    def __init__(self, world: World, gates: "ConcurrencyStore", watches: AccountConcurrency) -> None:
        self.world = world
        self.gates = gates
        self.watches = watches
        self._kept: dict[Place, Kept] = {}
        self._lock = threading.Lock()

    @contextmanager
    def of(
        self, messages: Sequence[JsonObject], positions: Sequence[int], watches: Mapping[str, Watch]
    ) -> "Iterator[Batch]":
        """Take shares for the messages at these positions, for as long as their attempts are under way.

        ``watches`` are those over their accounts, as they were read just now.
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
                    self._take_watched(batch, share_id, account, watch, by_subscription)
                else:
                    for subscription_id, wanting in by_subscription.items():
                        self._take_share(batch, share_id, (account, subscription_id), wanting)
            yield batch
        finally:
            batch.close()

    def ended(self, message: JsonObject, took: Millis) -> None:
        """Note how long the receiver of an attempt took."""
        if took >= SLOW:
            self.watches.note_slow(message["account"])

    def _take_watched(
        self, batch: Batch, share_id: str, account: str, watch: Watch, by_subscription: Mapping[str, Sequence[int]]
    ) -> None:
        """Take shares of an account's subscriptions, of no more than what the account seems to have room for; then
        count them. All are given back: what is taken and has no room in the end must not stand in the way of others.
        """
        room = self.watches.room(watch, {each: len(wanting) for each, wanting in by_subscription.items()})
        going: dict[str, Sequence[int]] = {}
        for subscription_id, wanting in by_subscription.items():
            batch.refused |= dict.fromkeys(wanting[room[subscription_id] :], Gate())
            some = wanting[: room[subscription_id]]
            if some:
                going[subscription_id] = self._take_share(batch, share_id, (account, subscription_id), some, back=True)
        wanted = {each: len(granted) for each, granted in going.items()}
        counted = self.watches.take(account, watch, share_id, wanted)
        for subscription_id, granted in going.items():
            count = counted[subscription_id]
            batch.refused |= dict.fromkeys(granted[count:], Gate())
            if count:
                end = partial(self.watches.give_back, account, share_id, subscription_id)
                batch.holds((account, subscription_id), granted[:count], end)

    def _take_share(
        self, batch: Batch, share_id: str, place: Place, wanting: Sequence[int], back: bool = False
    ) -> Sequence[int]:
        """Take a subscription's share, by its worker's kept one or from its gate, and refuse what gets none; the
        positions that have one. ``back``: it is given back, though nobody is likely to miss it.
        """
        again = self._use_kept(place, len(wanting))
        if again is not None:
            batch.holds(place, wanting, partial(self._release, place, _Held(again, len(wanting), kept=True)))
            return wanting
        taken = self._take(place, share_id, len(wanting))
        granted = wanting[: taken.granted]
        batch.refused |= dict.fromkeys(wanting[taken.granted :], taken.gate)
        kept = taken.kept is not None and self._keep(place, taken.kept)
        if granted and (kept or back or taken.gate.crowded):
            batch.holds(place, granted, partial(self._release, place, _Held(share_id, taken.granted, kept)))
        return granted

    def _release(self, place: Place, held: "_Held") -> None:
        """Let go of what the attempts of one subscription held: a kept share is idle again, another is given back."""
        if held.kept:
            self._done([(place, held.share_id, held.count)])
        else:
            self._give_back(place, held.share_id)

    def _use_kept(self, place: Place, wanted: int) -> str | None:
        """Make so many attempts in the share that is kept; its id, None where it has no room for them."""
        with self._lock:
            kept = self._kept.get(place)
            used = None if kept is None else kept.use(wanted, self.world.now())
            if used is None:
                return None
            self._kept[place] = used
            return used.share.id

    def _keep(self, place: Place, kept: Kept) -> bool:
        """Keep a share, unless an earlier one of this process is still at work."""
        with self._lock:
            before = self._kept.get(place)
            if before is not None and before.busy and self.world.now() < before.share.until:
                return False
            if before is None and len(self._kept) >= MOST_KEPT:
                now = self.world.now()
                self._kept = {where: each for where, each in self._kept.items() if now < each.share.until}
                if len(self._kept) >= MOST_KEPT:
                    return False
            self._kept[place] = kept
            return True

    def _done(self, kept: Sequence[tuple[Place, str, int]]) -> None:
        with self._lock:
            for place, share_id, count in kept:
                known = self._kept.get(place)
                if known is not None and known.share.id == share_id:
                    self._kept[place] = known.done(count)

    def _take(self, place: Place, share_id: str, wanted: int) -> Taken:
        idle = self._take_back(place)
        for attempt in range(TRIES):
            gate = self.gates.get(*place)
            now = self.world.now()
            taken = concurrency.take(gate, share_id, wanted, now, None if idle is None else idle.share.id)
            if not taken.granted:
                break
            try:
                self.gates.put(*place, taken.gate, now)
            except GuardLostError:
                self.world.pause(attempt)
            else:
                return taken
        if idle is not None:
            self._keep(place, idle)
        return Taken(gate, 0)

    def _take_back(self, place: Place) -> Kept | None:
        """The share that is kept, where nothing of it is under way: from now on nobody begins an attempt in it."""
        with self._lock:
            kept = self._kept.get(place)
            return None if kept is None or kept.busy else self._kept.pop(place)

    def _give_back(self, place: Place, share_id: str) -> None:
        """Best effort: a share ends by itself."""
        now = self.world.now()
        try:
            self.gates.put(*place, concurrency.give_back(self.gates.get(*place), share_id, now), now)
        except GuardLostError:
            return
