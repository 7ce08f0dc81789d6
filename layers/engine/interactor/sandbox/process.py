"""One child process as the parent sees it: started with an empty environment, asked with a deadline, killed after
it.
"""

import contextlib
import functools
import os
import queue
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from interactor.sandbox.child.lockdown import DESCRIPTORS, DUMPABLE, FILTER, PARENT, PRIVILEGES
from interactor.sandbox.child.prctl import PR_SET_DUMPABLE, prctl
from interactor.sandbox.child.serve import READY

HERE = Path(__file__).parent
BOOT = "import sys; sys.path.append(sys.argv[1]); from child.serve import main; main(sys.argv[2:])"
ANSWER_BYTES = 8 * 2**20
"""A longer answer does not come from the engine."""

START_SECONDS = 10.0


class SandboxError(RuntimeError):
    """The sandbox itself does not work here: the engine is not installed, or no process can be started.

    Not a script's fault.
    """


class LockError(SandboxError):
    """A lock that scripts need does not hold here, so no script runs (invariant 7)."""


class DiedError(Exception):
    """The child ended, or sent something invalid, instead of answering."""


class OverranError(Exception):
    """The deadline passed without an answer."""


Needed = tuple[frozenset[str], ...]
"""Sets of locks. Of each set, one lock must hold."""

BESIDE_DATA: Needed = tuple(map(frozenset, ([FILTER], [PRIVILEGES], [DESCRIPTORS], [DUMPABLE])))
"""What must hold if the parent has the credentials of the table."""
BESIDE_NOTHING: Needed = tuple(map(frozenset, ([FILTER, PARENT], [DESCRIPTORS])))
"""What must hold if the parent has no permissions: a script must not reach what the parent was given for other scripts.
"""


