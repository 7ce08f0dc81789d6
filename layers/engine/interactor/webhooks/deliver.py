"""Makes one attempt to deliver one event to one subscription, and does what follows from its outcome.

The steps are: prepare, send, judge, log, continue. An attempt is in the log before the message of the next one is sent.
A message that comes twice therefore finds what was done, and only continues from there. Waiting happens in the queue; a
long wait takes several messages.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from interactor.core import ids, jsons, limits, traces
from interactor.core.excerpts import excerpt
from interactor.core.jsons import JsonObject
from interactor.core.times import SECOND, Millis
from interactor.core.world import World
from interactor.logs import logger
from interactor.webhooks import subscriptions
from interactor.webhooks.replays import Replays
from interactor.webhooks.rules import concurrency, signatures
from interactor.webhooks.rules.account_concurrency import Watch
from interactor.webhooks.rules.concurrency import Usage
from interactor.webhooks.rules.delivery import Attempt, Delivery, judge, source_of
from interactor.webhooks.rules.events import Answer, DisabledBecause, Subscription, body

if TYPE_CHECKING:
    from interactor.instances.store.instances import InstanceStore
    from interactor.webhooks.store.deliveries import DeliveryStore
    from interactor.webhooks.subscriptions import Subscriptions

USER_AGENT = "Interactor-Webhooks/1"


Post = Callable[[str, Mapping[str, str], bytes], Answer]
"""Sends a body with headers to a URL."""


class Queue(Protocol):
    """Sends one message, and raises if that fails."""

    def send(self, body: JsonObject, group: str, delay: Millis = 0) -> None:
        """Send a message of a fairness group, to arrive after ``delay``, or after the queue's longest delay."""


@dataclass(frozen=True)
class Known:
    """What the table has for the attempts of a batch: subscriptions, deliveries, and watches over accounts."""

    subscriptions: Mapping[tuple[str, str], Subscription]
    deliveries: Mapping[tuple[str, str, str], Delivery]
    watches: Mapping[str, Watch]

    @property
    def rates(self) -> Mapping[tuple[str, str], int]:
        """How many attempts each subscription may have in a minute."""
        return {key: each.rate for key, each in self.subscriptions.items()}


