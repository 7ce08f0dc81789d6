"""Divides a namespace's quota of active instances over several counters (shards), so that none is a bottleneck."""

from bisect import bisect_left
from collections.abc import Mapping

MOST_SHARDS = 64
INSTANCES_PER_SHARD = 200
UNCOUNTED = -1
"""In place of a counter's number: the instance was created, or retried, while there was no quota."""


def shards(quota: int | None, entropy: bytes, narrowed: int = 0) -> list[tuple[int, int | None]]:
    """Return the shards in the order in which one create tries them, each with its room.

    Without ``narrowed``, the rooms add up to the quota. A shard without room is left out. A ``quota`` of None means no
    limit, and nothing is counted. ``entropy`` (2 random bytes) decides where to begin.
    """
    if quota is None:
        return [(UNCOUNTED, None)]
    rooms = _rooms(quota)
    begin = int.from_bytes(entropy[:2]) % len(rooms)
    order = [(begin + step) % len(rooms) for step in range(len(rooms))]
    return [(number, rooms[number] - narrowed) for number in order if rooms[number] > narrowed]


def narrowed(quota: int, active: Mapping[int, int]) -> int:
    """Return by how much the room of each shard must shrink, so that all together cannot exceed the quota.

    This is 0 unless a shard has more than its room, which happens if the quota was lowered while it was in use. From
    then on the result only falls, so an outdated result is too strict and never too generous.
    """
    rooms = _rooms(quota)
    held = [active.get(number, 0) for number in range(MOST_SHARDS)]

    def fits(by: int) -> bool:
        most = [max(held[n], rooms[n] - by if n < len(rooms) else 0) for n in range(MOST_SHARDS)]
        return sum(most) <= quota

    return bisect_left(range(max(rooms)), True, key=fits)


def _rooms(quota: int) -> list[int]:
    count = max(1, min(MOST_SHARDS, quota // INSTANCES_PER_SHARD))
    return [quota // count + (1 if number < quota % count else 0) for number in range(count)]
