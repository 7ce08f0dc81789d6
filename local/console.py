"""Keeps the console for people: what functions print goes to the log file, failures as one line to both."""

import logging
import os
import sys
import time
from pathlib import Path
from typing import TextIO

_REPEAT_AFTER_SECONDS = 60.0


def take_over(log: Path) -> TextIO:
    """Send this process's standard output, its functions' lines among it, to ``log``; returns the console.

    The descriptor itself is replaced, so that loggers that took ``sys.stdout`` early, and children, follow too.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    console = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    sys.stdout.flush()
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.close(descriptor)
    sys.stdout = os.fdopen(1, "w", buffering=1, encoding="utf-8", closefd=False)
    everything = logging.StreamHandler(sys.stdout)
    everything.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[everything], force=True)
    failures = _OneLine(console)
    failures.setLevel(logging.ERROR)
    logging.getLogger("local").addHandler(failures)
    return console


class _OneLine(logging.StreamHandler[TextIO]):
    """Failures without their traceback, and not the same line again within a minute."""

    def __init__(self, console: TextIO) -> None:
        super().__init__(console)
        self._said: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Print the line, unless it was printed just now."""
        kind = f"{record.name}{record.msg}{record.args[0] if isinstance(record.args, tuple) and record.args else ''}"
        now = time.monotonic()
        if now - self._said.get(kind, -_REPEAT_AFTER_SECONDS) >= _REPEAT_AFTER_SECONDS:
            self._said[kind] = now
            super().emit(record)

    def format(self, record: logging.LogRecord) -> str:
        """The message and what was raised, in one line."""
        cause = f": {record.exc_info[1]!r}" if record.exc_info and record.exc_info[1] else ""
        return f"  ! {record.getMessage()}{cause[:300]}"
