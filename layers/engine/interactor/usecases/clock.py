"""The clock: hints at what is overdue, and so at what a crash left behind (invariant 3)."""

from typing import TYPE_CHECKING, Protocol

from interactor.core.storing import StepHint
from interactor.usecases.world import World

if TYPE_CHECKING:
    from interactor.adapters.dynamo.instances import InstanceStore

HINTS_PER_SHARD = 100
BACKLOG = 10_000
"""Into a longer queue it does not hint: what waits there already will do the work."""


class Hints(Protocol):
    """The steps queue."""

    def backlog(self) -> int:
        """About how many messages wait."""

    def send_all(self, hints: list[StepHint]) -> None:
        """Send hints; a failure is raised."""


def tick(world: World, instances: "InstanceStore", hints: Hints, shards: int) -> int:
    """Hint at the instances that are overdue, oldest first, a bounded number; answers how many."""
    if hints.backlog() > BACKLOG:
        return 0
    now = world.now()
    sent = 0
    for shard in range(shards):
        found = [StepHint(account, instance) for account, instance in instances.due(shard, now, HINTS_PER_SHARD)]
        if found:
            hints.send_all(found)
        sent += len(found)
    return sent
