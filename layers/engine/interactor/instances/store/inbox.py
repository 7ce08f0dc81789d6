"""The items of inboxes: a task lies in the inbox of each who may find it there, and is marked where it is done."""

from collections.abc import Sequence

from interactor.aws.dynamo import items, keys
from interactor.aws.dynamo.items import Item, b, n
from interactor.core import limits
from interactor.core.times import SECOND
from interactor.instances.rules import inbox
from interactor.instances.rules.inbox import Place
from interactor.instances.rules.instance import Instance
from interactor.instances.rules.thread_draft import DoneMark


def writes(before: Instance | None, after: Instance, marks: Sequence[DoneMark]) -> list[Item]:
    """The writes that make inboxes say what an instance has come to; none where no task is touched."""
    if not marks and not any(
        thread.task is not None
        for instance in (before, after)
        for thread in (() if instance is None else instance.threads.values())
    ):
        return []
    account = after.account
    old, new = inbox.entries(before), inbox.entries(after)
    gone: list[Item] = [{"Delete": {"Key": _key(account, place)}} for place in old if place not in new]
    put = [
        {"Put": {"Item": _key(account, place) | {"doc": b(items.pack(shown))}}}
        for place, shown in new.items()
        if old.get(place) != shown
    ]
    return gone + put + [{"Put": {"Item": _mark(after, each)}} for each in marks]


def _key(account: str, place: Place) -> Item:
    owner = keys.inbox_of_group if place.group else keys.inbox_of_person
    return items.key(owner(account, place.name), keys.inbox_entry(place.kind, place.due_at, place.task))


def _mark(instance: Instance, mark: DoneMark) -> Item:
    partition = keys.inbox_of_person(instance.account, mark.person)
    document = {
        "instance_id": instance.id,
        "namespace": instance.namespace,
        "workflow_name": instance.workflow_name,
        "at": instance.updated_at,
        "hash": mark.hash,
        **mark.shown,
    }
    kept = (instance.updated_at + limits.TASK_DONE_KEPT) // SECOND
    return items.key(partition, keys.done_mark(mark.task)) | {"doc": b(items.pack(document)), "expires_at": n(kept)}
