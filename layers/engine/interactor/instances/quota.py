"""Where a new instance may be counted: the counters of its namespace's quota, with the room that each of them has."""

from typing import TYPE_CHECKING

from interactor.core.times import MINUTE, Millis
from interactor.core.world import World
from interactor.instances.rules.quota_shards import narrowed, shards

if TYPE_CHECKING:
    from interactor.instances.store.instances import InstanceStore

REMEMBERED = 10_000
"""Namespaces of which a process knows that none of their counters is too full."""
LOOKS_AGAIN: Millis = MINUTE
"""After this the counters of a namespace that has too many are read again."""


class QuotaShards:
    """Counters and rooms. A process reads the counters of a namespace once: they are too full only where the quota
    was lowered, and as long as they are.
    """

    def __init__(self, world: World, instances: "InstanceStore", quota: int | None) -> None:
        self._world, self._instances, self._quota = world, instances, quota
        self._narrowed: dict[tuple[str, str], tuple[int, Millis]] = {}

    def of(self, account: str, namespace: str) -> list[tuple[int, int | None]]:
        """The counters in the order in which to try them, each with the room it has in all; None: no limit."""
        entropy = self._world.entropy(2)
        if self._quota is None:
            return shards(None, entropy)
        return shards(self._quota, entropy, self._by((account, namespace), self._quota))

    def _by(self, place: tuple[str, str], quota: int) -> int:
        now = self._world.now()
        by, read_at = self._narrowed.get(place, (1, 0))
        if by and now - read_at >= LOOKS_AGAIN:
            by = narrowed(quota, self._instances.counted(*place))
            if len(self._narrowed) >= REMEMBERED:
                self._narrowed.clear()
            self._narrowed[place] = by, now
        return by
