"""Instances: the head with its data, the history records, and the one transaction in which they change.

An advance costs one transaction: the head (with the data while it is under 4 KB) and one history record with all
its events; creating and ending add the namespace's counter. ``version`` guards the head, ``commit_id`` tells a
commit whose answer was lost from one that another made (invariant 1).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from interactor.adapters.dynamo import items, keys
from interactor.adapters.dynamo.instance_document import from_document, layers, to_document
from interactor.adapters.dynamo.items import Item, b, n, s
from interactor.adapters.dynamo.table import ConditionFailedError, Table
from interactor.core import jsons
from interactor.core.errors import NamespaceQuotaExceededError
from interactor.core.instance import Instance
from interactor.core.jsons import JsonObject
from interactor.core.settle import Settled
from interactor.core.storing import GuardLostError, Head, Lease, Record, StoreUnavailableError
from interactor.core.times import Millis

LAYERS_IN_HEAD_BYTES = 4096
HISTORY_PER_PAGE = 200


class InstanceStore:
    """Instances in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, account: str, instance_id: str) -> Head | None:
        """The head with its data: one query, strongly consistent."""
        return self._consistent(account, instance_id, at_least=keys.LAYERS)[0]

    def read_with_history(self, account: str, instance_id: str) -> tuple[Head, list[Record]] | None:
        """The head with its data and the latest history records, oldest first: one query, strongly consistent."""
        head, records = self._consistent(account, instance_id, limit=HISTORY_PER_PAGE)
        if head is None:
            return None
        last = head.instance.next_event
        found = [record for record in map(read_record, records) if record.events[0]["number"] < last]
        return head, found[::-1]

    def record_of(self, account: str, instance_id: str, number: int) -> Record | None:
        """The history record that holds the event of this number."""
        partition = keys.instance(account, instance_id)
        page = self._table.query(
            partition, at_least=keys.history(0), at_most=keys.history(number), newest_first=True, limit=1
        )
        record = read_record(page.items[0]) if page.items else None
        held = record is not None and any(event["number"] == number for event in record.events)
        return record if held else None

    def create(self, settled: Settled, commit_id: str, quota: int | None, wake_at: Millis | None) -> Head:
        """Store an instance that was never stored, and count it.

        Raises:
            NamespaceQuotaExceededError: when the namespace has ``quota`` active instances already.
            ContendedError, StoreUnavailableError: as ``Table.transact``.
        """
        instance = settled.instance
        layers_version, writes = _writes(None, settled, commit_id, {}, wake_at)
        if not instance.ended:
            writes.append(_count(instance, 1, quota))
        try:
            self._table.transact(writes, commit_id)
        except ConditionFailedError as refused:
            if _commit_id(refused.failed.get(0)) == commit_id:
                return Head(instance, commit_id, {}, layers_version)
            if 0 not in refused.failed and quota is not None:
                raise NamespaceQuotaExceededError(
                    f"Namespace '{instance.namespace}' has {quota} active instances, as many as it may; "
                    "end some, or raise the NamespaceQuota"
                ) from None
            raise
        except StoreUnavailableError:
            self._check_taken(instance, commit_id)
        return Head(instance, commit_id, {}, layers_version)

    def commit(
        self, head: Head, settled: Settled, commit_id: str, leases: Mapping[str, Lease], wake_at: Millis | None
    ) -> Head:
        """Replace a head by what was settled on it, and add the history record, in one transaction.

        Raises:
            GuardLostError: when the head is no longer the one that was read.
            ContendedError, StoreUnavailableError: as ``Table.transact``.
        """
        before, instance = head.instance, settled.instance
        layers_version, writes = _writes(head, settled, commit_id, leases, wake_at)
        if instance.ended and not before.ended:
            writes.append(_count(instance, -1, None))
        try:
            self._table.transact(writes, commit_id)
        except ConditionFailedError as refused:
            if _commit_id(refused.failed.get(0)) != commit_id:
                raise GuardLostError from None
        except StoreUnavailableError:
            self._check_taken(before, commit_id)
        return Head(instance, commit_id, leases, layers_version)

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
                    ":leases": _leases(leases),
                    ":next": n(instance.version + 1),
                    ":version": n(instance.version),
                    ":commit": s(commit_id),
                },
            )
        except ConditionFailedError as refused:
            # A retried call whose first answer was lost finds its own work.
            if _commit_id(refused.failed.get(0)) != commit_id:
                raise GuardLostError from None
        except StoreUnavailableError:
            self._check_taken(instance, commit_id)
        return replace(
            head, instance=replace(instance, version=instance.version + 1), commit_id=commit_id, leases=leases
        )

    def due(self, shard: int, now: Millis, limit: int) -> list[tuple[str, str]]:
        """Account and id of instances whose hint is overdue, the longest overdue first, from one of the 16 shards."""
        page = self._table.query_index(
            "due",
            "due_pk",
            keys.due_shard(shard),
            sort_name="wake_at",
            below=n(now + 1),
            limit=limit,
            newest_first=False,
        )
        return [keys.parse_instance(items.text(item, "pk")) for item in page.items]

    def _check_taken(self, instance: Instance, commit_id: str) -> None:
        """Whether a write whose answer was lost took effect is not known; the head knows.

        Raises:
            StoreUnavailableError: when it did not.
        """
        head = self._table.get(items.key(keys.instance(instance.account, instance.id), keys.HEAD))
        if _commit_id(head) != commit_id:
            raise StoreUnavailableError("the write did not take effect")

    def _consistent(self, account: str, instance_id: str, **bounds: Any) -> tuple[Head | None, Sequence[Item]]:
        partition = keys.instance(account, instance_id)
        for _ in range(10):
            page = self._table.query(partition, newest_first=True, **bounds)
            if not page.items or items.text(page.items[0], "sk") != keys.HEAD:
                return None, ()
            rest = page.items[1:]
            apart = rest[0] if rest and items.text(rest[0], "sk") == keys.LAYERS else None
            head = _read_head(page.items[0], apart)
            if head is not None:
                return head, rest[1:] if apart is not None else rest
        raise StoreUnavailableError("the head and its data were never of one commit")


