"""QuickJS: a new context for every request, answers as JSON text, and nothing of a script left for the next one.

The engine's own limits (memory, CPU time) end most scripts gently: their logs are kept and the child stays alive. What
these limits do not reach (a regular expression that backtracks, a native loop), the parent's clock ends.
"""

import importlib.machinery
import importlib.util
import json
from pathlib import Path
from typing import Any


class Engine:
    """Answers requests of kind ``R`` (run: code and variables) and ``C`` (check: code) with the JSON of harness.js.

    If the harness gets no control, the answer is made here: ``{"fault": ..., "logs": [...]}``. The fault is
    ``timeout``, ``memory``, ``stack`` or ``engine``.
    """

    def __init__(self, quickjs: Any, memory_bytes: int, timeout_ms: int) -> None:
        self._quickjs = quickjs
        self._memory_bytes = memory_bytes
        self._seconds = timeout_ms / 1000
        self._harness = Path(__file__).with_name("harness.js").read_text("ascii")
        self._next: tuple[Any, Any] | None = None
        # Whatever the engine loads or opens at first use (time zone, codecs) must be loaded before the lock.
        request = {"code": "return {now: new Date().getHours(), random: Math.random()}", "variables": {}}
        self("R", json.dumps(request))

    def __call__(self, kind: str, text: str) -> str:
        """Answer one request in a new context."""
        # The context must outlive the call. It is freed at the end, when nothing of it is on the stack.
        context, entry = self._next or self._context()
        self._next = None
        try:
            return str(entry("run" if kind == "R" else "check", text))
        except self._quickjs.StackOverflow:
            fault = "stack"
        except self._quickjs.JSException as error:
            # A script cannot choose this text: what it throws is caught inside.
            text = str(error).strip()
            # When all memory is used, no error object can be made, and null is thrown instead.
            out_of_memory = text == "null" or "memory" in text
            fault = "timeout" if "interrupted" in text else "memory" if out_of_memory else "engine"
        try:
            logs = str(entry("logs", ""))
        except self._quickjs.JSException:
            logs = "[]"
        del context
        return f'{{"fault":"{fault}","logs":{logs}}}'

    def rest(self) -> None:
        """Prepare the next context while nobody waits for an answer."""
        if self._next is None:
            self._next = self._context()

    def _context(self) -> tuple[Any, Any]:
        context = self._quickjs.Context()
        context.set_memory_limit(self._memory_bytes)
        context.set_time_limit(self._seconds)
        return context, context.eval(self._harness)


def make(extension: str, memory_bytes: int, timeout_ms: int) -> Engine:
    """Load the engine's extension module from its file (there are no site packages here) and return the engine."""
    loader = importlib.machinery.ExtensionFileLoader("_quickjs", extension)
    spec = importlib.util.spec_from_file_location("_quickjs", extension, loader=loader)
    if spec is None:
        raise ImportError(extension)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return Engine(module, memory_bytes, timeout_ms)
