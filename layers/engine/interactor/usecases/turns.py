"""Whose turn it is: takes each subscription's share of attempts for a whole batch of messages (``core.pacing``)."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from interactor.core import pacing
from interactor.core.jsons import JsonObject
from interactor.core.pacing import Gate
from interactor.core.storing import GuardLostError
from interactor.usecases.world import World

if TYPE_CHECKING:
    from interactor.adapters.dynamo.gates import GateStore

TRIES = 5
"""Losing to other workers this often is being refused: the subscription is busy."""

Refused = dict[int, Gate]
"""The messages, by position, that must wait, and the gate that refused them."""


@dataclass(frozen=True)
class Turns:
    """Shares, taken and given back."""

    world: World
    gates: "GateStore"

    @contextmanager
    def of(self, messages: Sequence[JsonObject], positions: Sequence[int]) -> Iterator[Refused]:
        """Take shares for the messages at these positions, and answer which of them got none."""
        by_subscription: dict[tuple[str, str], list[int]] = defaultdict(list)
        for position in positions:
            message = messages[position]
            by_subscription[message["account"], message["subscription_id"]].append(position)
        share_id = self.world.entropy(8).hex()
        refused: Refused = {}
        crowded = []
        for place, wanting in by_subscription.items():
            gate, granted = self._take(place, share_id, len(wanting))
            refused |= dict.fromkeys(wanting[granted:], gate)
            if granted and gate.crowded:
                crowded.append(place)
        try:
            yield refused
        finally:
            for place in crowded:
                self._give_back(place, share_id)

    def _take(self, place: tuple[str, str], share_id: str, wanted: int) -> tuple[Gate, int]:
        for attempt in range(TRIES):
            gate = self.gates.get(*place)
            now = self.world.now()
            taken, granted = pacing.take(gate, share_id, wanted, now)
            if not granted:
                return gate, 0
            try:
                self.gates.put(*place, taken, now)
            except GuardLostError:
                self.world.pause(attempt)
            else:
                return taken, granted
        return gate, 0

    def _give_back(self, place: tuple[str, str], share_id: str) -> None:
        """Best effort: a share ends by itself."""
        now = self.world.now()
        try:
            self.gates.put(*place, pacing.give_back(self.gates.get(*place), share_id, now), now)
        except GuardLostError:
            return
