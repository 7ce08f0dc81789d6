"""In whose inboxes the open tasks of an instance are: derived from the instance, so that no way of ending forgets one.

A commit writes what differs between before and after, in its own transaction.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from interactor.assignments import quorum
from interactor.assignments.asked import FOREVER
from interactor.core import ids
from interactor.core.jsons import JsonObject
from interactor.core.times import Millis
from interactor.instances.rules.instance import Instance, Thread

Kind: TypeAlias = Literal["O", "C", "W", "Q"]
"""Open, claimed, watched, asked a question."""
_TITLE_CHARACTERS = 120
_LABELS_CHARACTERS = 200


@dataclass(frozen=True)
class Place:
    """One entry's place: whose inbox, and where in it."""

    group: bool
    name: str
    kind: Kind
    due_at: Millis
    task: str


def entries(instance: Instance | None) -> dict[Place, JsonObject]:
    """Return the entries of all open tasks of an instance, each with what a list shows of it."""
    if instance is None or instance.ended:
        return {}
    waiting = (thread for thread in instance.threads.values() if thread.waits_for_task)
    return {place: shown for thread in waiting for place, shown in _entries(instance, thread)}


def _entries(instance: Instance, thread: Thread) -> Iterator[tuple[Place, JsonObject]]:
    halt, progress = thread.halt, thread.task
    if halt is None or halt.asked is None or progress is None or not progress.open:
        return
    asked = halt.asked
    task, due_at = ids.task_id(instance.id, progress.number), FOREVER if asked.due_at is None else asked.due_at
    shown = _shown(instance, thread, task)
    responded = {each.slot for each in progress.responses}
    if progress.owner is not None:
        yield Place(False, progress.owner, "C", due_at, task), shown
    else:
        for user in quorum.present_users(asked, progress):
            if user not in responded:
                yield Place(False, user, "O", due_at, task), shown
        for group in quorum.present_groups(asked, progress):
            yield Place(True, group, "O", due_at, task), shown
    for watcher in asked.watchers:
        yield Place(False, watcher, "W", due_at, task), shown
    for question in progress.questions:
        yield Place(False, question.of, "Q", due_at, task), shown


def _shown(instance: Instance, thread: Thread, task: str) -> JsonObject:
    """What a list shows of a task, under 1 KB."""
    halt, progress = thread.halt, thread.task
    if halt is None or halt.asked is None or progress is None:
        raise AssertionError("the thread waits for no task")
    asked, labels, room = halt.asked, {}, _LABELS_CHARACTERS
    for name, value in asked.labels.items():
        room -= len(name) + len(value)
        if room >= 0:
            labels[name] = value
    shown: JsonObject = {
        "task_id": task,
        "instance_id": instance.id,
        "namespace": instance.namespace,
        "workflow_name": instance.workflow_name,
        "state": thread.state,
        "title": None if asked.title is None else asked.title[:_TITLE_CHARACTERS],
        "created_at": halt.since,
        "due_at": asked.due_at,
        "priority": None if asked.priority == "normal" else asked.priority,
        "key": asked.key,
        "labels": labels or None,
        "owner": progress.owner,
        "several": True if asked.quorum.kind != "first" else None,
    }
    return {name: value for name, value in shown.items() if value is not None}
