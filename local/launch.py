"""Start a local run of one's own as a child process: for the demo and for tests."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from local.settings import LEASH, ROOT, LocalRunError

_STOP_SECONDS = 20.0


class LaunchedRun:
    """A local run in a process of its own. ``url`` ends in ``/api/v1``; leaving the context stops it."""

    def __init__(self, process: subprocess.Popen[str], directory: Path, temporary: bool, ready_timeout: float) -> None:
        self.process, self.directory = process, directory
        self.lines: list[str] = []
        self._temporary = temporary
        self._ready = threading.Event()
        self.url = ""
        self._reader = threading.Thread(target=self._read, name="local-run-output", daemon=True)
        self._reader.start()
        self._ready.wait(ready_timeout)
        if not self.url:
            self.stop()
            raise LocalRunError("The local run did not get ready:\n" + "\n".join(self.lines))

    @property
    def log(self) -> Path:
        """What its functions printed."""
        return self.directory / "log" / "run.log"

    def stop(self) -> int:
        """SIGTERM, wait, and remove the folder if it was a temporary one; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self._reader.join(2)
        if self.process.stdin is not None:
            self.process.stdin.close()
        if self._temporary:
            shutil.rmtree(self.directory, ignore_errors=True)
        return code

    def kill(self) -> None:
        """``kill -9``, as a crash would end it. The folder stays."""
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _read(self) -> None:
        if self.process.stdout is None:
            return
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if line.startswith("ready ") and not self.url:
                self.url = line.split()[1]
                self._ready.set()
        self._ready.set()


def start_local_run(
    env: Mapping[str, str] | None = None, *, directory: Path | None = None, ready_timeout: float = 90.0
) -> LaunchedRun:
    """Start ``python -m local`` on a free port and return once it is ready.

    Args:
        env: variables on top of this process's own (template parameters, ``AWS_ENDPOINT_URL``, ...).
        directory: where its state is kept; without one it is temporary and removed at the stop.
        ready_timeout: seconds until a run that is not ready is given up.

    Raises:
        LocalRunError: it did not get ready; the message has what it printed.
    """
    temporary = directory is None
    folder = Path(tempfile.mkdtemp(prefix="local-run-")) if directory is None else directory
    process = subprocess.Popen(
        [sys.executable, "-m", "local"],
        cwd=ROOT,
        env={**os.environ, "PORT": "0", "INTERACTOR_LOCAL_DIRECTORY": str(folder), LEASH: "1", **(env or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return LaunchedRun(process, folder, temporary, ready_timeout)
