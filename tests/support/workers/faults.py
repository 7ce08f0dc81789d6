"""A client of AWS that does what it is told around each call: counts it, fails it, holds it up, loses its answer."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

Call = Callable[[], Any]
Around = Callable[[str, dict[str, Any], Call], Any]

NO_ANSWER = (
    ConnectTimeoutError(endpoint_url="http://dynamodb"),
    EndpointConnectionError(endpoint_url="http://dynamodb"),
    ReadTimeoutError(endpoint_url="http://dynamodb"),
)


class Crash(BaseException):
    """The worker dies here: nothing after this line runs."""


class Tap:
    """A boto3 client whose calls are made by ``around(operation, arguments, call)``."""

    def __init__(self, client: Any, around: Around) -> None:
        self._client, self._around = client, around

    def __getattr__(self, operation: str) -> Any:
        made = getattr(self._client, operation)
        return lambda **arguments: self._around(operation, arguments, lambda: made(**arguments))


@dataclass
class Counting:
    """Counts calls by operation."""

    calls: Counter[str] = field(default_factory=Counter)

    def __call__(self, operation: str, arguments: dict[str, Any], call: Call) -> Any:
        self.calls[operation] += 1
        return call()


@dataclass
class Once:
    """Does something else at the first ``times`` calls of one operation."""

    operation: str
    instead: Around
    times: int = 1
    seen: int = 0

    def __call__(self, operation: str, arguments: dict[str, Any], call: Call) -> Any:
        if operation != self.operation:
            return call()
        self.seen += 1
        return self.instead(operation, arguments, call) if self.seen <= self.times else call()


class Barrier:
    """Holds each OS thread at its first call of an operation until all have come there: they go on at one moment."""

    def __init__(self, operation: str, parties: int) -> None:
        self._operation, self._barrier = operation, threading.Barrier(parties, timeout=20)
        self._passed = threading.local()

    def __call__(self, operation: str, arguments: dict[str, Any], call: Call) -> Any:
        if operation == self._operation and not getattr(self._passed, "yes", False):
            self._passed.yes = True
            self._barrier.wait()
        return call()


def lose_answer(error: Exception) -> Around:
    """The call takes effect, and its answer never comes."""

    def lost(operation: str, arguments: dict[str, Any], call: Call) -> Any:
        call()
        raise error

    return lost


def refuse(code: str) -> Around:
    """The call is answered with an error and has no effect."""

    def refused(operation: str, arguments: dict[str, Any], call: Call) -> Any:
        raise refusal(code, operation, len(arguments.get("TransactItems", [])))

    return refused


def refusal(code: str, operation: str, writes: int = 0) -> ClientError:
    """An error as boto3 raises it; ``TransactionConflict`` as a transaction's reason."""
    answer: Any = {"Error": {"Code": code, "Message": "injected"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    if code == "TransactionConflict" and writes:
        answer["Error"]["Code"] = "TransactionCanceledException"
        answer["CancellationReasons"] = [{"Code": code}, *[{"Code": "None"}] * (writes - 1)]
    elif code == "TransactionConflict":
        answer["Error"]["Code"] = "TransactionConflictException"
    return ClientError(answer, operation)


def together(parties: int, act: Callable[[int], Any]) -> list[Any]:
    """What ``act(0)``, ``act(1)``, ... give, each in an OS thread of its own."""
    results: list[Any] = [None] * parties

    def run(number: int) -> None:
        try:
            results[number] = act(number)
        except BaseException as error:
            results[number] = error

    running = [threading.Thread(target=run, args=(number,)) for number in range(parties)]
    for each in running:
        each.start()
    for each in running:
        each.join()
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, Crash):
            raise result
    return results
