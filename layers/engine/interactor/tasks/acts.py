"""What people do at a task beside responding: claim, hand over, ask, remind. None of it decides, but an override.

Each act is judged on the present task inside the loop that commits it. ``ACTS`` names them.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from interactor.assignments import quorum, timers
from interactor.core import ids, limits
from interactor.core.errors import (
    AlreadyRespondedError,
    ClaimNotApplicableError,
    ClaimRequiredError,
    DelegationRefusedError,
    ForbiddenError,
    InstancePausedError,
    InvalidRequestError,
    NotAssigneeError,
    ReassignCycleError,
    RemindedRecentlyError,
)
from interactor.core.jsons import JsonObject
from interactor.core.times import SECOND, Millis
from interactor.forms.file_fields import Uploads
from interactor.instances.acts import act
from interactor.instances.engine import Cause
from interactor.instances.rules.settle import OvertakenError
from interactor.instances.rules.stored import Head
from interactor.instances.rules.task_acts import Actor, Given, Past, TaskAdvance
from interactor.people.rules import names
from interactor.tasks import find
from interactor.tasks.find import Open
from interactor.tasks.responses import Asking, Tasks
from interactor.tasks.rules.rights import Rights


@dataclass(frozen=True)
class Wish:
    """What a request asks for, beside the act: each act takes the members that it has."""

    to: str | None = None
    source: str | None = None
    of: str | None = None
    text: str | None = None
    question: int = 0
    given: Given | None = None


@dataclass(frozen=True)
class Present:
    """The task as it is at the moment of an attempt, with who asks and what may be used."""

    tasks: Tasks
    asking: Asking
    rights: Rights
    open: Open
    head: Head
    advance: TaskAdvance
    past: Past
    now: Millis
    uploads: Uploads

    @property
    def actor(self) -> Actor:
        """Who acts, for themselves."""
        person = self.asking.principal.person or self.asking.principal.subject
        return Actor(person, person, self.asking.via, self.asking.client, address=self.asking.address)

    def require_manager(self, what: str) -> None:
        """Refuse what only managers may.

        Raises:
            ForbiddenError: naming the scope.
        """
        if not self.rights.manages:
            raise ForbiddenError(
                f"To {what} needs the scope 'tasks:manage'; a client with the scope '*' that names a person has the "
                "rights of that person"
            )

    def require_running(self) -> None:
        """Refuse what may decide while the instance is paused.

        Raises:
            InstancePausedError: when it is.
        """
        if self.head.instance.paused:
            raise InstancePausedError(f"Instance '{self.head.instance.id}' is paused; unpause it first")

    def require_assigned(self) -> None:
        """Refuse whoever is not asked, and does not manage.

        Raises:
            SeparationOfDutiesError, NotAssigneeError: when they are excluded, or not asked.
        """
        if self.rights.manages:
            return
        self.rights.acting(self.open.asked)
        if not self.rights.is_assigned(self.open.asked, self.open.progress):
            raise NotAssigneeError


class UnchangedError(Exception):
    """The task is as it was asked for already: there is nothing to commit."""

    def __init__(self, head: Head) -> None:
        super().__init__()
        self.head = head


def do(tasks: Tasks, asking: Asking, head: Head, number: int, name: str, wish: Wish, cause: Cause) -> Head:
    """Do one of ``ACTS`` at a task, and return the instance as it then stands.

    Raises:
        TaskNotFoundError, TaskClosedError: there is no such open task for the caller.
        ForbiddenError, RefusedError, InvalidRequestError: as the act says.
    """
    engine, task = tasks.engine, ids.task_id(head.instance.id, number)
    found = find.open_task(head.instance, number)
    uploads: Uploads = {}
    if found is not None and wish.given is not None:
        uploads = engine.files().sent(head.instance, found.thread, wish.given.input or {})

    def with_rights(rights: Rights) -> Head:
        def does(advance: TaskAdvance, present: Head, past: Past, now: Millis) -> None:
            here = find.open_task(present.instance, number)
            if here is None:
                raise OvertakenError
            rights.require_concerned(here.asked, here.progress, task)
            ACTS[name](Present(tasks, asking, rights, here, present, advance, past, now, uploads), wish)

        return act(engine, head, number, does, cause)

    try:
        return tasks.with_rights(asking.principal, with_rights)
    except UnchangedError as unchanged:
        return unchanged.head
    except OvertakenError:
        raise tasks.closed(engine.reread(head) or head, number, task, asking.principal) from None


def _claim(here: Present, _: Wish) -> None:
    if here.open.asked.quorum.kind != "first":
        raise ClaimNotApplicableError
    if here.open.progress.owner is not None and here.open.progress.owner == here.rights.person:
        raise UnchangedError(here.head)
    with suppress(ClaimRequiredError):
        here.rights.slot(here.open.asked, here.open.progress, here.open.task)
    here.advance.claim(here.actor, here.now)


def _release(here: Present, _: Wish) -> None:
    owner = here.open.progress.owner
    if owner is None:
        raise UnchangedError(here.head)
    if owner != here.rights.person and not here.rights.manages:
        raise NotAssigneeError(f"'{owner}' has claimed this task; only they, or a manager, can release it")
    here.advance.release(here.actor, here.now)


def _reassign(here: Present, wish: Wish) -> None:
    asked, progress = here.open.asked, here.open.progress
    target = names.read_id(wish.to, "to")
    source = here.rights.person if wish.source is None else names.read_id(wish.source, "from")
    if wish.source is not None and source != here.rights.person:
        here.require_manager("hand over what is somebody else's")
        present = {*quorum.present_users(asked, progress), *(quorum.present_electorate(asked, progress) or ())}
        if source not in present and source != progress.owner:
            raise _wrong("from", "is not one of those who are asked now")
    else:
        here.require_assigned()
        if not here.rights.manages:
            _require_delegation(here, target)
    here.rights.require_may_get(target, asked)
    for person in (source, target):
        given = None if person is None else progress.of(person)
        if given is not None:
            raise AlreadyRespondedError({"person": person, "outcome": given.side})
    if target == source or target in quorum.present_users(asked, progress):
        raise _wrong("to", "is asked already")
    way = (*progress.hops.get(source or "", ()), source)
    if target in way:
        raise ReassignCycleError(f"The task was '{target}'s before; it cannot come back to them")
    if len(way) > limits.TASK_HOPS:
        raise ReassignCycleError(f"The task has gone through {limits.TASK_HOPS} hands, as many as it may")
    here.advance.reassign(here.actor, source, target, wish.text, here.now)


def _require_delegation(here: Present, target: str) -> None:
    """Refuse to hand over to somebody whom the assignment's policy does not allow."""
    asked, progress = here.open.asked, here.open.progress
    if asked.delegation == "anyone":
        return
    if asked.delegation == "none":
        raise DelegationRefusedError("This task cannot be handed over; a manager can reassign it")
    groups = quorum.present_groups(asked, progress)
    account = here.asking.principal.account
    members = here.tasks.directory().members(account, groups) if groups else {}
    if not any(target in (found or ()) for found in members.values()):
        raise DelegationRefusedError(
            f"'{target}' is not a member of the groups that are asked; a manager can reassign it"
        )


