"""Rate limits: requests per minute for each account and category (spec, Rate Limits; ruling 33).

A request that does not prove who sends it counts against its source address, never against what it claims to be.
Windows are calendar minutes, so every process counts into the same window without asking.
"""

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final, Literal, TypeAlias

from interactor.core.errors import RateLimitedError
from interactor.core.times import MINUTE, SECOND, Millis

Category: TypeAlias = Literal["read", "write", "create", "token", "source"]

WINDOW: Final[Millis] = MINUTE
READ_BLOCK: Final = 20
"""How many reads are taken from the counter at once."""
LOOSE_PERCENT: Final = 5
"""How much of a limit may be unused in the blocks of other processes when the limit counts as reached."""
IPV6_SUBSCRIBER_BITS: Final = 64
"""The smallest IPv6 network of one subscriber (RFC 6177). All its addresses are one source."""
NO_SOURCE: Final = "unknown"
"""The source of all requests whose address is not known."""


@dataclass(frozen=True)
class Bucket:
    """Requests that are counted together: ``limit`` per minute, taken ``block`` at a time."""

    name: Category
    limit: int
    block: int = 1

    @property
    def loose(self) -> int:
        """How many tokens all blocks together may hold unused."""
        return self.limit * LOOSE_PERCENT // 100


@dataclass(frozen=True)
class Standing:
    """Where a caller stands in a bucket. ``reset_at`` is when the window ends."""

    limit: int
    remaining: int
    reset_at: Millis

    def headers(self) -> dict[str, str]:
        """Return the three headers of every answer to this caller. The reset is in Unix seconds."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(0, self.remaining)),
            "X-RateLimit-Reset": str(self.reset_at // SECOND),
        }


@dataclass(frozen=True)
class Count:
    """A counter: tokens ``used``, and how many of them may be unused in blocks (``loose``)."""

    used: int
    loose: int


class FullError(Exception):
    """The counter has too few tokens left. ``count`` is its present state."""

    def __init__(self, count: Count) -> None:
        super().__init__(f"{count.used} tokens are used")
        self.count = count


def window_of(now: Millis) -> int:
    """Return the number of the window that contains ``now``."""
    return now // WINDOW


def end_of(window: int) -> Millis:
    """Return when a window ends."""
    return (window + 1) * WINDOW


def exceeded(bucket: Bucket, window: int, now: Millis) -> RateLimitedError:
    """Return the error for a request over the limit."""
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
    """Return the source of a request without proof: its IPv4 address, or the network of its IPv6 address.

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
