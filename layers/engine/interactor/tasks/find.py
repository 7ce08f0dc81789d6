"""Finds a task by its id, and the rights of who asks at this moment."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from interactor.access.rules.principal import Principal
from interactor.assignments.asked import Asked
from interactor.assignments.progress import Progress
from interactor.core import ids
from interactor.core.errors import InstanceNotFoundError, TaskNotFoundError
from interactor.core.times import Millis
from interactor.instances.lookup import find_instance
from interactor.instances.rules.instance import Halt, Instance, Thread
from interactor.instances.rules.stored import Head
from interactor.people.rules.directory import effective_groups
from interactor.tasks.rules.rights import Rights
from interactor.tasks.story import Story

if TYPE_CHECKING:
    from interactor.instances.store.instances import InstanceStore
    from interactor.people.directory import Directory


@dataclass(frozen=True)
class Open:
    """An open task: the thread that waits, with what it asks and what was done so far."""

    task: str
    thread: Thread
    halt: Halt
    asked: Asked
    progress: Progress


def head_of(
    store: "InstanceStore", principal: Principal, task: str, ended_since: Millis, with_history: bool = False
) -> tuple[Head, int]:
    """Return the instance of a task and the task's number in it.

    Raises:
        TaskNotFoundError: when the caller may know of no such instance.
    """
    parsed = ids.parse_task(task)
    if parsed is None:
        raise TaskNotFoundError(task)
    try:
        return find_instance(store, principal, parsed[0], ended_since, with_history), parsed[1]
    except InstanceNotFoundError:
        raise TaskNotFoundError(task) from None


def open_task(instance: Instance, number: int) -> Open | None:
    """Return the task of an instance with this number, where it is open."""
    for thread in instance.threads.values():
        halt, progress = thread.halt, thread.task
        if not thread.waits_for_task or progress is None or halt is None or halt.asked is None:
            continue
        if progress.number == number:
            return Open(ids.task_id(instance.id, number), thread, halt, halt.asked, progress)
    return None


def rights_of(directory: "Directory", principal: Principal, now: Millis) -> Rights:
    """Return what a caller may do at this moment: one query for the person, one batch where groups are claimed."""
    manages = manages_tasks(principal)
    if principal.person is None:
        return Rights(None, manages=manages)
    standing = directory.standing(principal.account, principal.person)
    known = directory.known(principal.account, principal.groups) if principal.groups else frozenset()
    groups = effective_groups(principal, standing, known)
    return Rights(principal.person, groups, standing.acts_for(now), manages)


def own_rights(principal: Principal) -> Rights:
    """Return what needs no directory to be known: enough for a person who is named by the task itself."""
    return Rights(principal.person, manages=manages_tasks(principal), complete=principal.person is None)


def manages_tasks(principal: Principal) -> bool:
    """Return whether a caller manages tasks.

    A client that speaks for a person has that person's rights: its own ``*`` makes nobody a manager whom it names. A
    client that was given ``tasks:manage`` itself does, since it was given it for that.
    """
    return principal.may("tasks:manage") if principal.person is None else "tasks:manage" in principal.scopes


def was_concerned(told: Story, principal: Principal, directory: "Callable[[], Directory]", now: Millis) -> bool:
    """Return whether a task that is closed was this caller's to know of."""
    person = principal.person
    if manages_tasks(principal) or (person is not None and person in told.people()):
        return True
    if person is None:
        return False
    rights = rights_of(directory(), principal, now)
    return bool(set(rights.groups) & told.groups() or set(rights.stands_in_for) & told.people())
