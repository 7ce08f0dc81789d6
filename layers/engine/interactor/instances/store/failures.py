"""The errors of an account in order of time: one item for each step that finally failed.

Each is kept for 30 days, or as long as ended instances if that is shorter. An error is written together with the
history record of its event, so one never exists without the other.
"""

from interactor.aws.dynamo import items, keys
from interactor.aws.dynamo.items import Item, b, n
from interactor.aws.dynamo.merged import newest
from interactor.aws.dynamo.table import Table
from interactor.core import ids
from interactor.core.jsons import JsonObject
from interactor.core.times import DAY, SECOND, Millis
from interactor.instances.rules.stored import Record

KEPT: Millis = 30 * DAY
_HIGHEST = b"\xff" * ids.ENTROPY_BYTES


def writes(record: Record, kept: Millis, shards: int = 1) -> list[Item]:
    """Return the writes for the failures among a record's events.

    ``kept`` is for how many milliseconds they are kept at most.
    """
    return [
        {"Put": {"Item": _item(record, event, min(kept, KEPT), shards)}}
        for event in record.events
        if (event["type"], event["subtype"]) == ("error", "step_failed")
    ]


def page(
    table: Table, account: str, since: Millis, until: Millis, below: str | None, limit: int, shards: int = 1
) -> tuple[list[JsonObject], str | None]:
    """Return failures from ``since`` to before ``until`` below a position, newest first, and the next page's
    position.
    """
    lowest = ids.make("evt", since, bytes(ids.ENTROPY_BYTES))
    if since >= until or (below is not None and below <= lowest):
        return [], None  # DynamoDB refuses such bounds
    highest = ids.make("evt", until - 1, _HIGHEST)
    pages = []
    for number in range(shards):
        partition = keys.sharded(keys.failures(account), number)
        after = None if below is None else items.key(partition, below)
        pages.append(
            table.query(partition, at_least=lowest, at_most=highest, after=after, newest_first=True, limit=limit)
        )
    found, position = newest(pages, lambda item: items.text(item, "sk"), limit)
    return [{"id": items.text(item, "sk"), **items.unpack(item["doc"]["B"])} for item in found], position


def _item(record: Record, event: JsonObject, kept: Millis, shards: int) -> Item:
    document = {
        "instance_id": record.instance_id,
        "workflow_name": record.envelope["workflow_name"],
        "version_id": record.envelope["version_id"],
        "namespace": record.envelope["namespace"],
        "thread": event["thread"],
        "state": event["state"],
        "error_code": event["code"],
        "error": event["message"],
        "at": event["at"],
    }
    partition = keys.sharded(keys.failures(record.account), keys.shard(event["id"], shards))
    key = items.key(partition, event["id"])
    return key | {"doc": b(items.pack(document)), "expires_at": n((event["at"] + kept) // SECOND)}
