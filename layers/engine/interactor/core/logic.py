"""What one piece of a state's logic asks of the world, and how it ended. Values only; adapters do the work."""

from dataclasses import dataclass
from typing import TypeAlias

from interactor.core.jsons import Json, JsonObject


@dataclass(frozen=True)
class ScriptCall:
    """A script to be run in the sandbox with these variables (``input``, ``workflow_data``, ``context``).

    ``tenant`` is the account whose script it is: what runs it runs no other's.
    """

    code: str
    variables: JsonObject
    tenant: str = ""


@dataclass(frozen=True)
class HttpCall:
    """One outgoing request. ``headers`` are the definition's, rendered; the engine's own are added by the caller."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None
    timeout_ms: int


Call: TypeAlias = ScriptCall | HttpCall


@dataclass(frozen=True)
class ModelCall:
    """What a model is asked to write: a ``task`` of the definition's author, and ``data`` of the instance by name.

    ``model`` is the definition's name for it, None where it names none.
    """

    model: str | None
    task: str
    data: JsonObject


@dataclass(frozen=True)
class Succeeded:
    """Logic that ended well: a script's object (None: nothing to merge), or ``{"status", "body"}`` of a request."""

    value: Json
    logs: tuple[str, ...] = ()
    duration_ms: int = 0


@dataclass(frozen=True)
class Failed:
    """Logic that did not. ``code`` is one of the documented ones (``script_error``, ``http_timeout``, ...)."""

    code: str
    message: str
    logs: tuple[str, ...] = ()
    duration_ms: int = 0
    retryable: bool = False
    retry_after_ms: int | None = None


Outcome: TypeAlias = Succeeded | Failed
