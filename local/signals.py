"""SIGINT and SIGTERM of the local run. It imports little: it is there before anything that takes time to import."""

import signal
import threading
from types import FrameType


class StopDuringStartError(BaseException):
    """A signal before the run was ready; no ``except Exception`` on the way may take it."""


class Signals:
    """SIGINT and SIGTERM set ``stop``; while the run still starts, they interrupt the start."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._starting = True
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._received)

    def started(self) -> None:
        """From now on a signal only sets ``stop``."""
        self._starting = False

    def _received(self, _number: int, _frame: FrameType | None) -> None:
        first = not self.stop.is_set()
        self.stop.set()
        if self._starting and first:
            raise StopDuringStartError
