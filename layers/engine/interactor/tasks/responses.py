"""Responses to tasks, by whatever way they come: the API, a link, ``resume``. There is one door (``respond``)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from interactor.access.rules.principal import Principal
from interactor.core import ids
from interactor.core.errors import (
    AlreadyRespondedError,
    InstancePausedError,
    NotAssigneeError,
    PresentationChangedError,
    RefusedError,
    TaskClaimedError,
    TaskClosedError,
    TaskNotFoundError,
)
from interactor.core.jsons import Json, JsonObject
from interactor.core.times import Millis
from interactor.instances.acts import act
from interactor.instances.conflicts import Trigger
from interactor.instances.engine import Cause, Engine
from interactor.instances.rules.settle import OvertakenError
from interactor.instances.rules.stored import Head
from interactor.instances.rules.task_acts import Actor, Given, Past, TaskAdvance, Via
from interactor.tasks import find, story
from interactor.tasks.rules.rights import Rights

if TYPE_CHECKING:
    from interactor.people.directory import Directory
    from interactor.tasks.store import InboxStore

T = TypeVar("T")


@dataclass(frozen=True)
class Asking:
    """Who asks for something at a task, and how: ``via`` the API, a link, in bulk. ``address`` is a keyed hash."""

    principal: Principal
    via: Via
    address: str | None = None

    @property
    def client(self) -> str | None:
        """The client that speaks for the person, where one does."""
        return self.principal.subject if self.principal.kind == "client" else None


class RepeatedError(Exception):
    """The same response of the same person was taken before: it is answered as done."""


class Tasks:
    """What the use cases of tasks share."""

    def __init__(self, engine: Engine, directory: "Callable[[], Directory]", inboxes: "InboxStore") -> None:
        self.engine = engine
        self.directory = directory
        self.inboxes = inboxes

    def with_rights(self, principal: Principal, does: Callable[[Rights], T]) -> T:
        """Do something with the caller's rights. Those named by the task need no look into the directory.

        Raises:
            whatever ``does`` raises with all rights known.
        """
        own = find.own_rights(principal)
        try:
            return does(own)
        except (NotAssigneeError, TaskNotFoundError, TaskClaimedError):
            if own.complete:
                raise
        return does(find.rights_of(self.directory(), principal, self.engine.world.now()))

    def closed(self, head: Head, number: int, task: str, principal: Principal) -> RefusedError:
        """Return the error for an act at a task that is not open.

        Raises:
            TaskNotFoundError: when there is no such task, or it did not concern the caller.
        """
        told = story.read(self.engine.instances, head.instance.account, head.instance.id, number, task)
        now = self.engine.world.now()
        if told is None or not find.was_concerned(told, principal, self.directory, now):
            raise TaskNotFoundError(task)
        how = told.closed()
        by = f" by {how['decided_by']}" if how["decided_by"] else ""
        message = f"The task is closed: it was {how['outcome']}{by}"
        return TaskClosedError(message, {**how, "current_state": head.instance.main.state})


def fingerprint(given: JsonObject | None, option: str | None, by: Json) -> str:
    """Return a hash that is the same for the same answer of the same person, in any order of keys (ruling 17)."""
    return Trigger("input", given, option, Cause(by)).fingerprint()


def respond(tasks: Tasks, asking: Asking, head: Head, number: int, given: Given, cause: Cause) -> Head:
    """Take a person's response to a task, and go on where it decides.

    It is judged on the present head each time the commit is tried: of two who decide at one moment one wins, and the
    other is told so. One's own response, sent again, is answered as done for 90 days.

    Raises:
        TaskNotFoundError, NotAssigneeError, SeparationOfDutiesError: it is not the caller's to respond.
        TaskClosedError, TaskClaimedError, AlreadyRespondedError: somebody came first, or the caller did.
        PresentationChangedError: the caller was shown something else.
        InvalidRequestError, InvalidTransitionError: the input does not fit.
        InstancePausedError, WorkflowDataTooLargeError, InstanceTooLargeError: as a resume.
    """
    engine, principal, task = tasks.engine, asking.principal, ids.task_id(head.instance.id, number)
    found = find.open_task(head.instance, number)
    if found is None:
        return _answered_before(tasks, head, number, task, given, principal)
    uploads = engine.files().sent(head.instance, found.thread, given.input or {})

    def with_rights(rights: Rights) -> Head:
        def does(advance: TaskAdvance, present: Head, past: Past, now: Millis) -> None:
            here = find.open_task(present.instance, number)
            if here is None:
                raise OvertakenError
            if here.asked.quorum.per_group and not rights.complete:
                raise NotAssigneeError
            try:
                slot = rights.slot(here.asked, here.progress, task)
            except AlreadyRespondedError:
                earlier = here.progress.of(principal.person or "")
                if earlier is not None and earlier.by == principal.person and earlier.hash == given.hash:
                    raise RepeatedError from None
                raise
            if present.instance.paused:
                raise InstancePausedError(f"Instance '{present.instance.id}' is paused; unpause it first")
            if given.seen is not None and given.seen != here.asked.shown:
                raise PresentationChangedError(here.asked.shown)
            groups = rights.assigned_groups(here.asked, here.progress)
            actor = Actor(str(principal.person), slot, asking.via, asking.client, groups, asking.address)
            advance.respond(actor, given, uploads, past, now)
            engine.files().keep(present.instance, uploads)

        return act(engine, head, number, does, cause)

    try:
        return tasks.with_rights(principal, with_rights)
    except RepeatedError:
        return engine.reread(head) or head
    except OvertakenError:
        return _answered_before(tasks, engine.reread(head) or head, number, task, given, principal)


def _answered_before(tasks: Tasks, head: Head, number: int, task: str, given: Given, principal: Principal) -> Head:
    """Return the head where this very response was taken before the task was closed.

    Raises:
        AlreadyRespondedError: the person responded otherwise.
        TaskClosedError: somebody else, or something else, closed it.
        TaskNotFoundError: there is no such task for the caller.
    """
    if principal.person is not None:
        mark = tasks.inboxes.done(head.instance.account, principal.person, task)
        if mark is not None and mark["hash"] == given.hash:
            return head
        if mark is not None:
            error = tasks.closed(head, number, task, principal)
            raise AlreadyRespondedError({"your_outcome": mark.get("outcome"), **(error.details or {})})
    raise tasks.closed(head, number, task, principal)
