"""DynamoDB in memory, as far as the engine calls it, in the shape of boto3's client.

What it enforces is what the engine's safety rests on: conditions, all or nothing, request tokens, sizes. It knows
nothing of faults; ``faults`` puts those around its calls. ``tests/concurrent/test_memory.py`` holds it against
MiniStack.
"""

import hashlib
import json
import re
from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from interactor.core.times import MINUTE, SECOND, Millis
from tests.support.memory.expressions import Expression, Item, UnsupportedError, error, plain
from tests.support.template import resources

Key = tuple[str, str]

ITEM_BYTES = 400 * 1024
TRANSACTION_BYTES = 4 * 2**20
TRANSACTION_WRITES = 100
PAGE_BYTES = 2**20
TOKEN_KEPT: Millis = 10 * MINUTE
SETTLED_AFTER: Millis = 5 * SECOND
"""An index is never further behind than this."""

_RANGE = re.compile(
    r"(?P<pk>\S+) = (?P<pv>:\w+)"
    r"(?: AND (?:begins_with\((?P<bn>\S+), (?P<bv>:\w+)\)"
    r"|(?P<rn>\S+) BETWEEN (?P<low>:\w+) AND (?P<high>:\w+)"
    r"|(?P<cn>\S+) (?P<op><=|>=|<|>|=) (?P<cv>:\w+)))?"
)


@dataclass(frozen=True)
class Index:
    """A global secondary index; ``projected`` None: the keys only."""

    partition: str
    sort: str
    projected: tuple[str, ...] = ()


def _declared(index: Any) -> Index:
    """An index as the template says it."""
    partition, sort = (each["AttributeName"] for each in index["KeySchema"])
    return Index(partition, sort, tuple(index["Projection"].get("NonKeyAttributes", ())))


INDEXES = {
    each["IndexName"]: _declared(each)
    for (table,) in [resources("AWS::DynamoDB::Table").values()]
    for each in table["GlobalSecondaryIndexes"]
}


