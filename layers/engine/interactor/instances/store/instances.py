"""Instances: read with data and history, and changed in one transaction.

An advance costs one transaction: the head (with its threads' data while that is under 4 KB) and one history record with
all its events. Creating and ending add the namespace's counter. ``version`` guards the head. ``commit_id``
distinguishes a commit whose answer was lost from another one's commit (invariant 1).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from interactor.aws.dynamo import items, keys
from interactor.aws.dynamo.items import Item, n, s
from interactor.aws.dynamo.table import ConditionFailedError
from interactor.core.errors import NamespaceQuotaExceededError
from interactor.core.storing import GuardLostError, KeyTakenError, StoreBusyError, StoreUnavailableError
from interactor.core.times import Millis
from interactor.instances.rules.instance import Instance
from interactor.instances.rules.quota_shards import UNCOUNTED
from interactor.instances.rules.stored import Head, Lease
from interactor.instances.store import failures, heads, inbox, records, sizes
from interactor.instances.store.due import DueInstances

if TYPE_CHECKING:
    from interactor.instances.rules.consequences import Settled


class InstanceStore(DueInstances):
    """Instances in the table."""

    def create(
        self,
        settled: "Settled",
        commit_id: str,
        quota: int | None,
        wake_at: Millis,
        extra: Sequence[Item] = (),
        errors_kept: Millis = failures.KEPT,
    ) -> Head:
        """Store an instance that was never stored, and count it if there is a quota.

        ``extra`` writes go into the same transaction.

        Raises:
            NamespaceQuotaExceededError: its shard of the namespace's counter has reached ``quota``.
            InstanceTooLargeError: it is too large to be stored.
            KeyTakenError: an extra write is refused.
            ContendedError, StoreUnavailableError: as for ``Table.transact``.
        """
        instance = settled.instance
        bulk_version, writes = heads.writes(None, instance, commit_id, {}, wake_at, self._index_shards)
        writes += records.writes(settled, errors_kept, self._index_shards)
        writes += inbox.writes(None, instance, settled.done)
        if not instance.ended and instance.quota_shard != UNCOUNTED:
            writes.append(_count(instance, 1, quota))
        sizes.require_fit(instance, [*writes, *extra], reserve=False)
        self._write(writes, extra, commit_id, instance, settled)
        return Head(instance, commit_id, {}, wake_at, bulk_version, (records.of(settled),))

    def commit(
        self,
        head: Head,
        settled: "Settled",
        commit_id: str,
        leases: Mapping[str, Lease],
        wake_at: Millis,
        extra: Sequence[Item] = (),
        room: int | None = None,
        errors_kept: Millis = failures.KEPT,
        reserve: bool = False,
    ) -> Head:
        """Replace a head by what was settled on it, and add the history record, in one transaction.

        An end gives the namespace's place back. A retry takes one, if its shard has fewer than ``room``. With
        ``reserve``, the commit may use the room that is reserved for ending or pausing an instance (``sizes``).

        Raises:
            InstanceTooLargeError: it is too large to be stored.
            NamespaceQuotaExceededError: there is no place for the retried instance.
            GuardLostError: the head is no longer the one that was read.
            KeyTakenError: an extra write is refused.
            ContendedError, StoreUnavailableError: as for ``Table.transact``.
        """
        before, instance = head.instance, settled.instance
        bulk_version, writes = heads.writes(head, instance, commit_id, leases, wake_at, self._index_shards)
        writes += records.writes(settled, errors_kept, self._index_shards)
        writes += inbox.writes(before, instance, settled.done)
        if instance.ended and not before.ended and before.quota_shard != UNCOUNTED:
            writes.append(_count(instance, -1, None))
        elif before.ended and not instance.ended and instance.quota_shard != UNCOUNTED:
            writes.append(_count(instance, 1, room))
        sizes.require_fit(instance, [*writes, *extra], reserve)
        self._write(writes, extra, commit_id, before, settled)
        found = None if head.records is None else (*head.records, records.of(settled))
        return Head(instance, commit_id, leases, wake_at, bulk_version, found, head.later)

    def lease(self, head: Head, thread_id: str, lease: Lease, commit_id: str) -> Head:
        """Store that work on a thread's step begins.

        Raises:
            GuardLostError: the head is no longer the one that was read.
        """
        instance = head.instance
        leases = {**head.leases, thread_id: lease}
        try:
            self._table.update(
                items.key(keys.instance(instance.account, instance.id), keys.HEAD),
                UpdateExpression="SET leases = :leases, version = :next, commit_id = :commit",
                ConditionExpression="version = :version",
                ExpressionAttributeValues={
                    ":leases": heads.leases_attribute(leases),
                    ":next": n(instance.version + 1),
                    ":version": n(instance.version),
                    ":commit": s(commit_id),
                },
            )
        except ConditionFailedError as refused:
            # A retried call whose first answer was lost finds its own write.
            if heads.commit_id(refused.failed.get(0)) != commit_id:
                raise GuardLostError from None
        except StoreBusyError:
            raise
        except StoreUnavailableError:
            self._check_taken(instance, commit_id)
        leased = replace(instance, version=instance.version + 1)
        return replace(head, instance=leased, commit_id=commit_id, leases=leases)

    def _write(
        self, writes: Sequence[Item], extra: Sequence[Item], commit_id: str, instance: Instance, settled: "Settled"
    ) -> None:
        """Commit. Losing the guard to the own ``commit_id`` is success: only the answer was lost, not the commit."""
        try:
            self._table.transact([*writes, *extra], commit_id)
        except ConditionFailedError as refused:
            if heads.commit_id(refused.failed.get(0)) == commit_id:
                return
            if any(position >= len(writes) for position in refused.failed):
                raise KeyTakenError from None
            if 0 in refused.failed:
                raise GuardLostError from None
            raise NamespaceQuotaExceededError(f"Namespace '{instance.namespace}' is full") from None
        except StoreBusyError:
            raise
        except StoreUnavailableError:
            self._check_taken(instance, commit_id, settled)

    def _check_taken(self, instance: Instance, commit_id: str, settled: "Settled | None" = None) -> None:
        """Find out from the head whether a write whose answer was lost took effect.

        If another commit came after it, the history record that it added shows it (``settled``).

        Raises:
            StoreBusyError: it did not take effect.
            StoreUnavailableError: that cannot be found out either.
        """
        try:
            taken = self._is_taken(instance, commit_id, settled)
        except StoreBusyError as error:
            raise StoreUnavailableError("whether the write took effect is not known") from error
        if not taken:
            raise StoreBusyError("the write did not take effect")

    def _is_taken(self, instance: Instance, commit_id: str, settled: "Settled | None") -> bool:
        partition = keys.instance(instance.account, instance.id)
        if heads.commit_id(self._table.get(items.key(partition, keys.HEAD))) == commit_id:
            return True
        if settled is None:
            return False
        first = settled.events[0]
        item = self._table.get(items.key(partition, keys.history(first["number"])))
        return item is not None and self.record(item).events[0]["id"] == first["id"]


def _count(instance: Instance, step: int, quota: int | None) -> Item:
    """Return the write that counts one active instance more or less in the namespace. It is refused over the quota."""
    update: Item = {
        "Key": items.key(keys.quota(instance.account, instance.namespace), keys.quota_shard(instance.quota_shard)),
        "UpdateExpression": "ADD active :step",
        "ExpressionAttributeValues": {":step": n(step)},
    }
    if quota is not None:
        update["ConditionExpression"] = "attribute_not_exists(active) OR active < :quota"
        update["ExpressionAttributeValues"][":quota"] = n(quota)
    return {"Update": update}
