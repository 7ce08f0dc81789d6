"""Runs scripts in a separate function, whose role has no permissions (``ScriptIsolation``)."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from interactor.core.logic import Failed, Outcome, ScriptCall
from interactor.core.storing import StoreBusyError
from interactor.core.world import World
from interactor.logs import logger
from interactor.sandbox import SyntaxProblem, wire

T = TypeVar("T")

TRIES: Final = 3
CONFIG: Final = {
    "connect_timeout": 2,
    # Long enough for a cold start and a script that uses its whole time.
    "read_timeout": 15,
    # The code below decides what is retried.
    "retries": {"mode": "standard", "total_max_attempts": 1},
    "user_agent": "interactor",
    "parameter_validation": False,
    "account_id_endpoint_mode": "disabled",
}
_REFUSED_FOR_GOOD: Final = {
    "AccessDeniedException",
    "InvalidParameterValueException",
    "InvalidRequestContentException",
    "RequestTooLargeException",
    "ResourceNotFoundException",
}


class FunctionDiedError(Exception):
    """The function ended without an answer, more than once. It is not known whether the script caused it."""


class ScriptFunction:
    """Runs scripts and parses them, like ``Sandbox``. ``client`` is a boto3 client of Lambda; ``name`` has the alias.

    If the function does not answer, that is AWS's fault and not the script's. It is called again, because a script has
    no effect except its answer.
    """

    def __init__(self, client: Any, name: str, world: World) -> None:
        self._client = client
        self._name, _, self._alias = name.partition(":")
        self._world = world

    def run(self, call: ScriptCall) -> Outcome:
        """Run one script to its end.

        Raises:
            StoreBusyError: the function cannot be called now. Nothing was done.
            FunctionDiedError: it dies each time, or its answer makes no sense.
        """
        payload = wire.to_run(call)
        if len(payload) > wire.PAYLOAD_BYTES:
            return Failed("script_error", "The script and its variables are over 6 MB as JSON")
        outcome = self._called(payload, wire.outcome)
        if isinstance(outcome, Failed) and outcome.code == "script_unavailable":
            # The function also logs this, but may not be able to write a log.
            logger.error("scripts are not run", extra={"because": outcome.message})
        return outcome

    def check(self, code: str) -> SyntaxProblem | None:
        """Parse a script; nothing of it runs. Return None if it parses.

        Raises:
            StoreBusyError, FunctionDiedError: as for ``run``.
        """
        return self._called(wire.to_check(code), wire.problem)

    def _called(self, payload: bytes, read: Callable[[bytes], T]) -> T:
        failed: Exception = AssertionError("it was not called")
        for attempt in range(TRIES):
            if attempt:
                self._world.pause(2 + attempt)
            try:
                answer = self._client.invoke(FunctionName=self._name, Qualifier=self._alias, Payload=payload)
                body: bytes = answer["Payload"].read()
                if "FunctionError" not in answer:
                    return read(body)
                failed = FunctionDiedError(body[:500].decode("utf-8", "replace"))
            except ClientError as error:
                if error.response["Error"]["Code"] in _REFUSED_FOR_GOOD:
                    raise
                failed = StoreBusyError(f"the function that runs scripts cannot be called: {error}")
            except BotoCoreError as error:
                failed = StoreBusyError(f"the function that runs scripts does not answer: {error}")
            except ValueError as error:
                failed = FunctionDiedError(f"it answered what it never answers: {error}")
            logger.warning("a script was not run", extra={"because": str(failed)})
        raise failed
