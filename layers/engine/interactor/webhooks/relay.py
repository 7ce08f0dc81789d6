"""Makes webhook messages from committed history: the history is the outbox (invariant 2).

The relay may process records twice and in any order. Bodies, ids and keys are derived from the record, so a subscriber
sees the same ``idempotency_key``.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

from interactor.access.rules.principal import ALL, parse_namespaces
from interactor.core import jsons
from interactor.core.jsons import JsonObject
from interactor.core.times import Millis
from interactor.instances.rules.stored import Record
from interactor.webhooks.rules.events import (
    SUBSCRIPTION_DISABLED,
    Subscription,
    body,
    delivery_id,
    disabled_body,
    event_type,
)

if TYPE_CHECKING:
    from interactor.webhooks.store.subscriptions import SubscriptionStore

CARRIED_BYTES = 60 * 1024
"""A larger body is not in the message; each attempt makes it again. SQS bills each 64 KB of a message."""


Outgoing = tuple[JsonObject, str, Millis]
"""A message, its fairness group, and the delay after which it arrives."""


class Messages(Protocol):
    """Sends webhook messages, and raises if that fails."""

    def send_all(self, messages: Iterable[Outgoing]) -> None:
        """Send messages, as many in a call as the queue accepts."""


class Relay:
    """Fans records out to the subscriptions of their accounts, which are read once for all records it is given.

    ``first_delay`` is the wait before the first attempt, from the event on.
    """

    def __init__(self, subscriptions: "SubscriptionStore", now: Callable[[], Millis], first_delay: Millis) -> None:
        self._subscriptions = subscriptions
        self._now = now
        self._first_delay = first_delay
        self._read: dict[str, list[Subscription]] = {}

    def messages_of(self, record: Record) -> Iterator[Outgoing]:
        """Yield one message for each event of a record and each subscription that wants it.

        Messages are made one by one, because a record may have 100 events for 50 subscriptions, and a message 60 KB.
        """
        for event in record.events:
            kind = event_type(event)
            if kind is None:
                continue
            for subscription in self._of(record.account):
                if subscription.wants(kind, record.envelope["namespace"]):
                    yield self._due(message_for(record, event["number"], subscription.id), event["at"])

    def messages_of_disabled(self, account: str, event: JsonObject) -> list[Outgoing]:
        """Return the messages that tell other subscriptions, if they see its namespaces, that one was disabled."""
        messages = []
        namespaces = parse_namespaces(event["namespaces"])
        for subscription in self._of(account):
            sees = subscription.namespaces is ALL or (
                namespaces is not ALL and set(namespaces) <= set(subscription.namespaces)
            )
            is_another = subscription.id != event["data"]["subscription_id"]
            if is_another and sees and subscription.hears(SUBSCRIPTION_DISABLED):
                made = disabled_body(event, subscription.id)
                message: JsonObject = {
                    "account": account,
                    "subscription_id": subscription.id,
                    "delivery_id": made["delivery_id"],
                    "attempt": 0,
                    "body": jsons.dumps(made),
                }
                messages.append(self._due(message, event["at"]))
        return messages

    def _due(self, message: JsonObject, event_at: Millis) -> Outgoing:
        group = message["subscription_id"]
        if not self._first_delay:
            return message, group, 0
        due_at = event_at + self._first_delay
        return {**message, "due_at": due_at}, group, due_at - self._now()

    def _of(self, account: str) -> list[Subscription]:
        if account not in self._read:
            self._read[account] = self._subscriptions.all(account)
        return self._read[account]


def message_for(record: Record, number: int, subscription_id: str) -> JsonObject:
    """Return the message of one event to one subscription. It has the body if the record has it and it is small."""
    event = next(each for each in record.events if each["number"] == number)
    message: JsonObject = {
        "account": record.account,
        "subscription_id": subscription_id,
        "delivery_id": delivery_id(event, subscription_id),
        "instance_id": record.instance_id,
        "number": number,
        "attempt": 0,
    }
    if record.envelope.get("traceparent") is not None:
        message["traceparent"] = record.envelope["traceparent"]
    if record.snapshot is not None:
        made = jsons.dumps(body([record], number, subscription_id))
        if len(made.encode()) <= CARRIED_BYTES:
            message["body"] = made
    return message
