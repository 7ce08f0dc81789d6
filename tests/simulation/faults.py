"""What goes wrong around a call of AWS, chosen by the seed."""

import random
from collections.abc import Callable
from typing import Any

from interactor.core.times import SECOND
from tests.simulation.baton import Baton
from tests.support.workers.faults import NO_ANSWER, Call, Crash, refusal

_WRITES = frozenset(
    {
        "transact_write_items",
        "update_item",
        "put_item",
        "delete_item",
        "batch_write_item",
        "send_message",
        "send_message_batch",
    }
)
_TRANSIENT = (
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
    "InternalServerError",
    "TransactionInProgressException",
)


SURVIVED = ("lost answer", "tried twice", "conflict")
"""What a transaction must survive: nobody may be told of it, and nothing wait for the clock."""


class Faults:
    """Put around every call of a client. ``share`` is how often a call is struck; 0 strikes none."""

    def __init__(
        self,
        chance: random.Random,
        baton: Baton,
        share: float,
        note: Callable[[str], None],
        pass_time: Callable[[int], None],
    ) -> None:
        self.share = share
        self._chance, self._baton, self._note, self._pass_time = chance, baton, note, pass_time

    def __call__(self, operation: str, arguments: dict[str, Any], call: Call) -> Any:
        """Make the call, or what happens in its place."""
        self._baton.pause()
        task = self._baton.current
        self._pass_time(self._chance.randint(1, 15))
        torn = operation == "query" and "IndexName" not in arguments and self._chance.random() < 0.1
        kind = self._strike(operation) if task is not None and self._chance.random() < self.share else None
        self._note(f"{operation} {kind or ''}".strip())
        if task is not None:
            task.calls += 1
        if kind is not None and task is not None:
            task.faults.append(kind)
            task.excused = task.excused or operation != "transact_write_items" or kind not in SURVIVED
            return self._struck(kind, operation, arguments, call)
        return self._torn(arguments, call) if torn else call()

    def _strike(self, operation: str) -> str:
        kinds = ["crash before", "crash after", "transient"]
        if operation in _WRITES:
            kinds += ["lost answer", "lost answer", "crash after"]
        if operation in ("transact_write_items", "update_item"):
            kinds += ["tried twice", "conflict", "conflict"]
        if operation == "send_message_batch":
            kinds += ["partly"]
        return self._chance.choice(kinds)

    def _struck(self, kind: str, operation: str, arguments: dict[str, Any], call: Call) -> Any:
        match kind:
            case "crash before":
                raise Crash
            case "transient":
                raise refusal(self._chance.choice(_TRANSIENT), operation)
            case "conflict":
                raise refusal("TransactionConflict", operation, len(arguments.get("TransactItems", [])))
            case "partly":
                first, *rest = arguments["Entries"]
                arguments["Entries"] = [first]
                return {**call(), "Failed": [{"Id": each["Id"], "Code": "InternalError"} for each in rest]}
        answer = call()
        match kind:
            case "crash after":
                raise Crash
            case "lost answer":
                self._pass_time(5 * SECOND)
                raise self._chance.choice(NO_ANSWER)
        # The client's own second try, after an answer that never came.
        self._baton.pause()
        if "ClientRequestToken" in arguments and self._chance.random() < 0.5:
            # AWS forgets tokens after ten minutes.
            arguments["ClientRequestToken"] = arguments["ClientRequestToken"][:-1] + "'"
        return call() if kind == "tried twice" else answer

    def _torn(self, arguments: dict[str, Any], call: Call) -> Any:
        """A query reads item by item: what commits meanwhile shows in the later ones only."""
        first = call()
        if len(first["Items"]) < 2:
            return first
        kept = first["Items"][: self._chance.randint(1, len(first["Items"]) - 1)]
        self._baton.pause()
        whole = call()
        edge, forward = kept[-1]["sk"]["S"], arguments.get("ScanIndexForward", True)
        later = [item for item in whole["Items"] if (item["sk"]["S"] > edge) is forward and item["sk"]["S"] != edge]
        items = [*kept, *later]
        limit = arguments.get("Limit")
        answer = {**whole, "Items": items if limit is None else items[:limit]}
        if limit is not None and len(items) >= limit:
            answer["LastEvaluatedKey"] = {name: items[limit - 1][name] for name in ("pk", "sk")}
        return answer
