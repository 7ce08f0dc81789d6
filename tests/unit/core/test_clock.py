"""The clock's hints: a bounded number, the longest overdue first, and none into a queue that is full already."""

from dataclasses import dataclass, field

import pytest

from interactor.usecases.clock import BACKLOG, HINTS_PER_SHARD, tick
from interactor.usecases.world import World

NOW = 1_000_000
WORLD = World(lambda: NOW, bytes, lambda _: None)
SHARDS = 16


@dataclass
class Due:
    """So many instances are overdue in each shard; the index gives the oldest first, as many as are asked for."""

    count: int
    asked: list[int] = field(default_factory=list)

    def due(self, shard, now, limit):
        assert now == NOW
        self.asked.append(shard)
        return [("acc_1", f"inst_{shard}_{number}") for number in range(self.count)][:limit]


@dataclass
class Queue:
    """A queue in which so many messages wait, and which takes so many more."""

    waiting: int
    room: int = 10**6
    sent: list[str] = field(default_factory=list)

    def backlog(self):
        return self.waiting

    def send_all(self, hints):
        if len(self.sent) + len(hints) > self.room:
            raise RuntimeError("the queue refused some messages: OverLimit")
        self.sent += [hint.instance_id for hint in hints]


def test_into_an_empty_queue_it_hints_at_the_oldest_of_each_shard():
    due, queue = Due(3 * HINTS_PER_SHARD), Queue(0)
    assert tick(WORLD, due, queue, SHARDS) == SHARDS * HINTS_PER_SHARD == len(queue.sent)
    assert queue.sent[HINTS_PER_SHARD - 1 :: HINTS_PER_SHARD] == [f"inst_{n}_{HINTS_PER_SHARD - 1}" for n in range(16)]


@pytest.mark.parametrize(("waiting", "hints"), [(BACKLOG, SHARDS), (BACKLOG + 1, 0), (100 * BACKLOG, 0)])
def test_into_a_backlog_it_hints_at_nothing_and_reads_nothing(waiting, hints):
    due, queue = Due(1), Queue(waiting)
    assert tick(WORLD, due, queue, SHARDS) == hints == len(queue.sent) == len(due.asked)


def test_a_queue_that_takes_no_more_fails_the_tick_which_the_next_one_makes_up_for():
    due, full = Due(1), Queue(0, room=5)
    with pytest.raises(RuntimeError, match="OverLimit"):
        tick(WORLD, due, full, SHARDS)
    after = Queue(0)
    assert tick(WORLD, due, after, SHARDS) == SHARDS
    assert set(full.sent) < set(after.sent)
