"""Children come and go; what a caller sees is one outcome a script."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from interactor.core.logic import Failed, ScriptCall, Succeeded
from interactor.sandbox import Sandbox, SandboxError
from interactor.sandbox import sandbox as pool

ECHO = "return {n: input.n};"


def echo(sandbox: Sandbox, n: int = 1) -> int:
    outcome = sandbox.run(ScriptCall(ECHO, {"input": {"n": n}}))
    assert isinstance(outcome, Succeeded), outcome
    return int(outcome.value["n"])


def pids(sandbox: Sandbox) -> set[int]:
    return {child.pid for child in sandbox._idle}


def test_no_child_is_started_before_the_first_script() -> None:
    with Sandbox() as sandbox:
        assert pids(sandbox) == set()
        echo(sandbox)
        assert len(pids(sandbox)) == 1


def test_one_child_serves_script_after_script() -> None:
    with Sandbox() as sandbox:
        echo(sandbox)
        first = pids(sandbox)
        assert [echo(sandbox, n) for n in range(20)] == list(range(20))
        assert pids(sandbox) == first


def test_os_threads_run_scripts_at_the_same_time_and_get_their_own_results() -> None:
    with Sandbox() as sandbox, ThreadPoolExecutor(8) as workers:
        assert list(workers.map(lambda n: echo(sandbox, n), range(200))) == list(range(200))
        assert len(pids(sandbox)) <= pool.MAX_IDLE


def test_a_slow_script_does_not_hold_up_the_others() -> None:
    with Sandbox(timeout_ms=700) as sandbox, ThreadPoolExecutor(1) as workers:
        slow = workers.submit(sandbox.run, ScriptCall("for (;;) {}", {}))
        assert echo(sandbox) == 1
        assert not slow.done()
        outcome = slow.result()
        assert isinstance(outcome, Failed)
        assert outcome.code == "script_timeout"


def test_a_child_outlives_the_os_thread_whose_script_started_it() -> None:
    with Sandbox() as sandbox:
        first = threading.Thread(target=echo, args=(sandbox,))
        first.start()
        first.join()
        started = pids(sandbox)
        assert len(started) == 1
        assert echo(sandbox) == 1
        assert pids(sandbox) == started


def test_a_child_that_died_while_idle_is_replaced() -> None:
    with Sandbox() as sandbox:
        echo(sandbox)
        (child,) = sandbox._idle
        child._process.kill()
        child._process.wait()
        assert echo(sandbox, 7) == 7
        assert pids(sandbox).isdisjoint({child.pid})


def test_a_crash_left_by_an_earlier_script_is_not_the_next_ones_failure() -> None:
    with Sandbox() as sandbox:
        echo(sandbox)
        (child,) = sandbox._idle
        # Stopped, it cannot be seen to be dead; it dies holding the request.
        os.kill(child.pid, signal.SIGSTOP)
        with ThreadPoolExecutor(1) as workers:
            outcome = workers.submit(echo, sandbox, 7)
            wait_until(lambda: not sandbox._idle)
            os.kill(child.pid, signal.SIGKILL)
            assert outcome.result() == 7


def test_a_script_that_crashes_every_child_is_an_error_and_the_next_one_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox() as sandbox:
        real = pool.start
        monkeypatch.setattr(pool, "start", lambda setup: doomed(real(setup)))
        outcome = sandbox.run(ScriptCall(ECHO, {"input": {}}))
        assert isinstance(outcome, Failed)
        assert (outcome.code, outcome.message) == ("script_error", "The script could not be run: it crashed the engine")
        monkeypatch.undo()
        assert echo(sandbox) == 1


def doomed(child: pool.Child) -> pool.Child:
    child._process.kill()
    child._process.wait()
    return child


def test_a_worn_out_child_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "MAX_ANSWERS", 3)
    with Sandbox() as sandbox:
        seen = set()
        for _ in range(9):
            echo(sandbox)
            seen |= pids(sandbox)
        assert len(seen) == 3


def test_overruns_and_restarts_leave_no_descriptor_and_no_process_behind() -> None:
    with Sandbox(timeout_ms=50) as sandbox:
        echo(sandbox)
        before, zombies = open_descriptors(), set()
        for _ in range(3):
            sandbox.run(ScriptCall("[].indexOf.call({length: 2 ** 53 - 1}, 1)", {}))
            echo(sandbox)
            zombies |= pids(sandbox)
        assert open_descriptors() == before
    assert open_descriptors() < before
    assert not any(exists(pid) for pid in zombies)


def open_descriptors() -> int:
    return len(os.listdir("/dev/fd"))


def test_a_closed_sandbox_has_no_children_and_starts_none() -> None:
    sandbox = Sandbox()
    echo(sandbox)
    (pid,) = pids(sandbox)
    sandbox.close()
    assert not exists(pid)
    with pytest.raises(SandboxError, match="closed"):
        sandbox.run(ScriptCall(ECHO, {}))
    sandbox.close()


def test_closing_ends_a_script_that_runs() -> None:
    sandbox = Sandbox()
    with ThreadPoolExecutor(1) as workers:
        running = workers.submit(sandbox.run, ScriptCall("for (;;) {}", {}))
        wait_until(lambda: bool(sandbox._children))
        sandbox.close()
        # Closed before the child was asked, the sandbox refuses; after it, the script crashed.
        try:
            outcome = running.result(timeout=3)
        except SandboxError:
            return
        assert isinstance(outcome, Failed)


def test_a_python_that_is_not_there_is_no_fault_of_the_script() -> None:
    with Sandbox(python="/nowhere/python") as sandbox, pytest.raises(SandboxError, match="could not be started"):
        echo(sandbox)


def test_a_python_that_cannot_run_the_child_is_no_fault_of_the_script() -> None:
    with Sandbox(python="/bin/false") as sandbox, pytest.raises(SandboxError, match="before it was ready"):
        echo(sandbox)


PARENT = """
import os, signal, sys
from threading import Event, Thread
from interactor.sandbox.process import Child
from interactor.sandbox import Sandbox
from interactor.core.logic import ScriptCall
sandbox = Sandbox(timeout_ms=60_000)
sandbox.run(ScriptCall("return {};", {}))
(child,) = sandbox._idle
print(child.pid, flush=True)
if sys.argv[1] == "killed while a script runs":
    # Busy, the child does not see its pipe close.
    asked, receive = Event(), Child._receive
    Child._receive = lambda child, deadline: asked.set() or receive(child, deadline)
    Thread(target=sandbox.run, args=(ScriptCall("[].indexOf.call({length: 2 ** 53 - 1}, 1)", {}),)).start()
    asked.wait()
if sys.argv[1].startswith("killed"):
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("end", ["ended", "killed", "killed while a script runs"])
def test_no_child_outlives_its_parent(end: str) -> None:
    answer = subprocess.run([sys.executable, "-c", PARENT, end], capture_output=True, text=True, check=False)
    pid = int(answer.stdout)
    wait_until(lambda: not exists(pid))


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # An orphan that nobody has waited for yet is dead as well.
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def wait_until(condition: Callable[[], bool], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        os.sched_yield() if hasattr(os, "sched_yield") else None
