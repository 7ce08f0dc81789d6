"""Reading tasks: one as it stands, and what happened to it. It imports nothing that moves an instance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interactor.api import task_views
from interactor.core import ids
from interactor.core.errors import TaskNotFoundError
from interactor.tasks import find, story

if TYPE_CHECKING:
    from interactor.api.call import Call
    from interactor.core.jsons import JsonObject
    from interactor.instances.rules.stored import Head
    from interactor.tasks.rules.rights import Rights


def head_of(call: Call) -> tuple[Head, int]:
    """The instance of the task that the path names, and the task's number in it.

    Raises:
        TaskNotFoundError: when the caller may know of none.
    """
    parts = call.services.instances
    return find.head_of(parts.store, call.principal, call.parameter("task_id"), parts.ended_since())


def shown(call: Call, head: Head, number: int, whole: bool = False, acted: bool = False) -> JsonObject:
    """A task as it stands; ``whole``: with what people said; ``acted``: to somebody who has just done something at it.

    Raises:
        TaskNotFoundError: when it does not concern the caller.
    """
    now = call.services.world.now()
    task = ids.task_id(head.instance.id, number)
    found = find.open_task(head.instance, number)
    if found is not None:
        rights = rights_at(call, found)
        if not acted:
            rights.require_concerned(found.asked, found.progress, task)
        told = _story(call, head, number, task) if whole else None
        return task_views.open_task(head.instance, found, rights, now, told)
    told = _story(call, head, number, task)
    if told is None or not (acted or _was_concerned(call, told)):
        raise TaskNotFoundError(task)
    return task_views.closed_task(head.instance, task, told)


def story_of(call: Call) -> story.Story:
    """What happened to the task that the path names.

    Raises:
        TaskNotFoundError: when it does not concern the caller.
    """
    head, number = head_of(call)
    task = ids.task_id(head.instance.id, number)
    told, found = _story(call, head, number, task), find.open_task(head.instance, number)
    if found is not None:
        rights_at(call, found).require_concerned(found.asked, found.progress, task)
    elif told is not None and not _was_concerned(call, told):
        raise TaskNotFoundError(task)
    if told is None:
        raise TaskNotFoundError(task)
    return told


def rights_at(call: Call, found: find.Open) -> Rights:
    """What the caller may do at a task now; the directory is asked where the task itself does not tell."""
    own = find.own_rights(call.principal)
    if own.complete:
        return own
    person = call.principal.person
    if person in (*found.asked.users, *(found.progress.users or ())) and found.progress.owner in (None, person):
        return own
    return find.rights_of(call.services.people.directory, call.principal, call.services.world.now())


def _story(call: Call, head: Head, number: int, task: str) -> story.Story | None:
    instance = head.instance
    return story.read(call.services.instances.store, instance.account, instance.id, number, task)


def _was_concerned(call: Call, told: story.Story) -> bool:
    parts = call.services
    return find.was_concerned(told, call.principal, lambda: parts.people.directory, parts.world.now())
