"""Webhook subscriptions in the table: one partition for each account, so that the relay reads them in one query.

What callers change is one document, guarded by its ``edition``. The time since when attempts fail is a separate
attribute: workers set it, and must not conflict with a caller's change.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from interactor.access.rules.principal import namespaces_claim, parse_namespaces
from interactor.aws.dynamo import generations, items, keys
from interactor.aws.dynamo.items import Item, b, n
from interactor.aws.dynamo.table import ConditionFailedError, Table
from interactor.core import releases
from interactor.core.jsons import Json, JsonObject
from interactor.core.storing import GuardLostError, KeyTakenError
from interactor.core.times import Millis
from interactor.webhooks.rules.events import Subscription

SCHEMA: Final = 1
READABLE: Final = 1
_MEMBERS: Final = {
    *("schema", "url", "events", "secret", "namespaces", "namespace_filter", "status", "created_at", "created_by"),
    *("previous_secret", "previous_until", "disabled_at", "disabled_because", "rate_per_minute"),
}


class SubscriptionStore:
    """Subscriptions, read consistently."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def generation(self, account: str) -> int:
        """Return how often a subscription was created in an account."""
        return generations.read(self._table, account, generations.SUBSCRIPTIONS)

    def add(self, subscription: Subscription, generation: int, token: str, extra: Sequence[Item] = ()) -> None:
        """Store a new subscription. ``extra`` writes go into the same transaction.

        Raises:
            GuardLostError: another one was created since ``generation`` was read.
            KeyTakenError: an extra write is refused.
        """
        raised = generations.raised(subscription.account, generations.SUBSCRIPTIONS, generation)
        try:
            self._table.transact([raised, {"Put": {"Item": _item(subscription)}}, *extra], token)
        except ConditionFailedError as refused:
            raise (GuardLostError if 0 in refused.failed else KeyTakenError) from None

    def get(self, account: str, subscription_id: str) -> Subscription | None:
        """Return one subscription."""
        item = self._table.get(items.key(keys.subscriptions(account), subscription_id))
        return None if item is None else read(account, item)

    def all(self, account: str) -> list[Subscription]:
        """Return all subscriptions of an account, newest first. There are at most 50."""
        found = self._table.query_all(keys.subscriptions(account), newest_first=True)
        return [read(account, item) for item in found]

    def replace(self, changed: Subscription, token: str, extra: Sequence[Item] = ()) -> None:
        """Store a change, unless another came first. ``extra`` writes go into the same transaction.

        Raises:
            GuardLostError: it was changed, or deleted, since it was read.
            KeyTakenError: an extra write is refused.
        """
        slate = " REMOVE failing_since" if changed.failing_since is None else ""
        guard, failing = "edition = :read", {}
        if changed.disabled_because == "failing" and changed.failing_since is not None:
            # An attempt that succeeds at this moment changes no edition.
            guard, failing = f"{guard} AND failing_since = :since", {":since": n(changed.failing_since)}
        update = {
            "Key": items.key(keys.subscriptions(changed.account), changed.id),
            "UpdateExpression": f"SET doc = :doc, edition = :next{slate}",
            "ConditionExpression": guard,
            "ExpressionAttributeValues": {
                ":doc": b(items.pack(_document(changed))),
                ":read": n(changed.edition),
                ":next": n(changed.edition + 1),
                **failing,
            },
        }
        try:
            self._table.transact([{"Update": update}, *extra], token)
        except ConditionFailedError as error:
            raise (GuardLostError if 0 in error.failed else KeyTakenError) from None

    def mark(self, subscription: Subscription, failing_since: Millis | None) -> None:
        """Store since when its attempts fail; None: they do not. A deleted subscription stays deleted."""
        key = items.key(keys.subscriptions(subscription.account), subscription.id)
        with suppress(ConditionFailedError):
            if failing_since is None:
                condition, expression, values = "attribute_exists(pk)", "REMOVE failing_since", {}
            else:
                condition = "attribute_exists(pk) AND attribute_not_exists(failing_since)"
                expression, values = "SET failing_since = :at", {":at": n(failing_since)}
            given = {"ExpressionAttributeValues": values} if values else {}
            self._table.update(key, UpdateExpression=expression, ConditionExpression=condition, **given)

    def delete(self, account: str, subscription_id: str) -> bool:
        """Delete a subscription. Returns False if there was none."""
        return self._table.delete(items.key(keys.subscriptions(account), subscription_id))


def _item(subscription: Subscription) -> Item:
    key = items.key(keys.subscriptions(subscription.account), subscription.id)
    return {**key, "doc": b(items.pack(_document(subscription))), "edition": n(subscription.edition)}


def _document(subscription: Subscription) -> JsonObject:
    return {
        **subscription.later,
        "schema": SCHEMA,
        "url": subscription.url,
        "events": list(subscription.events),
        "secret": subscription.secret,
        "namespaces": namespaces_claim(subscription.namespaces),
        "namespace_filter": subscription.namespace_filter,
        "status": subscription.status,
        "created_at": subscription.created_at,
        "created_by": subscription.created_by,
        "previous_secret": subscription.previous_secret,
        "previous_until": subscription.previous_until,
        "disabled_at": subscription.disabled_at,
        "disabled_because": subscription.disabled_because,
        **_given("rate_per_minute", subscription.rate_per_minute),
    }


def _given(name: str, value: Json) -> JsonObject:
    return {} if value is None else {name: value}


def read(account: str, item: Item) -> Subscription:
    """Return the subscription of an item.

    Raises:
        LaterReleaseError: a later release wrote it, and this one must not read it.
    """
    document = items.unpack(item["doc"]["B"])
    releases.require_readable(document, READABLE, "the subscription")
    return Subscription(
        id=items.text(item, "sk"),
        account=account,
        url=document["url"],
        events=tuple(document["events"]),
        secret=document["secret"],
        namespaces=parse_namespaces(document["namespaces"]),
        created_at=document["created_at"],
        created_by=document.get("created_by"),
        namespace_filter=document["namespace_filter"],
        rate_per_minute=document.get("rate_per_minute"),
        status=document["status"],
        previous_secret=document["previous_secret"],
        previous_until=document["previous_until"],
        disabled_at=document["disabled_at"],
        disabled_because=document["disabled_because"],
        failing_since=items.number(item, "failing_since") if "failing_since" in item else None,
        edition=items.number(item, "edition"),
        later=releases.later(document, _MEMBERS),
    )
