"""Counts every call of AWS that the handlers make, by hooks of botocore: nothing of the engine knows of it.

The images of items before and after a write are read by a client of the meter's own, which is not counted. That takes
time, so what is timed is run again without the meter.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from benchmarks.capacity import Item, Layout, read_units
from benchmarks.tally import Tally, add

_SQS_REQUEST_BYTES = 64 * 1024
_PARTS = {"M": "head", "H": "history", "G": "history", "L": "data"}
_KINDS = {
    "Q": "namespace counter",
    "K": "idempotency key",
    "L": "rate limit",
    "DL": "delivery log",
    "G": "concurrency limit",
    "S": "subscription",
    "W": "definition",
    "R": "revoked tokens",
    "E": "errors",
    "EV": "account events",
    "C": "client",
}


class Meter:
    """Counts into the tally of ``counting`` while there is one. ``client``: one of DynamoDB that nobody hooks."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._layouts: dict[str, Layout] = {}
        self._tally: Tally | None = None
        self._lock = threading.Lock()
        self._calls = threading.local()

    def attach(self, session: Any) -> None:
        """Hook into all clients that this session of botocore will make."""
        session.register("provide-client-params.*.*", self._before)
        session.register("after-call.*.*", self._after)
        session.register("after-call-error.*.*", self._forget)

    @contextmanager
    def counting(self, tally: Tally) -> Iterator[Tally]:
        """Count into a tally."""
        self._tally = tally
        try:
            yield tally
        finally:
            self._tally = None

    def _before(self, params: Any, model: Any, **_: Any) -> None:
        if self._tally is None:
            return
        writes = _writes(model.name, params) if model.service_model.service_name == "dynamodb" else []
        self._calls.now = params, [(table, key, self._item(table, key)) for table, key in writes]

    def _after(self, model: Any, parsed: Any, **_: Any) -> None:
        now = getattr(self._calls, "now", None)
        if self._tally is None or now is None:
            return
        self._calls.now = None
        params, before = now
        service, operation = model.service_model.service_name, model.name
        tally = Tally()
        add(tally.calls, f"{service}.{operation}")
        if service == "dynamodb":
            self._write(tally, operation, before)
            self._read(tally, operation, params, parsed)
        elif service == "sqs":
            tally.queue_requests += max(1, -(-_payload(params) // _SQS_REQUEST_BYTES))
        elif service == "kms":
            tally.kms_requests += 1
        with self._lock:
            self._tally += tally

    def _forget(self, **_: Any) -> None:
        self._calls.now = None

    def _write(self, tally: Tally, operation: str, before: list[tuple[str, Item, Item | None]]) -> None:
        for table, key, old in before:
            units = self._layout(table).write_units(old, self._item(table, key), operation == "TransactWriteItems")
            add(tally.write_units, kind_of(key), units.pop("table"))
            for index, count in units.items():
                add(tally.write_units, f"index {index}", count)

    def _read(self, tally: Tally, operation: str, params: Any, parsed: Any) -> None:
        if operation == "GetItem":
            found = [parsed["Item"]] if "Item" in parsed else []
            add(tally.read_units, kind_of(params["Key"]), read_units(found, params.get("ConsistentRead", False)))
        elif operation == "Query":
            values = params["ExpressionAttributeValues"]
            name = f"index {params['IndexName']}" if "IndexName" in params else _partition_kind(values)
            items = self._projected(params, parsed["Items"])
            add(tally.read_units, name, read_units(items, params.get("ConsistentRead", False)))
        elif operation == "BatchGetItem":
            for table, asked in params["RequestItems"].items():
                names = self._layout(table).keys
                there = {_place(each, names): each for each in parsed["Responses"].get(table, [])}
                for key in asked["Keys"]:
                    item = there.get(_place(key, names))
                    units = read_units([item] if item else [], asked.get("ConsistentRead", False))
                    add(tally.read_units, kind_of(key), units)

    def _projected(self, params: Any, items: list[Item]) -> list[Item]:
        if "IndexName" not in params:
            return items
        layout = self._layout(params["TableName"])
        index = next(each for each in layout.indexes if each.name == params["IndexName"])
        return [entry for item in items if (entry := layout.entry(index, item)) is not None]

    def _layout(self, table: str) -> Layout:
        if table not in self._layouts:
            self._layouts[table] = Layout.of(self._client.describe_table(TableName=table)["Table"])
        return self._layouts[table]

    def _item(self, table: str, key: Item) -> Item | None:
        found: Item | None = self._client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
        return found


def kind_of(key: Item) -> str:
    """What an item is, by its key (docs/storage.md)."""
    partition, sort = key["pk"]["S"], key["sk"]["S"]
    return _named(partition, sort)


def _named(partition: str, sort: str) -> str:
    parts = partition.split("#")
    if parts[0] in ("C", "F"):
        return "rate limit" if parts[-1] == "L" else "client" if parts[0] == "C" else "refresh tokens"
    if parts[2] == "I":
        return _PARTS[sort[:1]]
    return _KINDS.get(parts[2], "other")


def _partition_kind(values: Mapping[str, Any]) -> str:
    return "instance" if "#I#" in values[":pk"]["S"] else _named(values[":pk"]["S"], "")


def _place(item: Item, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(item[name]) for name in names)


def _writes(operation: str, params: Any) -> list[tuple[str, Item]]:
    """The keys that a call writes, with their tables."""
    match operation:
        case "PutItem":
            return [(params["TableName"], _key(params["Item"]))]
        case "UpdateItem" | "DeleteItem":
            return [(params["TableName"], params["Key"])]
        case "TransactWriteItems":
            return [
                (write["TableName"], write["Key"] if "Key" in write else _key(write["Item"]))
                for each in params["TransactItems"]
                for write in each.values()
            ]
        case "BatchWriteItem":
            return [
                (table, request["Key"] if "Key" in request else _key(request["Item"]))
                for table, requests in params["RequestItems"].items()
                for each in requests
                for request in each.values()
            ]
    return []


def _key(item: Item) -> Item:
    return {name: item[name] for name in ("pk", "sk")}


def _payload(params: Any) -> int:
    entries = params.get("Entries", [params])
    return sum(len(each.get("MessageBody", "").encode()) for each in entries)
