"""The clock: sends hints for what is overdue, and so also for what a crash left behind (invariant 3).

A tick reads the shards of the index in rounds, a page of each, until they are read or its time is over. It reads each
shard from both ends, so it also finds what came due last behind a large backlog of another account. Accounts take
turns, and each has a share, so no account's backlog delays another's. If many messages wait in the queue already, the
shares are small, but never zero: the queue itself is fair by account.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from interactor.core.times import SECOND, Millis
from interactor.core.world import World
from interactor.instances.rules.stored import StepHint

if TYPE_CHECKING:
    from interactor.instances.store.instances import InstanceStore

HINTS_PER_ACCOUNT = 8_000
"""Most hints for one account in one tick."""
HINTS_INTO_BACKLOG = 200
"""The same while more than ``BACKLOG`` messages wait: the waiting messages will do most of the work."""
CLEANINGS_PER_ACCOUNT = 4_000
"""Most ended instances of one account for whose deletion a tick sends hints: over five million a day."""
BACKLOG = 10_000
PAGE = 1_000
READING: Millis = 20 * SECOND
"""How long a tick starts to read further pages."""
SENDING: Millis = 45 * SECOND
"""How long a tick starts to send further hints, counted from its start."""
_TOGETHER = 100
_NEWEST_OF = 4
"""One page of four, the second one, comes from the newest end: few are needed from there, and the oldest come first."""

Together = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
"""``map``, or a function that makes the calls at the same time."""


class Hints(Protocol):
    """The steps queue."""

    def backlog(self) -> int:
        """Return approximately how many messages wait."""

    def send_all(self, hints: list[StepHint]) -> None:
        """Send hints. A failure raises."""


@dataclass
class Ticked:
    """What a tick did. ``skipped`` counts, of what was read, what each account had beyond its share."""

    sent: int = 0
    unsent: int = 0
    """Hints for which there was no time, or no room in the queue."""
    skipped: dict[str, int] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    """Partitions that were not read to their end."""
    failed: list[Exception] = field(default_factory=list)
    """Why some shards could not be read, or some hints could not be sent. All others were."""

    def skip(self, account: str, count: int) -> None:
        """Count ``count`` instances of an account that wait for the next tick."""
        if count > 0:
            self.skipped[account] = self.skipped.get(account, 0) + count


@dataclass
class _End:
    """How far a partition was read from one end, and the latest time that was reached."""

    after: Any = None
    reached: Millis | None = None
    last: set[str] = field(default_factory=set)

    def move(self, page: Sequence[tuple[str, str, Millis]], after: Any) -> None:
        """Move on by a page."""
        self.after = after
        for _, instance, wake_at in page:
            if wake_at != self.reached:
                self.reached, self.last = wake_at, set()
            self.last.add(instance)


@dataclass
class _Read:
    """What one partition has for each account, up to the account's share."""

    partition: str
    due: dict[str, list[tuple[Millis, str]]] = field(default_factory=lambda: defaultdict(list))
    skipped: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    whole: bool = False
    failed: Exception | None = None
    oldest: _End = field(default_factory=_End)
    newest: _End = field(default_factory=_End)
    pages: int = 0

    @property
    def over(self) -> bool:
        return self.whole or self.failed is not None

    def turned(self) -> tuple[_End, bool]:
        """Return the end from which the next page is read, and whether it is the newest end."""
        met = self.oldest.reached is not None and self.oldest.reached == self.newest.reached
        newest = self.pages % _NEWEST_OF == 1 and not met
        return (self.newest if newest else self.oldest), newest

    def take(self, page: Sequence[tuple[str, str, Millis]], end: _End, after: Any, share: int) -> None:
        """Add a page that was read from one end. The partition is complete when the two ends have passed each other."""
        other, sign = (self.newest, 1) if end is self.oldest else (self.oldest, -1)
        for account, instance, wake_at in page:
            if other.reached is not None:
                beyond = sign * (wake_at - other.reached)
                if beyond > 0 or (beyond == 0 and instance in other.last):
                    continue  # read from the other end
            here = self.due[account]
            if len(here) < share:
                here.append((wake_at, instance))
            else:
                self.skipped[account] += 1
        self.pages += 1
        end.move(page, after)
        low, high = self.oldest.reached, self.newest.reached
        self.whole = after is None or (low is not None and high is not None and low > high)


class Clock:
    """One tick. ``together`` makes calls, at the same time or one after the other."""

    def __init__(self, world: World, instances: "InstanceStore", hints: Hints, together: Together = map) -> None:
        self._world, self._instances, self._hints, self._together = world, instances, hints, together
        self._began = world.now()
        self._ticked = Ticked()

    def tick(self, due: Sequence[str], cleaning: Sequence[str]) -> Ticked:
        """Send hints for what is overdue in these partitions of the index, and then for ended instances that must be
        deleted.
        """
        busy = self._hints.backlog() > BACKLOG
        self._hint(due, HINTS_INTO_BACKLOG if busy else HINTS_PER_ACCOUNT)
        if not busy and self._elapsed() < READING:
            self._hint(cleaning, CLEANINGS_PER_ACCOUNT)
        return self._ticked

    def _hint(self, partitions: Sequence[str], share: int) -> None:
        """Send hints for what is overdue: the accounts take turns, and the longest overdue of each come first, up to
        its share.
        """
        ticked, found = self._ticked, defaultdict[str, list[tuple[Millis, str]]](list)
        for read in self._read(partitions, share):
            for account, those in read.due.items():
                found[account] += those
            for account, count in read.skipped.items():
                ticked.skip(account, count)
            ticked.failed += [read.failed] if read.failed else []
            ticked.unread += [] if read.whole else [read.partition]
        for account, those in found.items():
            those.sort()
            ticked.skip(account, len(those) - share)
        wanted = list(_in_turn({account: [each for _, each in those[:share]] for account, those in found.items()}))
        sent = sum(self._together(self._send, [wanted[at : at + _TOGETHER] for at in range(0, len(wanted), _TOGETHER)]))
        ticked.sent += sent
        ticked.unsent += len(wanted) - sent

    def _read(self, partitions: Sequence[str], share: int) -> list[_Read]:
        """Read a page of each partition, then another one of each that has more, and so on."""
        reads = [_Read(partition) for partition in partitions]
        rounds = 0
        while (more := [read for read in reads if not read.over]) and (not rounds or self._elapsed() < READING):
            list(self._together(lambda read: self._page(read, share), more))
            rounds += 1
        return reads

    def _page(self, read: _Read, share: int) -> None:
        if read.pages and self._elapsed() >= READING:
            return
        end, newest = read.turned()
        try:
            page, after = self._instances.due(read.partition, self._began, PAGE, end.after, newest_first=newest)
        except Exception as error:
            read.failed = error
        else:
            read.take(page, end, after, share)

    def _send(self, batch: list[StepHint]) -> int:
        if self._elapsed() < SENDING:
            try:
                self._hints.send_all(batch)
                return len(batch)
            except Exception as error:
                self._ticked.failed.append(error)
        return 0

    def _elapsed(self) -> Millis:
        return self._world.now() - self._began


def _in_turn(due: dict[str, list[str]]) -> Iterator[StepHint]:
    """Yield one hint of each account, then the next one of each, and so on."""
    waiting = deque((account, iter(instances)) for account, instances in due.items())
    while waiting:
        account, instances = waiting.popleft()
        instance = next(instances, None)
        if instance is not None:
            yield StepHint(account, instance)
            waiting.append((account, instances))
