"""Lists of instances, newest first: which index answers which question, and how several partitions are merged.

An id sorts by time, so the last id of a page is the whole position of the next one. A namespace and a status are one
partition, or as many as the deployment spreads lists over; several are merged. A question without an index of its own
is answered by filtering a wider list, with a bounded number of instances per call. Such a page may be short, even
empty, and still have a next one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from interactor.access.rules.principal import ALL, Namespaces
from interactor.aws.dynamo import items, keys
from interactor.aws.dynamo.items import Item, s
from interactor.aws.dynamo.merged import newest
from interactor.aws.dynamo.table import Table
from interactor.core import jsons
from interactor.core.jsons import JsonObject
from interactor.core.statuses import STATUSES, Status
from interactor.core.times import Millis

MERGED_LISTS = 10
SCANNED_PER_CALL = 300
_HIGHEST = "~"


@dataclass(frozen=True)
class Query:
    """Which instances are asked for. ``namespaces`` are those of the token, or the one of the filter."""

    account: str
    namespaces: Namespaces
    ended_since: Millis
    """Instances that ended before this are not shown, even if they have not been removed yet (ruling 24)."""
    status: Status | None = None
    workflow_name: str | None = None


@dataclass(frozen=True)
class Listed:
    """One instance in a list."""

    id: str
    namespace: str
    status: str
    summary: JsonObject


def page(table: Table, query: Query, below: str | None, limit: int, shards: int = 1) -> tuple[list[Listed], str | None]:
    """Return up to ``limit`` instances with ids below a position, and the position to continue from (None: no more).

    ``shards`` is the number of partitions over which each list is spread.
    """
    partitions = _partitions(query)
    if partitions is not None:
        lists = [keys.sharded(each, number) for each in partitions for number in range(shards)]
        return _merged(table, query, lists, below or _HIGHEST, limit)
    return _filtered(table, query, below or _HIGHEST, limit, shards)


def _partitions(query: Query) -> list[str] | None:
    """Return the partitions of the status index that together are the answer; None if there are too many."""
    if query.namespaces is ALL:
        return None
    statuses: Sequence[Status] = STATUSES if query.status is None else (query.status,)
    if len(query.namespaces) * len(statuses) > MERGED_LISTS:
        return None
    return [keys.status_list(query.account, each, status) for each in query.namespaces for status in statuses]


def _merged(
    table: Table, query: Query, partitions: list[str], below: str, limit: int
) -> tuple[list[Listed], str | None]:
    items, position = _newest(table, "by_status", "status_pk", partitions, below, limit + 1)
    found = [listed for listed in map(_listed, items) if _fits(query, listed)]
    if len(found) > limit:
        return found[:limit], found[limit - 1].id
    return found, position


def _filtered(table: Table, query: Query, below: str, limit: int, shards: int) -> tuple[list[Listed], str | None]:
    index, name, partition = (
        ("by_account", "account_pk", keys.account_list(query.account))
        if query.workflow_name is None
        else ("by_workflow", "workflow_pk", keys.workflow_list(query.account, query.workflow_name))
    )
    partitions = [keys.sharded(partition, number) for number in range(shards)]
    found: list[Listed] = []
    scanned = 0
    while True:
        wanted = min(100, limit + 1)
        here, position = _newest(table, index, name, partitions, below, wanted)
        heads = table.batch_get([{"pk": item["pk"], "sk": item["sk"]} for item in here])
        found += (listed for listed in map(_listed, heads) if _fits(query, listed))
        if len(found) > limit:
            return found[:limit], found[limit - 1].id
        scanned += wanted
        if position is None:
            return found, None
        below = position
        if scanned >= SCANNED_PER_CALL or len(found) == limit:
            return found, below


def _newest(
    table: Table, index: str, name: str, partitions: Sequence[str], below: str, limit: int
) -> tuple[list[Item], str | None]:
    pages = [
        table.query_index(index, name, each, sort_name="list_sk", below=s(below), limit=limit) for each in partitions
    ]
    return newest(pages, _id, limit)


def _fits(query: Query, listed: Listed) -> bool:
    return (
        (query.namespaces is ALL or listed.namespace in query.namespaces)
        and query.status in (None, listed.status)
        and listed.summary.get("ended_at", query.ended_since) >= query.ended_since
        and query.workflow_name in (None, listed.summary["workflow_name"])
    )


def _listed(item: Item) -> Listed:
    namespace, status = keys.parse_status_list(items.text(item, "status_pk"))
    return Listed(_id(item), namespace, status, jsons.loads(items.text(item, "summary")))


def _id(item: Item) -> str:
    return items.text(item, "list_sk")