class FakeDynamo:
    """One table of a boto3 DynamoDB client. ``lag`` says by how many writes an index read is behind.

    ``written`` is told of every write that took effect, as the list of (key, item before, item after) of one call.
    """

    def __init__(
        self,
        now: Callable[[], Millis] = lambda: 0,
        lag: Callable[[], int] = lambda: 0,
        written: Callable[[list[tuple[Key, Item | None, Item | None]]], None] = lambda _: None,
    ) -> None:
        self._now, self._lag, self._written = now, lag, written
        self._items: dict[str, dict[str, Item]] = defaultdict(dict)
        self._order: dict[str, list[str]] = defaultdict(list)
        self._tokens: dict[str, tuple[str, Millis]] = {}
        self._log: list[tuple[Millis, Key, Item | None]] = []
        self._applied = 0
        self._indexed: dict[Key, Item] = {}
        self._indexes: dict[tuple[str, str], dict[Key, Item]] = defaultdict(dict)

    # For the tests

    def peek(self, pk: str, sk: str) -> Item | None:
        """An item, without a call."""
        return self._items.get(pk, {}).get(sk)

    def partition(self, pk: str) -> list[Item]:
        """The items of a partition, without a call."""
        return [self._items[pk][sk] for sk in self._order.get(pk, [])]

    def everything(self) -> Iterable[Item]:
        """All items, without a call."""
        return [item for pk in list(self._items) for item in self.partition(pk)]

    # The client's operations

    def get_item(self, *, TableName: str, Key: Item, ConsistentRead: bool = False) -> Any:  # noqa: N803 - boto3's names
        """GetItem."""
        found = self.peek(*_key(Key))
        return {} if found is None else {"Item": dict(found)}

    def query(self, **asked: Any) -> Any:
        """Query, of the table or an index."""
        index = asked.get("IndexName")
        names, values = asked.get("ExpressionAttributeNames", {}), asked["ExpressionAttributeValues"]
        match = _RANGE.fullmatch(asked["KeyConditionExpression"])
        if match is None:
            raise UnsupportedError(asked["KeyConditionExpression"])
        if index is None:
            found, sort = self.partition(values[match["pv"]]["S"]), "sk"
        elif asked.get("ConsistentRead"):
            raise error("ValidationException", "Consistent reads are not supported on global secondary indexes")
        else:
            self._catch_up(self._lag())
            sort = INDEXES[index].sort
            held = self._indexes[index, values[match["pv"]]["S"]].values()
            found = sorted((_projected(item, INDEXES[index]) for item in held), key=lambda i: _position(i, sort))
        expected = ("pk" if index is None else INDEXES[index].partition, sort)
        used = [names.get(each, each) for each in (match["pk"], match["bn"] or match["rn"] or match["cn"]) if each]
        if used != list(expected[: len(used)]):
            raise UnsupportedError(f"key condition on {used}")
        kept = [item for item in found if _in_range(match, item[sort], values)]
        if not asked.get("ScanIndexForward", True):
            kept.reverse()
        start = asked.get("ExclusiveStartKey")
        if start is not None:
            places = [_key(item) for item in kept]
            if _key(start) in places:
                kept = kept[places.index(_key(start)) + 1 :]
            else:
                # The item the last page ended with is gone by now: go on behind where it stood.
                backward = not asked.get("ScanIndexForward", True)
                at = _position(start, sort)
                kept = [i for i in kept if (_position(i, sort) < at) == backward and _position(i, sort) != at]
        return self._paged(kept, asked.get("Limit"), expected if index is not None else ())

    def batch_get_item(self, *, RequestItems: Any) -> Any:  # noqa: N803 - boto3's names
        """BatchGetItem."""
        answers = {}
        for table, wanted in RequestItems.items():
            if len(wanted["Keys"]) > 100:
                raise error("ValidationException", "Too many items requested for the BatchGetItem call")
            found = [self.peek(*_key(key)) for key in wanted["Keys"]]
            answers[table] = [dict(item) for item in found if item is not None]
        return {"Responses": answers, "UnprocessedKeys": {}}

    def put_item(self, *, TableName: str, Item: Item, **rest: Any) -> Any:  # noqa: N803 - boto3's names
        """PutItem."""
        return self._single({"Put": {"Item": Item, **rest}})

    def update_item(self, *, TableName: str, ReturnValues: str = "NONE", **rest: Any) -> Any:  # noqa: N803 - boto3's names
        """UpdateItem."""
        self._single({"Update": rest})
        return {"Attributes": dict(self.peek(*_key(rest["Key"])) or {})} if ReturnValues == "ALL_NEW" else {}

    def delete_item(self, *, TableName: str, ReturnValues: str = "NONE", **rest: Any) -> Any:  # noqa: N803 - boto3's names
        """DeleteItem."""
        before = self.peek(*_key(rest["Key"]))
        self._single({"Delete": rest})
        return {"Attributes": dict(before)} if before is not None and ReturnValues == "ALL_OLD" else {}

    def batch_write_item(self, *, RequestItems: Any) -> Any:  # noqa: N803 - boto3's names
        """BatchWriteItem, of deletions and puts."""
        for requests in RequestItems.values():
            if not 1 <= len(requests) <= 25:
                raise error("ValidationException", "1 to 25 requests")
            for request in requests:
                ((kind, given),) = request.items()
                self._single({kind.removesuffix("Request"): given})
        return {"UnprocessedItems": {}}

    def transact_write_items(self, *, TransactItems: list[Any], ClientRequestToken: str | None = None) -> Any:  # noqa: N803 - boto3's names
        """TransactWriteItems."""
        writes = [
            {kind: {name: value for name, value in each[kind].items() if name != "TableName"}}
            for each in TransactItems
            for kind in each
        ]
        places = [_place(write) for write in writes]
        if not 1 <= len(writes) <= TRANSACTION_WRITES or len(set(places)) < len(places):
            raise error("ValidationException", "1 to 100 writes, each of another item")
        if ClientRequestToken is not None and not 1 <= len(ClientRequestToken) <= 36:
            raise error("ValidationException", "a token has 1 to 36 characters")
        text = _fingerprint(writes)
        if ClientRequestToken is not None and ClientRequestToken in self._tokens:
            known, at = self._tokens[ClientRequestToken]
            if self._now() - at <= TOKEN_KEPT:
                if known != text:
                    raise error("IdempotentParameterMismatchException", "another request had this token")
                return {}
        reasons = [self._refusal(write) for write in writes]
        if any(reason["Code"] != "None" for reason in reasons):
            codes = ", ".join(reason["Code"] for reason in reasons)
            raise error("TransactionCanceledException", f"[{codes}]", CancellationReasons=reasons)
        after = [self._after(write) for write in writes]
        if sum(size_of(item) for item in after if item is not None) > TRANSACTION_BYTES:
            raise error("ValidationException", "the transaction is over 4 MB")
        if ClientRequestToken is not None:
            self._tokens[ClientRequestToken] = text, self._now()
        self._store(list(zip(places, after, strict=True)))
        return {}

    # The parts

    def _single(self, write: Item) -> Any:
        reason = self._refusal(write)
        if reason["Code"] == "ConditionalCheckFailed":
            extra = {"Item": reason["Item"]} if "Item" in reason else {}
            raise error("ConditionalCheckFailedException", "The conditional request failed", **extra)
        if reason["Code"] != "None":
            raise error("ValidationException", reason["Message"])
        self._store([(_place(write), self._after(write))])
        return {}

    def _refusal(self, write: Item) -> Item:
        (given,) = write.values()
        before = self.peek(*_place(write))
        condition = given.get("ConditionExpression")
        if condition is not None and not Expression(condition, before or {}, given).holds():
            reason: Item = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
            if given.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and before is not None:
                reason["Item"] = dict(before)
            return reason
        after = self._after(write)
        if after is not None and size_of(after) > ITEM_BYTES:
            return {"Code": "ValidationError", "Message": "Item size has exceeded the maximum allowed size"}
        return {"Code": "None"}

    def _after(self, write: Item) -> Item | None:
        ((kind, given),) = write.items()
        if kind == "Put":
            put: Item = dict(given["Item"])
            return put
        if kind == "Delete":
            return None
        before = self.peek(*_key(given["Key"]))
        return Expression(given["UpdateExpression"], {**given["Key"], **(before or {})}, given).updated()

    def _store(self, writes: list[tuple[Key, Item | None]]) -> None:
        told = []
        for (pk, sk), after in writes:
            before = self.peek(pk, sk)
            told.append(((pk, sk), before, after))
            if after is None and before is not None:
                del self._items[pk][sk]
                self._order[pk].remove(sk)
            elif after is not None:
                if before is None:
                    insort(self._order[pk], sk)
                self._items[pk][sk] = after
            if after is not None or before is not None:
                self._log.append((self._now(), (pk, sk), after))
        self._written(told)

    def _catch_up(self, lag: int) -> None:
        settled = self._now() - SETTLED_AFTER
        while self._applied < len(self._log):
            at, key, item = self._log[self._applied]
            if self._applied >= len(self._log) - lag and at > settled:
                return
            self._reindex(key, item)
            self._applied += 1

    def _reindex(self, key: Key, item: Item | None) -> None:
        before = self._indexed.pop(key, None)
        for name, index in INDEXES.items():
            if before is not None and index.partition in before:
                self._indexes[name, before[index.partition]["S"]].pop(key, None)
            if item is not None and index.partition in item and index.sort in item:
                self._indexes[name, item[index.partition]["S"]][key] = item
        if item is not None:
            self._indexed[key] = item

    def _paged(self, found: list[Item], limit: int | None, index_key: tuple[str, ...]) -> Any:
        page: list[Item] = []
        held = 0
        for item in found:
            if len(page) == limit or held >= PAGE_BYTES:
                break
            held += size_of(item)
            page.append(item)
        answer: Item = {"Items": [dict(item) for item in page], "Count": len(page), "ScannedCount": len(page)}
        if page and (len(page) == limit or len(page) < len(found)):
            answer["LastEvaluatedKey"] = {name: page[-1][name] for name in ("pk", "sk", *index_key)}
        return answer


