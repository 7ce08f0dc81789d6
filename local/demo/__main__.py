"""Start a local run, play the purchase on it, say how it went, and leave nothing behind."""

import argparse
import base64
import os
import secrets
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import FrameType

from local import seed
from local.demo import judge, plan, receiver, story
from local.demo.api import Api, RefusedError
from local.demo.judge import Seen
from local.demo.plan import Plan
from local.demo.screen import Screen
from local.launch import LaunchedRun, start_local_run
from local.settings import ROOT, LocalRunError

# What a person has set for a local run of their own is not for this one. An empty value is the default.
_UNSET = (
    "AWS_ENDPOINT_URL",
    "INTERACTOR_LOCAL_TEMPLATE",
    "INTERACTOR_LOCAL_SEED",
    "INTERACTOR_LOCAL_STACK",
    "ClockSeconds",
    "FRESH",
)
_OWN = {**dict.fromkeys(_UNSET, ""), "OutboundAllowLoopback": "true"}
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LOG_LINES, _LOG_COLUMNS = 5, 300


class _InterruptedError(BaseException):
    """A signal; no ``except Exception`` on the way may take it."""

    def __init__(self, number: int) -> None:
        self.number = number


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 when everything happened, 1 when not, 128 + N after signal N."""
    options = _options(arguments)
    screen = Screen(sys.stdout)
    for number in _SIGNALS:
        signal.signal(number, _interrupt)
    try:
        return _demo(options, screen)
    except _InterruptedError as interruption:
        screen.line("\ninterrupted; everything that was started is stopped")
        return 128 + interruption.number
    except BrokenPipeError:
        # Whoever read along has left; the interpreter flushes once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (LocalRunError, OSError) as error:
        screen.line(f"\nThe demo could not run: {error}", "red")
        return 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.demo", description="Run the purchase approval and watch it.")
    parser.add_argument(
        "--amount",
        type=int,
        default=15_000,
        help="dollars: up to 1000 nobody is asked, up to 10000 the manager, above also the vice president "
        "(default %(default)s)",
    )
    parser.add_argument("--reject", action="store_true", help="the manager says no")
    parser.add_argument("--keep", action="store_true", help="leave the API running until Ctrl-C, and say what to try")
    options = parser.parse_args(arguments)
    try:
        options.plan = plan.make(options.amount, rejected=options.reject)
    except ValueError as error:
        parser.error(str(error))
    return options


def _demo(options: argparse.Namespace, screen: Screen) -> int:
    seen = Seen()
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    screen.line("Purchase approval: a workflow for people and programs, from definition to completion", "bold")
    screen.progress("  starting a local run of its own, with an embedded AWS ... ")
    began = time.monotonic()
    with (
        _local_run() as run,
        receiver.Receiver(secret, seen, lambda arrival: story.tell_arrival(screen, arrival)) as application,
    ):
        ready = time.monotonic()
        screen.line(f"ready in {ready - began:.1f} s")
        screen.line(f"  the API is {run.url}, the application it calls {application.url}")
        screen.line()
        screen.start_clock()
        play = story.Story(options.plan, Api(run.url), application, seen, screen)
        client = seed.read(ROOT / "local" / "seed.json").clients[0]
        failures = _play(play, client, secret, options.plan, seen)
        took = time.monotonic() - ready
        if seen.instance:
            play.show_history()
        _conclude(screen, options.plan, seen, failures, took, ready - began)
        if failures:
            _show_log(screen, run)
        if options.keep and seen.instance:
            _keep(screen, run, client, str(seen.instance["id"]))
    return 1 if failures else 0


def _play(play: story.Story, client: seed.SeedClient, secret: str, planned: Plan, seen: Seen) -> list[str]:
    """Run the story to its end or to where it breaks off; what is missing then."""
    broken = []
    try:
        play.prepare(client, secret)
        play.play()
    except story.BrokenOffError:
        pass
    except RefusedError as error:
        broken.append(str(error))
    if broken or judge.missing(planned, seen):
        try:
            play.look()
        except RefusedError as error:
            broken.append(str(error))
    return broken + judge.missing(planned, seen)


def _conclude(screen: Screen, planned: Plan, seen: Seen, failures: list[str], took: float, start: float) -> None:
    screen.line()
    if failures:
        screen.line("✗ not everything happened:", "red")
        for each in failures:
            screen.line(f"  - {each}")
        return
    webhooks = judge.arrived(seen.webhooks)
    size = sum(each.size for each in webhooks)
    screen.line("  " + " → ".join(planned.states))
    status = seen.instance["workflow_data"]["status"]
    delivered = f"{len(webhooks)} webhooks ({size:,} bytes, every signature verified)"
    screen.line(f"✓ {status}: {len(planned.states)} states, {delivered}, {took:.1f} s + {start:.1f} s start", "green")


def _show_log(screen: Screen, run: LaunchedRun) -> None:
    """The last errors of the functions: the log goes with the run's folder."""
    lines = run.log.read_text(errors="replace").splitlines() if run.log.exists() else []
    errors = [line for line in lines if "ERROR" in line][-_LOG_LINES:]
    if errors:
        screen.line("  the last errors in its log:")
    for line in errors:
        screen.line(f"    {line[:_LOG_COLUMNS]}", "dim")


def _keep(screen: Screen, run: LaunchedRun, client: seed.SeedClient, instance_id: str) -> None:
    """Leave everything up until a signal. Webhooks that come meanwhile are printed as before."""
    login = f"-d client_id={client.client_id} -d client_secret={client.client_secret}"
    begin = '{"input": {"id": "PO-2", "amount": 5500, "requester": "you@example.com", "description": "Desk"}}'
    screen.line()
    screen.line("It stays up until Ctrl-C. In another shell:", "bold")
    for text in (
        f"API={run.url}",
        f"TOKEN=$(curl -s $API/oauth/token -d grant_type=client_credentials {login} \\",
        '  | sed \'s/.*"access_token":"\\([^"]*\\).*/\\1/\')',
        'call() { curl -s -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" "$@"; echo; }',
        f"call $API/workflows/instances/{instance_id}",
        f"call $API/workflows/purchase_approval/instances -H 'X-Namespace: {plan.NAMESPACE}' \\",
        f"  -d '{begin}'",
        'call "$API/workflows/instances?status=halted"',
        "call $API/workflows/instances/INSTANCE_ID",
        "call $API/workflows/instances/INSTANCE_ID/resume \\",
        '  -d \'{"halt_id": "HALT_ID", "input": {"approved": true}}\'',
    ):
        screen.line(text)
    screen.line()
    try:
        threading.Event().wait()
    except _InterruptedError:
        screen.line("\nstopping ...")


@contextmanager
def _local_run() -> Iterator[LaunchedRun]:
    """A local run that is stopped in any case; a signal during its start waits until it can be stopped whole."""
    runs: list[LaunchedRun] = []
    pool = ThreadPoolExecutor(1, "start")
    try:
        pool.submit(lambda: runs.append(start_local_run(_OWN))).result()
        yield runs[0]
    finally:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        pool.shutdown()
        for run in runs:
            run.stop()


def _interrupt(number: int, _frame: FrameType | None) -> None:
    raise _InterruptedError(number)


if __name__ == "__main__":
    sys.exit(main())
