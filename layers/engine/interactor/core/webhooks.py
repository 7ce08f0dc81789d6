"""Webhook events: which history events they are made of, their bodies, and who is to have them (rulings 34 to 36).

A body is made from history records alone, so it is the same bytes on every attempt, however late.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from interactor.core import ids
from interactor.core.jsons import JsonObject
from interactor.core.principal import ALL, Namespaces
from interactor.core.snapshots import data_at
from interactor.core.storing import Record
from interactor.core.times import Millis, iso

EVENTS = {
    ("lifecycle", "created"): "workflow.instance.created",
    ("halt", "waiting"): "workflow.instance.halted",
    ("halt", "resumed"): "workflow.instance.resumed",
    ("lifecycle", "completed"): "workflow.instance.completed",
    ("lifecycle", "failed"): "workflow.instance.failed",
    ("lifecycle", "cancelled"): "workflow.instance.cancelled",
}
EVENT_TYPES = tuple(EVENTS.values())

Status = Literal["active", "disabled"]


@dataclass(frozen=True)
class Subscription:
    """Who is told of which events. It belongs to the namespaces of the token that made it."""

    id: str
    account: str
    url: str
    events: tuple[str, ...]
    secret: str
    namespaces: Namespaces
    created_at: Millis
    namespace_filter: str | None = None
    status: Status = "active"

    def wants(self, event: str, namespace: str) -> bool:
        """Whether an event of this type in this namespace is for it."""
        return (
            self.status == "active"
            and event in self.events
            and self.namespace_filter in (None, namespace)
            and (self.namespaces is ALL or namespace in self.namespaces)
        )


@dataclass(frozen=True)
class Answer:
    """What a subscriber answered: a status, or None and the kind of failure."""

    status: int | None
    problem: str | None = None

    @property
    def delivered(self) -> bool:
        """2xx acknowledges; anything else, redirects included, is a failure."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """The endpoint says that it is no more."""
        return self.status == 410


def event_type(event: JsonObject) -> str | None:
    """The webhook event that a history event is; None for those that nobody is told of."""
    return EVENTS.get((event["type"], event["subtype"]))


def body(records: Sequence[Record], number: int, subscription_id: str) -> JsonObject:
    """The body of the event ``number`` for one subscription; ``records`` as for ``snapshots.data_at``."""
    record = records[-1]
    event = next(each for each in record.events if each["number"] == number)
    envelope = record.envelope
    return {
        "id": event["id"],
        "event": event_type(event),
        "delivery_id": ids.derive("del", event["at"], event["id"], subscription_id),
        "timestamp": iso(event["at"]),
        "idempotency_key": hashlib.sha256(f"{event['id']}:{subscription_id}".encode()).hexdigest()[:40],
        "namespace": envelope["namespace"],
        "data": {
            "instance_id": record.instance_id,
            "workflow_name": envelope["workflow_name"],
            "version_id": envelope["version_id"],
            "namespace": envelope["namespace"],
            "current_state": event.get("state") or event.get("failed_state") or event.get("initial_state"),
            "workflow_data": data_at(records, number),
            "sequence": number,
            **_particulars(event),
        },
    }


def _particulars(event: JsonObject) -> JsonObject:
    """What ruling 35 adds for each type."""
    match event["type"], event["subtype"]:
        case "lifecycle", "created":
            return {"input": event["input"]}
        case "halt", "waiting":
            names = ("halting_presentation", "halted_options")
            return {name: event[name] for name in names} | {"thread_id": event["thread"]}
        case "halt", "resumed":
            return {"thread_id": event["thread"], "resumed_by": event.get("by")}
        case "lifecycle", "failed":
            return {name: event[name] for name in ("error", "error_code", "failed_state")}
        case "lifecycle", "cancelled":
            return {"cancelled_at": iso(event["at"]), "cancel_reason": event["cancel_reason"]}
    return {}
