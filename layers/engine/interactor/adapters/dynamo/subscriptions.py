"""Webhook subscriptions in the table: one partition an account, so that a fan-out reads them at once."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from interactor.adapters.dynamo import items, keys
from interactor.adapters.dynamo.items import Item, b
from interactor.adapters.dynamo.table import ConditionFailedError, Table
from interactor.core.jsons import JsonObject
from interactor.core.principal import namespaces_claim, parse_namespaces
from interactor.core.storing import KeyTakenError
from interactor.core.webhooks import Subscription


class SubscriptionStore:
    """Subscriptions, read consistently."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, subscription: Subscription, token: str, extra: Sequence[Item] = ()) -> None:
        """Store a new subscription; ``extra`` writes go into the same transaction.

        Raises:
            KeyTakenError: when an extra write is refused.
        """
        try:
            self._table.transact([{"Put": {"Item": _item(subscription)}}, *extra], token)
        except ConditionFailedError:
            raise KeyTakenError from None

    def get(self, account: str, subscription_id: str) -> Subscription | None:
        """One subscription."""
        item = self._table.get(items.key(keys.subscriptions(account), subscription_id))
        return None if item is None else _read(account, item)

    def all(self, account: str) -> list[Subscription]:
        """All of an account, newest first; there are at most 50."""
        found = self._table.query_all(keys.subscriptions(account), newest_first=True)
        return [_read(account, item) for item in found]

    def disable(self, subscription: Subscription) -> None:
        """Deliver nothing to it from now on; one that was deleted in between stays deleted."""
        key = items.key(keys.subscriptions(subscription.account), subscription.id)
        document = b(items.pack(_document(replace(subscription, status="disabled"))))
        with suppress(ConditionFailedError):
            self._table.update(
                key,
                UpdateExpression="SET doc = :doc",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={":doc": document},
            )

    def delete(self, account: str, subscription_id: str) -> bool:
        """Remove one; False when there was none."""
        return self._table.delete(items.key(keys.subscriptions(account), subscription_id))


def _item(subscription: Subscription) -> Item:
    key = items.key(keys.subscriptions(subscription.account), subscription.id)
    return {**key, "doc": b(items.pack(_document(subscription)))}


def _document(subscription: Subscription) -> JsonObject:
    return {
        "schema": 1,
        "url": subscription.url,
        "events": list(subscription.events),
        "secret": subscription.secret,
        "namespaces": namespaces_claim(subscription.namespaces),
        "namespace_filter": subscription.namespace_filter,
        "status": subscription.status,
        "created_at": subscription.created_at,
    }


def _read(account: str, item: Item) -> Subscription:
    document = items.unpack(item["doc"]["B"])
    return Subscription(
        id=items.text(item, "sk"),
        account=account,
        url=document["url"],
        events=tuple(document["events"]),
        secret=document["secret"],
        namespaces=parse_namespaces(document["namespaces"]),
        created_at=document["created_at"],
        namespace_filter=document["namespace_filter"],
        status=document["status"],
    )
