"""The child's loop: load everything, give up every right, then answer frame after frame until the pipe closes.

A frame is a length (4 bytes, big-endian) and as many bytes. A request's first byte is its kind, and the rest is ASCII
JSON. An answer is JSON in UTF-8. The child's first frame is ``READY`` and the locks that hold; it is sent when the
child is locked.
"""

import importlib
import os
import sys
from typing import Protocol

from .lockdown import lock

READY = b"ready "
REQUEST_BYTES = 16 * 2**20
"""A longer request is never sent."""


class Evaluator(Protocol):
    """Answers requests. It is made before the lock and called after it."""

    def __call__(self, kind: str, text: str) -> str:
        """Answer one request."""

    def rest(self) -> None:
        """Called after each answer is sent: clean up, and prepare the next request."""


def main(arguments: list[str]) -> None:
    """Run the child.

    ``arguments``: directory and module of the evaluator (its ``make`` gets the rest), CPU seconds of the whole process,
    bytes of memory for the engine, its time limit in ms, path of the engine's extension.
    """
    directory, module, cpu_seconds, memory_bytes, timeout_ms, extension = arguments
    sys.path.append(directory)
    evaluator: Evaluator = importlib.import_module(module).make(extension, int(memory_bytes), int(timeout_ms))
    evaluator.rest()
    held = lock(int(cpu_seconds), int(memory_bytes))
    _write(READY + " ".join(held).encode("ascii"))
    while True:
        frame = _read()
        if frame is None:
            return
        answer = evaluator(frame[:1].decode("ascii"), frame[1:].decode("ascii"))
        _write(answer.encode("utf-8"))
        evaluator.rest()


def _read() -> bytes | None:
    header = _exactly(4)
    if header is None:
        return None
    length = int.from_bytes(header, "big")
    return _exactly(length) if length <= REQUEST_BYTES else None


def _exactly(length: int) -> bytes | None:
    data = bytearray()
    while len(data) < length:
        piece = os.read(0, min(length - len(data), 2**20))
        if not piece:
            return None
        data += piece
    return bytes(data)


def _write(payload: bytes) -> None:
    data = memoryview(len(payload).to_bytes(4, "big") + payload)
    while data:
        data = data[os.write(1, data) :]
