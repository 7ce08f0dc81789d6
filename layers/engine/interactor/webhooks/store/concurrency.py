"""Stores what the workers share: the usage of a subscription's limit, the lock of its replays, the watch of an account.

Usage and watch are small documents. A write succeeds only if the writer read the latest version.
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
from interactor.webhooks.rules.concurrency import Share, Usage

SCHEMA: Final = 1
READABLE: Final = 1


class ConcurrencyStore:
    """Usages, locks of replays and watches, read consistently. An item that nobody used for a day expires."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, account: str, subscription_id: str) -> Usage:
        """Return the usage of a subscription's limit."""
        item = self._table.get(items.key(keys.concurrency(account, subscription_id), keys.HEAD))
        if item is None:
            return Usage()
        found = items.unpack(item["doc"]["B"])
        releases.require_readable(found, READABLE, "the usage of a subscription's limit")
        shares = tuple(Share(*each) for each in found["shares"])
        later = releases.later(found, ("schema", "minute", "used", "shares"))
        return Usage(items.number(item, "version"), found["minute"], found["used"], shares, later)

    def put(self, account: str, subscription_id: str, usage: Usage, now: Millis) -> None:
        """Store the usage's next version.

        Raises:
            GuardLostError: another worker came first.
        """
        shares = [[share.id, share.count, share.until] for share in usage.shares]
        document = {**usage.later, "schema": SCHEMA, "minute": usage.minute, "used": usage.used, "shares": shares}
        self._put(keys.concurrency(account, subscription_id), document, usage.version, now)

    def watch(self, account: str) -> Watch:
        """Return the watch over an account."""
        item = self._table.get(items.key(keys.watch(account), keys.HEAD))
        return Watch() if item is None else read_watch(item)

    def put_watch(self, account: str, watch: Watch, now: Millis) -> None:
        """Store the watch's next version.

        Raises:
            GuardLostError: another worker came first.
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
        """Make a replay the only one of its subscription until ``until``. Returns False while another is."""
        try:
            self._table.update(
                items.key(keys.concurrency(account, subscription_id), keys.REPLAY),
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
        """Let the next replay of the subscription start."""
        with suppress(ConditionFailedError):
            self._table.update(
                items.key(keys.concurrency(account, subscription_id), keys.REPLAY),
                UpdateExpression="SET held_until = :now",
                ConditionExpression="holder = :id",
                ExpressionAttributeValues={":id": s(replay_id), ":now": n(0)},
            )


def read_watch(item: Item) -> Watch:
    """Return the watch that an item stores."""
    found = items.unpack(item["doc"]["B"])
    releases.require_readable(found, READABLE, "the watch")
    parts, later = tuple(Part(*each) for each in found["parts"]), releases.later(found, ("schema", "until", "parts"))
    return Watch(items.number(item, "version"), found["until"], parts, later)
