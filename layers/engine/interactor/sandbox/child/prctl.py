"""The prctl(2) call, for parent and child. Outside Linux it does nothing and returns False."""

import ctypes
import struct
import sys

PR_SET_PDEATHSIG = 1
PR_GET_DUMPABLE = 3
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38
PR_GET_NO_NEW_PRIVS = 39
SECCOMP_MODE_FILTER = 2


def prctl(option: int, argument: int, pointer: int = 0) -> bool:
    """Make one call; return True if the kernel accepted it."""
    return ask(option, argument, pointer) == 0


def ask(option: int, argument: int = 0, pointer: int = 0) -> int:
    """Make one call and return its result: a negative number if it was refused."""
    if sys.platform != "linux":
        return -1
    function = ctypes.CDLL(None).prctl
    function.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    return int(function(option, argument, pointer, 0, 0))


def set_filter(program: bytes) -> bool:
    """Install a seccomp filter (8 bytes per instruction) for this OS thread and all that it starts."""
    instructions = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog { unsigned short len; struct sock_filter *filter; }
    header = ctypes.create_string_buffer(struct.pack("@HP", len(program) // 8, ctypes.addressof(instructions)))
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(header))
