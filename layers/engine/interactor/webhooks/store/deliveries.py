"""The delivery log: one item for each delivery, in a partition for each subscription, by an id that sorts by time.

An attempt is one write, which appends to the item's list of attempts. The write is refused if the attempt is there
already, so a message that comes twice adds nothing. TTL deletes the items.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from interactor.aws.dynamo import items, keys
from interactor.aws.dynamo.items import Item, b, n, s
from interactor.aws.dynamo.table import ConditionFailedError, Table
from interactor.core import ids
from interactor.core.jsons import JsonObject
from interactor.core.times import SECOND, Millis
from interactor.webhooks.rules.account_concurrency import Watch
from interactor.webhooks.rules.delivery import (
    KEPT,
    Attempt,
    Delivery,
    Filter,
    Portion,
    Range,
    State,
)
from interactor.webhooks.rules.events import Subscription
from interactor.webhooks.store import concurrency, subscriptions

SCANNED_PER_CALL = 300

DeliveryKey = tuple[str, str, str]
"""Account, subscription and delivery."""


class DeliveryStore:
    """The log of all subscriptions, read consistently."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def before_attempts(
        self, wanted: Iterable[DeliveryKey]
    ) -> tuple[Mapping[tuple[str, str], Subscription], Mapping[DeliveryKey, Delivery], Mapping[str, Watch]]:
        """Read what attempts need, in one call: their subscriptions, logged deliveries, and watches over accounts."""
        delivery_keys = dict.fromkeys(wanted)
        watched = {(keys.watch(account), keys.HEAD): account for account, *_ in delivery_keys}
        told = {(keys.subscriptions(key[0]), key[1]): key[:2] for key in delivery_keys}
        logged = {(keys.deliveries(*key[:2]), key[2]): key for key in delivery_keys}
        found_subscriptions: dict[tuple[str, str], Subscription] = {}
        found_deliveries: dict[DeliveryKey, Delivery] = {}
        found_watches: dict[str, Watch] = {}
        for item in self._table.batch_get([items.key(*each) for each in (*told, *logged, *watched)]):
            key = items.text(item, "pk"), items.text(item, "sk")
            if key in told:
                found_subscriptions[told[key]] = subscriptions.read(told[key][0], item)
            elif key in watched:
                found_watches[watched[key]] = concurrency.read_watch(item)
            else:
                found_deliveries[logged[key]] = _read(item)
        return found_subscriptions, found_deliveries, found_watches

    def add(self, account: str, subscription_id: str, delivery: Delivery, attempt: Attempt) -> Delivery | None:
        """Add an attempt, the last of the delivery's ``made``, and the new state. Return what the log has then.

        Return None if it already has that attempt, or a later one: the message came twice at the same time.
        """
        try:
            stored = self._table.update(
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
            return None
        return _read(stored)

    def note(self, account: str, subscription_id: str, delivery: Delivery, now: Millis) -> None:
        """Log a delivery before its first attempt. This changes nothing if an attempt was made already."""
        with suppress(ConditionFailedError):
            self._table.update(
                items.key(keys.deliveries(account, subscription_id), delivery.id),
                UpdateExpression="SET #state = :state, made = :made, doc = :doc, expires_at = :end",
                ConditionExpression="attribute_not_exists(made)",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues=_common(delivery, now),
            )

    def mark_replayed(self, account: str, subscription_id: str, delivery_id: str, by: str) -> None:
        """Note which delivery is the latest replay of one."""
        with suppress(ConditionFailedError):
            self._table.update(
                items.key(keys.deliveries(account, subscription_id), delivery_id),
                UpdateExpression="SET replayed_by = :by",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={":by": s(by)},
            )

    def give_up(self, account: str, subscription_id: str, delivery: Delivery, now: Millis) -> None:
        """Log that no more attempts are made, and why. This changes nothing if the log has a later state."""
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
        """Return one delivery."""
        item = self._table.get(items.key(keys.deliveries(account, subscription_id), delivery_id))
        return None if item is None or _is_over(item, now) else _read(item)

    def page(
        self, account: str, subscription_id: str, wanted: Filter, below: str | None, limit: int, now: Millis
    ) -> tuple[list[Delivery], str | None]:
        """Return up to ``limit`` deliveries with ids below one, newest first, and the next position (None: no more).

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

    def within(self, wanted: Range, limit: int, now: Millis) -> Portion:
        """Return the next deliveries of a range to replay, oldest event first: the latest one of each wanted event.

        About ``limit`` of them, or fewer once enough was read for one call.
        """
        partition = keys.deliveries(wanted.account, wanted.subscription_id)
        begin = ids.make("del", wanted.since, bytes(ids.ENTROPY_BYTES))
        end = ids.make("del", wanted.until, b"\xff" * ids.ENTROPY_BYTES)
        position, found, repeated, scanned = wanted.after, list[Delivery](), 0, 0
        while len(found) < limit and scanned < SCANNED_PER_CALL:
            after = None if position is None else items.key(partition, position)
            page = self._table.query(partition, at_least=begin, at_most=end, after=after, limit=limit)
            kept = (_read(item) for item in page.items if not _is_over(item, now))
            firsts = [each for each in kept if _is_first(each)]
            latest = self._latest(partition, firsts)
            found += [latest[each.id] for each in firsts if wanted.takes(each, latest[each.id])]
            repeated += sum(wanted.made(each, latest[each.id]) for each in firsts)
            scanned += len(page.items)
            position = None if page.next_key is None else items.text(page.next_key, "sk")
            if position is None:
                break
        return Portion(tuple(found), repeated, position)

    def _latest(self, partition: str, firsts: list[Delivery]) -> dict[str, Delivery]:
        """Return the latest delivery of each event, by its first. Replays that the log has lost are ignored."""
        names = [each.replayed_by for each in firsts if each.replayed_by is not None]
        stored = self._table.batch_get([items.key(partition, name) for name in dict.fromkeys(names)]) if names else []
        replays = {each.id: each for each in map(_read, stored)}
        return {each.id: replays.get(each.replayed_by or "", each) for each in firsts}


def _is_first(delivery: Delivery) -> bool:
    """Whether it is the first delivery of an event: neither a replay nor a sample."""
    return "replay_of" not in delivery.source and not delivery.source.get("test")


def _common(delivery: Delivery, now: Millis) -> Item:
    return {
        ":state": s(delivery.state),
        ":made": n(delivery.made),
        ":doc": b(items.pack({"schema": 1, **delivery.source})),
        ":end": n((now + KEPT) // SECOND),
    }


def _is_over(item: Item, now: Millis) -> bool:
    """Whether an item has expired. TTL deletes late, and expired items are not shown."""
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
        replayed_by=items.text(item, "replayed_by") if "replayed_by" in item else None,
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
