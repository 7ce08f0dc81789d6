"""Native code in the child finds nothing to take (design invariant: user code runs where there is nothing to take).

The child is started and locked as always; only what answers inside is a probe instead of the engine.
"""

import ctypes
import errno
import json
import os
import select
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interactor.sandbox import SandboxError, process
from interactor.sandbox.child.lockdown import ALLOWED_CALLS, filter_program
from interactor.sandbox.process import Child, DiedError, OverranError, Setup, start

NATIVE = str(Path(__file__).parent / "native")
LINUX = sys.platform == "linux"
FILTERED = LINUX and os.uname().machine in ALLOWED_CALLS

linux_only = pytest.mark.skipif(not LINUX, reason="these limits exist on Linux only")
filter_only = pytest.mark.skipif(not FILTERED, reason="no filter of system calls for this processor")


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    child = start(setup())
    yield child
    child.dispose()


def setup() -> Setup:
    return Setup(sys.executable, timeout_ms=2000, memory_bytes=16 * 2**20, evaluator=(NATIVE, "probe"))


def attempt(child: Child, name: str, *arguments: Any, seconds: float = 5) -> Any:
    request = json.dumps({"attempt": name, "arguments": arguments}).encode("ascii")
    return json.loads(child.ask(b"R", request, seconds))


def test_the_environment_is_empty(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    assert attempt(child, "environment") == {"TZ": "UTC"}
    fresh = start(setup())
    try:
        assert attempt(fresh, "environment") == {"TZ": "UTC"}
    finally:
        fresh.dispose()


def test_what_the_parent_hands_over_is_in_no_memory_of_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forgetting a variable leaves its text where the kernel put it, so that it must never get there."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    handed: list[Any] = []

    def refuse(*_: Any, env: Any, **__: Any) -> Any:
        handed.append(env)
        raise OSError("not here")

    monkeypatch.setattr(process.subprocess, "Popen", refuse)
    with pytest.raises(SandboxError):
        Child(setup())
    assert handed[0].keys() <= {"TZ", "LD_LIBRARY_PATH"}


def test_only_its_pipes_are_open_whatever_the_parent_has_open() -> None:
    reading, writing = os.pipe()
    os.set_inheritable(reading, True)
    try:
        child = start(setup())
        try:
            assert attempt(child, "descriptors") == [0, 1, 2]
        finally:
            child.dispose()
    finally:
        os.close(reading)
        os.close(writing)


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "/proc/self/environ",
        "/proc/{parent}/environ",
        "/proc/{parent}/mem",
        "/proc/{parent}/fd/0",
        "/dev/null",
        "/",
        __file__,
        sys.executable,
    ],
)
@pytest.mark.parametrize("way", ["open", "open natively", "list"])
def test_no_file_opens(child: Child, way: str, path: str) -> None:
    met = attempt(child, way, path.format(parent=attempt(child, "parent")))
    assert met in {os.strerror(errno.EMFILE), os.strerror(errno.EPERM)}


@pytest.mark.parametrize("way", ["socket", "unix socket", "socket natively", "pipe", "duplicate", "duplicate by fcntl"])
def test_no_descriptor_is_to_be_had(child: Child, way: str) -> None:
    assert attempt(child, way) in {os.strerror(errno.EMFILE), os.strerror(errno.EPERM), os.strerror(errno.EINVAL)}


def test_a_closed_descriptor_leaves_no_room_for_another() -> None:
    child = start(setup())
    try:
        assert not attempt(child, "close one and open", "/etc/passwd").startswith("reached")
    finally:
        child.dispose()


@filter_only
@pytest.mark.parametrize(
    "way",
    [
        "fork",
        "execute",
        "run a program",
        "signal the parent",
        "trace the parent",
        "read the parent's memory",
        "raise a limit",
    ],
)
def test_the_filter_refuses_what_reaches_other_processes(child: Child, way: str) -> None:
    assert attempt(child, way) == os.strerror(errno.EPERM)


def test_nothing_is_written_or_removed(child: Child, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("here")
    assert not attempt(child, "create", str(tmp_path / "new")).startswith("reached")
    if FILTERED:
        assert attempt(child, "remove", str(kept)) == os.strerror(errno.EPERM)
        assert kept.read_text() == "here"
    assert not (tmp_path / "new").exists()


@linux_only
def test_memory_has_an_end_outside_the_engine_too(child: Child) -> None:
    assert attempt(child, "allocate", 2**20).startswith("reached")
    assert not attempt(child, "allocate", 2**30).startswith("reached")


@linux_only
def test_the_parent_is_not_dumpable_once_a_child_was_started(child: Child) -> None:
    get_dumpable = 3
    assert ctypes.CDLL(None).prctl(get_dumpable, 0, 0, 0, 0) == 0


@linux_only
def test_the_child_is_nobodys_to_trace_and_gains_no_privileges(child: Child) -> None:
    status = Path(f"/proc/{child.pid}/status").read_text()
    assert "NoNewPrivs:\t1" in status
    if FILTERED:
        assert "Seccomp:\t2" in status
    limits = Path(f"/proc/{child.pid}/limits").read_text()
    for name in ("Max open files", "Max file size", "Max core file size", "Max processes"):
        (line,) = (line for line in limits.splitlines() if line.startswith(name))
        assert line[len(name) :].split()[:2] == ["0", "0"], line


def test_native_code_that_does_not_end_is_killed_on_the_parents_clock() -> None:
    child = start(setup())
    with pytest.raises(OverranError):
        attempt(child, "spin", seconds=0.2)
    child.dispose()


def test_native_code_that_crashes_is_noticed() -> None:
    child = start(setup())
    with pytest.raises(DiedError):
        attempt(child, "crash")
    child.dispose()


def test_a_child_that_says_more_than_it_was_asked_is_not_asked_again() -> None:
    child = start(setup())
    try:
        attempt(child, "environment")
        assert child.is_fit(max_answers=10)
        attempt(child, "talk out of turn")
        assert select.select([child._from], [], [], 5)[0]
        assert not child.is_fit(max_answers=10)
    finally:
        child.dispose()


@pytest.mark.parametrize("machine", ALLOWED_CALLS)
def test_the_filter_lets_the_listed_calls_pass_and_no_other(machine: str) -> None:
    """Runs the program as the kernel would, for both processors."""
    architecture, calls = ALLOWED_CALLS[machine]
    passing = {number for number in range(1024) if judge(filter_program(machine), number, architecture)}
    assert passing == set(calls.values())
    assert not judge(filter_program(machine), calls["read"], architecture ^ 1)
    assert not judge(filter_program(machine), calls["read"] | 0x40000000, architecture)


def judge(program: bytes, number: int, architecture: int) -> bool:
    data = {0: number, 4: architecture}
    at = accumulator = 0
    while True:
        code = int.from_bytes(program[8 * at : 8 * at + 2], sys.byteorder)
        if_true, if_false = program[8 * at + 2], program[8 * at + 3]
        operand = int.from_bytes(program[8 * at + 4 : 8 * at + 8], sys.byteorder)
        at += 1
        if code == 0x20:
            accumulator = data[operand]
        elif code == 0x15:
            at += if_true if accumulator == operand else if_false
        else:
            assert code == 0x06
            assert operand in {0x7FFF0000, 0x00050000 | errno.EPERM}
            return operand == 0x7FFF0000
