"""What one piece of a state's logic asks for, and how it ended. These are values only; other areas do the work."""

from dataclasses import dataclass
from typing import TypeAlias

from interactor.core.jsons import Json, JsonObject


@dataclass(frozen=True)
class ScriptCall:
    """A script to run in the sandbox with these variables (``input``, ``workflow_data``, ``context``).

    ``tenant`` is the account that the script belongs to. The process that runs it runs no other account's scripts.
    """

    code: str
    variables: JsonObject
    tenant: str = ""


@dataclass(frozen=True)
class HttpCall:
    """One outgoing request. ``headers`` are the definition's, filled in; the caller adds the engine's own.
    ``timeout_ms`` is in milliseconds.
    """

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None
    timeout_ms: int


Call: TypeAlias = ScriptCall | HttpCall


@dataclass(frozen=True)
class ModelCall:
    """What a model must write: a ``task`` by the definition's author, and ``data`` of the instance by name.

    ``model`` is the name in the definition, or None if it names no model.
    """

    model: str | None
    task: str
    data: JsonObject


@dataclass(frozen=True)
class Succeeded:
    """Logic that succeeded.

    ``value`` is a script's object (None: nothing to merge), or ``{"status", "body"}`` of a request.
    """

    value: Json
    logs: tuple[str, ...] = ()
    duration_ms: int = 0


@dataclass(frozen=True)
class Failed:
    """Logic that failed. ``code`` is one of the documented codes (``script_error``, ``http_timeout``, ...)."""

    code: str
    message: str
    logs: tuple[str, ...] = ()
    duration_ms: int = 0
    retryable: bool = False
    retry_after_ms: int | None = None


Outcome: TypeAlias = Succeeded | Failed
