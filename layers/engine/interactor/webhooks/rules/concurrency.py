"""How many attempts a subscription's endpoint gets: 1,000 a minute, 20 at once.

Workers share one small document per subscription, its gate, and take their share for a whole batch of messages at
once. What gets no share waits in the queue and uses no attempt. A share is given back, or ends by itself soon after
its attempts must have ended: a worker that died holds nothing for long.

While few are under way, a worker keeps its share for some minutes and makes its next attempts in it, without a look at
the gate: a subscription that hears something now and then costs no write to pace it. What is kept so is a quarter of
the 20 at the most, by all workers together. What its attempts use of a minute is counted ahead in blocks; in minutes
for which nothing was counted they have a small allowance, which is left out of what the gate gives away.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from interactor.core.jsons import Json
from interactor.core.times import MINUTE, SECOND, Millis

PER_MINUTE = 1_000
AT_ONCE = 20
SHARE_ENDS: Millis = 35 * SECOND
"""An attempt takes 30 s at the most."""
KEPT_FOR: Millis = 10 * MINUTE
KEPT_AT_ONCE = AT_ONCE // 4
"""Attempts at once that all kept shares of a subscription are for."""
ALLOWANCE = 5
"""Attempts in a minute that each of these may make without counting them."""
COUNTED_PER_MINUTE = PER_MINUTE - KEPT_AT_ONCE * ALLOWANCE
BLOCK = 50
"""Attempts that are counted ahead for a kept share, while less than half of the minute is used."""
_SHORTEST_WAIT: Millis = 2 * SECOND
_DOUBLINGS = 7


@dataclass(frozen=True)
class Share:
    """Attempts that one worker may have under way until a moment."""

    id: str
    count: int
    until: Millis


@dataclass(frozen=True)
class Gate:
    """What the workers of one subscription have taken."""

    version: int = 0
    minute: int = 0
    used: int = 0
    shares: Sequence[Share] = ()
    later: Mapping[str, Json] = field(default_factory=dict)
    """What a later release keeps with it (``core.releases``)."""

    @property
    def under_way(self) -> int:
        """Attempts that may be under way."""
        return sum(share.count for share in self.shares)

    @property
    def crowded(self) -> bool:
        """Whether others may soon be refused, so that a share is worth a write to give it back."""
        return self.under_way > AT_ONCE // 2


@dataclass(frozen=True)
class Kept:
    """A share that its worker keeps and makes further attempts in."""

    share: Share
    minute: int
    left: int
    """Attempts that it may still make in this minute."""
    busy: int
    """Attempts of it that are under way."""

    def use(self, wanted: int, now: Millis) -> "Kept | None":
        """With so many attempts more under way; None: they need a share of their own."""
        minute = now // MINUTE
        left = self.left if minute == self.minute else self.share.count * ALLOWANCE
        if wanted > min(left, self.share.count - self.busy) or now + SHARE_ENDS > self.share.until:
            return None
        return replace(self, minute=minute, left=left - wanted, busy=self.busy + wanted)

    def done(self, count: int) -> "Kept":
        """With so many attempts less under way."""
        return replace(self, busy=self.busy - count)


@dataclass(frozen=True)
class Taken:
    """The gate with one more share, and how many attempts of those wanted it is for; 0: nothing was taken."""

    gate: Gate
    granted: int
    kept: Kept | None = None
    """Where the share may be kept: with the attempts it was taken for under way."""


def take(gate: Gate, share_id: str, wanted: int, now: Millis, instead_of: str | None = None) -> Taken:
    """Take a share; ``instead_of`` is an idle one of the same worker, which ends with that."""
    current = _cleared(gate, now)
    others = tuple(each for each in current.shares if each.id not in (instead_of, share_id))
    under_way = sum(each.count for each in others)
    granted = max(0, min(wanted, AT_ONCE - under_way, COUNTED_PER_MINUTE - current.used))
    if granted == 0:
        return Taken(gate, 0)
    kept_by_others = sum(each.count for each in others if each.until > now + SHARE_ENDS)
    keeps = kept_by_others + granted <= KEPT_AT_ONCE and under_way + granted <= AT_ONCE // 2
    share = Share(share_id, granted, now + (KEPT_FOR if keeps else SHARE_ENDS))
    counted = max(granted, BLOCK) if keeps and current.used + BLOCK <= COUNTED_PER_MINUTE // 2 else granted
    after = replace(current, version=gate.version + 1, used=current.used + counted, shares=(*others, share))
    # No allowance in the minute of its making: one that is taken again and again would have it each time.
    kept = Kept(share, now // MINUTE, counted - granted, granted)
    return Taken(after, granted, kept if keeps else None)


def give_back(gate: Gate, share_id: str, now: Millis) -> Gate:
    """The gate without a share; what it used of the minute stays used."""
    current = _cleared(gate, now)
    rest = tuple(share for share in current.shares if share.id != share_id)
    return replace(current, version=gate.version + 1, shares=rest)


def wait(gate: Gate, waits: int, now: Millis, chance: float) -> Millis:
    """How long a message without a share waits that has waited ``waits`` times before; ``chance`` from 0 to 1.

    Longer each time, so that a long backlog does not come round every second: 2 s to over 4 min.
    """
    longest = _SHORTEST_WAIT << min(waits, _DOUBLINGS)
    used_up = gate.minute == now // MINUTE and gate.used >= COUNTED_PER_MINUTE
    until_next = MINUTE - now % MINUTE if used_up else 0
    return until_next + round(longest * (0.5 + chance / 2))


def _cleared(gate: Gate, now: Millis) -> Gate:
    minute = now // MINUTE
    used = gate.used if gate.minute == minute else 0
    # What ends later than any share of now could was written by a clock that is wrong: it must not hold everything up.
    latest = now + 2 * KEPT_FOR
    return replace(
        gate, minute=minute, used=used, shares=tuple(each for each in gate.shares if now < each.until < latest)
    )
