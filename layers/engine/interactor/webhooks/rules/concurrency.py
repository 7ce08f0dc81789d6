"""The limits of a subscription: its rate (1,000 attempts a minute unless it says otherwise), 20 at the same time.

The workers share one small document per subscription, its usage. A worker takes a share of the limit for a whole batch
of messages. A message without a share waits in the queue and uses up no attempt. A worker gives its share back. The
share of a worker that died ends by itself, soon after its attempts must have ended.

While few attempts are under way, a worker keeps its share for some minutes and makes its next attempts in it without
reading or writing the usage. So a subscription that gets an event now and then costs no extra write. All kept shares
together are at most a quarter of the 20. Attempts in a kept share are counted ahead in blocks. In a minute for which
nothing was counted, they have a small allowance, which the limit of the minute sets aside. Of a subscription with a low
rate no share is kept: every attempt is counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from interactor.core.jsons import Json
from interactor.core.times import MINUTE, SECOND, Millis

AT_ONCE = 20
SHARE_ENDS: Millis = 35 * SECOND
"""An attempt takes 30 s at the most."""
KEPT_FOR: Millis = 10 * MINUTE
KEPT_AT_ONCE = AT_ONCE // 4
"""Attempts at the same time that all kept shares of a subscription cover together."""
ALLOWANCE = 5
"""Attempts per minute that each of these may make without being counted."""
SET_ASIDE = KEPT_AT_ONCE * ALLOWANCE
LOWEST_KEPT = 10 * SET_ASIDE
"""The lowest rate a minute at which shares are kept: what is set aside would be too much of a lower one."""
BLOCK = 50
"""Attempts that are counted ahead for a kept share, while less than half of the minute's attempts are used."""
_SHORTEST_WAIT: Millis = 2 * SECOND
_DOUBLINGS = 7


@dataclass(frozen=True)
class Share:
    """Attempts that one worker may have under way until a given time."""

    id: str
    count: int
    until: Millis


@dataclass(frozen=True)
class Usage:
    """What the workers use of a subscription's limit: attempts of this minute, and shares."""

    version: int = 0
    minute: int = 0
    used: int = 0
    shares: Sequence[Share] = ()
    later: Mapping[str, Json] = field(default_factory=dict)
    """Members that a later release stores with it (``core.releases``)."""

    @property
    def under_way(self) -> int:
        """Attempts that may be under way."""
        return sum(share.count for share in self.shares)

    @property
    def crowded(self) -> bool:
        """Whether others may soon be refused, so that giving a share back is worth a write."""
        return self.under_way > AT_ONCE // 2


@dataclass(frozen=True)
class Kept:
    """A share that its worker keeps and makes further attempts in."""

    share: Share
    rate: int
    """The rate per minute at which it was taken. At any other rate it cannot be used."""
    minute: int
    left: int
    """Attempts that it may still make in this minute."""
    busy: int
    """Attempts in it that are under way."""

    def use(self, rate: int, wanted: int, now: Millis) -> "Kept | None":
        """Return the share with ``wanted`` more attempts under way, or None if they need a share of their own."""
        if rate != self.rate:
            return None
        minute = now // MINUTE
        left = self.left if minute == self.minute else self.share.count * ALLOWANCE
        if wanted > min(left, self.share.count - self.busy) or now + SHARE_ENDS > self.share.until:
            return None
        return replace(self, minute=minute, left=left - wanted, busy=self.busy + wanted)

    def done(self, count: int) -> "Kept":
        """Return the share with ``count`` attempts fewer under way."""
        return replace(self, busy=self.busy - count)


@dataclass(frozen=True)
class Taken:
    """The usage with one more share, and how many of the wanted attempts the share covers; 0: nothing was taken."""

    usage: Usage
    granted: int
    kept: Kept | None = None
    """The share with its attempts under way, if the worker may keep it."""


def take(usage: Usage, rate: int, share_id: str, wanted: int, now: Millis, instead_of: str | None = None) -> Taken:
    """Take a share. ``rate`` is how many attempts the subscription may have in a minute.

    ``instead_of`` is an idle share of the same worker, which the new one replaces.
    """
    most = counted_per_minute(rate)
    current = _cleared(usage, now)
    others = tuple(each for each in current.shares if each.id not in (instead_of, share_id))
    under_way = sum(each.count for each in others)
    granted = max(0, min(wanted, AT_ONCE - under_way, most - current.used))
    if granted == 0:
        return Taken(usage, 0)
    kept_by_others = sum(each.count for each in others if each.until > now + SHARE_ENDS)
    small = kept_by_others + granted <= KEPT_AT_ONCE and under_way + granted <= AT_ONCE // 2
    keeps = small and rate >= LOWEST_KEPT
    share = Share(share_id, granted, now + (KEPT_FOR if keeps else SHARE_ENDS))
    counted = max(granted, BLOCK) if keeps and current.used + BLOCK <= most // 2 else granted
    after = replace(current, version=usage.version + 1, used=current.used + counted, shares=(*others, share))
    # No allowance in the minute in which it is made: a share that is taken again and again would get it each time.
    kept = Kept(share, rate, now // MINUTE, counted - granted, granted)
    return Taken(after, granted, kept if keeps else None)


def give_back(usage: Usage, share_id: str, now: Millis) -> Usage:
    """Return the usage without a share. The attempts that it used of the minute stay used."""
    current = _cleared(usage, now)
    rest = tuple(share for share in current.shares if share.id != share_id)
    return replace(current, version=usage.version + 1, shares=rest)


def wait(usage: Usage, rate: int, waits: int, now: Millis, chance: float) -> Millis:
    """Return how long a message waits that got no share and has waited ``waits`` times before.

    Each wait is longer, from about 2 s to over 4 min, so that a long backlog is not read again every second.
    ``chance``, from 0 to 1, spreads the messages.
    """
    longest = _SHORTEST_WAIT << min(waits, _DOUBLINGS)
    used_up = usage.minute == now // MINUTE and usage.used >= counted_per_minute(rate)
    until_next = MINUTE - now % MINUTE if used_up else 0
    return until_next + round(longest * (0.5 + chance / 2))


def counted_per_minute(rate: int) -> int:
    """Return how many attempts of a minute are counted in the usage; kept shares may make the others uncounted."""
    return rate - SET_ASIDE if rate >= LOWEST_KEPT else rate


def _cleared(usage: Usage, now: Millis) -> Usage:
    minute = now // MINUTE
    used = usage.used if usage.minute == minute else 0
    # A share that ends later than any new one could was written by a wrong clock. It must not block the subscription.
    latest = now + 2 * KEPT_FOR
    return replace(
        usage, minute=minute, used=used, shares=tuple(each for each in usage.shares if now < each.until < latest)
    )
