"""The concurrency limit of an account with slow receivers, over all its subscriptions together.

An attempt to a slow receiver occupies a worker for as long as it lasts. Limits of subscriptions are not enough: an
account may have many subscriptions, which together could occupy every worker. So an account is watched from its first
slow attempt. The workers then count its attempts in one small document, and messages that find no room wait. An account
that is not watched costs no write.

Within an account, a subscription gets at most half of what is left free, but always one attempt while anything is free.
This is the dynamic threshold of Choudhury and Hahne (1998) for queues that share one memory. Receivers that hang thus
leave room for those that do not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from interactor.core.jsons import Json
from interactor.core.times import HOUR, SECOND, Millis
from interactor.webhooks.rules.concurrency import SHARE_ENDS

SLOW: Millis = 3 * SECOND
"""An attempt that takes this long makes its account watched."""
WATCHED_FOR: Millis = HOUR


@dataclass(frozen=True)
class Part:
    """Attempts that one worker may have under way to one subscription until a given time."""

    id: str
    subscription_id: str
    count: int
    until: Millis


@dataclass(frozen=True)
class Watch:
    """Until when an account is watched, and the attempts that were counted."""

    version: int = 0
    until: Millis = 0
    parts: Sequence[Part] = ()
    later: Mapping[str, Json] = field(default_factory=dict)
    """What a later release keeps with it (``core.releases``)."""

    def is_on(self, now: Millis) -> bool:
        """Whether the account's attempts are counted. An end too far in the future was written by a wrong clock."""
        return now < self.until <= now + 2 * WATCHED_FOR

    def is_late(self, now: Millis) -> bool:
        """Whether it is off, or ends so soon that a slow attempt should prolong it."""
        return not self.is_on(now) or self.until < now + WATCHED_FOR // 2


def watch_on(watch: Watch, now: Millis) -> Watch:
    """Return the watch after a slow attempt."""
    return replace(_cleared(watch, now), until=now + WATCHED_FOR)


def take(
    watch: Watch, part_id: str, wanted: Mapping[str, int], now: Millis, at_once: int
) -> tuple[Watch, Mapping[str, int]]:
    """Count attempts, by subscription, as far as there is room. Returns the new watch, and how many were counted."""
    current = _cleared(watch, now)
    parts, granted = list(current.parts), dict.fromkeys(wanted, 0)
    for subscription_id, count in wanted.items():
        own = sum(part.count for part in parts if part.subscription_id == subscription_id)
        free = max(0, at_once - sum(part.count for part in parts))
        # With n more it has own + n. This must be at most half of the free - n that are left then.
        room = max((free - 2 * own) // 3, 1 if own == 0 and free > 0 else 0)
        granted[subscription_id] = min(count, room)
        if granted[subscription_id]:
            parts.append(Part(part_id, subscription_id, granted[subscription_id], now + SHARE_ENDS))
    return replace(current, parts=tuple(parts)), granted


def give_back(watch: Watch, part_id: str, subscription_id: str, now: Millis) -> Watch:
    """Return the watch without the attempts of one worker to a subscription."""
    current = _cleared(watch, now)
    rest = (part for part in current.parts if (part.id, part.subscription_id) != (part_id, subscription_id))
    return replace(current, parts=tuple(rest))


def _cleared(watch: Watch, now: Millis) -> Watch:
    """Return the next version, without parts that have ended."""
    kept = (part for part in watch.parts if now < part.until <= now + 2 * SHARE_ENDS)
    return replace(watch, version=watch.version + 1, parts=tuple(kept))
