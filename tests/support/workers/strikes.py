"""What can happen at one call of AWS: which faults are worth trying there, and what each of them does."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from interactor.aws.dynamo import keys
from tests.support.workers.faults import Call, Crash, refusal
from tests.support.workers.place import ACCOUNT

CRASHES = ("crash before", "crash after")
REFUSED = {
    "throttle": "ThrottlingException",
    "in progress": "TransactionInProgressException",
    "conflict": "TransactionConflict",
    "over limit": "OverLimit",
}
"""Faults that are an answer of AWS without effect, by its code."""

REASONS = {"reason TransactionConflict": "TransactionConflict", "reason ThrottlingError": "ThrottlingError"}
"""Faults that are a cancelled transaction, by the reason."""

OTHER_CAME_FIRST = "reason ConditionalCheckFailed"
LOST = "lost answer"
TWICE = ("tried twice", "tried twice, the token forgotten")
"""The client itself tries again after an answer that never came; AWS forgets request tokens after ten minutes."""
PARTLY = "partly refused"
STALE = ("index without the due", "index with what is not due")
EXPIRED = "expired item still there"

NOTHING_DUE = "query of a shard with nothing due"
_READS = {"get_item", "query", "batch_get_item", "get_queue_attributes"}


@dataclass(frozen=True)
class Called:
    """One call of AWS: what it is, and what about it allows for more faults."""

    operation: str
    nothing_due: bool = False
    index: bool = False
    overtakable: bool = False
    """Whether another commit can come first."""
    reusable: tuple[tuple[str, str], ...] = ()
    """Keys of items it may find that an earlier item, long expired, can have had."""

    @classmethod
    def of(cls, operation: str, arguments: dict[str, Any]) -> "Called":
        """What is known of a call before it is made."""
        index = operation == "query" and "IndexName" in arguments
        places = tuple(place for place in _places(operation, arguments) if _is_reused(place[0]))
        return cls(operation, index=index, overtakable=_guarded(operation, arguments) is not None, reusable=places)


def kinds_at(calls: list[Called], index: int, leftovers: set[tuple[str, str]]) -> list[str]:
    """The faults to try at a call. Of the clock's shards with nothing in them the first stands for all.

    ``leftovers`` are the keys that come to hold an item with an end in the undisturbed run.
    """
    call = calls[index]
    if call.nothing_due and any(each.nothing_due for each in calls[:index]):
        return []
    kinds = [*CRASHES, "throttle"]
    if call.index:
        kinds += STALE
    if call.operation not in _READS:
        kinds += [LOST]
    if call.operation in ("send_message", "send_message_batch"):
        kinds += ["over limit"]
    if call.operation == "send_message_batch":
        kinds += [PARTLY]
    if call.operation in ("update_item", "transact_write_items"):
        kinds += ["conflict"] if call.operation == "update_item" else ["in progress", *REASONS, *TWICE]
    if call.overtakable:
        kinds += [OTHER_CAME_FIRST]
    known = {place for each in calls[:index] for place in each.reusable}
    if any(place in leftovers and place not in known for place in call.reusable):
        kinds += [EXPIRED]
    return kinds


def strike(kind: str, operation: str, arguments: dict[str, Any], call: Call, client: Any, head: dict[str, Any]) -> Any:
    """Let it happen, and answer what the caller sees of it. ``head`` is the instance's, as it was last written."""
    if kind in REFUSED:
        raise refusal(REFUSED[kind], operation)
    if kind in REASONS:
        others = [{"Code": "None"}] * (len(arguments["TransactItems"]) - 1)
        raise cancelled(operation, [*others, {"Code": REASONS[kind]}])
    match kind:
        case "crash before":
            raise Crash
        case "index without the due":
            return {"Items": [], "Count": 0}
        case "index with what is not due":
            # An index shows an instance as it was a moment ago, under a time that has been moved since.
            shown = {name: head[name] for name in ("pk", "sk", "wake_at", "due_pk")} if head else {}
            wanted = arguments["ExpressionAttributeValues"][":p"]
            return {"Items": [shown], "Count": 1} if shown and shown["due_pk"] == wanted else call()
        case "partly refused":
            first, *rest = arguments["Entries"]
            arguments["Entries"] = [first]
            return {**call(), "Failed": [{"Id": each["Id"], "Code": "InternalError"} for each in rest]}
        case "reason ConditionalCheckFailed":
            _come_first(operation, arguments, client)
            return call()
    answer = call()
    match kind:
        case "crash after":
            raise Crash
        case "lost answer":
            raise ReadTimeoutError(endpoint_url="http://aws")
        case "tried twice":
            return call()
        case "tried twice, the token forgotten":
            arguments["ClientRequestToken"] = "forgotten"
            return call()
    return answer


def cancelled(operation: str, reasons: list[Any]) -> ClientError:
    """A cancelled transaction as boto3 raises it."""
    answer: Any = {"Error": {"Code": "TransactionCanceledException", "Message": "injected"}}
    return ClientError({**answer, "CancellationReasons": reasons}, operation)


def _guarded(operation: str, arguments: dict[str, Any]) -> dict[str, Any] | None:
    """The key of the head that a write is guarded by; None: it is guarded by none, or by there being none."""
    writes = arguments.get("TransactItems", []) if operation == "transact_write_items" else [{"Update": arguments}]
    if operation not in ("transact_write_items", "update_item") or not writes:
        return None
    (given,) = writes[0].values()
    item = given.get("Item", given.get("Key"))
    guarded = given.get("ConditionExpression", "").startswith("version = ")
    return {"pk": item["pk"], "sk": item["sk"]} if guarded and item["sk"]["S"] == keys.HEAD else None


def _come_first(operation: str, arguments: dict[str, Any], client: Any) -> None:
    """Another commit: it leaves everything as it was, as a lease does, but the version."""
    guarded = _guarded(operation, arguments)
    writes = arguments.get("TransactItems") or [{"Update": arguments}]
    (first,) = writes[0].values()
    client.update_item(
        TableName=first["TableName"],
        Key=guarded,
        UpdateExpression="SET commit_id = :other ADD version :one",
        ExpressionAttributeValues={":other": {"S": "another's"}, ":one": {"N": "1"}},
    )


def _places(operation: str, arguments: dict[str, Any]) -> list[tuple[str, str]]:
    """The keys of the items that a call names."""
    if operation == "transact_write_items":
        given = [write for each in arguments["TransactItems"] for write in each.values()]
    else:
        given = [arguments] if "Key" in arguments or "Item" in arguments else []
    found = [each["Item"] if "Item" in each else each["Key"] for each in given]
    return [(item["pk"]["S"], item["sk"]["S"]) for item in found]


def _is_reused(partition: str) -> bool:
    """Whether keys there can come again after their item's end: a caller's own keys, and what a day forgets."""
    return partition.startswith((keys.remembered(ACCOUNT, ""), keys.watch(ACCOUNT)))
