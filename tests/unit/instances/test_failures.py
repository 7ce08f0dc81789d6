"""The list of errors and its summary: each reader's own latest, whatever others in the account run into."""

import pytest

from interactor.access.rules.principal import ALL, Namespaces, Principal
from interactor.core.jsons import JsonObject
from interactor.core.times import Millis
from interactor.instances import failures
from interactor.instances.failures import READ, SUMMED, ErrorFilter

WANTED = ErrorFilter(0, 10**6)


class Account:
    """Errors of an account, the newest first, as the table gives them: pages end at a megabyte, too."""

    def __init__(self, *namespaces: tuple[str, int]) -> None:
        names = [name for name, count in namespaces for _ in range(count)]
        self.errors: list[JsonObject] = [
            {"id": f"evt_{len(names) - number:06d}", "namespace": name, "error_code": "e", "workflow_name": name}
            for number, name in enumerate(names)
        ]
        self.reads: list[int] = []

    def read(self, since: Millis, until: Millis, below: str | None, limit: int) -> tuple[list[JsonObject], str | None]:
        """One query."""
        self.reads.append(limit)
        rest = [each for each in self.errors if below is None or each["id"] < below]
        some = rest[: min(limit, 700)]
        return some, some[-1]["id"] if len(some) < len(rest) else None


def reader(*namespaces: str) -> Principal:
    held: Namespaces = namespaces or ALL
    return Principal("acc_1", "client", frozenset(["*"]), held)


def test_a_flood_in_one_namespace_leaves_the_summary_of_another_whole() -> None:
    account = Account(("loud", 2 * SUMMED), ("quiet", 3))
    assert failures.summary(account.read, reader("quiet"), WANTED) == {
        "total": 3, "by_code": {"e": 3}, "by_workflow": {"quiet": 3}, "complete": True
    }  # fmt: skip
    assert failures.summary(account.read, reader(), WANTED)["total"] == SUMMED


def test_the_first_page_has_the_readers_latest_behind_those_of_others() -> None:
    account = Account(("loud", 2 * SUMMED), ("quiet", 3), ("loud", 5), ("quiet", 2))
    own = [each for each in account.errors if each["namespace"] == "quiet"]
    first, position = failures.page(account.read, reader("quiet"), WANTED, None, 2)
    assert (first, position) == (own[:2], own[1]["id"])
    rest, last = failures.page(account.read, reader("quiet"), WANTED, position, 50)
    assert (rest, last) == (own[2:], None)


def test_who_sees_everything_costs_one_query() -> None:
    account = Account(("one", 200))
    failures.page(account.read, reader(), WANTED, None, 50)
    assert account.reads == [50]


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_pages_give_all_of_the_readers_once(limit: int) -> None:
    account = Account(*[("loud", 40), ("quiet", 3)] * 5)
    own = [each for each in account.errors if each["namespace"] == "quiet"]
    found: list[JsonObject] = []
    position = None
    for _ in own:
        some, position = failures.page(account.read, reader("quiet"), WANTED, position, limit)
        found += some
        if position is None:
            break
    assert found == own


def test_a_request_reads_so_many_errors_and_says_that_there_are_more() -> None:
    account = Account(("loud", READ + 10), ("quiet", 1))
    assert not failures.summary(account.read, reader("quiet"), WANTED)["complete"]
    found, position = failures.page(account.read, reader("quiet"), WANTED, None, 50)
    assert found == []
    assert failures.page(account.read, reader("quiet"), WANTED, position, 50) == (account.errors[-1:], None)
