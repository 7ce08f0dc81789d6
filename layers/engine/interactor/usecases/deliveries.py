"""One attempt to deliver one event to one subscription, and what follows from how it ended.

Prepare, send, judge, go on: success ends it, a failure sends the message again with the next delay of the schedule,
the last failure sets it aside in the exhausted queue. Waiting is done in the queue, in hops where it is long.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from interactor.core import jsons, signatures
from interactor.core.jsons import JsonObject
from interactor.core.times import SECOND, Millis
from interactor.core.urls import check_url
from interactor.core.webhooks import Answer, Subscription, body
from interactor.logs import logger
from interactor.usecases.world import World

if TYPE_CHECKING:
    from interactor.adapters.dynamo.instances import InstanceStore
    from interactor.adapters.dynamo.subscriptions import SubscriptionStore

USER_AGENT = "Interactor-Webhooks/1"


Post = Callable[[str, Mapping[str, str], bytes], Answer]
"""Sends a body with headers to a URL."""


class Queue(Protocol):
    """Sends one message; a failure is raised."""

    def send(self, body: JsonObject, group: str, delay: Millis = 0) -> None:
        """Send a message for a fairness group, to arrive after ``delay`` or as late as the queue can hold it."""


@dataclass(frozen=True)
class Deliverer:
    """Delivers webhook messages. ``delays`` are the waits before each attempt, the first one included."""

    world: World
    subscriptions: "SubscriptionStore"
    instances: "InstanceStore"
    post: Post
    waiting: Queue
    exhausted: Queue
    delays: Sequence[Millis]
    allow_loopback: bool

    def handle(self, message: JsonObject) -> None:
        """Make the attempt that a message is for, if it is due and still wanted."""
        now = self.world.now()
        if message.get("due_at", 0) > now:
            self._send_on(message, message["due_at"] - now)
            return
        subscription = self.subscriptions.get(message["account"], message["subscription_id"])
        if subscription is None or subscription.status != "active":
            return
        text = message.get("body") or self._body_again(message)
        if text is None:
            return
        answer = self._send(subscription, text, message["attempt"])
        if answer.gone:
            self._disable(subscription)
        elif not answer.delivered:
            self._go_on(message)

    def _send(self, subscription: Subscription, text: str, attempt: int) -> Answer:
        payload = json.loads(text)
        raw = text.encode()
        at = self.world.now() // SECOND
        headers = signatures.headers(
            payload["event"],
            payload["delivery_id"],
            payload["idempotency_key"],
            [subscription.secret],
            raw,
            at,
            attempt,
        )
        refusal = check_url(subscription.url, https_only=True, allow_loopback=self.allow_loopback)
        if refusal is None:
            answer = self.post(subscription.url, {**headers, "User-Agent": USER_AGENT}, raw)
        else:
            answer = Answer(None, "refused_address")
        told = {"subscription_id": subscription.id, "delivery_id": payload["delivery_id"], "attempt": attempt}
        logger.info("webhook attempt", extra=told | {"status": answer.status, "problem": answer.problem})
        return answer

    def _go_on(self, message: JsonObject) -> None:
        attempt = message["attempt"] + 1
        if attempt >= len(self.delays):
            self.exhausted.send(message, message["subscription_id"])
            return
        # Jitter only lengthens a delay (ruling 35).
        jitter = self.delays[attempt] * int.from_bytes(self.world.entropy(2)) // 0xFFFF // 10
        delay = self.delays[attempt] + jitter
        self._send_on({**message, "attempt": attempt, "due_at": self.world.now() + delay}, delay)

    def _send_on(self, message: JsonObject, delay: Millis) -> None:
        self.waiting.send(message, message["subscription_id"], delay)

    def _disable(self, subscription: Subscription) -> None:
        logger.info("subscription disabled: its endpoint answered 410", extra={"subscription_id": subscription.id})
        self.subscriptions.disable(subscription)

    def _body_again(self, message: JsonObject) -> str | None:
        """The body of a message that does not carry it; None when the history is no more."""
        records = self.instances.records_of(message["account"], message["instance_id"], message["number"])
        return jsons.dumps(body(records, message["number"], message["subscription_id"])) if records else None
