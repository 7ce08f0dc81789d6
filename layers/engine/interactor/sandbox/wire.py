"""Payloads to and from the function that runs scripts: each is a JSON text inside Lambda's own JSON.

Lambda's runtime reads and writes the outer JSON as Python's library does, which does not keep every number (ruling 31).
A text inside it stays unchanged.
"""

import json
from typing import Any, Protocol

from interactor.core import jsons
from interactor.core.jsons import Json, JsonObject
from interactor.core.logic import Failed, Outcome, ScriptCall, Succeeded
from interactor.sandbox.sandbox import SyntaxProblem

PAYLOAD_BYTES = 6 * 2**20 - 1024
"""Lambda accepts and returns 6 MB for a call whose answer is waited for."""
_AROUND = 3
"""Levels of nesting around a script's variables and its value."""


class Scripts(Protocol):
    """Runs scripts and parses them."""

    def run(self, call: ScriptCall) -> Outcome:
        """As ``Sandbox.run``."""

    def check(self, code: str) -> SyntaxProblem | None:
        """As ``Sandbox.check``."""


def to_run(call: ScriptCall) -> bytes:
    """Return the payload that runs a script."""
    return _payload({"run": {"code": call.code, "variables": call.variables, "tenant": call.tenant}})


def to_check(code: str) -> bytes:
    """Return the payload that parses a script."""
    return _payload({"check": code})


def answered(scripts: Scripts, event: Any) -> str:
    """Return the answer to a payload, which Lambda's runtime has read.

    Raises:
        ValueError, KeyError, TypeError: none of these functions wrote the payload.
    """
    asked = jsons.loads(event["call"], max_depth=jsons.MAX_DEPTH + _AROUND)
    if "check" in asked:
        problem = scripts.check(asked["check"])
        return jsons.dumps({"problem": None if problem is None else {"message": problem.message, "line": problem.line}})
    wanted = asked["run"]
    # During a deployment the caller may be of a later release: what this release does not know is ignored.
    outcome = scripts.run(ScriptCall(wanted["code"], wanted["variables"], wanted["tenant"]))
    told: JsonObject = {"logs": list(outcome.logs), "duration_ms": outcome.duration_ms}
    if isinstance(outcome, Failed):
        return jsons.dumps({"failed": outcome.code, "message": outcome.message, **told})
    return jsons.dumps({"value": outcome.value, **told})


def outcome(payload: bytes) -> Outcome:
    """Return how a script ended, from the answer to ``to_run``.

    Raises:
        ValueError: it is no such answer.
    """
    told = _answer(payload)
    match told:
        case {"failed": str(code), "message": str(message), "logs": list(logs), "duration_ms": int(duration)}:
            return Failed(code, message, tuple(map(str, logs)), duration)
        case {"value": dict() | None as value, "logs": list(logs), "duration_ms": int(duration)}:
            return Succeeded(value, tuple(map(str, logs)), duration)
    raise ValueError("no outcome of a script")


def problem(payload: bytes) -> SyntaxProblem | None:
    """Return why a script does not parse, from the answer to ``to_check``; None if it parses.

    Raises:
        ValueError: it is no such answer.
    """
    match _answer(payload):
        case {"problem": None}:
            return None
        case {"problem": {"message": str(message), "line": int() | None as line}}:
            return SyntaxProblem(message, line)
    raise ValueError("no verdict on a script")


def _payload(asked: JsonObject) -> bytes:
    return json.dumps({"call": jsons.dumps(asked)}).encode()


def _answer(payload: bytes) -> Json:
    text = json.loads(payload)
    if not isinstance(text, str):
        raise ValueError("the answer is no text")
    return jsons.loads(text, max_depth=jsons.MAX_DEPTH + _AROUND)
