"""The items of an instance's present state: the head, and the bulk of its threads' data if that is large.

``version commit_id status wake_at leases`` are plain attributes, which conditions and indexes read. The rest is one
document.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from interactor.aws.dynamo import items, keys
from interactor.aws.dynamo.items import Item, b, n, s
from interactor.core import jsons, releases
from interactor.core.jsons import JsonObject
from interactor.core.times import Millis
from interactor.instances.rules.instance import Instance
from interactor.instances.rules.stored import Head, Lease
from interactor.instances.store.document import bulk, from_documents, to_document

BULK_IN_HEAD_BYTES = 4096
_ATTRIBUTES: Final = {
    *("pk", "sk", "version", "commit_id", "status", "status_pk", "workflow_pk", "account_pk", "list_sk", "summary"),
    *("doc", "wake_at", "due_pk", "leases", "bulk_version", "bulk_parts"),
}


def writes(
    before: Head | None,
    instance: Instance,
    commit_id: str,
    leases: Mapping[str, Lease],
    wake_at: Millis,
    index_shards: int = 1,
) -> tuple[int | None, list[Item]]:
    """Return the version at which the bulk was last stored separately, and the writes that replace a head, the guarded
    one first.
    """
    partition = keys.instance(instance.account, instance.id)
    held = bulk(instance)
    packed = items.pack(held)
    apart: list[Item] = []
    bulk_version = None
    if jsons.size(held) > BULK_IN_HEAD_BYTES:
        bulk_version = None if before is None else before.bulk_version
        if before is None or bulk_version is None or items.pack(bulk(before.instance)) != packed:
            bulk_version = instance.version
            apart = [
                items.key(partition, keys.bulk(number)) | {"doc": b(piece), "version": n(bulk_version)}
                for number, piece in enumerate(items.cut(packed))
            ]
    item = _item(instance, held if bulk_version is None else None, commit_id, leases, wake_at)
    item |= _lists(instance, keys.shard(instance.id, index_shards))
    if before is not None:
        item = {**before.later, **item}
    if bulk_version is not None:
        item["bulk_version"] = n(bulk_version)
        item["bulk_parts"] = n(len(items.cut(packed)))
    guarded: Item = {"Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
    if before is not None:
        guarded["ConditionExpression"] = "version = :version"
        guarded["ExpressionAttributeValues"] = {":version": n(before.instance.version)}
    return bulk_version, [{"Put": guarded}, *({"Put": {"Item": each}} for each in apart)]


def whole(found: Sequence[Item]) -> bool:
    """Whether a descending query that found the head first has found all of its bulk, or has passed it."""
    past = not items.text(found[-1], "sk").startswith((keys.HEAD, keys.BULK))
    return past or "bulk_parts" not in found[0] or len(_bulk(found)) == items.number(found[0], "bulk_parts")


def read(found: Sequence[Item]) -> Head | None:
    """Return the head from the items of a descending query; None if it may have seen head and bulk of different
    commits.

    Raises:
        LaterReleaseError: a later release wrote it, and this one must not read it.
    """
    item = found[0]
    document = items.unpack(item["doc"]["B"])
    bulk_version = items.number(item, "bulk_version") if "bulk_version" in item else None
    if bulk_version is None:
        held = document.pop("bulk")
    else:
        apart = _bulk(found)
        if len(apart) != items.number(item, "bulk_parts"):
            return None
        held = items.unpack(items.joined(reversed(apart)))
    leases = {
        thread: Lease(items.number(lease["M"], "until"), items.number(lease["M"], "tries"))
        for thread, lease in item.get("leases", {"M": {}})["M"].items()
    }
    instance = from_documents(document, held, items.number(item, "version"))
    wake_at = items.number(item, "wake_at")
    later = releases.later(item, _ATTRIBUTES)
    return Head(instance, items.text(item, "commit_id"), leases, wake_at, bulk_version, later=later)


def leases_attribute(leases: Mapping[str, Lease]) -> Item:
    """Return leases as a map attribute."""
    return {
        "M": {thread: {"M": {"until": n(lease.until), "tries": n(lease.tries)}} for thread, lease in leases.items()}
    }


def commit_id(item: Item | None) -> str | None:
    """Return which commit wrote a head; None if there is no head."""
    return items.text(item, "commit_id") if item and "commit_id" in item else None


def token(instance: Instance, purpose: str) -> str:
    """Return a ClientRequestToken for something that is done once to one version of an instance."""
    return hashlib.sha256(f"{purpose} {instance.id} {instance.version}".encode()).hexdigest()[:36]


def _bulk(found: Sequence[Item]) -> list[Item]:
    """Return the parts of the head's bulk, the last one first. There may be further parts from when it was larger."""
    version = items.number(found[0], "bulk_version")
    parts = [each for each in found if items.text(each, "sk").startswith(keys.BULK)]
    return [each for each in parts if items.number(each, "version") == version]


def _item(
    instance: Instance, held: JsonObject | None, commit_id: str, leases: Mapping[str, Lease], wake_at: Millis
) -> Item:
    document = to_document(instance) | ({"bulk": held} if held is not None else {})
    item: Item = {
        **items.key(keys.instance(instance.account, instance.id), keys.HEAD),
        "version": n(instance.version),
        "commit_id": s(commit_id),
        "status": s(instance.status),
        "list_sk": s(instance.id),
        "summary": s(jsons.dumps(_summary(instance))),
        "doc": b(items.pack(document)),
        "wake_at": n(wake_at),
        "due_pk": s(keys.cleaning(instance.id) if instance.only_cleaned else keys.due(instance.id)),
    }
    if leases:
        item["leases"] = leases_attribute(leases)
    return item


def _lists(instance: Instance, shard: int) -> Item:
    """Return the index attributes of the lists that an instance is in."""
    lists = {
        "status_pk": keys.status_list(instance.account, instance.namespace, instance.status),
        "workflow_pk": keys.workflow_list(instance.account, instance.workflow_name),
        "account_pk": keys.account_list(instance.account),
    }
    return {name: s(keys.sharded(partition, shard)) for name, partition in lists.items()}


def _summary(instance: Instance) -> JsonObject:
    """Return what a list shows of an instance beside its id, namespace and status."""
    summary: JsonObject = {
        "workflow_name": instance.workflow_name,
        "current_state": instance.main.state,
        "created_at": instance.created_at,
    }
    return summary | ({"ended_at": instance.ended_at} if instance.ended_at is not None else {})
