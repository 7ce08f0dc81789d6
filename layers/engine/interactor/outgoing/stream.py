"""A connected socket under one deadline and one allowance of bytes.

A socket's own timeout starts anew with every call, so a peer that sends a byte a second holds a reader for as
long as it likes. Here every single call gets what is left of the deadline, whoever makes it: also the HTTP
library, which reads through the file that ``makefile`` gives.
"""

import io
import socket
import time
from typing import TYPE_CHECKING, Final

from interactor.outgoing.messages import OutgoingError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BUFFER_BYTES: Final = 8 * 1024
_SEND_BYTES: Final = 64 * 1024


class Deadline:
    """A moment, on the monotonic clock, by which everything is over."""

    def __init__(self, timeout_ms: int) -> None:
        self._started = time.monotonic()
        self._end = self._started + timeout_ms / 1000

    def remaining(self) -> float:
        """Seconds left, always more than zero.

        Raises:
            TimeoutError: when none are.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def shorten(self, seconds: float) -> None:
        """End no later than so many seconds from now."""
        self._end = min(self._end, time.monotonic() + seconds)

    def elapsed_ms(self) -> int:
        """Milliseconds since the deadline was set."""
        return round((time.monotonic() - self._started) * 1000)


class BoundedStream:
    """What the HTTP library takes for its socket.

    ``close`` does nothing: the library closes its socket before the body is read, and whoever opened the
    underlying socket closes it, on every path.
    """

    def __init__(self, raw: socket.socket, deadline: Deadline, allowance: int) -> None:
        self._raw = raw
        self._deadline = deadline
        self._allowance = allowance

    def grant(self, allowance: int) -> None:
        """Let ``allowance`` bytes be received from now on."""
        self._allowance = allowance

    def hurry(self, seconds: float) -> None:
        """Let everything be over within so many seconds."""
        self._deadline.shorten(seconds)

    def sendall(self, data: bytes) -> None:
        """Send everything.

        Raises:
            TimeoutError: at the deadline.
            OSError: when the connection breaks.
        """
        view = memoryview(data)
        while view:
            self._raw.settimeout(self._deadline.remaining())
            view = view[self._raw.send(view[:_SEND_BYTES]) :]

    def receive_into(self, buffer: "WriteableBuffer") -> int:
        """Receive what is there, at least a byte; 0 at the end.

        Raises:
            TimeoutError: at the deadline.
            OutgoingError: ``too_large`` when the allowance is used up.
            OSError: when the connection breaks.
        """
        if self._allowance <= 0:
            raise OutgoingError("too_large", "The answer is longer than allowed")
        self._raw.settimeout(self._deadline.remaining())
        count = self._raw.recv_into(buffer)
        self._allowance -= count
        return count

    def makefile(self, mode: str) -> io.BufferedReader:
        """The file that answers are read from."""
        return io.BufferedReader(_Receiver(self), BUFFER_BYTES)

    def settimeout(self, timeout: float | None) -> None:
        """Nothing: the deadline rules, not the library."""

    def close(self) -> None:
        """Nothing: see the class."""


class _Receiver(io.RawIOBase):
    def __init__(self, stream: BoundedStream) -> None:
        super().__init__()
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        return self._stream.receive_into(buffer)
