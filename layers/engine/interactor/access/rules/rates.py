"""Rate limits: so many requests a minute for each account and category (spec, Rate Limits; ruling 33).

Who has proven nothing is counted by the address that it comes from, and by nothing that it claims. Values only. Windows
are whole minutes of the clock, so that every process counts into the same one without asking.
"""

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final, Literal, TypeAlias

from interactor.core.errors import RateLimitedError
from interactor.core.times import MINUTE, SECOND, Millis

Category: TypeAlias = Literal["read", "write", "create", "token", "source"]

WINDOW: Final[Millis] = MINUTE
READ_BLOCK: Final = 20
"""So many reads are taken from the counter at once."""
LOOSE_PERCENT: Final = 5
"""How much of a limit may lie unused in the blocks of other processes when the limit is said to be reached."""
IPV6_SUBSCRIBER_BITS: Final = 64
"""What one subscriber has of IPv6 at the least (RFC 6177): all addresses of it are one source."""
NO_SOURCE: Final = "unknown"
"""What all requests are counted as whose address is not known."""


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
    kind = {"read": "read", "write": "write", "create": "instance creation", "token": "token", "source": "token"}[
        bucket.name
    ]
    source = " from one address without proof of a client" if bucket.name == "source" else ""
    return RateLimitedError(
        f"More than {bucket.limit} {kind} requests a minute{source}; try again in {seconds} s, as Retry-After says",
        seconds,
    )


def source_of(address: str | None) -> str:
    """What a request without proof is counted as: its IPv4 address, or the network of its IPv6 address.

    An IPv4 address written as IPv6 is the same source as without. Anything unreadable is ``NO_SOURCE``.
    """
    try:
        read = ip_address((address or "").partition("%")[0])
    except ValueError:
        return NO_SOURCE
    if not isinstance(read, IPv6Address):
        return str(read)
    if read.ipv4_mapped is not None:
        return str(read.ipv4_mapped)
    host_bits = 128 - IPV6_SUBSCRIBER_BITS
    return f"{IPv6Address(int(read) >> host_bits << host_bits)}/{IPV6_SUBSCRIBER_BITS}"
