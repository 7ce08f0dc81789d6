"""Redrive: removes replayed messages from the exhausted queue.

The queue holds the exhausted deliveries of all subscriptions, and SQS chooses which messages it returns. So a redrive
reads messages, which hides them for a while, and removes those whose deliveries the log marks as replayed, whatever
their subscription. All others become visible again. A redrive is a chain of messages in the webhooks queue. A crash
repeats a link of the chain, which is harmless. Messages that another redrive hides are looked for again a little later.
Messages that remain are harmless too: the log marks them as replayed, so they are never sent, and they leave the queue
after 14 days.
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
"""How often one link of the chain reads from the queue, ten messages each time."""
EMPTY_LOOKS = 3
"""After so many empty reads in a row the queue counts as read. One read may ask only some of the queue's servers."""
MOST_LOOKED_AT = 5_000
"""Messages that one redrive reads, so that messages of others do not make it endless."""
HIDDEN: Millis = 60 * SECOND
ROUNDS = 3

Held = tuple[str, str]
"""A message that was received: its receipt, and its body."""


class Holding(Protocol):
    """A queue whose messages are read and removed."""

    def receive(self, hidden: Millis) -> Sequence[Held]:
        """Return up to ten messages, which are hidden from others for a time."""

    def remove(self, receipts: Sequence[str]) -> None:
        """Remove up to ten messages that were received."""


@dataclass(frozen=True)
class Redrive:
    """Removes replayed messages from the exhausted queue."""

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
        """Remove those that were replayed. Returns how many of them belong to this subscription."""
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
    """Begin a redrive of ``count`` replayed deliveries, if there are any."""
    if count:
        message = {"drain": count, "account": account, "subscription_id": subscription_id, "looked": 0, "round": 0}
        messages.send_all([(message, subscription_id, 0)])


def _key(body: str) -> "DeliveryKey | None":
    """Return the key of a message's delivery; None if the message cannot be read. Such a message stays in the queue."""
    try:
        message: Any = json.loads(body)
        return str(message["account"]), str(message["subscription_id"]), str(message["delivery_id"])
    except (ValueError, KeyError, TypeError):
        return None
