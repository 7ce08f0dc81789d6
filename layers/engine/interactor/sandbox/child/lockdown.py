"""What the child gives up before it gets any user's code. The kernel enforces each of these, whatever runs here.

    Descriptors: RLIMIT_NOFILE 0, so no call can open anything, even after others are closed.
    Processes:   RLIMIT_NPROC 0 (not for root), and no_new_privs.
    Memory, CPU: RLIMIT_AS and RLIMIT_CPU (over the child's whole life: the parent replaces it long before).
    Files:       RLIMIT_FSIZE and RLIMIT_CORE 0.
    Calls:       a seccomp filter that allows reading, writing, memory, time and exiting. All other calls get EPERM,
                 for example open, socket, execve, clone, kill, ptrace and process_vm_readv.
    Life:        the child dies with the OS thread of the parent that started it, and cannot be traced or dumped.

A system may not have such a limit (no prctl outside Linux, no filter on other processors), or may forbid one (an outer
filter). Then the child reports this before it takes a request, and the parent decides (``Setup.needed``). The child
finds out whether a lock holds by trying what the lock forbids, not by the result of the call that set it.
"""

import contextlib
import errno
import os
import resource
import signal
import struct
import sys

from .prctl import (
    PR_GET_DUMPABLE,
    PR_GET_NO_NEW_PRIVS,
    PR_SET_DUMPABLE,
    PR_SET_NO_NEW_PRIVS,
    PR_SET_PDEATHSIG,
    ask,
    prctl,
    set_filter,
)

ROOM_BYTES = 128 * 2**20
"""Address space beyond what the loaded child has and the engine may take: for frames and their decoding."""

# By processor: its AUDIT_ARCH number, and the numbers of the calls that stay allowed. fmt: off
ALLOWED_CALLS: dict[str, tuple[int, dict[str, int]]] = {
    "x86_64": (
        0xC000003E,
        {
            "read": 0,
            "write": 1,
            "mmap": 9,
            "mprotect": 10,
            "munmap": 11,
            "brk": 12,
            "rt_sigaction": 13,
            "rt_sigprocmask": 14,
            "rt_sigreturn": 15,
            "sched_yield": 24,
            "mremap": 25,
            "madvise": 28,
            "getpid": 39,
            "exit": 60,
            "gettimeofday": 96,
            "sigaltstack": 131,
            "gettid": 186,
            "time": 201,
            "futex": 202,
            "restart_syscall": 219,
            "clock_gettime": 228,
            "exit_group": 231,
            "getrandom": 318,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "read": 63,
            "write": 64,
            "exit": 93,
            "exit_group": 94,
            "futex": 98,
            "clock_gettime": 113,
            "sched_yield": 124,
            "restart_syscall": 128,
            "sigaltstack": 132,
            "rt_sigaction": 134,
            "rt_sigprocmask": 135,
            "rt_sigreturn": 139,
            "gettimeofday": 169,
            "getpid": 172,
            "gettid": 178,
            "brk": 214,
            "munmap": 215,
            "mremap": 216,
            "mmap": 222,
            "mprotect": 226,
            "madvise": 233,
            "getrandom": 278,
        },
    ),
}
# fmt: on


PARENT, PRIVILEGES, DUMPABLE, DESCRIPTORS, FILTER = "parent", "privileges", "dumpable", "descriptors", "filter"
"""The names of the locks: the child cannot read the parent's memory; it gains no privileges; nobody may trace or dump
it; it opens nothing; and it makes only the system calls in the list.
"""


def lock(cpu_seconds: int, memory_bytes: int) -> list[str]:
    """Give up everything that the loop does not need, and return the locks that hold.

    Nothing can be imported afterwards.
    """
    for name in list(os.environ):
        if name != "TZ":
            del os.environ[name]
    parent = os.getppid()
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)
    prctl(PR_SET_DUMPABLE, 0)
    closed = _is_refused(f"/proc/{parent}/mem")
    _limit_resources(cpu_seconds, memory_bytes)
    # An unprivileged process may install a filter only after it can gain no more privileges.
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    found = {
        PARENT: closed,
        PRIVILEGES: ask(PR_GET_NO_NEW_PRIVS) == 1,
        DUMPABLE: ask(PR_GET_DUMPABLE) == 0,
        DESCRIPTORS: _is_refused("/dev/null"),
    }
    if found[PRIVILEGES] and os.uname().machine in ALLOWED_CALLS and sys.maxsize > 2**32:
        set_filter(filter_program(os.uname().machine))
    # The filter does not allow this call, and nothing else would refuse it.
    found[FILTER] = os.getppid() != parent
    return [name for name, holds in found.items() if holds]


def _is_refused(path: str) -> bool:
    """Whether a file that exists cannot be opened. It is not read."""
    try:
        os.close(os.open(path, os.O_RDONLY))
    except OSError as error:
        return error.errno != errno.ENOENT
    return False


def _limit_resources(cpu_seconds: int, memory_bytes: int) -> None:
    for name, value in (
        ("RLIMIT_AS", _address_space() + memory_bytes + ROOM_BYTES),
        ("RLIMIT_CPU", cpu_seconds),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_NPROC", 0),
        ("RLIMIT_NOFILE", 0),
    ):
        with contextlib.suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, name), (value, value))


def _address_space() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 2**30


def filter_program(machine: str) -> bytes:
    """Return the BPF program for seccomp: the listed calls of this processor pass, all others get EPERM."""
    architecture, calls = ALLOWED_CALLS[machine]
    load, jump_if_equal, answer = 0x20, 0x15, 0x06
    allow, refuse = 0x7FFF0000, 0x00050000 | errno.EPERM
    numbers = sorted(calls.values())
    program = [
        (load, 0, 0, 4),  # seccomp_data.arch: another calling convention has other numbers
        (jump_if_equal, 0, len(numbers) + 1, architecture),
        (load, 0, 0, 0),  # seccomp_data.nr
        *((jump_if_equal, len(numbers) - index, 0, number) for index, number in enumerate(numbers)),
        (answer, 0, 0, refuse),
        (answer, 0, 0, allow),
    ]
    return b"".join(struct.pack("@HBBI", *instruction) for instruction in program)
