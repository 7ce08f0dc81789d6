"""Taking out of the exhausted queue what was replayed.

The queue holds the exhausted deliveries of all subscriptions, and SQS hands out what it likes: a draining looks at
messages, hides them for a while as any receiver does, and removes those whose delivery the log knows to be replayed,
whoever's they are. All others are seen again. It is a chain of messages in the webhooks queue: a crash repeats a link
of it, and to remove what is removed is nothing. What it does not meet, since another draining holds it, it looks for
again a little later. What is left after that is harmless: the log says that it was replayed, so it is never sent, and
leaves the queue after its 14 days.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from interactor.core.jsons import JsonObject
from interactor.core.times import SECOND, Millis
from interactor.webhooks.relay import Messages

if TYPE_CHECKING:
    from interactor.webhooks.store.deliveries import DeliveryKey, DeliveryStore

LOOKS = 20
"""Looks at the queue, of ten messages each, that one link takes."""
EMPTY_LOOKS = 3
"""So many in a row that find nothing are the end: one may ask only some of the queue's servers."""
MOST_LOOKED_AT = 5_000
"""Messages that one draining looks at, so that others' do not make it endless."""
HIDDEN: Millis = 60 * SECOND
ROUNDS = 3

Held = tuple[str, str]
"""A message that was received: its receipt, and its body."""


class Holding(Protocol):
    """A queue whose messages are looked at."""

    def receive(self, hidden: Millis) -> Sequence[Held]:
        """Up to ten messages, which nobody else sees for so long."""

    def remove(self, receipts: Sequence[str]) -> None:
        """Remove up to ten messages that were received."""


@dataclass(frozen=True)
class Redrive:
    """Drains the exhausted queue."""

    log: "DeliveryStore"
    exhausted: Holding
    messages: Messages

    def step(self, message: JsonObject) -> None:
        """Do one link of the chain, then send the next."""
        left, looked, empty = message["drain"], message["looked"], 0
        for _ in range(LOOKS):
            held = self.exhausted.receive(HIDDEN)
            empty = 0 if held else empty + 1
            if empty == EMPTY_LOOKS:
                break
            looked += len(held)
            left -= self._remove_replayed(held, message["subscription_id"])
        if empty < EMPTY_LOOKS and looked < MOST_LOOKED_AT:
            self._go_on({**message, "drain": left, "looked": looked}, 0)
        elif left > 0 and message["round"] + 1 < ROUNDS:
            self._go_on({**message, "drain": left, "looked": 0, "round": message["round"] + 1}, HIDDEN + 5 * SECOND)

    def _remove_replayed(self, held: Sequence[Held], subscription_id: str) -> int:
        """Remove those that were replayed; answers how many were this subscription's."""
        named = {receipt: key for receipt, body in held if (key := _key(body)) is not None}
        _, known, _ = self.log.before_attempts(named.values()) if named else ({}, {}, {})
        done = [
            receipt
            for receipt, key in named.items()
            if (delivery := known.get(key)) is not None and delivery.replayed_by is not None
        ]
        if done:
            self.exhausted.remove(done)
        return sum(named[receipt][1] == subscription_id for receipt in done)

    def _go_on(self, message: JsonObject, delay: Millis) -> None:
        self.messages.send_all([(message, message["subscription_id"], delay)])


def begin_redrive(messages: Messages, account: str, subscription_id: str, count: int) -> None:
    """Have the messages of so many deliveries, which were replayed, taken out of the exhausted queue."""
    if count:
        message = {"drain": count, "account": account, "subscription_id": subscription_id, "looked": 0, "round": 0}
        messages.send_all([(message, subscription_id, 0)])


def _key(body: str) -> "DeliveryKey | None":
    """Whose delivery a message is; None for one that nobody can read, which is left to whoever put it there."""
    try:
        message: Any = json.loads(body)
        return str(message["account"]), str(message["subscription_id"]), str(message["delivery_id"])
    except (ValueError, KeyError, TypeError):
        return None
