"""Errors across workflows: a page of them, and how many there are of each kind (spec section Error Dashboard)."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from interactor.core.jsons import JsonObject
from interactor.core.principal import Principal
from interactor.core.times import Millis

SUMMED = 1_000
"""How many errors a summary counts at the most, newest first."""

Read = Callable[[Millis, Millis, str | None, int], tuple[list[JsonObject], str | None]]
"""Failures of an account between two moments below a position, newest first, and the position of the next page."""


@dataclass(frozen=True)
class Wanted:
    """Which errors are asked for; None: all."""

    since: Millis
    until: Millis
    workflow_name: str | None = None
    error_code: str | None = None


def page(
    read: Read, principal: Principal, wanted: Wanted, below: str | None, limit: int
) -> tuple[list[JsonObject], str | None]:
    """Up to ``limit`` errors that the caller may see, newest first; a page may be short and still have a next one."""
    found, position = read(wanted.since, wanted.until, below, limit)
    return [each for each in found if _fits(principal, wanted, each)], position


def summary(read: Read, principal: Principal, wanted: Wanted) -> JsonObject:
    """How many errors there are by code and by workflow, of the newest thousand; ``complete``: there are no more."""
    found, position = read(wanted.since, wanted.until, None, SUMMED)
    fitting = [each for each in found if _fits(principal, wanted, each)]
    return {
        "total": len(fitting),
        "by_code": dict(Counter(each["error_code"] for each in fitting).most_common()),
        "by_workflow": dict(Counter(each["workflow_name"] for each in fitting).most_common()),
        "complete": position is None,
    }


def _fits(principal: Principal, wanted: Wanted, failure: JsonObject) -> bool:
    return (
        principal.holds(failure["namespace"])
        and wanted.workflow_name in (None, failure["workflow_name"])
        and wanted.error_code in (None, failure["error_code"])
    )
