"""Runs the scripts of workflow definitions: code by strangers, over data of other strangers (spec, Script Execution
Environment; rulings 5, 14 and 31).

What it guards
    - The parent's memory, environment, credentials, files and network. A script runs in QuickJS inside a child process
      that has none of them: empty environment, no descriptor but its two pipes, and by the kernel's word no way to get
      another (``child.lockdown``). So a script that breaks out of QuickJS finds nothing to take. The parent is not
      dumpable, so that no process of the same user reads its memory.
    - The parent's time. Every exchange has a deadline on the parent's clock; a child that passes it is killed.
    - One script from another. Each runs in a context of its own, made for it and thrown away; scripts of two accounts
      never share a child.
    - The engine's data. What a script returns is copied into JSON text by code that uses nothing a script can redefine
      (``child/harness.js``), bounded in depth, values and size, and read by the parent as any outside document is.

What it does not guard
    - What an author does with what is theirs: a script may encode a secret and return it.
    - The runs after a break-out: who owns the native side of a child sees what that child is asked next, until it is
      replaced (500 requests, or its share of CPU time).
    - Side channels: scripts of one machine share its processor, and can read the clock.
    - Outside Linux (macOS has neither seccomp nor prctl) the limits that exist stand alone. On Linux a child tries its
      locks first, and where one that is needed does not hold no script is run (``process.BESIDE_DATA``).

Where time and memory are capped
    Time: QuickJS's own limit (CPU time, keeps the logs), then the parent's deadline 0.5 s later (SIGKILL), then
    RLIMIT_CPU for a child whose parent is gone. Memory: QuickJS's 16 MB, then RLIMIT_AS.

What was tried
    - QuickJS in this process: its time limit does not reach native loops, and nothing but a signal does.
    - The package ``quickjs``: archived, and it crashes when memory ends. ``quickjs-ng`` is its maintained successor.
    - A process for each run: 50 ms and more. A warm child answers in one or two.
    - Wrapping the script in an expression: ``}), evil(), (function(){`` leaves it. The function is declared after a
      ``throw`` instead, so that compiling runs nothing, and its source is compared with what was written.
    - Parameters for ``input`` and the others: ``const input = ...`` in a script would then not parse. They are globals.
    - Starting children in the OS thread of the request: the kernel's death signal comes when that thread ends.

Open first: ``sandbox.py``.
"""

from interactor.sandbox.process import SandboxError
from interactor.sandbox.sandbox import Sandbox, SyntaxProblem

__all__ = ["Sandbox", "SandboxError", "SyntaxProblem"]
