"""The embedded AWS: MiniStack in its own environment, on a free loopback port, with its state kept in a folder.

It writes its state only when it is stopped cleanly, so it must neither be killed nor outlive the local run: it asks
the kernel for SIGTERM when its parent is gone, and inherits the lock, so that no second run starts while it still
writes.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from local.settings import LocalRunError

try:
    import fcntl
except ImportError:  # pragma: no cover - not on this system
    fcntl = None  # type: ignore[assignment]  # the lock is skipped where there is none

# Runs in MiniStack's own environment. PDEATHSIG is asked for in the child itself: code between fork and exec of a
# process with several OS threads may hang.
_LAUNCHER = """
import ctypes, os, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGTERM)
    if os.getppid() != int(sys.argv[1]):
        sys.exit("its parent is gone")
unsaved = sys.argv[2]
open(unsaved, "w").close()
sys.argv = ["ministack"]
from ministack.app import main
code = 0
try:
    main()
except SystemExit as end:
    code = end.code
os.unlink(unsaved)
sys.exit(code)
"""
_START_SECONDS = 90
_ENDING_SECONDS = 30
"""How long a MiniStack whose local run was killed may take to write its state."""
_LOOK_SECONDS = 0.1


class Lock:
    """One local run per folder: held by this process and by the MiniStack it starts."""

    def __init__(self, directory: Path, wait: Callable[[float], None] = time.sleep) -> None:
        """Take the lock. If its process has been killed, wait with ``wait`` until the MiniStack it left has ended.

        Raises:
            LocalRunError: when another local run holds it, or that MiniStack does not end.
        """
        directory.mkdir(parents=True, exist_ok=True)
        self._file: IO[str] = (directory / "lock").open("a+")
        left = round(_ENDING_SECONDS / _LOOK_SECONDS)
        while not self._taken():
            holder = self._holder()
            if holder is None or _exists(holder):
                named = "another process" if holder is None else f"process {holder}"
                raise LocalRunError(f"Another local run holds {directory}: {named}. Stop it first.")
            if left == 0:
                raise LocalRunError(
                    f"The local run of process {holder} has ended, but its embedded AWS still writes to {directory}. "
                    "Try again in a minute."
                )
            left -= 1
            wait(_LOOK_SECONDS)
        self._file.truncate(0)
        self._file.write(f"process {os.getpid()}")
        self._file.flush()

    def _taken(self) -> bool:
        if fcntl is not None:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return False
        return True

    def _holder(self) -> int | None:
        self._file.seek(0)
        number = self._file.read().removeprefix("process ").strip()
        return int(number) if number.isdecimal() else None

    @property
    def descriptor(self) -> int:
        """For a child to inherit."""
        return self._file.fileno()

    def release(self) -> None:
        """Let the next run in."""
        self._file.close()


class MiniStack:
    """A running MiniStack. ``endpoint`` is its URL."""

    def __init__(
        self,
        python: Path,
        directory: Path,
        lock: Lock,
        log: Path,
        environment: Mapping[str, str],
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """``settings`` are variables of MiniStack's own, on top of what the local run needs."""
        port = _free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        state = directory / "state"
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own launcher, run by our own interpreter
                [str(python), "-c", _LAUNCHER, str(os.getpid()), str(_unsaved(directory))],
                env={
                    **{key: environment[key] for key in ("PATH", "HOME", "LANG", "TMPDIR") if key in environment},
                    "GATEWAY_PORT": str(port),
                    "BIND_HOST": "127.0.0.1",
                    # The same name at every start, whatever the port: it stands in the URLs of kept queues.
                    "MINISTACK_HOST": "127.0.0.1",
                    "PERSIST_STATE": "1",
                    "STATE_DIR": str(state),
                    "S3_PERSIST": "1",
                    "S3_DATA_DIR": str(state / "s3"),
                    "SFTP_ENABLED": "0",
                    "IOT_MTLS_ENABLED": "0",
                    "LOG_LEVEL": "WARNING",
                    "PYTHONUNBUFFERED": "1",
                    **(settings or {}),
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(lock.descriptor,),
                # Ctrl-C at the console is for the local run, which stops MiniStack last.
                start_new_session=True,
            )

    def wait_until_healthy(self) -> None:
        """Return once it answers; a ``LocalRunError`` names the log when it does not."""
        until = time.monotonic() + _START_SECONDS
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < until and self.alive():
            try:
                with opener.open(f"{self.endpoint}/_ministack/health", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        self.stop(5)
        raise LocalRunError(f"The embedded AWS did not start: see {self._log}.")

    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def stop(self, seconds: float) -> bool:
        """Ask it to end and wait for its state to be written; False if it had to be killed."""
        if not self.alive():
            return self._process.returncode == 0
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return False
        return True


def was_killed(directory: Path) -> bool:
    """Whether the last MiniStack of this folder ended without writing its state."""
    return _unsaved(directory).exists()


def forget(directory: Path) -> None:
    """Remove the embedded AWS's state, the mails it was given, and how far it was followed (``FRESH=1``)."""
    shutil.rmtree(directory / "state", ignore_errors=True)
    shutil.rmtree(directory / "mail", ignore_errors=True)
    (directory / "relayed.json").unlink(missing_ok=True)
    _unsaved(directory).unlink(missing_ok=True)


def _unsaved(directory: Path) -> Path:
    """A file that is there while a MiniStack runs, and after one that was killed."""
    return directory / "unsaved"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _exists(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
