"""How many attempts a subscription's endpoint gets: 1,000 a minute, 20 at once.

Workers share one small document per subscription, its gate, and take their share for a whole batch of messages at
once. What gets no share waits in the queue and uses no attempt. A share is given back, or ends by itself soon after
its attempts must have ended: a worker that died holds nothing for long.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from interactor.core.times import MINUTE, SECOND, Millis

PER_MINUTE = 1_000
AT_ONCE = 20
SHARE_ENDS: Millis = 35 * SECOND
"""An attempt takes 30 s at the most."""
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

    @property
    def under_way(self) -> int:
        """Attempts that may be under way."""
        return sum(share.count for share in self.shares)

    @property
    def crowded(self) -> bool:
        """Whether others may soon be refused, so that a share is worth a write to give it back."""
        return self.under_way > AT_ONCE // 2


def take(gate: Gate, share_id: str, wanted: int, now: Millis) -> tuple[Gate, int]:
    """The gate with one more share, and how many attempts of those wanted it is for; 0: nothing was taken."""
    current = _cleared(gate, now)
    granted = max(0, min(wanted, AT_ONCE - current.under_way, PER_MINUTE - current.used))
    if granted == 0:
        return gate, 0
    shares = (*current.shares, Share(share_id, granted, now + SHARE_ENDS))
    return replace(current, version=gate.version + 1, used=current.used + granted, shares=shares), granted


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
    used_up = gate.minute == now // MINUTE and gate.used >= PER_MINUTE
    until_next = MINUTE - now % MINUTE if used_up else 0
    return until_next + round(longest * (0.5 + chance / 2))


def _cleared(gate: Gate, now: Millis) -> Gate:
    minute = now // MINUTE
    used = gate.used if gate.minute == minute else 0
    # What ends later than any share of now could was written by a clock that is wrong: it must not hold everything up.
    latest = now + 2 * SHARE_ENDS
    return replace(
        gate, minute=minute, used=used, shares=tuple(each for each in gate.shares if now < each.until < latest)
    )
