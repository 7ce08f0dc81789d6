"""A lock that does not hold closes the place: no script is run beside what it could take (invariant 7)."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from interactor.core.logic import Failed, ScriptCall, Succeeded
from interactor.sandbox import Sandbox
from interactor.sandbox.child.lockdown import ALLOWED_CALLS
from interactor.sandbox.process import BESIDE_NOTHING, LockError, Needed, Setup, start

NATIVE = str(Path(__file__).parent / "native")
LINUX = sys.platform == "linux"
FILTERED = LINUX and os.uname().machine in ALLOWED_CALLS
filter_only = pytest.mark.skipif(not FILTERED, reason="no filter of system calls for this processor")

DENIED = {"x86_64": (157, 317), "aarch64": (167, 277)}
"""The numbers of prctl and seccomp."""

DENYING = """
import ctypes, json, struct, sys
denied = json.loads(sys.argv[1])
load, equal, answer = 0x20, 0x15, 0x06
program = [(load, 0, 0, 0), *((equal, len(denied) - n, 0, number) for n, number in enumerate(denied))]
program += [(answer, 0, 0, 0x7FFF0000), (answer, 0, 0, 0x00050001)]
code = b"".join(struct.pack("@HBBI", *each) for each in program)
text = ctypes.create_string_buffer(code, len(code))
header = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(text)))
call = ctypes.CDLL(None, use_errno=True).prctl
call.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
assert call(38, 1, 0, 0, 0) == 0
assert call(22, 2, ctypes.addressof(header), 0, 0) == 0
assert call(4, 0, 0, 0, 0) == -1, "prctl is denied from here on"
from interactor.core.logic import ScriptCall
from interactor.sandbox import Sandbox
from interactor.sandbox.process import BESIDE_NOTHING
for needed in (None, BESIDE_NOTHING):
    with Sandbox(needed=needed) as sandbox:
        outcome = sandbox.run(ScriptCall("return {ran: true}", {}))
        print(json.dumps([type(outcome).__name__, getattr(outcome, "code", None)]))
"""
"""A process in which the kernel refuses both calls, as a platform's own sandbox may."""


@filter_only
def test_the_locks_of_a_child_are_those_it_has_tried() -> None:
    child = start(Setup(sys.executable, 2000, 16 * 2**20))
    try:
        assert child.locks >= {"filter", "privileges", "descriptors", "dumpable"}
        # To root no memory is closed, so that the other locks must hold.
        assert ("parent" in child.locks) == (os.geteuid() != 0)
    finally:
        child.dispose()


@filter_only
def test_where_the_kernel_refuses_the_locks_no_script_is_run() -> None:
    """Found in a review: the child went on without them in silence, and its native code read the parent's memory."""
    command = [sys.executable, "-c", DENYING, json.dumps(DENIED[os.uname().machine])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    beside_data, beside_nothing = told
    assert beside_data == ["Failed", "script_unavailable"]
    # Beside nothing it is enough that the parent's memory is closed, which root's never is.
    assert beside_nothing == ["Failed", "script_unavailable"] or os.geteuid() != 0


@pytest.mark.parametrize(
    ("needed", "missing"),
    [
        ((frozenset({"filter"}),), "filter"),
        ((frozenset({"filter", "parent"}), frozenset({"descriptors"})), "filter or parent"),
        ((frozenset({"descriptors"}), frozenset({"dumpable"})), "dumpable"),
    ],
)
def test_what_is_needed_and_missing_is_named(needed: Needed, missing: str) -> None:
    setup = Setup(sys.executable, 2000, 16 * 2**20, (NATIVE, "unlocked"), needed)
    with pytest.raises(LockError, match=f"do not hold: {missing}$"):
        start(setup)


def test_where_all_that_is_needed_holds_it_starts() -> None:
    start(Setup(sys.executable, 2000, 16 * 2**20, (NATIVE, "unlocked"), (frozenset({"descriptors"}),))).dispose()


def test_beside_nothing_less_is_needed() -> None:
    with Sandbox(needed=BESIDE_NOTHING if LINUX else ()) as sandbox:
        assert sandbox.run(ScriptCall("return {ran: true}", {})) == Succeeded(
            {"ran": True}, (), pytest.approx(0, abs=5000)
        )


def test_scripts_of_two_tenants_never_share_a_child() -> None:
    """What native code leaves in a child meets its own tenant's scripts only."""
    with Sandbox() as sandbox:
        seen: dict[str, set[int]] = {}
        for tenant in ("one", "two", "one", "three", "two", "four", "five", "six", "one"):
            outcome = sandbox.run(ScriptCall("return {}", {}, tenant))
            assert not isinstance(outcome, Failed)
            assert {child.tenant for child in sandbox._idle} >= {tenant}
            seen.setdefault(tenant, set()).update(child.pid for child in sandbox._idle if child.tenant == tenant)
        pids = [pid for each in seen.values() for pid in each]
        assert len(pids) == len(set(pids))
        assert len(sandbox._idle) <= 4