def read_record(item: Item) -> Record:
    """A history record of its item, as a query or a stream carries it."""
    account, instance_id = keys.parse_instance(items.text(item, "pk"))
    document = items.unpack(item["doc"]["B"])
    return Record(account, instance_id, tuple(document["events"]), document["views"], document["envelope"])


def _writes(
    head: Head | None, settled: Settled, commit_id: str, leases: Mapping[str, Lease], wake_at: Millis | None
) -> tuple[int | None, list[Item]]:
    instance = settled.instance
    partition = keys.instance(instance.account, instance.id)
    written = layers(instance)
    writes: list[Item] = [{}, {"Put": {"Item": _record_item(settled, partition)}}]
    layers_version = None
    if jsons.size(written) > LAYERS_IN_HEAD_BYTES:
        layers_version = head.layers_version if head is not None else None
        if layers_version is None or head is None or layers(head.instance) != written:
            layers_version = instance.version
            stored = {**items.key(partition, keys.LAYERS), "doc": b(items.pack(written)), "version": n(layers_version)}
            writes.append({"Put": {"Item": stored}})
    item = _head_item(instance, written, layers_version, commit_id, leases, wake_at)
    if head is None:
        writes[0] = {"Put": {"Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}
    else:
        guard = {":version": n(head.instance.version)}
        writes[0] = {
            "Put": {"Item": item, "ConditionExpression": "version = :version", "ExpressionAttributeValues": guard}
        }
    return layers_version, writes


def _head_item(
    instance: Instance,
    written: JsonObject,
    layers_version: int | None,
    commit_id: str,
    leases: Mapping[str, Lease],
    wake_at: Millis | None,
) -> Item:
    document = to_document(instance)
    item: Item = {
        **items.key(keys.instance(instance.account, instance.id), keys.HEAD),
        "version": n(instance.version),
        "commit_id": s(commit_id),
        "status": s(instance.status),
        "status_pk": s(keys.status_list(instance.account, instance.namespace, instance.status)),
        "workflow_pk": s(keys.workflow_list(instance.account, instance.workflow_name)),
        "account_pk": s(keys.account_list(instance.account)),
        "list_sk": s(instance.id),
        "summary": s(jsons.dumps(summary(instance))),
    }
    if layers_version is None:
        document["layers"] = written
    else:
        item["layers_version"] = n(layers_version)
    item["doc"] = b(items.pack(document))
    if leases:
        item["leases"] = _leases(leases)
    if wake_at is not None:
        item["wake_at"] = n(wake_at)
        item["due_pk"] = s(keys.due(instance.id))
    return item


def summary(instance: Instance) -> JsonObject:
    """What a list shows of an instance beside its id, namespace and status."""
    return {
        "workflow_name": instance.workflow_name,
        "current_state": instance.main.state,
        "created_at": instance.created_at,
    }


def _record_item(settled: Settled, partition: str) -> Item:
    instance = settled.instance
    envelope = {
        "namespace": instance.namespace,
        "workflow_name": instance.workflow_name,
        "version_id": instance.version_id,
        "traceparent": instance.traceparent,
        "by": settled.by,
    }
    document = {"schema": 1, "events": list(settled.events), "views": settled.views, "envelope": envelope}
    return {
        **items.key(partition, keys.history(settled.events[0]["number"])),
        "at": n(instance.updated_at),
        "doc": b(items.pack(document)),
    }


def _read_head(item: Item, apart: Item | None) -> Head | None:
    """The head of its items; None when head and data are not of one commit, as a query under way may see them."""
    document = items.unpack(item["doc"]["B"])
    layers_version = items.number(item, "layers_version") if "layers_version" in item else None
    if layers_version is None:
        written = document.pop("layers")
    elif apart is None or items.number(apart, "version") != layers_version:
        return None
    else:
        written = items.unpack(apart["doc"]["B"])
    leases = {
        thread: Lease(items.number(lease["M"], "until"), items.number(lease["M"], "tries"))
        for thread, lease in item.get("leases", {"M": {}})["M"].items()
    }
    instance = from_document(document, written, items.number(item, "version"))
    return Head(instance, items.text(item, "commit_id"), leases, layers_version)


def _leases(leases: Mapping[str, Lease]) -> Item:
    return {
        "M": {thread: {"M": {"until": n(lease.until), "tries": n(lease.tries)}} for thread, lease in leases.items()}
    }


def _commit_id(item: Item | None) -> str | None:
    return items.text(item, "commit_id") if item and "commit_id" in item else None


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
