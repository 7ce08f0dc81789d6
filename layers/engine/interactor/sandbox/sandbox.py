"""The pool of children, and the translation of their answers into outcomes."""

import json
import sys
import threading
import time
import weakref
from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import TracebackType

from interactor.core import jsons
from interactor.core.jsons import Json, JsonError, JsonObject
from interactor.core.logic import Failed, Outcome, ScriptCall, Succeeded
from interactor.logs import logger
from interactor.sandbox.child.serve import REQUEST_BYTES
from interactor.sandbox.exact import Carried, CarryError, carry
from interactor.sandbox.process import (
    Child,
    DiedError,
    LockError,
    Needed,
    OverranError,
    SandboxError,
    Setup,
    start,
)

MAX_IDLE = 4
"""Children that are kept warm. If more OS threads run scripts at once, more are started but not kept."""

MAX_ANSWERS = 500
"""Requests after which a child is replaced."""

GRACE_SECONDS = 0.5
"""Added to the engine's own time limit, which ends a script with its logs kept and the child alive."""

LOG_BYTES = 8 * 2**10
_PARSED = "#"
"""In place of an account: children that only parse scripts, and never get a value."""
LOGS_CUT = "… (logs cut at 8 KB)"
RESULT_BYTES = 2**20

CRASHED = "The script could not be run: it crashed the engine"


@dataclass(frozen=True)
class SyntaxProblem:
    """Why a script does not parse: a sentence with the line in it, and the line (from 1) if it is known."""

    message: str
    line: int | None


