"""Deliveries: one event on its way to one subscription, attempt by attempt, and what follows from each answer.

    pending     there is another attempt to come
    succeeded   an attempt was answered 2xx
    exhausted   the last attempt of the schedule failed
    failed      given up before that: the endpoint answered 410, or the subscription was disabled meanwhile

A delivery is in the log from its first attempt on, for 30 days.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from interactor.core import jsons
from interactor.core.jsons import JsonObject
from interactor.core.times import DAY, Millis
from interactor.core.webhooks import Answer

State = Literal["pending", "succeeded", "failed", "exhausted"]
STATES: Final[tuple[State, ...]] = ("pending", "succeeded", "failed", "exhausted")
UNDELIVERED: Final[tuple[State, ...]] = ("failed", "exhausted")

KEPT: Millis = 30 * DAY
EXCERPT_BYTES = 2 * 1024
"""What the log keeps of an answer."""
_PREFIX, _MASK = "whsec_", "[secret]"


@dataclass(frozen=True)
class Attempt:
    """One attempt, and how it was answered. ``next_at``: when the next one is due, None where there is none."""

    at: Millis
    status: int | None
    problem: str | None
    duration_ms: int
    response: str
    next_at: Millis | None


@dataclass(frozen=True)
class Delivery:
    """What the log knows. ``source`` is what a message to deliver it again needs (see ``message_of``)."""

    id: str
    state: State
    source: JsonObject
    made: int = 0
    """Attempts that were made."""
    attempts: tuple[Attempt, ...] = ()
    reason: str | None = None
    """Why it was given up, where no answer says so."""

    @property
    def next_at(self) -> Millis | None:
        """When the next attempt is due."""
        return self.attempts[-1].next_at if self.attempts and self.state == "pending" else None


@dataclass(frozen=True)
class Verdict:
    """What becomes of a delivery after an attempt."""

    state: State
    next_at: Millis | None = None


def judge(answer: Answer, attempt: int, delays: Sequence[Millis], now: Millis, chance: float) -> Verdict:
    """What follows from the answer to an attempt, counted from 0.

    ``chance`` from 0 to 1 is the jitter, which only lengthens a delay, by a tenth at the most (ruling 35). A
    ``Retry-After`` lengthens it as well, to the schedule's longest delay at the most; it adds no attempt.
    """
    if answer.delivered:
        return Verdict("succeeded")
    if answer.gone:
        return Verdict("failed")
    if attempt + 1 >= len(delays):
        return Verdict("exhausted")
    scheduled = delays[attempt + 1]
    delay = scheduled + round(scheduled * chance / 10)
    asked = min(answer.retry_after or 0, max(delays))
    return Verdict("pending", now + max(delay, asked))


def excerpt(text: str, secrets: Iterable[str]) -> str:
    """The beginning of an answer without the subscription's secrets, which a receiver may have echoed."""
    for secret in secrets:
        for form in (secret, secret.removeprefix(_PREFIX)):
            text = text.replace(form, _MASK)
            # Where reading stopped within a secret, its beginning is left.
            torn = next((size for size in range(len(form) - 1, 7, -1) if text.endswith(form[:size])), 0)
            text = text[: len(text) - torn] + _MASK if torn else text
    return text.encode("utf-8", "replace")[:EXCERPT_BYTES].decode("utf-8", "ignore")


_CARRIED: Final = ("instance_id", "number", "traceparent", "replay_of", "test")


def source_of(message: JsonObject, payload: JsonObject) -> JsonObject:
    """What the log keeps of a message, so that the event can be delivered again.

    An instance's event is made again from its history. One that has no instance is kept with its body.
    """
    kept: JsonObject = {name: message[name] for name in _CARRIED if name in message}
    kept |= {"event": payload["event"], "event_id": payload["id"]}
    kept |= {"namespace": payload["namespace"], "timestamp": payload["timestamp"]}
    if "instance_id" not in message:
        kept["payload"] = payload
    return kept


def replayed(account: str, subscription_id: str, delivery: Delivery, new_id: str) -> JsonObject:
    """The message that delivers an event once more, under an id of its own (ruling 35)."""
    source = delivery.source
    message: JsonObject = {
        "account": account,
        "subscription_id": subscription_id,
        "delivery_id": new_id,
        "replay_of": delivery.id,
        "attempt": 0,
    }
    message |= {name: source[name] for name in ("instance_id", "number", "test") if name in source}
    if "payload" in source:
        message["body"] = jsons.dumps({**source["payload"], "delivery_id": new_id})
    return message


@dataclass(frozen=True)
class Filter:
    """Which deliveries a list shows; None: all."""

    state: State | None = None
    event: str | None = None

    def takes(self, delivery: Delivery) -> bool:
        """Whether it is one of them."""
        return self.state in (None, delivery.state) and self.event in (None, delivery.source["event"])


@dataclass(frozen=True)
class Range:
    """A replay of all undelivered events, or those of one state, by the time of the events, both ends included."""

    id: str
    account: str
    subscription_id: str
    since: Millis
    until: Millis
    states: tuple[State, ...] = field(default=UNDELIVERED)
    after: str | None = None
    """The last delivery that was replayed already."""
