"""Lists of tasks: what is mine, what I can claim, what I was asked, what I watch, what I have done.

Entries of several inboxes are merged by due date, then by age. Nobody sees what lies in a namespace that the token does
not hold, or what they have responded to.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from interactor.access.rules.principal import Principal
from interactor.aws.dynamo.table import Table
from interactor.core.jsons import JsonObject
from interactor.core.statuses import Status
from interactor.core.times import Millis
from interactor.instances.rules import inbox
from interactor.instances.store import listing
from interactor.instances.store.listing import Query
from interactor.tasks.rules.rights import Rights
from interactor.tasks.store import InboxStore, Listed, Part

if TYPE_CHECKING:
    from interactor.instances.store.instances import InstanceStore

VIEWS: Final[tuple[str, ...]] = ("mine", "claimable", "questions", "watched", "done", "all")
COUNTED: Final = 1_000
"""A count stops here."""
_UNFINISHED: Final[tuple[Status, ...]] = ("halted", "running")
_PAGES: Final = 10
"""Pages that one request reads where a filter lets little through: its page may be short, and have a next one."""


@dataclass(frozen=True)
class Filter:
    """Which tasks of a view are asked for; None: all."""

    namespace: str | None = None
    workflow: str | None = None
    state: str | None = None
    priority: str | None = None
    key: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    due_before: Millis | None = None

    def fits(self, shown: JsonObject) -> bool:
        """Whether a task is one of them."""
        labels = shown.get("labels", {})
        return (
            self.namespace in (None, shown["namespace"])
            and self.workflow in (None, shown["workflow_name"])
            and self.state in (None, shown["state"])
            and self.priority in (None, shown.get("priority", "normal"))
            and self.key in (None, shown.get("key"))
            and all(labels.get(name) == value for name, value in self.labels)
            and (self.due_before is None or shown.get("due_at", self.due_before) < self.due_before)
        )


def parts_of(view: str, rights: Rights) -> list[Part]:
    """Return the inboxes that a view is made of."""
    if rights.person is None:
        return []
    person = rights.person
    if view == "questions":
        return [Part(person, "Q"), *(Part(each, "Q") for each in rights.stands_in_for)]
    if view == "watched":
        return [Part(person, "W")]
    groups = [Part(each, "O", group=True) for each in rights.groups]
    if view == "claimable":
        return groups
    people = (person, *rights.stands_in_for)
    return [Part(each, kind) for each in people for kind in ("O", "C")] + groups


def page(
    inboxes: InboxStore, principal: Principal, rights: Rights, view: str, wanted: Filter, after: str | None, limit: int
) -> tuple[list[Listed], str | None]:
    """Return up to ``limit`` tasks of a view behind a position, and the position to go on from (None: no more)."""
    found: dict[str, Listed] = {}
    parts = parts_of(view, rights)
    for _ in range(_PAGES if parts else 0):
        read, more = inboxes.page(principal.account, parts, after, limit)
        shown = _shown(inboxes, principal, rights, view, read)
        for place, each in enumerate(read):
            after = each.position
            if each in shown and wanted.fits(each.shown):
                found.setdefault(each.task, each)
            if len(found) == limit:
                return [*found.values()], after if more or place + 1 < len(read) else None
        if not more:
            return [*found.values()], None
    return [*found.values()], after


def page_of_all(
    instances: "InstanceStore", table: Table, query: Query, wanted: Filter, below: str | None, limit: int, shards: int
) -> tuple[list[JsonObject], str | None]:
    """Return the open tasks of up to ``limit`` instances of a namespace, the newest instance first.

    No index holds all tasks of a namespace by their due dates: this is for managers who look for one.
    """
    pages = [listing.page(table, replace(query, status=each), below, limit, shards) for each in _UNFINISHED]
    together = sorted((each for page, _ in pages for each in page), key=lambda each: each.id, reverse=True)
    here = together[:limit]
    more = len(together) > limit or any(position is not None for _, position in pages)
    found: dict[str, JsonObject] = {}
    for listed in here:
        head = instances.read(query.account, listed.id)
        for place, shown in inbox.entries(None if head is None else head.instance).items():
            if wanted.fits(shown):
                found.setdefault(place.task, shown)
    return [*found.values()], here[-1].id if more and here else None


def count(inboxes: InboxStore, principal: Principal, rights: Rights, now: Millis) -> JsonObject:
    """Return how many tasks each view has, each up to 1,000, and how many of mine are overdue."""
    counts: JsonObject = {}
    overdue = 0
    for view in ("mine", "claimable", "questions"):
        seen: set[str] = set()
        for each in _all(inboxes, principal, rights, view):
            if each.task not in seen and len(seen) < COUNTED:
                seen.add(each.task)
                overdue += view == "mine" and each.shown.get("due_at", now) < now
        counts[view] = len(seen)
    return counts | {"overdue": overdue}


def _all(inboxes: InboxStore, principal: Principal, rights: Rights, view: str) -> Iterator[Listed]:
    after: str | None = None
    parts = parts_of(view, rights)
    read = 0
    while parts and read <= COUNTED:
        found, more = inboxes.page(principal.account, parts, after, 200)
        yield from _shown(inboxes, principal, rights, view, found)
        read += len(found)
        if not more or not found:
            return
        after = found[-1].position


def _shown(
    inboxes: InboxStore, principal: Principal, rights: Rights, view: str, read: Sequence[Listed]
) -> list[Listed]:
    """What of the entries belongs to the view: not what lies elsewhere, or was done."""
    held = [each for each in read if principal.holds(each.shown["namespace"])]
    if view == "claimable":
        return [each for each in held if not each.shown.get("several")]
    if view != "mine":
        return held
    # A task of several lies in the group's inbox until it is decided: whoever has responded is done with it.
    asked = [each for each in held if not each.group or each.shown.get("several")]
    groups = [each.task for each in asked if each.group]
    done = inboxes.done_of(principal.account, rights.person or "", groups)
    return [each for each in asked if not (each.group and each.task in done)]