@dataclass(frozen=True)
class Deliverer:
    """Delivers webhook messages. ``delays`` are the waits before each attempt, including the first."""

    world: World
    subscriptions: "Subscriptions"
    log: "DeliveryStore"
    instances: "InstanceStore"
    post: Post
    waiting: Queue
    exhausted: Queue
    replays: Replays
    delays: Sequence[Millis]

    def is_due(self, message: JsonObject) -> bool:
        """Whether the attempt of a message is due now. A message that is early goes back to the queue unchanged."""
        return bool(message.get("due_at", 0) <= self.world.now())

    def wait(self, message: JsonObject, usage: Usage, rates: Mapping[tuple[str, str], int]) -> None:
        """Send a message back that is over the limits of its subscription. This uses up no attempt (ruling 34)."""
        now, waits = self.world.now(), message.get("waits", 0)
        rate = rates.get(_key(message)[:2], limits.RATE_PER_MINUTE_DEFAULT)
        delay = concurrency.wait(usage, rate, waits, now, self._chance())
        self._send_on({**message, "waits": waits + 1, "due_at": now + delay}, delay)

    def look_up(self, messages: Iterable[JsonObject]) -> Known:
        """Read what the attempts of a batch need, in one call."""
        return Known(*self.log.before_attempts(_key(message) for message in messages))

    def handle(self, message: JsonObject, found: Known) -> Millis:
        """Make the attempt that a message is for, if it is due and still wanted. Returns how long the receiver took."""
        now = self.world.now()
        if not self.is_due(message):
            self._send_on(message, message["due_at"] - now)
            return 0
        account, subscription_id, delivery_id = key = _key(message)
        subscription, known = found.subscriptions.get((account, subscription_id)), found.deliveries.get(key)
        if subscription is None:
            return 0
        if message.get("exhausted"):
            self._deliver_exhausted(subscription, known)
            return 0
        if known is not None and known.made > message["attempt"]:
            # It was made, and what follows it may not have been sent.
            self._go_on(message, known)
            return 0
        text = message.get("body") or self._body_again(message)
        if text is None:
            return 0
        payload = json.loads(text)
        source = source_of(message, payload)
        if subscription.status != "active" and not message.get("test"):
            ended = Delivery(delivery_id, "failed", source, message["attempt"], reason="subscription_disabled")
            self.log.give_up(account, subscription.id, ended, now)
            return 0
        return self._attempt(message, subscription, payload, text, source)

    def _deliver_exhausted(self, subscription: Subscription, known: Delivery | None) -> None:
        """Replay a delivery whose message somebody moved out of the exhausted queue. This happens only once."""
        if known is not None and known.state == "exhausted" and known.replayed_by is None:
            new_id = ids.derive("del", known.attempts[-1].at, known.id, "again")
            self.replays.send(subscription.account, subscription.id, [(known, new_id)])

    def _attempt(
        self, message: JsonObject, subscription: Subscription, payload: JsonObject, text: str, source: JsonObject
    ) -> Millis:
        started = self.world.now()
        secrets = [
            self.subscriptions.sealer().open(subscription.account, each) for each in subscription.secrets(started)
        ]
        answer = self._send(subscription, secrets, payload, text, message["attempt"], message.get("traceparent"))
        delays = self.delays[:1] if message.get("test") else self.delays
        verdict = judge(answer, message["attempt"], delays, self.world.now(), self._chance())
        if not message.get("test"):
            self._judge_endpoint(subscription, answer)
        attempt = Attempt(
            started,
            answer.status,
            answer.problem,
            answer.duration_ms,
            excerpt(answer.text, secrets),
            verdict.next_at,
        )
        made = Delivery(message["delivery_id"], verdict.state, source, message["attempt"] + 1)
        known = self.log.add(subscription.account, subscription.id, made, attempt)
        if known is None:
            # It is in the log already. Either the answer to this write was lost, or another worker made the attempt at
            # the same time and may have died before it continued.
            known = self.look_up([message]).deliveries.get(_key(message))
        if known is not None:
            self._go_on(message, known)
        return answer.duration_ms

    def _send(
        self,
        subscription: Subscription,
        secrets: Sequence[str],
        payload: JsonObject,
        text: str,
        attempt: int,
        traceparent: str | None,
    ) -> Answer:
        raw = text.encode()
        at = self.world.now() // SECOND
        delivery_id = payload["delivery_id"]
        headers = signatures.headers(
            payload["event"], delivery_id, payload["idempotency_key"], secrets, raw, at, attempt
        )
        if traceparent is not None:
            headers = {**headers, "traceparent": traces.below(traceparent, delivery_id)}
        refusal = self.subscriptions.refusal(subscription.url)
        if refusal is None:
            answer = self.post(subscription.url, {**headers, "User-Agent": USER_AGENT}, raw)
        else:
            answer = Answer(None, "refused_address")
        told = {"subscription_id": subscription.id, "delivery_id": delivery_id, "attempt": attempt}
        # A delivered attempt is in the delivery log, and would be a quarter of all log lines.
        say = logger.debug if answer.delivered else logger.info
        say("webhook attempt", extra=told | {"status": answer.status, "problem": answer.problem})
        return answer

    def _judge_endpoint(self, subscription: Subscription, answer: Answer) -> None:
        """Note since when an endpoint fails, or that it works. Disable one that is gone, or has failed for days."""
        now, since = self.world.now(), subscription.failing_since
        if answer.delivered:
            if since is not None:
                self.subscriptions.store.mark(subscription, None)
        elif answer.gone:
            self._disable(subscription, "gone")
        elif since is None:
            self.subscriptions.store.mark(subscription, now)
        elif subscription.fails_for_days(now):
            self._disable(subscription, "failing")

    def _disable(self, subscription: Subscription, because: DisabledBecause) -> None:
        told = {"subscription_id": subscription.id, "reason": because}
        logger.info("subscription disabled by how its endpoint answers", extra=told)
        subscriptions.disable_for(self.subscriptions, subscription, because)

    def _go_on(self, message: JsonObject, known: Delivery) -> None:
        """Do what follows from the last attempt that is in the log."""
        if known.state == "exhausted":
            if known.replayed_by is None and not message.get("test"):
                self.exhausted.send({**message, "exhausted": True}, message["subscription_id"])
        elif known.next_at is not None:
            following = {name: value for name, value in message.items() if name != "waits"}
            following |= {"attempt": known.made, "due_at": known.next_at}
            self._send_on(following, known.next_at - self.world.now())

    def _send_on(self, message: JsonObject, delay: Millis) -> None:
        self.waiting.send(message, message["subscription_id"], delay)

    def _body_again(self, message: JsonObject) -> str | None:
        """Return the body of a message that does not contain it; None if the history was deleted."""
        number, subscription_id = message["number"], message["subscription_id"]
        records = self.instances.records_of(message["account"], message["instance_id"], number)
        if not records:
            return None
        return jsons.dumps(body(records, number, subscription_id, message["delivery_id"]))

    def _chance(self) -> float:
        return int.from_bytes(self.world.entropy(2)) / 0xFFFF


def _key(message: JsonObject) -> tuple[str, str, str]:
    return message["account"], message["subscription_id"], message["delivery_id"]
