"""Counts requests against the limits of ruling 33: never more than a limit, and at most 5 % fewer.

Writes and creates take one token each. Reads take blocks, so most of them cost no call. A process that stops asking
leaves the rest of its block unused, and the counter limits what all processes leave together. A process that saw the
limit remembers it until the window ends. If the counter cannot be reached, the request passes.
"""

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from interactor.access.rules.rates import (
    Bucket,
    Category,
    Count,
    FullError,
    Standing,
    end_of,
    exceeded,
    window_of,
)
from interactor.core.times import Millis

ATTEMPTS: Final = 4
CALLERS_REMEMBERED: Final = 2_000


class Counters(Protocol):
    """The counters that all processes share."""

    def add(self, subject: str, bucket: Bucket, window: int, size: int, loosened: int) -> Count:
        """Take tokens.

        Raises:
            FullError: there are not enough left.
        """

    def give_back(self, subject: str, bucket: Bucket, window: int) -> Count | None:
        """Put a token back. Returns None if none was taken."""


NOTHING: Final = Count(0, 0)


@dataclass
class _Held:
    """What this process knows about one caller's bucket."""

    window: int = -1
    count: Count = NOTHING
    block: int = 0
    left: int = 0
    full: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


class Limiter:
    """The limits as one process keeps them. OS threads may share it.

    Args:
        counters: where all processes count together.
        failed: called with the error if the counter could not be reached.
    """

    def __init__(self, counters: Counters, failed: Callable[[Exception], None]) -> None:
        self._counters = counters
        self._failed = failed
        self._held: defaultdict[tuple[str, Category], _Held] = defaultdict(_Held)

    def take(self, subject: str, bucket: Bucket, now: Millis) -> Standing:
        """Count one request of an account (or client, or address). Return its standing afterwards.

        Raises:
            RateLimitedError: the limit is reached.
        """
        if len(self._held) > CALLERS_REMEMBERED:
            self._held.clear()
        held, window = self._held[subject, bucket.name], window_of(now)
        with held.lock:
            if held.window != window:
                held.window, held.count, held.block, held.left, held.full = window, NOTHING, 0, 0, False
            if held.left:
                held.left -= 1
            elif held.full:
                raise exceeded(bucket, window, now)
            else:
                self._take_block(subject, bucket, held, now)
            return _standing(bucket, held)

    def give_back(self, subject: str, bucket: Bucket, taken_at: Millis) -> None:
        """Undo a ``take`` at that time, of a bucket whose tokens are taken one at a time."""
        held, window = self._held[subject, bucket.name], window_of(taken_at)
        with held.lock:
            try:
                count = self._counters.give_back(subject, bucket, window)
            except Exception as error:
                # The request stays counted, which costs the caller one request of this minute.
                self._failed(error)
                return
            if count is not None and held.window == window:
                held.count, held.full = count, False

    def peek(self, subject: str, bucket: Bucket, now: Millis) -> Standing:
        """Return where a caller stands, as far as this process knows. This counts nothing."""
        held, window = self._held.get((subject, bucket.name)), window_of(now)
        if held is None or held.window != window:
            return Standing(bucket.limit, bucket.limit, end_of(window))
        return _standing(bucket, held)

    def _take_block(self, subject: str, bucket: Bucket, held: _Held, now: Millis) -> None:
        given_back = max(0, held.block - 1)
        for attempt in range(1, ATTEMPTS + 1):
            room = bucket.loose - (held.count.loose - given_back)
            wanted = min(bucket.block, (bucket.limit - held.count.used) // 2, 1 + room)
            size = 1 if attempt == ATTEMPTS else max(1, wanted)
            try:
                held.count = self._counters.add(subject, bucket, held.window, size, size - 1 - given_back)
            except FullError as error:
                held.count = error.count
                if held.count.used >= bucket.limit:
                    held.full = True
                    raise exceeded(bucket, held.window, now) from None
            except Exception as error:
                # Whatever keeps the counter from answering is no reason to refuse a caller.
                self._failed(error)
                return
            else:
                held.block, held.left = size, size - 1
                return


def _standing(bucket: Bucket, held: _Held) -> Standing:
    return Standing(bucket.limit, bucket.limit - held.count.used + held.left, end_of(held.window))
