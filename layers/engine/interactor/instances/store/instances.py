"""Instances: read with data and history, and changed in one transaction.

An advance costs one transaction: the head (with what its threads hold while that is under 4 KB) and one history
record with all its events; creating and ending add the namespace's counter. ``version`` guards the head,
``commit_id`` tells a commit whose answer was lost from one that another made (invariant 1).
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from interactor.aws.dynamo import items, keys
from interactor.aws.dynamo.items import Item, n, s
from interactor.aws.dynamo.table import ConditionFailedError, Table
from interactor.core.errors import NamespaceQuotaExceededError
from interactor.core.storing import GuardLostError, KeyTakenError, StoreUnavailableError
from interactor.core.times import Millis
from interactor.instances.rules.instance import Instance
from interactor.instances.rules.stored import Head, Lease, Record
from interactor.instances.store import failures, heads, records, sizes

if TYPE_CHECKING:
    from interactor.instances.rules.settle import Settled

HISTORY_PER_PAGE = 200
REMOVED_PER_CALL = 100
LAST_NUMBER = 10**10 - 1
_TORN_READS = 10


class InstanceStore:
    """Instances in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, account: str, instance_id: str) -> Head | None:
        """The head with its data: one query, strongly consistent."""
        return self._consistent(account, instance_id, at_least=keys.BULK)[0]

    def read_with_history(self, account: str, instance_id: str) -> Head | None:
        """The head with its data and its latest history records: one query, strongly consistent."""
        head, rest = self._consistent(account, instance_id, limit=HISTORY_PER_PAGE)
        if head is None:
            return None
        stored = [item for item in rest if items.text(item, "sk").startswith(keys.HISTORY)]
        found = [records.read(self._table, item) for item in stored]
        last = head.instance.next_event
        return replace(head, records=tuple(record for record in found[::-1] if record.events[0]["number"] < last))

    def records_of(self, account: str, instance_id: str, number: int) -> list[Record]:
        """The history record that holds an event, after those that its data must be folded from; none: it is gone."""
        partition = keys.instance(account, instance_id)
        page = self._table.query(
            partition, at_least=keys.history(0), at_most=keys.history(number), newest_first=True, limit=1
        )
        if not page.items:
            return []
        record = self.record(page.items[0])
        if not any(event["number"] == number for event in record.events):
            return []
        if record.snapshot is not None:
            return [record]
        return [
            self.record(item)
            for item in self._table.query_all(
                partition, at_least=keys.history(record.base), at_most=keys.history(number)
            )
        ]

    def records_after(self, account: str, instance_id: str, number: int, limit: int) -> tuple[list[Record], bool]:
        """One page of history records with events over a number, oldest first; and whether there are more."""
        partition = keys.instance(account, instance_id)
        holding = self._table.query(
            partition, at_least=keys.history(0), at_most=keys.history(number + 1), newest_first=True, limit=1
        )
        start = items.text(holding.items[0], "sk") if holding.items else keys.history(0)
        found = self._table.query(partition, at_least=start, at_most=keys.history(LAST_NUMBER), limit=limit)
        return [self.record(item) for item in found.items], found.next_key is not None

    def record(self, item: Item) -> Record:
        """The history record of its item, as a query or a stream carries it."""
        return records.read(self._table, item)

    def create(
        self,
        settled: "Settled",
        commit_id: str,
        quota: int | None,
        wake_at: Millis,
        extra: Sequence[Item] = (),
        errors_kept: Millis = failures.KEPT,
    ) -> Head:
        """Store an instance that was never stored, and count it; ``extra`` writes go into the same transaction.

        Raises:
            NamespaceQuotaExceededError: when its shard of the namespace's counter has ``quota`` already.
            InstanceTooLargeError: when it is too large to be stored.
            KeyTakenError: when an extra write is refused.
            ContendedError, StoreUnavailableError: as ``Table.transact``.
        """
        instance = settled.instance
        bulk_version, writes = heads.writes(None, instance, commit_id, {}, wake_at)
        writes += records.writes(settled, errors_kept)
        if not instance.ended:
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

        An end gives the namespace's place back, a return takes one, where its shard has fewer than ``room``.
        ``reserve``: it may use the room that is kept for ending or holding an instance (``sizes``).

        Raises:
            InstanceTooLargeError: when it is too large to be stored.
            NamespaceQuotaExceededError: when there is no place to return to.
            GuardLostError: when the head is no longer the one that was read.
            KeyTakenError: when an extra write is refused.
            ContendedError, StoreUnavailableError: as ``Table.transact``.
        """
        before, instance = head.instance, settled.instance
        bulk_version, writes = heads.writes(head, instance, commit_id, leases, wake_at)
        writes += records.writes(settled, errors_kept)
        if instance.ended and not before.ended:
            writes.append(_count(instance, -1, None))
        elif before.ended and not instance.ended:
            writes.append(_count(instance, 1, room))
        sizes.require_fit(instance, [*writes, *extra], reserve)
        self._write(writes, extra, commit_id, before, settled)
        found = None if head.records is None else (*head.records, records.of(settled))
        return Head(instance, commit_id, leases, wake_at, bulk_version, found)

    def lease(self, head: Head, thread_id: str, lease: Lease, commit_id: str) -> Head:
        """Note that work on a thread's step begins: the only write beside ``create`` and ``commit``.

        Raises:
            GuardLostError: when the head is no longer the one that was read.
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
            # A retried call whose first answer was lost finds its own work.
            if heads.commit_id(refused.failed.get(0)) != commit_id:
                raise GuardLostError from None
        except StoreUnavailableError:
            self._check_taken(instance, commit_id)
        leased = replace(instance, version=instance.version + 1)
        return replace(head, instance=leased, commit_id=commit_id, leases=leases)

    def counted(self, account: str, namespace: str) -> dict[int, int]:
        """How many active instances each counter of a namespace has."""
        found = self._table.query_all(keys.quota(account, namespace))
        return {keys.parse_quota_shard(items.text(item, "sk")): items.number(item, "active") for item in found}

    def due(
        self, shard: int, now: Millis, limit: int, after: Item | None = None
    ) -> tuple[list[tuple[str, str, Millis]], Item | None]:
        """A page of one of the 16 shards: account, id and time of what is overdue, the longest overdue first.

        The other value is where the next page begins; None: there is none.
        """
        page = self._table.query_index(
            "due",
            "due_pk",
            keys.due_shard(shard),
            sort_name="wake_at",
            below=n(now + 1),
            limit=limit,
            newest_first=False,
            after=after,
        )
        found = [(*keys.parse_instance(items.text(item, "pk")), items.number(item, "wake_at")) for item in page.items]
        return found, page.next_key

    def _write(
        self, writes: Sequence[Item], extra: Sequence[Item], commit_id: str, instance: Instance, settled: "Settled"
    ) -> None:
        """Commit; losing the guard to one's own ``commit_id`` is success: the answer was lost, not the commit."""
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
        except StoreUnavailableError:
            self._check_taken(instance, commit_id, settled)

    def wake_later(self, head: Head, wake_at: Millis) -> None:
        """Correct when an instance is due, where its lifetimes were changed after its last commit."""
        instance = head.instance
        with suppress(ConditionFailedError):
            self._table.update(
                items.key(keys.instance(instance.account, instance.id), keys.HEAD),
                UpdateExpression="SET wake_at = :wake",
                ConditionExpression="version = :version",
                ExpressionAttributeValues={":wake": n(wake_at), ":version": n(instance.version)},
            )

    def set_aside(self, account: str, instance_id: str, until: Millis) -> None:
        """Let an instance be due later, whatever its head holds, so that one that breaks what reads it is not oldest.

        The next commit says anew when it is due.
        """
        with suppress(ConditionFailedError):
            self._table.update(
                items.key(keys.instance(account, instance_id), keys.HEAD),
                UpdateExpression="SET wake_at = :until",
                ConditionExpression="wake_at < :until",
                ExpressionAttributeValues={":until": n(until)},
            )

    def remove(self, head: Head) -> bool:
        """Remove an instance: its history page by page, then what is present at once; True once nothing of it is left.

        Raises:
            GuardLostError: when the instance was changed in between.
        """
        instance = head.instance
        partition = keys.instance(instance.account, instance.id)
        page = self._table.query(partition, at_most=keys.BEFORE_BULK, limit=REMOVED_PER_CALL)
        self._table.batch_delete([items.key(partition, items.text(each, "sk")) for each in page.items])
        if page.next_key is not None:
            return False
        guard = {"ConditionExpression": "version = :v", "ExpressionAttributeValues": {":v": n(instance.version)}}
        held = self._table.query_all(partition, begins_with=keys.BULK)
        deletes = [{"Delete": {"Key": items.key(partition, keys.HEAD), **guard}}]
        deletes += [{"Delete": {"Key": items.key(partition, items.text(each, "sk"))}} for each in held]
        try:
            self._table.transact(deletes, heads.token(instance, "remove"))
        except ConditionFailedError:
            raise GuardLostError from None
        return True

    def _check_taken(self, instance: Instance, commit_id: str, settled: "Settled | None" = None) -> None:
        """Whether a write whose answer was lost took effect is not known; the head knows.

        Where another commit came after it, the history record that it added tells (``settled``).

        Raises:
            StoreUnavailableError: when it did not.
        """
        partition = keys.instance(instance.account, instance.id)
        if heads.commit_id(self._table.get(items.key(partition, keys.HEAD))) == commit_id:
            return
        if settled is not None:
            first = settled.events[0]
            item = self._table.get(items.key(partition, keys.history(first["number"])))
            if item is not None and self.record(item).events[0]["id"] == first["id"]:
                return
        raise StoreUnavailableError("the write did not take effect")

    def _consistent(self, account: str, instance_id: str, **bounds: Any) -> tuple[Head | None, Sequence[Item]]:
        """The head, and what else a descending query of its partition found."""
        partition = keys.instance(account, instance_id)
        for _ in range(_TORN_READS):
            page = self._table.query(partition, newest_first=True, **bounds)
            found = list(page.items)
            if not found or items.text(found[0], "sk") != keys.HEAD:
                return None, ()
            while page.next_key is not None and not heads.whole(found):
                page = self._table.query(partition, newest_first=True, after=page.next_key, **bounds)
                found += page.items
            head = heads.read(found)
            if head is not None:
                return head, [item for item in found[1:] if not items.text(item, "sk").startswith(keys.BULK)]
        raise StoreUnavailableError("the head and its data were never of one commit")


def _count(instance: Instance, step: int, quota: int | None) -> Item:
    """One more or one fewer active instance of the namespace, refused where that would pass the quota."""
    update: Item = {
        "Key": items.key(keys.quota(instance.account, instance.namespace), keys.quota_shard(instance.quota_shard)),
        "UpdateExpression": "ADD active :step",
        "ExpressionAttributeValues": {":step": n(step)},
    }
    if quota is not None:
        update["ConditionExpression"] = "attribute_not_exists(active) OR active < :quota"
        update["ExpressionAttributeValues"][":quota"] = n(quota)
    return {"Update": update}
