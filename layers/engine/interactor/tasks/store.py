"""The lists of inboxes, read consistently: they are items of the table itself, and no index lags behind them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from interactor.aws.dynamo import items, keys
from interactor.aws.dynamo.items import Item
from interactor.aws.dynamo.table import Table
from interactor.core.jsons import JsonObject

Together: TypeAlias = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
"""``map``, or one that makes the calls at the same time."""


@dataclass(frozen=True)
class Listed:
    """One entry of an inbox. ``position`` sorts by due date, then by age; ``inbox`` says whose it is."""

    position: str
    kind: str
    group: bool
    inbox: str
    shown: JsonObject

    @property
    def task(self) -> str:
        """The task's id."""
        return str(self.shown["task_id"])


@dataclass(frozen=True)
class Part:
    """One kind of entries of one inbox: of a person, or of a group."""

    name: str
    kind: str
    group: bool = False


class InboxStore:
    """Inboxes in the table."""

    def __init__(self, table: Table, together: Together = map) -> None:
        self._table = table
        self._together = together

    def page(self, account: str, parts: Sequence[Part], after: str | None, limit: int) -> tuple[list[Listed], bool]:
        """Return up to ``limit`` entries of all parts together behind a position, and whether there are more."""
        read = self._together(lambda part: self._read(account, part, after, limit), parts)
        pages = list(read)
        found = sorted((each for page, _ in pages for each in page), key=lambda each: each.position)
        more = len(found) > limit or any(rest for _, rest in pages)
        # Behind the end of a page that has more nothing may be told yet: it may have nearer ones.
        ends = [page[-1].position for page, rest in pages if rest and page]
        if ends:
            found = [each for each in found if each.position <= min(ends)]
        return found[:limit], more

    def done(self, account: str, person: str, task: str) -> JsonObject | None:
        """Return the mark that a person has responded to a task; None: they have not, or it is 90 days ago."""
        item = self._table.get(items.key(keys.inbox_of_person(account, person), keys.done_mark(task)))
        return None if item is None else _document(item)

    def done_of(self, account: str, person: str, tasks: Sequence[str]) -> frozenset[str]:
        """Return to which of these tasks a person has responded."""
        if not tasks:
            return frozenset()
        partition = keys.inbox_of_person(account, person)
        found = self._table.batch_get([items.key(partition, keys.done_mark(each)) for each in dict.fromkeys(tasks)])
        return frozenset(items.text(item, "sk").removeprefix(keys.done_mark("")) for item in found)

    def done_page(self, account: str, person: str, after: str | None, limit: int) -> tuple[list[JsonObject], bool]:
        """Return what a person has responded to, the newest instance first."""
        partition, begin = keys.inbox_of_person(account, person), keys.done_mark("")
        start = None if after is None else items.key(partition, f"{begin}{after}")
        page = self._table.query(partition, begins_with=begin, newest_first=True, limit=limit, after=start)
        found = [{**_document(item), "task_id": items.text(item, "sk").removeprefix(begin)} for item in page.items]
        return found, page.next_key is not None

    def _read(self, account: str, part: Part, after: str | None, limit: int) -> tuple[list[Listed], bool]:
        partition = (keys.inbox_of_group if part.group else keys.inbox_of_person)(account, part.name)
        begin = f"{part.kind}#"
        if after is None:
            page = self._table.query(partition, begins_with=begin, limit=limit)
        else:
            # "~" sorts behind every position; what comes first may be the position itself.
            page = self._table.query(partition, at_least=f"{begin}{after}", at_most=f"{begin}~", limit=limit + 1)
        found = [_listed(item, part) for item in page.items]
        return [each for each in found if after is None or each.position > after], page.next_key is not None


def _listed(item: Item, part: Part) -> Listed:
    position = items.text(item, "sk").removeprefix(f"{part.kind}#")
    return Listed(position, part.kind, part.group, part.name, _document(item))


def _document(item: Item) -> JsonObject:
    document: JsonObject = items.unpack(item["doc"]["B"])
    return document
