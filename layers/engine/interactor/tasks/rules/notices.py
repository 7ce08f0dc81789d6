"""Who is told of a task by mail, and by which messages of the queue: decided from events of the history.

A message names people and events, never a link: the link is made when the mail is sent, and rests nowhere.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from interactor.core.jsons import JsonObject
from interactor.core.times import Millis
from interactor.people.rules.directory import Person

Kind: TypeAlias = Literal["created", "reminded", "escalated", "reassigned", "info_requested", "renewed"]
"""What a mail is about. All but the last are events of tasks, by their subtype."""

MAILED: Final = ("created", "reminded", "escalated", "reassigned", "info_requested")
PEOPLE_PER_MESSAGE: Final = 10
MEMBERS_MAILED: Final = 100
"""A larger group is told at the group's own address."""

LinkMode: TypeAlias = Literal["none", "view", "decide"]


@dataclass(frozen=True)
class OpenTask:
    """What a mail says of a task that waits, and who may be told.

    ``generations`` are those of the people's slots, where they are above 0.
    """

    task_id: str
    title: str
    asked: str | None
    """The message of the presentation, or its description."""
    due_at: Millis | None
    links: LinkMode
    users: Collection[str] = ()
    groups: Collection[str] = ()
    excluded: Collection[str] = ()
    responded: Collection[str] = ()
    generations: Mapping[str, int] = field(default_factory=dict)

    def tells(self, person: str) -> bool:
        """Whether a person may still be told: who responded has nothing left to do, who is excluded never had."""
        return person not in self.excluded and person not in self.responded


@dataclass(frozen=True)
class Recipient:
    """A person who is told; ``absent`` is whom the person stands in for, ``acts`` whether the task is theirs to do."""

    person: str
    absent: str | None = None
    acts: bool = True


def outgoing(account: str, events: Iterable[JsonObject]) -> Iterator[tuple[JsonObject, str, Millis]]:
    """Yield the messages with their fairness group, and the delay after which they arrive."""
    for message in messages(account, events):
        yield message, account, 0


def messages(account: str, events: Iterable[JsonObject]) -> Iterator[JsonObject]:
    """Yield the messages that tell of the events of a record: one for ten people, and one for each group."""
    for event in events:
        if event["type"] != "task" or event["subtype"] not in MAILED:
            continue
        notify: JsonObject = event.get("notify") or {}
        told: JsonObject = {
            "account": account,
            "task_id": event["task_id"],
            "event_id": event["id"],
            "at": event["at"],
            "kind": event["subtype"],
            **{name: event[name] for name in ("by", "question") if event.get(name) is not None},
        }
        users = list(dict.fromkeys(notify.get("users", ())))
        for first in range(0, len(users), PEOPLE_PER_MESSAGE):
            yield {**told, "users": users[first : first + PEOPLE_PER_MESSAGE]}
        for group in dict.fromkeys(notify.get("groups", ())):
            yield {**told, "group": group}


def recipients(task: OpenTask, users: Iterable[str], people: Mapping[str, Person], now: Millis) -> list[Recipient]:
    """Return who is told of a task in the place of ``users``: they themselves, and who stands in for those away."""
    found: dict[str, Recipient] = {}
    for user in users:
        if not task.tells(user):
            continue
        found[user] = Recipient(user, acts=user in task.users)
        away = people[user].away if user in people else None
        if away is not None and away.holds(now) and task.tells(away.substitute):
            found.setdefault(away.substitute, Recipient(away.substitute, user, user in task.users))
    return list(found.values())


def members(task: OpenTask, group: str, of_group: Iterable[str]) -> list[Recipient]:
    """Return who of a group's members is told of a task. Nobody stands in for a member: the others are there."""
    return [Recipient(each, acts=group in task.groups) for each in of_group if task.tells(each)]
