"""A tick of the clock over a backlog, simulated: a million due instances of one account and ten of another.

`python -m benchmarks.clock` keeps it in the results. The clock's own code runs; the index and the queue are stand-ins
whose calls take the times below in simulated time, sixteen at once; the processor reads their answers one by one.
"""

import heapq
from collections.abc import Callable, Iterable
from typing import Any

from benchmarks import results
from interactor.core.times import Millis
from interactor.core.world import World
from interactor.instances.clock import BACKLOG, PAGE, Clock
from interactor.instances.rules.stored import StepHint
from interactor.workers.clock import AT_ONCE, CLEANING, DUE

SHARDS = len(DUE)
CROWD = 1_000_000
QUIET = 10
ENDED = 3_000_000 // (24 * 60)
"""What ends in a minute where three million end a day; each is to be cleaned once its time is over."""
QUERY: Millis = 40
"""A query of 1,000 keys: an assumption, on the slow side."""
PROCESSOR: Millis = 14
"""What botocore and the store take for a page of 1,000 keys on one processor, measured in November 2026."""
SMALL_PROCESSOR: Millis = 48
"""The same where a function of 512 MB has 0.29 of a processor: 512 of 1,769 MB, which has one."""
SEND: Millis = 150
"""A hundred hints, ten a call: an assumption, on the slow side."""


class _Stand:
    """The index and the queue. The ten are due last, behind all of the crowd."""

    def __init__(self, waiting: int, processor: Millis) -> None:
        self.now: Millis = 0
        self.waiting, self.processor = waiting, processor
        self.sent: list[str] = []
        self.shards: list[list[tuple[str, str, Millis]]] = [[] for _ in range(SHARDS)]
        for number in range(CROWD):
            self.shards[number % SHARDS].append(("crowd", f"inst_{number}", 0))
        for number in range(QUIET):
            self.shards[number % SHARDS].append(("quiet", f"quiet_{number}", 1))
        self.cleaning: list[list[tuple[str, str, Millis]]] = [[] for _ in CLEANING]
        for number in range(ENDED):
            self.cleaning[number % len(CLEANING)].append(("ended", f"ended_{number}", 0))

    def due(
        self, partition: str, _: Millis, limit: int, after: int | None, *, newest_first: bool
    ) -> tuple[list[tuple[str, str, Millis]], int | None]:
        kind, shard = partition.split("#")
        due = (self.cleaning if kind == "clean" else self.shards)[int(shard)]
        begin = after or 0
        end = begin + limit
        page = due[max(0, len(due) - end) : len(due) - begin][::-1] if newest_first else due[begin:end]
        processor = self.processor * len(page) // PAGE
        self.now += max(QUERY + processor, AT_ONCE * processor)
        return page, end if end < len(due) else None

    def backlog(self) -> int:
        return self.waiting

    def send_all(self, hints: list[StepHint]) -> None:
        self.now += SEND
        self.sent += [hint.account for hint in hints]

    def together(self, work: Callable[[Any], Any], on: Iterable[Any]) -> list[Any]:
        """Calls that are made ``AT_ONCE`` together: each begins when one of these is free."""
        free = [self.now] * AT_ONCE
        done = []
        for each in on:
            self.now = heapq.heappop(free)
            done.append(work(each))
            heapq.heappush(free, self.now)
        self.now = max(free)
        return done


def simulated(waiting: int, processor: Millis) -> dict[str, Any]:
    """One tick, with so many messages waiting, whose processor needs so long for a page."""
    stand: Any = _Stand(waiting, processor)
    clock = Clock(World(lambda: stand.now, bytes, lambda _: None), stand, stand, stand.together)
    ticked = clock.tick(DUE, CLEANING)
    return {
        "waiting": waiting,
        "processor_ms_a_page": processor,
        "due": CROWD + QUIET,
        "to_clean": ENDED,
        "sent_to_clean": stand.sent.count("ended"),
        "sent": ticked.sent,
        "sent_of_quiet": stand.sent.count("quiet"),
        "last_of_quiet_is_hint": max((n + 1 for n, each in enumerate(stand.sent) if each == "quiet"), default=None),
        "left_for_the_next_tick": sum(ticked.skipped.values()) + ticked.unsent,
        "unread_shards": len(ticked.unread),
        "simulated_seconds": stand.now / 1000,
    }


def measure() -> dict[str, Any]:
    """A tick into an empty queue, on one processor and on a function of 512 MB, and one where much waits."""
    return {
        "empty": simulated(0, PROCESSOR),
        "empty_512_mb": simulated(0, SMALL_PROCESSOR),
        "backlog": simulated(BACKLOG + 1, PROCESSOR),
    }


if __name__ == "__main__":
    results.write("clock", measure())
