"""The items of history records. A record over 300 KB has further parts, written in the same transaction."""

from typing import TYPE_CHECKING, Final

from interactor.aws.dynamo import items, keys
from interactor.aws.dynamo.items import Item, b, n
from interactor.aws.dynamo.table import Table
from interactor.core import releases
from interactor.core.times import Millis
from interactor.instances.rules.stored import Record
from interactor.instances.store import failures

if TYPE_CHECKING:
    from interactor.instances.rules.consequences import Settled

SCHEMA: Final = 1
READABLE: Final = 1


def of(settled: "Settled") -> Record:
    """Return the record that a commit adds."""
    instance = settled.instance
    envelope = {
        "namespace": instance.namespace,
        "workflow_name": instance.workflow_name,
        "version_id": instance.version_id,
        "traceparent": instance.traceparent,
        "by": settled.by,
    }
    number = instance.snapshot_number
    return Record(instance.account, instance.id, settled.events, settled.snapshot, number, envelope)


def writes(settled: "Settled", errors_kept: Millis, index_shards: int = 1) -> list[Item]:
    """Return the writes of that record, its first part first, and of the errors in it."""
    instance = settled.instance
    partition = keys.instance(instance.account, instance.id)
    record = of(settled)
    first = int(record.events[0]["number"])
    document = {
        "schema": SCHEMA,
        "events": list(record.events),
        "snapshot": record.snapshot,
        "base": record.base,
        "envelope": record.envelope,
    }
    begin, *rest = items.cut(items.pack(document))
    item = items.key(partition, keys.history(first)) | {"at": n(instance.updated_at), "doc": b(begin)}
    if rest:
        item["parts"] = n(len(rest))
    further = [
        items.key(partition, keys.history_part(first, number)) | {"doc": b(piece)} for number, piece in enumerate(rest)
    ]
    return [{"Put": {"Item": each}} for each in (item, *further)] + failures.writes(record, errors_kept, index_shards)


def read(table: Table, item: Item) -> Record:
    """Return the record of its first item, from a query or from a stream. Further parts are read from the table.

    Raises:
        LaterReleaseError: a later release wrote it, and this one must not read it.
    """
    partition = items.text(item, "pk")
    stored = bytes(item["doc"]["B"])
    if "parts" in item:
        first = int(items.text(item, "sk").removeprefix(keys.HISTORY))
        stored += items.joined(table.query_all(partition, begins_with=keys.history_parts(first)))
    document = items.unpack(stored)
    releases.require_readable(document, READABLE, "the history record")
    account, instance_id = keys.parse_instance(partition)
    return Record(
        account,
        instance_id,
        tuple(document["events"]),
        document["snapshot"],
        document["base"],
        document["envelope"],
    )
