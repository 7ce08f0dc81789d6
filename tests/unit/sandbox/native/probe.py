"""Stands in the engine's place in a locked child and runs Python there: what native code could do after a break-out."""

import ctypes
import fcntl
import json
import mmap
import os
import resource
import socket
import subprocess
from collections.abc import Callable
from typing import Any

LIBC = ctypes.CDLL(None, use_errno=True)
PARENT = os.getppid()


def make(extension: str, memory_bytes: int, timeout_ms: int) -> "Probe":
    return Probe()


class Probe:
    def __call__(self, kind: str, text: str) -> str:
        request = json.loads(text)
        return json.dumps(ATTEMPTS[request["attempt"]](*request.get("arguments", [])))

    def rest(self) -> None:
        pass


def reach(call: Callable[[], Any]) -> str:
    """What the attempt got, or the name of the error it met."""
    try:
        return f"reached: {call()!r}"[:200]
    except OSError as error:
        return type(error).__name__ if error.errno is None else os.strerror(error.errno)


def native(name: str, *arguments: Any) -> str:
    """The same for a function of the C library, past Python's own checks."""
    ctypes.set_errno(0)
    answer = getattr(LIBC, name)(*arguments)
    return os.strerror(ctypes.get_errno()) if answer == -1 else f"reached: {answer}"


def open_descriptors() -> list[int]:
    """Those that take a read or a write of nothing."""
    buffer = ctypes.create_string_buffer(1)
    return [n for n in range(4096) if LIBC.read(n, buffer, 0) == 0 or LIBC.write(n, buffer, 0) == 0]


def close_one_and_open(path: str) -> str:
    LIBC.close(2)
    return native("open", path.encode(), os.O_RDONLY)


def allocate(size: int) -> str:
    try:
        return f"reached: {len(mmap.mmap(-1, size))}"
    except (OSError, MemoryError) as error:
        return type(error).__name__


def spin() -> None:
    while True:
        pass


def crash() -> None:
    ctypes.string_at(1)


def talk_out_of_turn() -> str:
    forged = b'{"value":{"forged":true},"logs":[]}'
    os.write(1, len(forged).to_bytes(4, "big") + forged)
    return "forged"


ATTEMPTS: dict[str, Callable[..., Any]] = {
    "environment": lambda: dict(os.environ),
    "parent": lambda: PARENT,
    "descriptors": open_descriptors,
    "open": lambda path: reach(lambda: os.open(path, os.O_RDONLY)),
    "open natively": lambda path: native("open", path.encode(), os.O_RDONLY),
    "close one and open": close_one_and_open,
    "create": lambda path: reach(lambda: os.open(path, os.O_RDWR | os.O_CREAT)),
    "remove": lambda path: reach(lambda: os.unlink(path)),
    "list": lambda path: reach(lambda: os.listdir(path)),
    "socket": lambda: reach(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM)),
    "unix socket": lambda: reach(lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)),
    "socket natively": lambda: native("socket", socket.AF_INET, socket.SOCK_STREAM, 0),
    "pipe": lambda: reach(os.pipe),
    "duplicate": lambda: reach(lambda: os.dup(0)),
    "duplicate by fcntl": lambda: reach(lambda: fcntl.fcntl(0, fcntl.F_DUPFD, 0)),
    "fork": lambda: reach(os.fork),
    "execute": lambda: reach(lambda: os.execv("/bin/sh", ["sh", "-c", "true"])),  # noqa: S606  # never gets there
    "run a program": lambda: reach(lambda: subprocess.run(["/bin/true"], check=False)),
    "signal the parent": lambda: reach(lambda: os.kill(PARENT, 0)),
    "trace the parent": lambda: native("ptrace", 16, PARENT, 0, 0),
    "read the parent's memory": lambda: native("process_vm_readv", PARENT, 0, 0, 0, 0, 0),
    "raise a limit": lambda: native("setrlimit", resource.RLIMIT_NOFILE, (ctypes.c_ulong * 2)(64, 64)),
    "allocate": allocate,
    "spin": spin,
    "crash": crash,
    "talk out of turn": talk_out_of_turn,
}
