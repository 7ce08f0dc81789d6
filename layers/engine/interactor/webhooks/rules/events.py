"""Webhook events: the history events they are made of, their bodies, and who receives them (rulings 34 to 36).

A body is made only from history records, so every attempt sends the same bytes, however late. One event belongs to the
account and not to an instance: it tells other subscriptions that a subscription was disabled.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from interactor.access.rules.principal import ALL, Namespaces, namespaces_claim
from interactor.core import ids, limits
from interactor.core.jsons import Json, JsonObject
from interactor.core.times import DAY, HOUR, Millis, iso
from interactor.instances.rules.snapshots import data_at
from interactor.instances.rules.stored import Record
from interactor.webhooks.rules import task_events

EVENTS = {
    ("lifecycle", "created"): "workflow.instance.created",
    ("halt", "waiting"): "workflow.instance.halted",
    ("halt", "resumed"): "workflow.instance.resumed",
    ("lifecycle", "completed"): "workflow.instance.completed",
    ("lifecycle", "failed"): "workflow.instance.failed",
    ("lifecycle", "cancelled"): "workflow.instance.cancelled",
    ("transition", "state_change"): "workflow.instance.state_changed",
    **task_events.event_types(),
}
SUBSCRIPTION_DISABLED = "webhook.subscription.disabled"
EVENT_TYPES = (*EVENTS.values(), SUBSCRIPTION_DISABLED)
DESCRIPTIONS = {
    "workflow.instance.created": "An instance was made.",
    "workflow.instance.halted": "A thread waits for a decision.",
    "workflow.instance.resumed": "A decision was taken in.",
    "workflow.instance.completed": "An instance reached a terminal state.",
    "workflow.instance.failed": "An instance failed.",
    "workflow.instance.cancelled": "An instance was cancelled, or expired.",
    "workflow.instance.state_changed": "A thread went from one state to another.",
    **{f"{task_events.PREFIX}{subtype}": told for subtype, told in task_events.DESCRIPTIONS.items()},
    SUBSCRIPTION_DISABLED: "Another subscription of the account was disabled, because of how its endpoint answered.",
}

Status = Literal["active", "disabled"]
DisabledBecause = Literal["requested", "gone", "failing"]

SECRETS_OVERLAP: Millis = 24 * HOUR
"""How long the previous secret stays valid after a rotation."""
FAILING_FOR: Millis = 5 * DAY
"""A subscription whose attempts have all failed for this long is disabled."""


@dataclass(frozen=True)
class Subscription:
    """Who receives which events. A subscription belongs to the namespaces of the token that created it.

    Its secrets are encrypted here. Only the code that signs decrypts them.
    """

    id: str
    account: str
    url: str
    events: tuple[str, ...]
    secret: str
    namespaces: Namespaces
    created_at: Millis
    namespace_filter: str | None = None
    rate_per_minute: int | None = None
    """How many attempts it may have in a minute; None: the default."""
    status: Status = "active"
    previous_secret: str | None = None
    previous_until: Millis = 0
    disabled_at: Millis | None = None
    disabled_because: DisabledBecause | None = None
    failing_since: Millis | None = None
    """The first failed attempt since the last that succeeded."""
    created_by: str | None = None
    """The client that created it, which gives that client no right; None if an earlier release created it."""
    edition: int = 1
    """Counts the changes, so that none overwrites another."""
    later: Mapping[str, Json] = field(default_factory=dict)
    """Members that a later release stores with it (``core.releases``)."""

    @property
    def rate(self) -> int:
        """How many attempts it may have in a minute."""
        return limits.RATE_PER_MINUTE_DEFAULT if self.rate_per_minute is None else self.rate_per_minute

    def secrets(self, now: Millis) -> tuple[str, ...]:
        """Return the encrypted secrets that sign now, the newest first (ruling 34)."""
        if self.previous_secret is not None and now < self.previous_until:
            return self.secret, self.previous_secret
        return (self.secret,)

    def rotated(self, sealed: str, now: Millis) -> "Subscription":
        """Return the subscription with a new secret.

        The previous one signs for another day; older ones no longer sign.
        """
        return replace(self, secret=sealed, previous_secret=self.secret, previous_until=now + SECRETS_OVERLAP)

    def disabled(self, because: DisabledBecause, now: Millis) -> "Subscription":
        """Return the subscription, disabled."""
        return replace(self, status="disabled", disabled_at=now, disabled_because=because)

    def enabled(self) -> "Subscription":
        """Return the subscription, active. Earlier failures no longer count."""
        return replace(self, status="active", disabled_at=None, disabled_because=None, failing_since=None)

    def fails_for_days(self, now: Millis) -> bool:
        """Whether all attempts have failed for so long that the subscription must be disabled."""
        return self.failing_since is not None and now - self.failing_since >= FAILING_FOR

    def hears(self, event: str) -> bool:
        """Whether it receives events of this type at all."""
        return self.status == "active" and event in self.events

    def wants(self, event: str, namespace: str) -> bool:
        """Whether it receives an event of this type in this namespace."""
        return (
            self.hears(event)
            and self.namespace_filter in (None, namespace)
            and (self.namespaces is ALL or namespace in self.namespaces)
        )


@dataclass(frozen=True)
class Answer:
    """What a subscriber answered: a status, or None and the kind of failure.

    ``text`` is the beginning of its body. ``retry_after`` is how many milliseconds it asks to wait.
    """

    status: int | None
    problem: str | None = None
    text: str = ""
    retry_after: Millis | None = None
    duration_ms: int = 0

    @property
    def delivered(self) -> bool:
        """Whether the answer is 2xx. Anything else, also a redirect, is a failure."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """Whether the endpoint says that it is gone."""
        return self.status == 410


def event_type(event: JsonObject) -> str | None:
    """Return the webhook event type of a history event; None if it is not sent."""
    return EVENTS.get((event["type"], event["subtype"]))


def delivery_id(event: JsonObject, subscription_id: str) -> str:
    """Return the id of an event's delivery to a subscription: the same, however often it is relayed (ruling 35)."""
    return ids.derive("del", event["at"], event["id"], subscription_id)


