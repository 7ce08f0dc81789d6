"""The shards of a namespace's quota: the counters that may count a new instance, and the room of each."""

from typing import TYPE_CHECKING

from interactor.core.times import MINUTE, Millis
from interactor.core.world import World
from interactor.instances.rules.quota_shards import narrowed, shards

if TYPE_CHECKING:
    from interactor.instances.store.instances import InstanceStore

REMEMBERED = 10_000
"""Namespaces whose counters a process remembers."""
LOOKS_AGAIN: Millis = MINUTE
"""If a namespace is over its quota, its counters are read again after this time."""


class QuotaShards:
    """The shards of all namespaces. A process reads the counters of a namespace once. It reads them again only while
    the namespace is over its quota, which happens only after the quota was lowered.
    """

    def __init__(self, world: World, instances: "InstanceStore", quota: int | None) -> None:
        self._world, self._instances, self._quota = world, instances, quota
        self._narrowed: dict[tuple[str, str], tuple[int, Millis]] = {}

    def of(self, account: str, namespace: str) -> list[tuple[int, int | None]]:
        """Return the shards in the order in which to try them, each with its room; None means no limit."""
        entropy = self._world.entropy(2)
        if self._quota is None:
            return shards(None, entropy)
        return shards(self._quota, entropy, self._by((account, namespace), self._quota))

    def _by(self, key: tuple[str, str], quota: int) -> int:
        now = self._world.now()
        by, read_at = self._narrowed.get(key, (1, 0))
        if by and now - read_at >= LOOKS_AGAIN:
            by = narrowed(quota, self._instances.counted(*key))
            if len(self._narrowed) >= REMEMBERED:
                self._narrowed.clear()
            self._narrowed[key] = by, now
        return by
