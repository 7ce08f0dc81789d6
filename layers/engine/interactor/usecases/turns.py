"""Whose turn it is: takes each subscription's share of attempts for a whole batch of messages (``core.pacing``)."""

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from interactor.core import pacing
from interactor.core.jsons import JsonObject
from interactor.core.pacing import Gate, Kept, Taken
from interactor.core.storing import GuardLostError
from interactor.usecases.world import World

if TYPE_CHECKING:
    from interactor.adapters.dynamo.gates import GateStore

TRIES = 5
"""Losing to other workers this often is being refused: the subscription is busy."""
MOST_KEPT = 1_000
"""Subscriptions whose shares one process keeps; a further one is not kept."""

Place = tuple[str, str]
"""Account and subscription."""
Refused = dict[int, Gate]
"""The messages, by position, that must wait, and the gate that refused them."""


class Turns:
    """Shares, taken, kept and given back. One process has one of these; its batches may run at the same time."""

    def __init__(self, world: World, gates: "GateStore") -> None:
        self.world = world
        self.gates = gates
        self._kept: dict[Place, Kept] = {}
        self._lock = threading.Lock()

    @contextmanager
    def of(self, messages: Sequence[JsonObject], positions: Sequence[int]) -> Iterator[Refused]:
        """Take shares for the messages at these positions, and answer which of them got none."""
        by_subscription: dict[Place, list[int]] = defaultdict(list)
        for position in positions:
            message = messages[position]
            by_subscription[message["account"], message["subscription_id"]].append(position)
        share_id = self.world.entropy(8).hex()
        refused: Refused = {}
        crowded: list[Place] = []
        kept: list[tuple[Place, str, int]] = []
        try:
            for place, wanting in by_subscription.items():
                again = self._use_kept(place, len(wanting))
                if again is not None:
                    kept.append((place, again, len(wanting)))
                    continue
                taken = self._take(place, share_id, len(wanting))
                refused |= dict.fromkeys(wanting[taken.granted :], taken.gate)
                if taken.kept is not None and self._keep(place, taken.kept):
                    kept.append((place, share_id, taken.granted))
                elif taken.granted and taken.gate.crowded:
                    crowded.append(place)
            yield refused
        finally:
            self._done(kept)
            for place in crowded:
                self._give_back(place, share_id)

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
            taken = pacing.take(gate, share_id, wanted, now, None if idle is None else idle.share.id)
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
            self.gates.put(*place, pacing.give_back(self.gates.get(*place), share_id, now), now)
        except GuardLostError:
            return
