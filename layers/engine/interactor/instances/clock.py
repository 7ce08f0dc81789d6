"""The clock: sends hints for what is overdue, and so for what a crash left behind (invariant 3).

A tick reads all shards of the index at once, page by page, until they are read or its time is over. Accounts take
turns, and each has a share, so that no account's backlog delays another's. Into a queue in which much waits already
the shares are small, but nobody's is nothing: the queue itself is fair by account.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from interactor.core.times import SECOND, Millis
from interactor.core.world import World
from interactor.instances.rules.stored import StepHint

if TYPE_CHECKING:
    from interactor.instances.store.instances import InstanceStore

HINTS_PER_ACCOUNT = 8_000
"""Of one account in one tick."""
HINTS_INTO_BACKLOG = 200
"""The same while more than ``BACKLOG`` messages wait: what waits there already will do most of the work."""
BACKLOG = 10_000
PAGE = 1_000
READING: Millis = 20 * SECOND
"""For how long a tick starts to read further pages."""
SENDING: Millis = 45 * SECOND
"""For how long a tick starts to send further hints, counted from its start."""
_TOGETHER = 100

Together = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
"""``map``, or one that makes the calls at the same time."""


class Hints(Protocol):
    """The steps queue."""

    def backlog(self) -> int:
        """About how many messages wait."""

    def send_all(self, hints: list[StepHint]) -> None:
        """Send hints; a failure is raised."""


@dataclass
class Ticked:
    """What a tick did. ``skipped`` counts what each account had beyond its share."""

    sent: int = 0
    unsent: int = 0
    """Hints for which there was no time, or no room in the queue."""
    skipped: dict[str, int] = field(default_factory=dict)
    unread: list[int] = field(default_factory=list)
    """Shards that were not read to their end."""
    failed: list[Exception] = field(default_factory=list)
    """Why some shards could not be read, or some hints not be sent; all others were."""

    def skip(self, account: str, count: int) -> None:
        """Note that ``count`` instances of an account wait for the next tick."""
        if count > 0:
            self.skipped[account] = self.skipped.get(account, 0) + count


@dataclass
class _Read:
    """What one shard has of each account, up to the account's share."""

    shard: int
    due: dict[str, list[tuple[Millis, str]]] = field(default_factory=lambda: defaultdict(list))
    skipped: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    whole: bool = False
    failed: Exception | None = None

    def take(self, account: str, instance: str, wake_at: Millis, share: int) -> None:
        if len(self.due[account]) < share:
            self.due[account].append((wake_at, instance))
        else:
            self.skipped[account] += 1


def tick(world: World, instances: "InstanceStore", hints: Hints, shards: int, together: Together = map) -> Ticked:
    """Send hints for overdue instances: one account after the other, the longest overdue of each first."""
    began = world.now()
    share = HINTS_PER_ACCOUNT if hints.backlog() <= BACKLOG else HINTS_INTO_BACKLOG
    ticked = Ticked()

    def read(shard: int) -> _Read:
        here, after = _Read(shard), None
        try:
            while True:
                page, after = instances.due(shard, began, PAGE, after)
                for account, instance, wake_at in page:
                    here.take(account, instance, wake_at, share)
                if after is None or world.now() - began >= READING:
                    here.whole = after is None
                    return here
        except Exception as error:
            here.failed = error
            return here

    def send(batch: list[StepHint]) -> int:
        if world.now() - began < SENDING:
            try:
                hints.send_all(batch)
                return len(batch)
            except Exception as error:
                ticked.failed.append(error)
        return 0

    found: dict[str, list[tuple[Millis, str]]] = defaultdict(list)
    for read_shard in together(read, range(shards)):
        for account, those in read_shard.due.items():
            found[account] += those
        for account, count in read_shard.skipped.items():
            ticked.skip(account, count)
        ticked.failed += [read_shard.failed] if read_shard.failed else []
        ticked.unread += [] if read_shard.whole else [read_shard.shard]
    for account, due in found.items():
        due.sort()
        ticked.skip(account, len(due) - share)
    wanted = list(_in_turn({account: [instance for _, instance in due[:share]] for account, due in found.items()}))
    ticked.sent = sum(together(send, [wanted[at : at + _TOGETHER] for at in range(0, len(wanted), _TOGETHER)]))
    ticked.unsent = len(wanted) - ticked.sent
    return ticked


def _in_turn(due: dict[str, list[str]]) -> Iterator[StepHint]:
    """Return one hint of each account, then the next of each, and so on."""
    waiting = deque((account, iter(instances)) for account, instances in due.items())
    while waiting:
        account, instances = waiting.popleft()
        instance = next(instances, None)
        if instance is not None:
            yield StepHint(account, instance)
            waiting.append((account, instances))
