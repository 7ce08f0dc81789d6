"""Runs the scripts of workflow definitions: code by strangers, over data of other strangers (spec, Script Execution
Environment; rulings 5, 14 and 31).

What it guards
    - The parent's memory, environment, credentials, files and network. A script runs in QuickJS inside a child process
      that has none of them: its environment is empty, its two pipes are its only descriptors, and the kernel lets it
      get no others (``child.lockdown``). So a script that breaks out of QuickJS finds nothing to steal. The parent is
      not dumpable, so no process of the same user can read its memory.
    - The parent's time. Every exchange has a deadline on the parent's clock. A child that exceeds it is killed.
    - One script from another. Each runs in a context of its own, which is made for it and thrown away. Scripts of two
      accounts never share a child.
    - The engine's data. What a script returns is copied into JSON text by code that uses nothing that a script can
      redefine (``child/harness.js``). Depth, number of values and size are limited, and the parent reads the text
      like any document from outside.

What it does not guard
    - What an author does with the author's own data: a script may encode a secret and return it.
    - The runs after a break-out: whoever controls the native side of a child sees its next requests, until the child
      is replaced (after 500 requests, or its share of CPU time).
    - Side channels: the scripts on one machine share its processor, and can read the clock.
    - Systems other than Linux (macOS has neither seccomp nor prctl): there, only the other limits hold. On Linux a
      child tests its locks first, and if a needed lock does not hold, no script runs (``process.BESIDE_DATA``).

Where time and memory are limited
    Time: QuickJS's own limit (CPU time; the logs are kept), then the parent's deadline 0.5 s later (SIGKILL), then
    RLIMIT_CPU for a child whose parent is gone. Memory: QuickJS's 16 MB, then RLIMIT_AS.

What was tried
    - QuickJS in this process: its time limit does not reach native loops; only a signal does.
    - The package ``quickjs``: it is archived, and crashes when memory is exhausted. ``quickjs-ng`` is its maintained
      successor.
    - A process for each run: 50 ms and more. A warm child answers in one or two.
    - Wrapping the script in an expression: ``}), evil(), (function(){`` leaves it. Instead, the function is declared
      after a ``throw``, so that compiling runs nothing, and its source is compared with what was written.
    - Parameters for ``input`` and the others: then ``const input = ...`` in a script would not parse. They are globals.
    - Starting children in the OS thread of the request: the kernel's death signal comes when that thread ends.

Open first: ``sandbox.py``.
"""

from interactor.sandbox.process import SandboxError
from interactor.sandbox.sandbox import Sandbox, SyntaxProblem

__all__ = ["Sandbox", "SandboxError", "SyntaxProblem"]
