"""``python -m local`` (``make serve``): serve the template until SIGINT or SIGTERM."""

import logging
import os
import signal
import sys
import threading
from types import FrameType
from typing import TextIO

from local import console, settings
from local.run import LocalRun

_CHECK_SECONDS = 0.5
_LAST_SECONDS = 2.0


class _StopDuringStartError(BaseException):
    """A signal before the run was ready; no ``except Exception`` on the way may take it."""


class _Signals:
    """SIGINT and SIGTERM end the run; while it still starts, they interrupt the start."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.starting = True
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._received)

    def _received(self, _number: int, _frame: FrameType | None) -> None:
        first = not self.stop.is_set()
        self.stop.set()
        if self.starting and first:
            raise _StopDuringStartError


def main() -> int:
    """Serve. Returns 0 after a requested stop, 1 when the run could not start or its AWS went away."""
    signals = _Signals()
    try:
        wanted = settings.from_environment()
        screen = console.take_over(wanted.log)
    except settings.LocalRunError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except _StopDuringStartError:
        return 0
    _end_with_the_launcher()
    run = LocalRun(wanted, lambda line: print(line, file=screen, flush=True))
    code, started = 0, False
    try:
        run.start()
        started = True
        signals.starting = False
        _welcome(run, wanted, screen)
        while not signals.stop.wait(_CHECK_SECONDS):
            if not run.healthy():
                print("error: the embedded AWS has ended by itself; see its log.", file=screen)
                code = 1
                break
    except settings.LocalRunError as error:
        print(f"error: {error}", file=screen)
        code = 1
    except _StopDuringStartError:
        pass
    except Exception as error:
        logging.getLogger("local").exception("the local run failed")
        print(f"error: {error!r}; see {wanted.log}", file=screen)
        code = 1
    signals.starting = False
    if started:
        print("stopping ...", file=screen)
    if not run.stop() and started:
        print("note: something was still running and was left; it goes on at the next start.", file=screen)
    if started:
        print("stopped", file=screen)
    _leave_soon(code)
    return code


def _welcome(run: LocalRun, wanted: settings.Settings, screen: TextIO) -> None:
    for client in run.seed.clients[:1]:
        print(f"client    {client.client_id} / {client.client_secret} (account {client.account})", file=screen)
    print(f"logs      {os.path.relpath(wanted.log)}", file=screen)
    print("stop      Ctrl-C", file=screen)
    print(f"ready {run.url}", file=screen, flush=True)


def _end_with_the_launcher() -> None:
    """A launcher that crashed cannot stop the run it launched: its end of the pipe closes instead."""

    def watch() -> None:
        # Not sys.stdin: an OS thread that holds its lock while the interpreter ends aborts the process.
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    if os.environ.get(settings.LEASH):
        threading.Thread(target=watch, name="launcher", daemon=True).start()


def _leave_soon(code: int) -> None:
    """End the process even if an OS thread of a function does not."""
    last = threading.Timer(_LAST_SECONDS, os._exit, (code,))
    last.daemon = True
    last.start()


if __name__ == "__main__":
    sys.exit(main())
