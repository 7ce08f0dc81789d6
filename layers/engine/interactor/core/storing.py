"""What stores answer and how they refuse: the values and errors that use cases and adapters share."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from interactor.core.times import Millis

Item: TypeAlias = dict[str, Any]
"""A write in the store's own notation, which use cases only hand through."""


class StoreUnavailableError(Exception):
    """The store did not answer, or would not now: whether a write took effect is not known."""


class StoreBusyError(StoreUnavailableError):
    """The store would not do it now, and nothing was done: it throttled the call, or did not answer a read.

    What is tried again at once meets the same. A request that did nothing yet is answered 503 (ruling 32).
    """


class ContendedError(Exception):
    """A transaction that changed nothing, since another one was under way. It may be tried again at once."""


class KeyTakenError(Exception):
    """Another request with the same idempotency key came first. Nothing was changed."""


class GuardLostError(Exception):
    """Another commit came first. Nothing was changed."""


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
class IdempotencyRecord:
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
