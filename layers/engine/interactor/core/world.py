"""Time and chance as parameters, so that tests control them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from interactor.core import ids
from interactor.core.ids import Prefix
from interactor.core.times import Millis

T = TypeVar("T")
Provider: TypeAlias = Callable[[], T]
"""Returns a part when it is first needed. Only parts that are slow to make and often not used are passed in this way.
"""


@dataclass(frozen=True)
class World:
    """``now()`` returns milliseconds since 1970, ``entropy(n)`` returns random bytes, ``sleep(seconds)`` waits."""

    now: Callable[[], Millis]
    entropy: Callable[[int], bytes]
    sleep: Callable[[float], None]

    def new_id(self, prefix: Prefix) -> str:
        """Return a new id."""
        return ids.make(prefix, self.now(), self.entropy(ids.ENTROPY_BYTES))

    def pause(self, attempt: int, longest: float = 1.0) -> None:
        """Wait before the next try: longer each time, with jitter so that competing callers separate.

        ``longest`` is in seconds.
        """
        share = int.from_bytes(self.entropy(2)) / 0xFFFF
        self.sleep(min(longest, 0.02 * 2**attempt) * (0.5 + share / 2))