class Sandbox:
    """Runs scripts in child processes. One for the life of a process; any OS thread may use it at any time.

    ``timeout_ms`` and ``memory_bytes`` apply to each script (spec, Script Execution Environment: 5 s, 16 MB). A child
    runs the scripts of one account only, so what one script leaves behind meets no other account's script.
    """

    def __init__(
        self,
        timeout_ms: int = 5_000,
        memory_bytes: int = 16 * 2**20,
        python: str = sys.executable,
        needed: Needed | None = None,
    ) -> None:
        setup = Setup(python, timeout_ms, memory_bytes)
        self._setup = setup if needed is None else replace(setup, needed=needed)
        self._lock = threading.Lock()
        self._idle: list[Child] = []
        self._children: set[Child] = set()
        self._closed = False
        # This also runs at interpreter exit.
        self._finalizer = weakref.finalize(self, _kill, self._children)

    def run(self, call: ScriptCall) -> Outcome:
        """Run one script to its end.

        Succeeded has the returned object (None: it returned nothing, ruling 5) and the console's lines, cut at 8 KB
        (ruling 14). Failed is ``script_error``, ``script_timeout``, or ``script_unavailable`` if a needed lock does not
        hold. A script that crashes the engine is run once more in a new child, because an earlier script may have
        caused the crash.

        Raises:
            SandboxError: no child can be started, or the sandbox is closed. Never for anything that a script does.
        """
        request = _encode({"code": call.code, "variables": call.variables})
        try:
            carried = carry(call.code, call.variables, request)
        except CarryError as error:
            return Failed("script_error", str(error))
        if carried.table:
            request = _encode({"code": call.code, "variables": carried.variables, "exact": carried.table})
        if len(request) >= REQUEST_BYTES:
            return Failed("script_error", f"The script and its variables are over {REQUEST_BYTES >> 20} MB")
        started = time.monotonic()
        try:
            answer, seconds = self._ask(call.tenant, b"R", request)
        except LockError as error:
            logger.error("scripts are not run", extra={"because": str(error)})
            return Failed("script_unavailable", str(error))
        except OverranError:
            return Failed("script_timeout", self._too_long(), duration_ms=_milliseconds(time.monotonic() - started))
        except DiedError:
            return Failed("script_error", CRASHED, duration_ms=_milliseconds(time.monotonic() - started))
        return self._outcome(answer, carried, _milliseconds(seconds))

    def check(self, code: str) -> SyntaxProblem | None:
        """Parse a script; nothing of it runs. Return None if it parses.

        Raises:
            SandboxError: as for ``run``.
        """
        request = _encode({"code": code})
        if len(request) >= REQUEST_BYTES:
            return SyntaxProblem(f"the script is over {REQUEST_BYTES >> 20} MB", None)
        try:
            reply = json.loads(self._ask(_PARSED, b"C", request)[0])
        except OverranError:
            return SyntaxProblem(f"the script takes longer than {self._setup.timeout_ms / 1000:g} s to parse", None)
        except (DiedError, ValueError):
            return SyntaxProblem("the script cannot be parsed: it crashed the engine", None)
        match reply:
            case {"problem": None}:
                return None
            case {"problem": str(problem), "line": int() | None as line}:
                return SyntaxProblem(problem, line)
            case _:
                return SyntaxProblem("the script cannot be parsed: it is nested too deep or too large", None)

    def close(self) -> None:
        """Kill all children. Scripts that still run end as crashed; later calls raise SandboxError."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for child in idle:
            self._end(child)
        # This kills busy children too; the code that uses one closes its pipes.
        self._finalizer()

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, tenant: str, kind: bytes, request: bytes) -> tuple[bytes, float]:
        """Return the answer, and the seconds that it took."""
        limit = self._setup.timeout_ms / 1000 + GRACE_SECONDS
        for attempt in (1, 2):
            child = self._take(tenant)
            answered = False
            started = time.monotonic()
            try:
                answer = child.ask(kind, request, limit)
                answered = True
                return answer, time.monotonic() - started
            except DiedError:
                if attempt == 2 or self._closed:
                    raise
            finally:
                self._give_back(child, answered)
        raise DiedError

    def _take(self, tenant: str) -> Child:
        while True:
            with self._lock:
                if self._closed:
                    raise SandboxError("the sandbox is closed")
                child = next((each for each in reversed(self._idle) if each.tenant == tenant), None)
                if child is not None:
                    self._idle.remove(child)
            if child is None:
                break
            if child.is_fit(MAX_ANSWERS):
                return child
            self._end(child)
        child = start(self._setup)
        child.tenant = tenant
        self._adopt(child)
        return child

    def _adopt(self, child: Child) -> None:
        with self._lock:
            if not self._closed:
                self._children.add(child)
                return
        child.dispose()
        raise SandboxError("the sandbox is closed")

    def _give_back(self, child: Child, answered: bool) -> None:
        if not answered:
            self._end(child)
            return
        with self._lock:
            # The child that was used last stays: the account that ran a script runs the next one soon.
            idle = [*self._idle, child] if not self._closed else []
            self._idle, ends = idle[-MAX_IDLE:], idle[:-MAX_IDLE] if idle else [child]
        for each in ends:
            self._end(each)

    def _end(self, child: Child) -> None:
        child.dispose()
        with self._lock:
            self._children.discard(child)

    def _outcome(self, answer: bytes, carried: Carried, duration_ms: int) -> Outcome:
        try:
            # One more level, for the answer around the value.
            reply = jsons.loads(answer, max_depth=jsons.MAX_DEPTH + 1)
        except JsonError as error:
            return Failed("script_error", f"The script's result cannot be stored: {error}", duration_ms=duration_ms)
        logs = _logs(reply, carried)
        if duration_ms >= self._setup.timeout_ms:
            return Failed("script_timeout", self._too_long(), logs, duration_ms)
        match reply:
            case {"value": dict() | None as value}:
                if len(answer) > RESULT_BYTES and jsons.size(value) > RESULT_BYTES:
                    return Failed("script_error", "The script's result is over 1 MB", logs, duration_ms)
                refusal = carried.refusal(value)
                if refusal is not None:
                    return Failed("script_error", refusal, logs, duration_ms)
                return Succeeded(value, logs, duration_ms)
            case {"error": "InternalError: out of memory"} | {"fault": "memory"}:
                limit = f"{self._setup.memory_bytes / 2**20:g} MB"
                return Failed("script_error", f"The script used more than {limit} of memory", logs, duration_ms)
            case {"error": str(message)}:
                return Failed("script_error", carried.put_right(message), logs, duration_ms)
            case {"fault": "timeout"}:
                return Failed("script_timeout", self._too_long(), logs, duration_ms)
            case {"fault": "stack"}:
                return Failed("script_error", "RangeError: Maximum call stack size exceeded", logs, duration_ms)
            case _:
                return Failed("script_error", CRASHED, logs, duration_ms)

    def _too_long(self) -> str:
        return f"The script ran longer than {self._setup.timeout_ms / 1000:g} s"


def _encode(request: JsonObject) -> bytes:
    # ASCII, so that an unpaired surrogate or a NUL is an escape, and not a text that the engine's binding may fail on.
    return json.dumps(request, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")


def _logs(reply: Json, carried: Carried) -> tuple[str, ...]:
    lines = reply.get("logs") if isinstance(reply, dict) else None
    kept: list[str] = []
    room = LOG_BYTES
    for line in lines if isinstance(lines, list) else []:
        line = carried.put_right(str(line))
        data = line.encode("utf-8")
        if len(data) + 1 > room:
            part = data[:room].decode("utf-8", "ignore")
            return (*kept, *([part] if part else []), LOGS_CUT)
        kept.append(line)
        room -= len(data) + 1
    return tuple(kept)


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def _kill(children: Iterable[Child]) -> None:
    for child in list(children):
        child.kill()
