"""What stores return and how they refuse: the values and errors that use cases and stores share."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from interactor.core.times import Millis

Item: TypeAlias = dict[str, Any]
"""A write in the store's own notation. Use cases only pass it on."""


class StoreUnavailableError(Exception):
    """The store did not answer, or cannot work now. It is not known whether a write took effect."""


class StoreBusyError(StoreUnavailableError):
    """The store cannot do it now, and nothing was done: it throttled the call, or did not answer a read.

    An immediate retry would fail in the same way. A request that has done nothing yet is answered 503 (ruling 32).
    """


class ContendedError(Exception):
    """A transaction that changed nothing because another one was under way. It may be tried again at once."""


class KeyTakenError(Exception):
    """Another request with the same idempotency key came first. Nothing was changed."""


class GuardLostError(Exception):
    """Another commit came first. Nothing was changed."""


@dataclass(frozen=True)
class IdempotencyKey:
    """A caller's key, within its account and namespace.

    ``request``, ``query`` and ``caller`` distinguish requests (ruling 23). ``query`` is empty if there is none.
    """

    account: str
    namespace: str
    value: str
    request: str
    query: str = ""
    caller: str = ""


@dataclass(frozen=True)
class IdempotencyRecord:
    """The result of a request with a key.

    If ``body`` is None, it was too large to keep, and ``instance_id`` names the instance.
    """

    request: str
    status: int
    body: str | None
    instance_id: str | None
    open_until: Millis = 0
    """Until when the request may still replace ``body`` by its final answer. 0: ``body`` is final."""
    query: str | None = None
    """The query of the stored request. None: the release that stored it did not store the query."""
    caller: str | None = None
    """Who sent the stored request. None: the release that stored it did not store the caller."""
