"""Serving until a signal: from the settings to the last line on the console."""

import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TextIO

from local import console, settings
from local.ministack import Lock
from local.run import LocalRun
from local.signals import Signals, StopDuringStartError

_CHECK_SECONDS = 0.5
_LAST_SECONDS = 2.0


def serve(signals: Signals) -> int:
    """Serve. Returns 0 after a requested stop, 1 when the run could not start or its AWS went away."""
    try:
        wanted = settings.from_environment()
        # Before anything in the folder is touched: the log and the state belong to the run that holds it.
        lock = Lock(wanted.directory)
        screen = console.take_over(wanted.log)
    except settings.LocalRunError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    _end_with_the_launcher()
    run = LocalRun(wanted, lock, lambda line: print(line, file=screen, flush=True))
    code, started = 0, False
    try:
        run.start()
        started = True
        signals.started()
        _welcome(run, wanted, screen)
        while not signals.stop.wait(_CHECK_SECONDS):
            if not run.healthy():
                print("error: the embedded AWS has ended by itself; see its log.", file=screen)
                code = 1
                break
    except settings.LocalRunError as error:
        print(f"error: {error}", file=screen)
        code = 1
    except StopDuringStartError:
        pass
    except Exception as error:
        logging.getLogger("local").exception("the local run failed")
        print(f"error: {error!r}; see {wanted.log}", file=screen)
        code = 1
    signals.started()
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
    here = Path.cwd()
    log = Path(wanted.log).resolve()
    print(f"logs      {log.relative_to(here) if log.is_relative_to(here) else log}", file=screen)
    if run.outbox is not None:
        print(f"mails     {run.outbox}", file=screen)
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
