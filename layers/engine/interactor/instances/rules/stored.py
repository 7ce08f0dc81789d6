"""Instances as they are stored: the head, what guards it, its history records, and hints for steps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from interactor.core.jsons import JsonObject
from interactor.core.times import Millis
from interactor.instances.rules.instance import Instance


@dataclass(frozen=True)
class Lease:
    """Who works on a thread's step: until when nobody else should, and how often the step was begun (invariant 5)."""

    until: Millis
    tries: int


@dataclass(frozen=True)
class Record:
    """One history record: the events of one advance, and the data after them if it has a snapshot."""

    account: str
    instance_id: str
    events: tuple[JsonObject, ...]
    snapshot: JsonObject | None
    base: int
    """First event number of the last record with a snapshot: its own, or the one from which to compute the data."""
    envelope: JsonObject
    """What all its events share: namespace, workflow_name, version_id, traceparent, and who caused it (``by``)."""


@dataclass(frozen=True)
class Head:
    """An instance as it is stored, with its guard and what belongs to it."""

    instance: Instance
    commit_id: str
    leases: Mapping[str, Lease] = field(default_factory=dict)
    wake_at: Millis = 0
    """When a hint is overdue, as stored."""
    bulk_version: int | None = None
    """The version at which the bulk was stored in separate items; None while it is in the head."""
    records: tuple[Record, ...] | None = None
    """The latest history records, oldest first, if they were read. Commits add theirs."""
    later: Mapping[str, Any] = field(default_factory=dict)
    """Attributes of the item that a later release wrote; they are kept (``core.releases``)."""


@dataclass(frozen=True)
class StepHint:
    """Names a position of a thread. A hint without a thread comes from the clock and names only the instance."""

    account: str
    instance_id: str
    thread_id: str | None = None
    sequence: int = 0
    attempt: int = 1
    again: bool = False
    """Whether the message was received before: its work may have killed a worker."""
