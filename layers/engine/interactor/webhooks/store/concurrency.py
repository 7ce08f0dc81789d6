"""What the workers of a subscription share: its gate, and whose turn it is to be replayed; and its account's watch.

A gate and a watch are one small document each, changed by whoever read its latest version.
"""

from contextlib import suppress
from typing import Final

from interactor.aws.dynamo import items, keys
from interactor.aws.dynamo.items import Item, b, n, s
from interactor.aws.dynamo.table import ConditionFailedError, Table
from interactor.core import releases
from interactor.core.jsons import JsonObject
from interactor.core.storing import GuardLostError
from interactor.core.times import DAY, SECOND, Millis
from interactor.webhooks.rules.account_concurrency import Part, Watch
from interactor.webhooks.rules.concurrency import Gate, Share

SCHEMA: Final = 1
READABLE: Final = 1


class ConcurrencyStore:
    """Gates, read consistently. One that nobody used for a day is forgotten, and is open."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, account: str, subscription_id: str) -> Gate:
        """The gate of a subscription."""
        item = self._table.get(items.key(keys.gate(account, subscription_id), keys.HEAD))
        if item is None:
            return Gate()
        found = items.unpack(item["doc"]["B"])
        releases.require_readable(found, READABLE, "the gate")
        shares = tuple(Share(*each) for each in found["shares"])
        later = releases.later(found, ("schema", "minute", "used", "shares"))
        return Gate(items.number(item, "version"), found["minute"], found["used"], shares, later)

    def put(self, account: str, subscription_id: str, gate: Gate, now: Millis) -> None:
        """Store the gate's next version.

        Raises:
            GuardLostError: when another worker came first.
        """
        shares = [[share.id, share.count, share.until] for share in gate.shares]
        document = {**gate.later, "schema": SCHEMA, "minute": gate.minute, "used": gate.used, "shares": shares}
        self._put(keys.gate(account, subscription_id), document, gate.version, now)

    def watch(self, account: str) -> Watch:
        """The watch over an account."""
        item = self._table.get(items.key(keys.watch(account), keys.HEAD))
        return Watch() if item is None else read_watch(item)

    def put_watch(self, account: str, watch: Watch, now: Millis) -> None:
        """Store the watch's next version.

        Raises:
            GuardLostError: when another worker came first.
        """
        parts = [[part.id, part.subscription_id, part.count, part.until] for part in watch.parts]
        document = {**watch.later, "schema": SCHEMA, "until": watch.until, "parts": parts}
        self._put(keys.watch(account), document, watch.version, now)

    def _put(self, partition: str, document: JsonObject, version: int, now: Millis) -> None:
        try:
            self._table.update(
                items.key(partition, keys.HEAD),
                UpdateExpression="SET doc = :doc, version = :version, expires_at = :end",
                ConditionExpression="attribute_not_exists(version) OR version < :version",
                ExpressionAttributeValues={
                    ":doc": b(items.pack(document)),
                    ":version": n(version),
                    ":end": n((now + DAY) // SECOND),
                },
            )
        except ConditionFailedError:
            raise GuardLostError from None

    def enter(self, account: str, subscription_id: str, replay_id: str, now: Millis, until: Millis) -> bool:
        """Have a replay be the only one of its subscription until then; False while another one is."""
        try:
            self._table.update(
                items.key(keys.gate(account, subscription_id), keys.REPLAY),
                UpdateExpression="SET holder = :id, held_until = :until, expires_at = :end",
                ConditionExpression="attribute_not_exists(holder) OR holder = :id OR held_until <= :now",
                ExpressionAttributeValues={
                    ":id": s(replay_id),
                    ":until": n(until),
                    ":now": n(now),
                    ":end": n((until + DAY) // SECOND),
                },
            )
        except ConditionFailedError:
            return False
        return True

    def leave(self, account: str, subscription_id: str, replay_id: str) -> None:
        """Let the next one in."""
        with suppress(ConditionFailedError):
            self._table.update(
                items.key(keys.gate(account, subscription_id), keys.REPLAY),
                UpdateExpression="SET held_until = :now",
                ConditionExpression="holder = :id",
                ExpressionAttributeValues={":id": s(replay_id), ":now": n(0)},
            )


def read_watch(item: Item) -> Watch:
    """The watch that an item stores."""
    found = items.unpack(item["doc"]["B"])
    releases.require_readable(found, READABLE, "the watch")
    parts, later = tuple(Part(*each) for each in found["parts"]), releases.later(found, ("schema", "until", "parts"))
    return Watch(items.number(item, "version"), found["until"], parts, later)