def size_of(item: Item) -> int:
    """Bytes of an item as DynamoDB counts them: names and values."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Item) -> int:
    ((kind, held),) = value.items()
    if kind == "S":
        return len(held.encode())
    if kind == "N":
        return len(held) // 2 + 2
    if kind == "B":
        return len(held)
    if kind in ("BOOL", "NULL"):
        return 1
    if kind == "L":
        return 3 + sum(_value_size(each) + 1 for each in held)
    if kind == "M":
        return 3 + sum(len(name.encode()) + _value_size(each) + 1 for name, each in held.items())
    raise UnsupportedError(f"attributes of type {kind}")


def _key(item: Item) -> Key:
    return item["pk"]["S"], item["sk"]["S"]


def _place(write: Item) -> Key:
    ((kind, given),) = write.items()
    return _key(given["Item"] if kind == "Put" else given["Key"])


def _position(item: Item, sort: str) -> Any:
    return plain(item[sort]), item["pk"]["S"], item["sk"]["S"]


def _projected(item: Item, index: Index) -> Item:
    kept = {"pk", "sk", index.partition, index.sort, *index.projected}
    return {name: value for name, value in item.items() if name in kept}


def _in_range(match: re.Match[str], value: Item, values: Item) -> bool:
    held = plain(value)
    if match["bv"]:
        return bool(held.startswith(values[match["bv"]]["S"]))
    if match["low"]:
        return bool(plain(values[match["low"]]) <= held <= plain(values[match["high"]]))
    if match["op"] is None:
        return True
    return Expression(f"held {match['op']} :v", {"held": value}, _values(values[match["cv"]])).holds()


def _values(value: Item) -> Item:
    return {"ExpressionAttributeValues": {":v": value}}


def _fingerprint(writes: list[Item]) -> str:
    text = json.dumps(writes, sort_keys=True, default=lambda raw: hashlib.sha256(raw).hexdigest())
    return hashlib.sha256(text.encode()).hexdigest()