def idempotency_key(event_id: str, subscription_id: str) -> str:
    """Return the key that every attempt and every replay of one event to one subscription has (ruling 34)."""
    return hashlib.sha256(f"{event_id}:{subscription_id}".encode()).hexdigest()[:40]


def body(records: Sequence[Record], number: int, subscription_id: str, delivery: str | None = None) -> JsonObject:
    """Return the body of the event ``number`` for one subscription. ``records`` are as for ``snapshots.data_at``.

    ``delivery`` is the id of the delivery if it is a replay, which has its own.
    """
    record = records[-1]
    event = next(each for each in record.events if each["number"] == number)
    envelope = record.envelope
    return {
        "id": event["id"],
        "event": event_type(event),
        "delivery_id": delivery or delivery_id(event, subscription_id),
        "timestamp": iso(event["at"]),
        "idempotency_key": idempotency_key(event["id"], subscription_id),
        "namespace": envelope["namespace"],
        "data": {
            "instance_id": record.instance_id,
            "workflow_name": envelope["workflow_name"],
            "version_id": envelope["version_id"],
            "namespace": envelope["namespace"],
            "current_state": _state_after(event),
            "workflow_data": data_at(records, number),
            "sequence": number,
            **_particulars(event),
        },
    }


def disabled_event(subscription: Subscription, event_id: str) -> JsonObject:
    """Return the account's event that a subscription was disabled because of its endpoint."""
    at = subscription.disabled_at
    return {
        "id": event_id,
        "at": at,
        "namespaces": namespaces_claim(subscription.namespaces),
        "data": {
            "subscription_id": subscription.id,
            "url": subscription.url,
            "events": list(subscription.events),
            "reason": subscription.disabled_because,
            "failing_since": None if subscription.failing_since is None else iso(subscription.failing_since),
            "disabled_at": None if at is None else iso(at),
        },
    }


def disabled_body(event: JsonObject, subscription_id: str) -> JsonObject:
    """Return the body of an account's event for one subscription. It belongs to no instance, and so to no namespace."""
    return {
        "id": event["id"],
        "event": SUBSCRIPTION_DISABLED,
        "delivery_id": delivery_id(event, subscription_id),
        "timestamp": iso(event["at"]),
        "idempotency_key": idempotency_key(event["id"], subscription_id),
        "namespace": None,
        "data": event["data"],
    }


def _state_after(event: JsonObject) -> str | None:
    names = ("state", "failed_state", "initial_state", "to_state")
    return next((event[name] for name in names if event.get(name)), None)


def _particulars(event: JsonObject) -> JsonObject:
    """Return the members that ruling 35 adds for each type."""
    match event["type"], event["subtype"]:
        case "lifecycle", "created":
            return {"input": event["input"]}
        case "halt", "waiting":
            shown = ("halting_presentation", "halted_options")
            ends = {"timeout_at": event["timeout_at"]} if "timeout_at" in event else {}
            return {name: event[name] for name in shown} | {"thread_id": event["thread"]} | _halt(event) | ends
        case "halt", "resumed":
            return {"thread_id": event["thread"], "resumed_by": event.get("by")} | _halt(event)
        case "transition", "state_change":
            names = ("from_state", "to_state", "trigger")
            return {"thread_id": event["thread"]} | {name: event[name] for name in names}
        case "lifecycle", "failed":
            return {name: event[name] for name in ("error", "error_code", "failed_state")} | _in_flight(event)
        case "lifecycle", "cancelled":
            return {"cancelled_at": iso(event["at"]), "cancel_reason": event["cancel_reason"]} | _in_flight(event)
        case "task", _:
            return task_events.particulars(event)
    return {}


def _halt(event: JsonObject) -> JsonObject:
    """Return the halt's id. Events of earlier releases have none, so that their bodies stay the same bytes."""
    return {"halt_id": event["halt_id"]} if "halt_id" in event else {}


def _in_flight(event: JsonObject) -> JsonObject:
    """Return the HTTP actions that the end interrupted. They may have taken effect (ruling 24)."""
    return {"in_flight": event["in_flight"]} if "in_flight" in event else {}
