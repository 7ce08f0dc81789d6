"""Errors across workflows: a page of them, and how many there are of each kind (spec section Error Dashboard)."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from interactor.access.rules.principal import Principal
from interactor.core.jsons import JsonObject
from interactor.core.times import Millis

SUMMED = 1_000
"""A summary counts at most so many errors, newest first."""
READ = 5_000
"""A request reads at most so many errors of the account, to find those that it asks for and its caller may see."""
_CHUNK = 1_000

Read = Callable[[Millis, Millis, str | None, int], tuple[list[JsonObject], str | None]]
"""Returns an account's failures between two moments below a position, newest first, and the position of the next
page.
"""


@dataclass(frozen=True)
class ErrorFilter:
    """Which errors are asked for; None: all."""

    since: Millis
    until: Millis
    workflow_name: str | None = None
    error_code: str | None = None


def page(
    read: Read, principal: Principal, wanted: ErrorFilter, below: str | None, limit: int
) -> tuple[list[JsonObject], str | None]:
    """Return the newest ``limit`` errors that the caller may see, and the position of the next page (None: no more).

    All namespaces of an account are in one order, so this reads past the errors of others. A page is short but still
    has a next one only if `READ` errors were not enough.
    """
    found: list[JsonObject] = []
    left, size = READ, limit
    while True:
        some, below = read(wanted.since, wanted.until, below, min(size, left))
        for number, each in enumerate(some, 1):
            if _fits(principal, wanted, each):
                found.append(each)
                if len(found) == limit:
                    return found, each["id"] if number < len(some) else below
        left, size = left - len(some), _CHUNK
        if below is None or left <= 0:
            return found, below


def summary(read: Read, principal: Principal, wanted: ErrorFilter) -> JsonObject:
    """Return how many errors there are by code and by workflow, of the newest thousand that the caller may see.

    ``complete`` says that there are no more.
    """
    found, position = page(read, principal, wanted, None, SUMMED)
    return {
        "total": len(found),
        "by_code": dict(Counter(each["error_code"] for each in found).most_common()),
        "by_workflow": dict(Counter(each["workflow_name"] for each in found).most_common()),
        "complete": position is None,
    }


def _fits(principal: Principal, wanted: ErrorFilter, failure: JsonObject) -> bool:
    return (
        principal.holds(failure["namespace"])
        and wanted.workflow_name in (None, failure["workflow_name"])
        and wanted.error_code in (None, failure["error_code"])
    )
