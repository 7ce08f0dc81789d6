"""Time and chance of the tests: a clock that several workers read, and that moves when it is told to."""

import random
import threading
import time

from interactor.core.times import Millis
from interactor.core.world import World
from tests.support.events import NOON


class Clock:
    """The time. Each look is a millisecond later than the last, so that no two moments are the same."""

    def __init__(self, now: Millis = NOON) -> None:
        self._now = now
        self._lock = threading.Lock()

    def __call__(self) -> Millis:
        with self._lock:
            self._now += 1
            return self._now

    @property
    def now(self) -> Millis:
        """The time, without letting any pass."""
        return self._now

    def advance(self, length: Millis) -> None:
        """Let time pass."""
        with self._lock:
            self._now += max(0, length)

    def world(self, chance: random.Random | None = None) -> World:
        """The world of one worker: waiting only lets the others go first."""
        chance = chance or random.SystemRandom()
        return World(self, chance.randbytes, lambda _: time.sleep(0))
