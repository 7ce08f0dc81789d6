"""Rate limits: so many requests a minute for each account and category (spec, Rate Limits; ruling 33).

Values only. Windows are whole minutes of the clock, so that every process counts into the same one without asking.
"""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from interactor.core.errors import RateLimitedError
from interactor.core.times import MINUTE, SECOND, Millis

Category: TypeAlias = Literal["read", "write", "create", "token"]

WINDOW: Final[Millis] = MINUTE
READ_BLOCK: Final = 20
"""So many reads are taken from the counter at once."""
LOOSE_PERCENT: Final = 5
"""How much of a limit may lie unused in the blocks of other processes when the limit is said to be reached."""


@dataclass(frozen=True)
class Bucket:
    """What is counted together: ``limit`` requests a minute, taken ``block`` at a time."""

    name: Category
    limit: int
    block: int = 1

    @property
    def loose(self) -> int:
        """How many tokens all blocks together may hold unused."""
        return self.limit * LOOSE_PERCENT // 100


@dataclass(frozen=True)
class Standing:
    """Where a caller stands in a bucket; ``reset_at`` is when the window ends."""

    limit: int
    remaining: int
    reset_at: Millis

    def headers(self) -> dict[str, str]:
        """The three headers that every answer to this caller carries; the reset is in Unix seconds."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(0, self.remaining)),
            "X-RateLimit-Reset": str(self.reset_at // SECOND),
        }


@dataclass(frozen=True)
class Count:
    """A counter: tokens ``used``, and how many of them may lie unused in blocks (``loose``)."""

    used: int
    loose: int


class FullError(Exception):
    """The counter did not give as much; ``count`` is how it stands."""

    def __init__(self, count: Count) -> None:
        super().__init__(f"{count.used} tokens are used")
        self.count = count


def window_of(now: Millis) -> int:
    """The number of the window that ``now`` lies in."""
    return now // WINDOW


def end_of(window: int) -> Millis:
    """When a window ends."""
    return (window + 1) * WINDOW


def exceeded(bucket: Bucket, window: int, now: Millis) -> RateLimitedError:
    """The refusal of a request that came after the limit was reached."""
    seconds = max(1, -(-(end_of(window) - now) // SECOND))
    kind = {"read": "read", "write": "write", "create": "instance creation", "token": "token"}[bucket.name]
    return RateLimitedError(
        f"More than {bucket.limit} {kind} requests a minute; try again in {seconds} s, as Retry-After says", seconds
    )
