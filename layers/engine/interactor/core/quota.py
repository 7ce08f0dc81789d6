"""How a namespace's quota of active instances is shared out over several counters, so that none is a bottleneck."""

MOST_SHARDS = 16
INSTANCES_PER_SHARD = 200


def shards(quota: int | None, entropy: bytes) -> list[tuple[int, int | None]]:
    """The counters in the order in which one create tries them, each with the room it has in all.

    The rooms add up to the quota. ``quota`` None is no limit; ``entropy`` (2 random bytes) says where to begin.
    """
    count = MOST_SHARDS if quota is None else max(1, min(MOST_SHARDS, quota // INSTANCES_PER_SHARD))
    begin = int.from_bytes(entropy[:2]) % count
    order = [(begin + step) % count for step in range(count)]
    if quota is None:
        return [(number, None) for number in order]
    return [(number, quota // count + (1 if number < quota % count else 0)) for number in order]