def _ask(here: Present, wish: Wish) -> None:
    here.require_assigned()
    of = wish.of if wish.of is not None else here.open.asked.contact or here.head.instance.initiator
    if of is None:
        raise _wrong("of", "is required: the task has no contact, and who started it is not known")
    here.advance.ask(here.actor, names.read_id(of, "of"), _text(wish.text, "question"), here.now)


def _answer(here: Present, wish: Wish) -> None:
    question = next((each for each in here.open.progress.questions if each.id == wish.question), None)
    if question is None:
        raise _wrong("question", f"{wish.question} is no open question of this task")
    if question.of not in (here.rights.person, *here.rights.stands_in_for) and not here.rights.manages:
        raise NotAssigneeError(f"The question is for '{question.of}'; only they, or a manager, can answer it")
    here.advance.answer(here.actor, question.id, _text(wish.text, "answer"), here.now)


def _comment(here: Present, wish: Wish) -> None:
    here.advance.comment(here.actor, _text(wish.text, "text"), here.now)


def _remind(here: Present, _: Wish) -> None:
    last = here.open.progress.reminded_at
    if last is not None and here.now < last + limits.TASK_REMINDED:
        raise RemindedRecentlyError(-(-(last + limits.TASK_REMINDED - here.now) // SECOND))
    here.advance.remind(here.actor, here.now)


def _escalate(here: Present, _: Wish) -> None:
    here.require_manager("escalate a task")
    here.require_running()
    level = here.open.progress.level
    if level >= len(here.open.asked.levels):
        raise InvalidRequestError("The task has no further level to escalate to", {"level": level})
    here.advance.run_timer(timers.Due("level", here.now, level=level), here.past, here.now, here.actor)


def _override(here: Present, wish: Wish) -> None:
    here.require_manager("override a task")
    here.rights.require_may_get(here.actor.person, here.open.asked)
    here.require_running()
    if wish.given is None:
        raise AssertionError("an override has an input")
    here.advance.override(here.actor, wish.given, here.uploads, _text(wish.text, "reason"), here.past, here.now)
    here.tasks.engine.files().keep(here.head.instance, here.uploads)


def _text(value: str | None, field: str) -> str:
    text = (value or "").strip()
    if not text:
        raise _wrong(field, "is required")
    if len(text) > limits.TASK_COMMENT_CHARACTERS:
        raise _wrong(field, f"has {len(text)} characters; at most {limits.TASK_COMMENT_CHARACTERS:,} are taken")
    return text


def _wrong(field: str, problem: str) -> InvalidRequestError:
    details: list[JsonObject] = [{"field": field, "message": f"'{field}' {problem}"}]
    return InvalidRequestError(f"'{field}' {problem}", list(details))


ACTS: Final[Mapping[str, Callable[[Present, Wish], None]]] = {
    "claim": _claim,
    "release": _release,
    "reassign": _reassign,
    "ask": _ask,
    "answer": _answer,
    "comment": _comment,
    "remind": _remind,
    "escalate": _escalate,
    "override": _override,
}
"""What can be done at a task, by the last part of its path."""
