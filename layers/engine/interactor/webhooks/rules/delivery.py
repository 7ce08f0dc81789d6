"""Deliveries: one event on its way to one subscription, attempt by attempt, and what follows from each answer.

    pending     there is another attempt to come
    succeeded   an attempt was answered 2xx
    exhausted   the last attempt of the schedule failed
    failed      ended early: the endpoint answered 410, or the subscription was disabled

A delivery is in the log from its first attempt, for 30 days.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from interactor.core import ids, jsons
from interactor.core.jsons import JsonObject
from interactor.core.times import DAY, Millis
from interactor.webhooks.rules.events import Answer

State = Literal["pending", "succeeded", "failed", "exhausted"]
STATES: Final[tuple[State, ...]] = ("pending", "succeeded", "failed", "exhausted")
UNDELIVERED: Final[tuple[State, ...]] = ("failed", "exhausted")

KEPT: Millis = 30 * DAY


@dataclass(frozen=True)
class Attempt:
    """One attempt and its outcome. ``next_at`` is when the next one is due; None if there is none."""

    at: Millis
    status: int | None
    problem: str | None
    duration_ms: int
    response: str
    next_at: Millis | None


@dataclass(frozen=True)
class Delivery:
    """A delivery in the log. ``source`` is what a message needs to deliver it again (see ``source_of``)."""

    id: str
    state: State
    source: JsonObject
    made: int = 0
    """Number of attempts that were made."""
    attempts: tuple[Attempt, ...] = ()
    reason: str | None = None
    """Why it ended early, if no answer says so."""
    replayed_by: str | None = None
    """The latest replay of this delivery; if it is the first of its event, the latest replay of the event."""

    @property
    def first(self) -> str:
        """The first delivery of the event to the subscription: this one, unless it is a replay."""
        found: str = self.source.get("first", self.id)
        return found

    @property
    def next_at(self) -> Millis | None:
        """When the next attempt is due."""
        return self.attempts[-1].next_at if self.attempts and self.state == "pending" else None


@dataclass(frozen=True)
class Verdict:
    """The state of a delivery after an attempt."""

    state: State
    next_at: Millis | None = None


def judge(answer: Answer, attempt: int, delays: Sequence[Millis], now: Millis, chance: float) -> Verdict:
    """Return what follows from the answer to an attempt; attempts count from 0.

    ``chance`` from 0 to 1 is the jitter, which lengthens a delay by at most a tenth (ruling 35). A ``Retry-After`` also
    lengthens it, at most to the schedule's longest delay. It adds no attempt.
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


_CARRIED: Final = ("instance_id", "number", "traceparent", "replay_of", "first", "test")


def source_of(message: JsonObject, payload: JsonObject) -> JsonObject:
    """Return what the log stores of a message, so that the event can be delivered again.

    The event of an instance is made again from its history. An event without an instance is stored with its body.
    """
    kept: JsonObject = {name: message[name] for name in _CARRIED if name in message}
    kept |= {"event": payload["event"], "event_id": payload["id"]}
    kept |= {"namespace": payload["namespace"], "timestamp": payload["timestamp"]}
    if "instance_id" not in message:
        kept["payload"] = payload
    return kept


def replayed(account: str, subscription_id: str, delivery: Delivery, new_id: str) -> JsonObject:
    """Return the message that delivers an event again, under a new id (ruling 35)."""
    source = delivery.source
    message: JsonObject = {
        "account": account,
        "subscription_id": subscription_id,
        "delivery_id": new_id,
        "replay_of": delivery.id,
        "first": delivery.first,
        "attempt": 0,
    }
    message |= {name: source[name] for name in ("instance_id", "number", "test") if name in source}
    if "payload" in source:
        message["body"] = jsons.dumps({**source["payload"], "delivery_id": new_id})
    return message


def waiting(delivery: Delivery, new_id: str) -> Delivery:
    """Return what the log shows of a replay until its first attempt."""
    return Delivery(new_id, "pending", {**delivery.source, "replay_of": delivery.id, "first": delivery.first})


@dataclass(frozen=True)
class Filter:
    """Which deliveries a list shows. None: all."""

    state: State | None = None
    event: str | None = None

    def takes(self, delivery: Delivery) -> bool:
        """Whether the list shows a delivery."""
        return self.state in (None, delivery.state) and self.event in (None, delivery.source["event"])


@dataclass(frozen=True)
class Range:
    """A replay of all undelivered events, or of those in one state, by event time; both ends are inclusive."""

    id: str
    account: str
    subscription_id: str
    since: Millis
    until: Millis
    states: tuple[State, ...] = field(default=UNDELIVERED)
    after: str | None = None
    """The last delivery that was processed."""
    exhausted: int = 0
    """How many of the replayed deliveries are in the exhausted queue."""

    def takes(self, first: Delivery, latest: Delivery) -> bool:
        """Whether to replay an event, judged by its first and its latest delivery.

        An event that was delivered once counts as delivered. A delivery that this replay made, or that began after it,
        is not replayed.
        """
        state = "succeeded" if first.state == "succeeded" else latest.state
        began_before = latest is first or ids.moment_of(latest.id) < ids.moment_of(self.id)
        return state in self.states and began_before

    def made(self, first: Delivery, latest: Delivery) -> bool:
        """Whether this replay has sent the event already, in a step that now runs again."""
        return latest is not first and ids.moment_of(latest.id) == ids.moment_of(self.id)


@dataclass(frozen=True)
class Portion:
    """What one step of a range replays."""

    chosen: tuple[Delivery, ...]
    repeated: int
    """Events that this replay has sent before, in a step that died and now runs again."""
    position: str | None
    """Where to continue. None: nothing is left."""