@dataclass(frozen=True)
class Setup:
    """How children are started. ``evaluator`` is the directory and the module that answers inside them.

    Without the locks of ``needed`` no script runs. Outside Linux, where only the local run may be, none are needed.
    """

    python: str
    timeout_ms: int
    memory_bytes: int
    evaluator: tuple[str, str] = (str(HERE), "child.engine")
    needed: Needed = BESIDE_DATA if sys.platform == "linux" else ()

    @property
    def cpu_seconds(self) -> int:
        """CPU time of a whole child. It ends even if nobody is left to kill it."""
        return 20 * (self.timeout_ms // 1000 + 1)

    @property
    def busy_seconds(self) -> float:
        """Seconds of work after which a child is replaced, so that it never comes near its CPU limit."""
        return self.cpu_seconds / 2

    def command(self) -> list[str]:
        """The command line: isolated (-I), without site packages (-S), writing no bytecode (-B)."""
        limits = [str(self.cpu_seconds), str(self.memory_bytes), str(self.timeout_ms)]
        return [self.python, "-I", "-S", "-B", "-c", BOOT, str(HERE), *self.evaluator, *limits, engine_path()]


@functools.cache
def engine_path() -> str:
    """Return the file of the engine's extension module. It is never loaded into the parent.

    Raises:
        SandboxError: it is not installed.
    """
    spec = find_spec("_quickjs")
    if spec is None or spec.origin is None:
        raise SandboxError("QuickJS is not installed: add the package quickjs-ng")
    return spec.origin


class Child:
    """A started child. One OS thread at a time uses it. ``locks`` are those that it found to hold.

    Raises:
        LockError: a lock that is needed does not hold.
        SandboxError: it cannot be started.
    """

    tenant = ""
    """The account whose scripts it runs."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._busy_seconds = 0.0
        self._answers = 0
        try:
            self._process = subprocess.Popen(  # noqa: S603  # the command is ours, no part of it comes from a request
                setup.command(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                close_fds=True,
                cwd="/",
                env=_environment(),
                start_new_session=True,
            )
        except OSError as error:
            raise SandboxError(f"the sandbox's child process could not be started: {error}") from error
        if self._process.stdin is None or self._process.stdout is None:
            raise SandboxError("the sandbox's child process has no pipes")
        self._to, self._from = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._to, False)
        os.set_blocking(self._from, False)
        try:
            greeting = self._receive(time.monotonic() + START_SECONDS)
        except (DiedError, OverranError):
            greeting = b""
        if not greeting.startswith(READY):
            self.dispose()
            raise SandboxError("the sandbox's child process ended before it was ready")
        held = frozenset(greeting[len(READY) :].decode("ascii").split())
        missing = [" or ".join(sorted(any_of)) for any_of in setup.needed if not any_of & held]
        if missing:
            self.dispose()
            raise LockError(f"Scripts are not run here: these locks do not hold: {', '.join(missing)}")
        self.locks = held

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def is_fit(self, max_answers: int) -> bool:
        """Whether it may take another request: it is alive, has sent nothing unexpected, and is not worn out."""
        if self._answers >= max_answers or self._busy_seconds >= self._setup.busy_seconds:
            return False
        poll = select.poll()
        poll.register(self._from, select.POLLIN)
        return not poll.poll(0)

    def ask(self, kind: bytes, payload: bytes, seconds: float) -> bytes:
        """Send one request and return its answer. After an exception the child must be disposed of.

        Raises:
            DiedError: the child ended or broke the protocol.
            OverranError: there was no answer within ``seconds``.
        """
        started = time.monotonic()
        deadline = started + seconds
        self._send((len(payload) + 1).to_bytes(4, "big") + kind + payload, deadline)
        answer = self._receive(deadline)
        self._answers += 1
        self._busy_seconds += time.monotonic() - started
        return answer

    def kill(self) -> None:
        """Kill the child. Any OS thread may call this at any time, also while another one asks."""
        self._process.kill()

    def dispose(self) -> None:
        """Kill the child and close the pipes. Call this only if no other OS thread can be using them."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _send(self, frame: bytes, deadline: float) -> None:
        rest = memoryview(frame)
        while rest:
            _wait(self._to, select.POLLOUT, deadline)
            try:
                rest = rest[os.write(self._to, rest) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise DiedError from error

    def _receive(self, deadline: float) -> bytes:
        length = int.from_bytes(self._exactly(4, deadline), "big")
        if length > ANSWER_BYTES:
            raise DiedError
        return self._exactly(length, deadline)

    def _exactly(self, length: int, deadline: float) -> bytes:
        data = bytearray()
        while len(data) < length:
            _wait(self._from, select.POLLIN, deadline)
            try:
                piece = os.read(self._from, length - len(data))
            except BlockingIOError:
                continue
            except OSError as error:
                raise DiedError from error
            if not piece:
                raise DiedError
            data += piece
        return bytes(data)


def start(setup: Setup) -> Child:
    """Protect the parent and start a child, from an OS thread that lives as long as the process.

    The kernel kills a child together with the OS thread that started it (PR_SET_PDEATHSIG). If the thread of a request
    started it, the child would die with that thread, during another request's script.

    Raises:
        SandboxError: it cannot be started.
    """
    future: Future[Child] = Future()
    _starter(os.getpid()).put((future, lambda: Child(setup)))
    return future.result()


@functools.cache
def protect_parent() -> bool:
    """Make this process's memory and environment unreadable for others of the same user.

    Return True if that is possible here.
    """
    return prctl(PR_SET_DUMPABLE, 0)


_Job = tuple["Future[Child]", Callable[[], Child]]


@functools.cache
def _starter(pid: int) -> "queue.SimpleQueue[_Job]":
    # By process id: a fork copies this cache, but not the OS thread.
    jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
    threading.Thread(target=_start_all, args=(jobs,), name=f"sandbox-starter-{pid}", daemon=True).start()
    return jobs


def _start_all(jobs: "queue.SimpleQueue[_Job]") -> None:
    protect_parent()
    while True:
        future, make = jobs.get()
        try:
            future.set_result(make())
        except BaseException as error:  # handed to the caller, who waits for it
            future.set_exception(error)


def _environment() -> dict[str, str]:
    # The path of Python's own library, if the loader does not find it otherwise (Lambda). The child drops it.
    library_path = os.environ.get("LD_LIBRARY_PATH")
    return {"TZ": "UTC"} | ({"LD_LIBRARY_PATH": library_path} if library_path else {})


def _wait(descriptor: int, event: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(descriptor, event)
    remaining = deadline - time.monotonic()
    if remaining <= 0 or not poll.poll(remaining * 1000):
        raise OverranError
