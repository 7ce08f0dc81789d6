"""What stores answer and how they refuse: the values and errors that use cases and adapters share."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from interactor.core.instance import Instance
from interactor.core.jsons import JsonObject
from interactor.core.times import Millis

Item: TypeAlias = dict[str, Any]
"""A write in the store's own notation, which use cases only hand through."""


class StoreUnavailableError(Exception):
    """The store did not answer, or would not now: whether a write took effect is not known."""


class ContendedError(Exception):
    """A transaction that changed nothing: another was under way, or capacity was short. It may be tried again."""


class KeyTakenError(Exception):
    """Another request with the same idempotency key came first. Nothing was changed."""


class GuardLostError(Exception):
    """Another commit came first. Nothing was changed."""


class FieldFullError(Exception):
    """A field takes no more files; ``for_good``: also none in the place of another. Nothing was changed."""

    def __init__(self, for_good: bool) -> None:
        super().__init__("the field takes no more files")
        self.for_good = for_good


class NotReplaceableError(Exception):
    """The file whose place another was to take is not one that can be replaced. Nothing was changed."""


@dataclass(frozen=True)
class Lease:
    """Who works on a thread's step: until when nobody else should, and how often it was begun (invariant 5)."""

    until: Millis
    tries: int


@dataclass(frozen=True)
class Record:
    """One history record: the events of one advance, and the data after them where it carries that."""

    account: str
    instance_id: str
    events: tuple[JsonObject, ...]
    snapshot: JsonObject | None
    base: int
    """First event number of the last record with a snapshot: its own, or the one to fold from."""
    envelope: JsonObject
    """What all its events share: namespace, workflow_name, version_id, traceparent, and who caused it (``by``)."""


@dataclass(frozen=True)
class Head:
    """An instance as it is stored, with what guards and accompanies it."""

    instance: Instance
    commit_id: str
    leases: Mapping[str, Lease] = field(default_factory=dict)
    wake_at: Millis = 0
    """When a hint is overdue, as it is stored."""
    bulk_version: int | None = None
    """The version at which the bulk went to items of its own; None while it is in the head."""
    records: tuple[Record, ...] | None = None
    """The latest history records, oldest first, where they were read; commits add theirs."""


@dataclass(frozen=True)
class StepHint:
    """Names a place of a thread; without a thread it comes from the clock and names the instance only."""

    account: str
    instance_id: str
    thread_id: str | None = None
    sequence: int = 0
    attempt: int = 1
    again: bool = False
    """Whether the message was received before: its work may have killed a worker."""


@dataclass(frozen=True)
class IdempotencyKey:
    """A caller's key, within its account and namespace.

    ``request``, ``query`` and ``caller`` tell one request from another (ruling 23); ``query`` is empty where there is
    none.
    """

    account: str
    namespace: str
    value: str
    request: str
    query: str = ""
    caller: str = ""


@dataclass(frozen=True)
class Remembered:
    """What a request with a key came to. ``body`` None: it is too large to keep, and ``instance_id`` finds it."""

    request: str
    status: int
    body: str | None
    instance_id: str | None
    open_until: Millis = 0
    """Until when the request may still put its last word in place of ``body``; 0: this is it."""
    query: str | None = None
    """The query of what is found under a key; None: the release that wrote it did not say."""
    caller: str | None = None
    """Who sent what is found under a key; None: the release that wrote it did not say."""


@dataclass(frozen=True)
class Workflow:
    """A name, and which of its versions is what."""

    name: str
    workflow_id: str
    created_at: Millis
    latest_version_id: str
    published_version_id: str | None = None
    edition: int = 1
    """Counts the changes of this item, so that none overwrites another."""

    def pointing(self, latest: str | None = None, published: str | None = None) -> "Workflow":
        """The workflow with new pointers, one edition later."""
        return replace(
            self,
            latest_version_id=latest or self.latest_version_id,
            published_version_id=published or self.published_version_id,
            edition=self.edition + 1,
        )


@dataclass(frozen=True)
class Version:
    """One version of a workflow. ``published_at`` None: a draft; ``superseded_at``: another one came after it."""

    version_id: str
    created_at: Millis
    published_at: Millis | None = None
    superseded_at: Millis | None = None
