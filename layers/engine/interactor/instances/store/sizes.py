"""How large writes are, as DynamoDB counts them, and whether a commit of an instance fits.

DynamoDB refuses an item over 400 KB, and a transaction over 4 MB or 100 items. Each commit is checked here before it is
sent, with lower bounds. The difference is reserved for commits that end or pause an instance. So a full instance can
still be failed, cancelled, expired and paused (invariant 9).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from interactor.aws.dynamo.items import Item
from interactor.core import limits
from interactor.core.errors import InstanceTooLargeError
from interactor.instances.rules.instance import Instance
from interactor.instances.rules.stored import Lease
from interactor.instances.store import heads

ITEM_BYTES: Final = 400 * limits.KILOBYTE
TRANSACTION_BYTES: Final = 4 * 1024 * limits.KILOBYTE
TRANSACTION_ITEMS: Final = 100
_FULL_LEASE: Final = Lease(10**13, limits.TRIES_PER_STEP)
_NUMBER: Final = 21
_UPDATED: Final = limits.KILOBYTE
"""Bytes that an updated item is assumed to have, beside what is sent. Counters and files are smaller."""


def of_item(item: Mapping[str, Any]) -> int:
    """Return the bytes of an item, or of a map: names and values as UTF-8."""
    return sum(len(name.encode()) + _of_value(value) for name, value in item.items())


def of_write(write: Item) -> int:
    """Return the bytes of one write of a transaction, rounded up."""
    (kind, body), *_ = write.items()
    if kind == "Put":
        return of_item(body["Item"])
    return of_item(body["Key"]) + of_item(body.get("ExpressionAttributeValues", {})) + _UPDATED


def require_fit(instance: Instance, writes: Sequence[Item], reserve: bool) -> None:
    """Check a commit, whose first write is the head. ``reserve``: it may use the reserved room.

    Raises:
        InstanceTooLargeError: it does not fit.
    """
    head = _with_all_leases(instance, writes[0]["Put"]["Item"])
    most = ITEM_BYTES if reserve else limits.HEAD_BYTES
    if head > most:
        raise InstanceTooLargeError(
            "What is kept of the instance's threads, states and sensitive fields would be over "
            f"{most // limits.KILOBYTE} KB; use fewer threads, or shorter names",
            {"bytes": head, "most": most},
        )
    together, most = sum(map(of_write, writes)), TRANSACTION_BYTES if reserve else limits.COMMIT_BYTES
    if together > most:
        raise InstanceTooLargeError(
            "What would be stored at once of the instance's data, halts and history is over "
            f"{most // limits.KILOBYTE} KB; send, show and keep less",
            {"bytes": together, "most": most},
        )
    if len(writes) > TRANSACTION_ITEMS:
        raise InstanceTooLargeError(
            f"The instance would change {len(writes)} stored items at once, and may {TRANSACTION_ITEMS}; send less",
            {"items": len(writes), "most": TRANSACTION_ITEMS},
        )


def _with_all_leases(instance: Instance, head: Item) -> int:
    """Return the bytes of the head with a lease for each thread that may take one: taking a lease is not checked
    again.
    """
    leases = {thread.id: _FULL_LEASE for thread in instance.running_threads()}
    leases |= {thread.id: _FULL_LEASE for thread in instance.halted_threads()}
    rest = {name: value for name, value in head.items() if name != "leases"}
    return of_item(rest | {"leases": heads.leases_attribute(leases)})


def _of_value(value: Item) -> int:
    (kind, held), *_ = value.items()
    if kind == "N":
        return _NUMBER
    if kind == "M":
        return 3 + len(held) + of_item(held)
    if kind == "L":
        return 3 + sum(1 + _of_value(each) for each in held)
    return len(held.encode()) if isinstance(held, str) else len(held) if isinstance(held, bytes) else 1
