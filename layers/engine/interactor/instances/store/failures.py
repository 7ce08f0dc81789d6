"""The errors of an account, in the order of time: one item for each step that failed for good.

Each is kept 30 days, or as long as ended instances where that is shorter.
They are written with the history record that has the event, so that there is never one without the other.
"""

from interactor.aws.dynamo import items, keys
from interactor.aws.dynamo.items import Item, b, n
from interactor.aws.dynamo.table import Table
from interactor.core import ids
from interactor.core.jsons import JsonObject
from interactor.core.times import DAY, SECOND, Millis
from interactor.instances.rules.stored import Record

KEPT: Millis = 30 * DAY
_HIGHEST = b"\xff" * ids.ENTROPY_BYTES


def writes(record: Record, kept: Millis) -> list[Item]:
    """The writes for the failures among a record's events, to be kept so long at most."""
    return [
        {"Put": {"Item": _item(record, event, min(kept, KEPT))}}
        for event in record.events
        if (event["type"], event["subtype"]) == ("error", "step_failed")
    ]


def page(
    table: Table, account: str, since: Millis, until: Millis, below: str | None, limit: int
) -> tuple[list[JsonObject], str | None]:
    """Failures from ``since`` to before ``until``, newest first, below a position; and the next page's position."""
    partition = keys.failures(account)
    lowest = ids.make("evt", since, bytes(ids.ENTROPY_BYTES))
    if since >= until or (below is not None and below <= lowest):
        return [], None  # DynamoDB refuses such bounds
    highest = ids.make("evt", until - 1, _HIGHEST)
    after = None if below is None else items.key(partition, below)
    found = table.query(partition, at_least=lowest, at_most=highest, after=after, newest_first=True, limit=limit)
    position = None if found.next_key is None else items.text(found.next_key, "sk")
    return [{"id": items.text(item, "sk"), **items.unpack(item["doc"]["B"])} for item in found.items], position


def _item(record: Record, event: JsonObject, kept: Millis) -> Item:
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
    key = items.key(keys.failures(record.account), event["id"])
    return key | {"doc": b(items.pack(document)), "expires_at": n((event["at"] + kept) // SECOND)}
