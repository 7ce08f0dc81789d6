"""A connected socket with one deadline and one limit on received bytes.

A socket's own timeout starts again with every call. So a peer that sends a byte each second could hold a reader for
ever. Here every call gets the remaining time, also the calls of the HTTP library, which reads through the file that
``makefile`` returns.
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
    """A moment on the monotonic clock at which everything must be over."""

    def __init__(self, timeout_ms: int) -> None:
        self._started = time.monotonic()
        self._end = self._started + timeout_ms / 1000

    def remaining(self) -> float:
        """Return the remaining seconds, always more than zero.

        Raises:
            TimeoutError: no time is left.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def shorten(self, seconds: float) -> None:
        """Move the deadline to at most so many seconds from now."""
        self._end = min(self._end, time.monotonic() + seconds)

    def elapsed_ms(self) -> int:
        """Milliseconds since the deadline was set."""
        return round((time.monotonic() - self._started) * 1000)


class BoundedStream:
    """The stream that the HTTP library uses as its socket.

    ``close`` does nothing: the library closes its socket before the body is read. The code that opened the underlying
    socket closes it in every case.
    """

    def __init__(self, raw: socket.socket, deadline: Deadline, allowance: int) -> None:
        self._raw = raw
        self._deadline = deadline
        self._allowance = allowance

    def grant(self, allowance: int) -> None:
        """Allow ``allowance`` more bytes to be received from now on."""
        self._allowance = allowance

    def hurry(self, seconds: float) -> None:
        """Move the deadline to at most so many seconds from now."""
        self._deadline.shorten(seconds)

    def sendall(self, data: bytes) -> None:
        """Send all bytes.

        Raises:
            TimeoutError: the deadline has passed.
            OSError: the connection breaks.
        """
        view = memoryview(data)
        while view:
            self._raw.settimeout(self._deadline.remaining())
            view = view[self._raw.send(view[:_SEND_BYTES]) :]

    def receive_into(self, buffer: "WriteableBuffer") -> int:
        """Receive at least one byte, if there is one; return 0 at the end.

        Raises:
            TimeoutError: the deadline has passed.
            OutgoingError: ``too_large`` if the allowance is used up.
            OSError: the connection breaks.
        """
        if self._allowance <= 0:
            raise OutgoingError("too_large", "The answer is longer than allowed")
        self._raw.settimeout(self._deadline.remaining())
        count = self._raw.recv_into(buffer)
        self._allowance -= count
        return count

    def makefile(self, mode: str) -> io.BufferedReader:
        """Return the file from which answers are read."""
        return io.BufferedReader(_Receiver(self), BUFFER_BYTES)

    def settimeout(self, timeout: float | None) -> None:
        """Do nothing: the deadline counts, not the library's timeout."""

    def close(self) -> None:
        """Do nothing: see the class."""


class _Receiver(io.RawIOBase):
    def __init__(self, stream: BoundedStream) -> None:
        super().__init__()
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        return self._stream.receive_into(buffer)
