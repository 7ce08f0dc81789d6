"""Who may do what at a task: judged at each act, on the task and the rights of this moment.

Exclusion stands above everything. Whoever a task does not concern is told that there is none.
"""

from collections.abc import Collection
from dataclasses import dataclass

from interactor.assignments import quorum
from interactor.assignments.asked import Asked
from interactor.assignments.progress import Progress, Response
from interactor.core.errors import (
    AlreadyRespondedError,
    ClaimRequiredError,
    NotAssigneeError,
    SeparationOfDutiesError,
    TaskClaimedError,
    TaskNotFoundError,
)


@dataclass(frozen=True)
class Rights:
    """Who asks: the person, the groups that count for them, whom they stand in for now, whether they manage tasks.

    ``person`` is None for a client that names nobody: it may manage, if it has the scope, and nothing else.
    """

    person: str | None
    groups: tuple[str, ...] = ()
    stands_in_for: tuple[str, ...] = ()
    manages: bool = False
    complete: bool = True
    """Whether the directory was asked: else only what the task itself says of the person is known."""

    def concerned(self, asked: Asked, progress: Progress) -> bool:
        """Whether the task exists for who asks."""
        person = self.person
        if self.manages:
            return True
        if person is None:
            return False
        people = {*quorum.present_users(asked, progress), *asked.watchers, *asked.excluded, asked.contact}
        people |= {progress.owner, *(each.of for each in progress.questions), *(each.by for each in progress.questions)}
        people |= {name for each in progress.responses for name in (each.by, each.slot)}
        people |= set(quorum.present_electorate(asked, progress) or ())
        # Who was asked before a level replaced them has seen it; once it is closed, its history says the same.
        levels = asked.levels[: progress.level]
        people |= {*asked.users, *(asked.electorate or ()), *(name for level in levels for name in level.to_users)}
        # Who handed it over took part.
        people |= {name for way in progress.hops.values() for name in way}
        if person in people or any(each in people for each in self.stands_in_for):
            return True
        groups = {*quorum.present_groups(asked, progress), *asked.groups}
        groups |= {name for level in levels for name in level.to_groups}
        return bool(groups & set(self.groups))

    def require_concerned(self, asked: Asked, progress: Progress, task: str) -> None:
        """Hide a task from those whom it does not concern.

        Raises:
            TaskNotFoundError: as for a task that does not exist.
        """
        if not self.concerned(asked, progress):
            raise TaskNotFoundError(task)

    def assigned_groups(self, asked: Asked, progress: Progress) -> tuple[str, ...]:
        """Return the person's groups that are assigned."""
        return tuple(each for each in quorum.present_groups(asked, progress) if each in self.groups)

    def slot(self, asked: Asked, progress: Progress, task: str) -> str:
        """Return the person whose slot a response of this person takes: their own, or that of one who is absent.

        Raises:
            TaskNotFoundError: the task does not concern them.
            SeparationOfDutiesError, NotAssigneeError: they may not.
            AlreadyRespondedError: they have, for themselves or for another.
            TaskClaimedError, ClaimRequiredError: somebody else has claimed it, or it must be claimed first.
        """
        self.require_concerned(asked, progress, task)
        person = self._person(asked)
        given = progress.of(person)
        if given is not None:
            raise already(given)
        if progress.owner is not None and progress.owner != person and progress.owner not in self.stands_in_for:
            raise TaskClaimedError(progress.owner)
        found = self._slot(asked, progress, person)
        if found is None:
            raise NotAssigneeError
        if asked.claim_required and progress.owner is None:
            raise ClaimRequiredError
        return found

    def can_respond(self, asked: Asked, progress: Progress, task: str) -> bool:
        """Whether a response of this person would be taken now."""
        try:
            self.slot(asked, progress, task)
        except (
            TaskNotFoundError,
            SeparationOfDutiesError,
            NotAssigneeError,
            AlreadyRespondedError,
            TaskClaimedError,
        ):
            return False
        except ClaimRequiredError:
            return True
        return True

    def require_may_get(self, target: str, asked: Asked) -> None:
        """Refuse to hand a task to somebody who is excluded from it.

        Raises:
            SeparationOfDutiesError: when they are.
        """
        if target in asked.excluded:
            raise SeparationOfDutiesError(f"'{target}' is excluded from this task")

    def is_assigned(self, asked: Asked, progress: Progress) -> bool:
        """Whether the person is one of those who are asked, absent ones whom they stand in for included."""
        return self.person is not None and self._slot(asked, progress, self.person) is not None

    def acting(self, asked: Asked) -> str:
        """Return the person.

        Raises:
            NotAssigneeError: the request names none.
            SeparationOfDutiesError: they are excluded.
        """
        return self._person(asked)

    def _person(self, asked: Asked) -> str:
        if self.person is None:
            raise NotAssigneeError("Only people respond: name the person in X-Interactor-Actor")
        if self.person in asked.excluded:
            raise SeparationOfDutiesError
        return self.person

    def _slot(self, asked: Asked, progress: Progress, person: str) -> str | None:
        users, frozen = quorum.present_users(asked, progress), quorum.present_electorate(asked, progress)
        member = bool(self.assigned_groups(asked, progress))
        if (person in users or member) and (frozen is None or person in frozen):
            return person
        free = (each for each in self.stands_in_for if each in users and each not in asked.excluded)
        return next((each for each in free if _open(each, frozen, progress)), None)


def _open(slot: str, frozen: Collection[str] | None, progress: Progress) -> bool:
    return progress.of(slot) is None and (frozen is None or slot in frozen)


def already(given: Response) -> AlreadyRespondedError:
    """Return the error for a second response of one person."""
    return AlreadyRespondedError(
        {"outcome": given.side, "on_behalf_of": given.slot if given.slot != given.by else None}
    )
