"""Makes the mails of one message: whom it reaches now, in which language, by which link. Each is sent at most once.

A mark is set before the sending. Where it is not known whether a mail went out, the mark stays: a mail too few is found
in the inbox, a mail too many is a second link in the world.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from interactor.core.jsons import JsonObject
from interactor.core.times import Millis
from interactor.core.world import World
from interactor.logs import logger
from interactor.people.rules.directory import Group, Person
from interactor.tasks.links import Links
from interactor.tasks.mail import letters
from interactor.tasks.mail.letters import Letter, Notice
from interactor.tasks.mail.ses import NotSentError, RefusedError
from interactor.tasks.rules import notices
from interactor.tasks.rules.notices import MEMBERS_MAILED, OpenTask, Recipient


class Tasks(Protocol):
    """The tasks that mails are about."""

    def open_task(self, account: str, task_id: str) -> OpenTask | None:
        """Return a task that waits; None where it is over, or nobody knows it."""


class People(Protocol):
    """The directory (``people.directory``)."""

    def people(self, account: str, persons: Sequence[str]) -> Mapping[str, Person]:
        """Return the profiles that there are."""

    def group(self, account: str, group: str) -> Group | None:
        """Return one group."""


class Marks(Protocol):
    """Which mails were sent (``marks``)."""

    def set(self, account: str, event_id: str, recipient: str, now: Millis) -> bool:
        """Mark a mail. Returns False where it is marked."""

    def unset(self, account: str, event_id: str, recipient: str) -> None:
        """Take a mark away."""


class Post(Protocol):
    """Sends mails (``ses``)."""

    def send(self, to: str, letter: Letter) -> None:
        """Send one."""


@dataclass(frozen=True)
class _Mail:
    """One mail before its link is made. ``signed`` None: the link is the inbox's address."""

    recipient: str
    to: str
    notice: Notice
    signed: str | None = None


@dataclass(frozen=True)
class Mailer:
    """Makes and sends mails."""

    world: World
    tasks: Tasks
    directory: People
    links: Links
    marks: Marks
    post: Post

    def handle(self, message: JsonObject) -> None:
        """Send the mails of a message, unless its task is over by now.

        Raises:
            NotSentError: when one was not sent that may be sent later; those that were are not sent again.
        """
        task = self.tasks.open_task(message["account"], message["task_id"])
        if task is None:
            return
        failed: list[NotSentError] = []
        for mail in self._mails(message, task):
            try:
                self._send(message, task, mail)
            except NotSentError as error:
                failed.append(error)
        if failed:
            raise failed[0]

    def _mails(self, message: JsonObject, task: OpenTask) -> list[_Mail]:
        notice = self._notice(message, task)
        if "group" in message:
            return self._to_group(message, task, notice)
        account, users = message["account"], message["users"]
        known = dict(self.directory.people(account, users))
        found = notices.recipients(task, users, known, self.world.now())
        known |= self.directory.people(account, [each.person for each in found if each.person not in known])
        return _personal(task, found, known, notice)

    def _to_group(self, message: JsonObject, task: OpenTask, notice: Notice) -> list[_Mail]:
        group = self.directory.group(message["account"], message["group"])
        if group is None:
            return []  # an identity provider alone knows its members
        notice = replace(notice, group=group.name or group.id)
        if len(group.members) <= MEMBERS_MAILED:
            found = notices.members(task, group.id, group.members)
            known = self.directory.people(message["account"], [each.person for each in found])
            return _personal(task, found, known, notice)
        # An address of many has no link of one person.
        return [] if group.email is None else [_Mail(f"@{group.id}", group.email, notice)]

    def _notice(self, message: JsonObject, task: OpenTask) -> Notice:
        by = message.get("by") if message["kind"] == "info_requested" else None
        if isinstance(by, str):
            by = _name(self.directory.people(message["account"], [by]), by)
        url = self.links.address(task.task_id)
        return Notice(
            message["kind"], task.title, task.asked, task.due_at, url, by=by, question=message.get("question")
        )

    def _send(self, message: JsonObject, task: OpenTask, mail: _Mail) -> None:
        account, event_id, notice = message["account"], message["event_id"], mail.notice
        if mail.signed is not None and task.links != "none" and notice.kind != "info_requested":
            generation = task.generations.get(mail.signed, 0)
            link = self.links.make(account, task.task_id, mail.signed, generation, message["at"])
            notice = replace(notice, url=link.url, mode=task.links, link_ends_at=link.ends_at)
        letter = letters.write(notice)
        if not self.marks.set(account, event_id, mail.recipient, self.world.now()):
            return
        told = {"task_id": task.task_id, "kind": notice.kind}
        try:
            self.post.send(mail.to, letter)
        except NotSentError:
            self.marks.unset(account, event_id, mail.recipient)
            raise
        except RefusedError as error:
            logger.warning("a mail was refused for good", extra={**told, "reason": str(error)})


def _personal(task: OpenTask, found: Sequence[Recipient], known: Mapping[str, Person], notice: Notice) -> list[_Mail]:
    """Return the mails to those of the recipients whose address is registered."""
    mails = []
    for each in found:
        profile = known.get(each.person)
        if profile is not None and profile.email is not None:
            absent = None if each.absent is None else _name(known, each.absent)
            personal = replace(notice, locale=profile.locale, absent=absent)
            mails.append(_Mail(each.person, profile.email, personal, each.person if each.acts else None))
    return mails


def _name(known: Mapping[str, Person], person: str) -> str:
    profile = known.get(person)
    return person if profile is None or profile.name is None else profile.name
