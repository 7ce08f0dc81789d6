"""Idempotency keys: the result of each request with a key, kept for a day (ruling 23).

The record is written in the same transaction as the effect, so one never exists without the other.
"""

import secrets

from interactor.aws.dynamo import items, keys
from interactor.aws.dynamo.items import Item, b, n
from interactor.aws.dynamo.table import CONFLICT_ATTEMPTS, ConditionFailedError, Table
from interactor.core.storing import (
    ContendedError,
    IdempotencyKey,
    IdempotencyRecord,
    KeyTakenError,
    StoreBusyError,
)
from interactor.core.times import DAY, SECOND, Millis

KEPT: Millis = DAY
LARGEST_BODY_BYTES = 350_000


class IdempotencyStore:
    """Keys in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, key: IdempotencyKey, now: Millis) -> IdempotencyRecord | None:
        """Return what a key was used for within its day. Expired items may still exist, and are ignored."""
        item = self._table.get(_place(key))
        if item is None or items.number(item, "expires_at") <= now // SECOND:
            return None
        document = items.unpack(item["doc"]["B"])
        until = items.number(item, "open_until") if "open_until" in item else 0
        return IdempotencyRecord(
            document["request"],
            document["status"],
            document["body"],
            document["instance_id"],
            until,
            document.get("query"),
            document.get("caller"),
        )

    def write(self, key: IdempotencyKey, remembered: IdempotencyRecord, now: Millis) -> Item:
        """Return the write that takes a key. It is refused if the key is taken."""
        return {
            "Put": {
                "Item": _item(key, remembered, now),
                "ConditionExpression": "attribute_not_exists(pk) OR expires_at <= :now",
                "ExpressionAttributeValues": {":now": n(now // SECOND)},
            }
        }

    def take(self, key: IdempotencyKey, remembered: IdempotencyRecord, now: Millis) -> None:
        """Take a key for an answer that has no commit of its own.

        Raises:
            KeyTakenError: another request has the key.
        """
        self._put(self.write(key, remembered, now))

    def close(self, key: IdempotencyKey, remembered: IdempotencyRecord, now: Millis) -> None:
        """Store the final answer under a key that is open.

        Raises:
            KeyTakenError: another request closed it first.
        """
        self._put({"Put": {"Item": _item(key, remembered, now), "ConditionExpression": "attribute_exists(open_until)"}})

    def _put(self, write: Item) -> None:
        for _ in range(CONFLICT_ATTEMPTS):
            try:
                return self._table.transact([write], secrets.token_hex(16))
            except ConditionFailedError:
                raise KeyTakenError from None
            except ContendedError:
                continue
        raise StoreBusyError("the key stayed contended")


def _place(key: IdempotencyKey) -> Item:
    return items.key(keys.remembered(key.account, key.namespace), key.value)


def _item(key: IdempotencyKey, remembered: IdempotencyRecord, now: Millis) -> Item:
    document = {
        "schema": 1,
        "request": remembered.request,
        "query": key.query,
        "caller": key.caller,
        "status": remembered.status,
        "body": remembered.body,
        "instance_id": remembered.instance_id,
    }
    packed = items.pack(document)
    if len(packed) > LARGEST_BODY_BYTES:
        packed = items.pack({**document, "body": None})
    item = _place(key) | {"doc": b(packed), "expires_at": n((now + KEPT) // SECOND)}
    return item | ({"open_until": n(remembered.open_until)} if remembered.open_until else {})
