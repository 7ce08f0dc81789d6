"""The delivery log: one item a delivery, in a partition of its subscription's own, by an id that sorts by time.

An attempt is one write: it is added to the item's list, which grows to as many as the schedule has. The write is
refused when that attempt is there already, so that a message that comes twice adds nothing. TTL removes the items.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from interactor.adapters.dynamo import items, keys, subscriptions
from interactor.adapters.dynamo.items import Item, b, n, s
from interactor.adapters.dynamo.table import ConditionFailedError, Table
from interactor.core import ids
from interactor.core.deliveries import KEPT, Attempt, Delivery, Filter, Range, State
from interactor.core.jsons import JsonObject
from interactor.core.times import SECOND, Millis
from interactor.core.webhooks import Subscription

SCANNED_PER_CALL = 300


class DeliveryStore:
    """The log of all subscriptions, read consistently."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def before_attempt(
        self, account: str, subscription_id: str, delivery_id: str
    ) -> tuple[Subscription | None, Delivery | None]:
        """What an attempt has to know, in one call: the subscription, and what the log has of the delivery."""
        places = (
            items.key(keys.subscriptions(account), subscription_id),
            items.key(keys.deliveries(account, subscription_id), delivery_id),
        )
        found = {items.text(item, "sk"): item for item in self._table.batch_get(places)}
        subscription, delivery = found.get(subscription_id), found.get(delivery_id)
        return (
            None if subscription is None else subscriptions.read(account, subscription),
            None if delivery is None else _read(delivery),
        )

    def add(self, account: str, subscription_id: str, delivery: Delivery, attempt: Attempt) -> bool:
        """Add an attempt, the last of the delivery's ``made``, and the state that it leads to.

        False when the log has it, or a later one, already: the message came twice at the same time.
        """
        try:
            self._table.update(
                items.key(keys.deliveries(account, subscription_id), delivery.id),
                UpdateExpression="SET #state = :state, made = :made, doc = if_not_exists(doc, :doc), "
                "expires_at = :end, attempts = list_append(if_not_exists(attempts, :none), :new)",
                ConditionExpression="attribute_not_exists(made) OR made < :made",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={
                    **_common(delivery, attempt.at),
                    ":none": {"L": []},
                    ":new": {"L": [b(items.pack(_attempt_document(attempt)))]},
                },
            )
        except ConditionFailedError:
            return False
        return True

    def give_up(self, account: str, subscription_id: str, delivery: Delivery, now: Millis) -> None:
        """Note that no more attempts are made, and why; nothing where the log is further already."""
        with suppress(ConditionFailedError):
            self._table.update(
                items.key(keys.deliveries(account, subscription_id), delivery.id),
                UpdateExpression="SET #state = :state, made = :made, doc = if_not_exists(doc, :doc), "
                "expires_at = :end, reason = :reason",
                ConditionExpression="attribute_not_exists(made) OR made = :made",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={**_common(delivery, now), ":reason": s(delivery.reason or "")},
            )

    def get(self, account: str, subscription_id: str, delivery_id: str, now: Millis) -> Delivery | None:
        """One delivery."""
        item = self._table.get(items.key(keys.deliveries(account, subscription_id), delivery_id))
        return None if item is None or _is_over(item, now) else _read(item)

    def page(
        self, account: str, subscription_id: str, wanted: Filter, below: str | None, limit: int, now: Millis
    ) -> tuple[list[Delivery], str | None]:
        """Up to ``limit`` deliveries with ids below a position, newest first, and where to go on (None: no more).

        A filter has no index: a page may be short, even empty, and have a next one.
        """
        partition = keys.deliveries(account, subscription_id)
        after = None if below is None else items.key(partition, below)
        found: list[Delivery] = []
        scanned = 0
        while True:
            page = self._table.query(partition, after=after, newest_first=True, limit=limit + 1)
            for item in page.items:
                if not _is_over(item, now) and wanted.takes(delivery := _read(item)):
                    if len(found) == limit:
                        return found, found[-1].id
                    found.append(delivery)
            scanned += len(page.items)
            if page.next_key is None:
                return found, None
            after = page.next_key
            if scanned >= SCANNED_PER_CALL:
                return found, items.text(after, "sk")

    def within(self, wanted: Range, limit: int, now: Millis) -> tuple[list[Delivery], str | None]:
        """The next deliveries of a range, oldest first: of ``limit`` that are read, those in one of its states."""
        partition = keys.deliveries(wanted.account, wanted.subscription_id)
        begin = ids.make("del", wanted.since, bytes(ids.ENTROPY_BYTES))
        end = ids.make("del", wanted.until, b"\xff" * ids.ENTROPY_BYTES)
        after = None if wanted.after is None else items.key(partition, wanted.after)
        page = self._table.query(partition, at_least=begin, at_most=end, after=after, limit=limit)
        fresh = [_read(item) for item in page.items if not _is_over(item, now)]
        position = None if page.next_key is None else items.text(page.next_key, "sk")
        return [each for each in fresh if each.state in wanted.states], position


def _common(delivery: Delivery, now: Millis) -> Item:
    return {
        ":state": s(delivery.state),
        ":made": n(delivery.made),
        ":doc": b(items.pack({"schema": 1, **delivery.source})),
        ":end": n((now + KEPT) // SECOND),
    }


def _is_over(item: Item, now: Millis) -> bool:
    """TTL removes late; what is past its date is not shown."""
    return items.number(item, "expires_at") * SECOND <= now


def _read(item: Item) -> Delivery:
    state: Any = items.text(item, "state")
    known: State = state
    return Delivery(
        id=items.text(item, "sk"),
        state=known,
        source=items.unpack(item["doc"]["B"]),
        made=items.number(item, "made"),
        attempts=tuple(_attempts(item)),
        reason=items.text(item, "reason") if "reason" in item else None,
    )


def _attempts(item: Item) -> Iterator[Attempt]:
    for each in item.get("attempts", {"L": []})["L"]:
        found = items.unpack(each["B"])
        yield Attempt(
            found["at"], found["status"], found["problem"], found["duration_ms"], found["response"], found["next_at"]
        )


def _attempt_document(attempt: Attempt) -> JsonObject:
    return {
        "at": attempt.at,
        "status": attempt.status,
        "problem": attempt.problem,
        "duration_ms": attempt.duration_ms,
        "response": attempt.response,
        "next_at": attempt.next_at,
    }
