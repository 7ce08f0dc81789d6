"""docs/performance.md is what the results in benchmarks/results say, and the goals hold by them."""

from typing import Any

import pytest

from benchmarks import bill, page, results
from benchmarks.cost import variant
from benchmarks.peers import equivalents
from tests.support.pages import text

KEPT = results.read_all()


def approval(keys: bool, limited: bool = True) -> float:
    """Dollars of a million approvals in batches of 5."""
    return bill.total(bill.of(page.work_of(KEPT, "purchase_approval", variant(keys, 5, limited))))


def test_the_tables_are_made_from_the_results() -> None:
    assert set().union(*page.NEEDED.values()) <= KEPT.keys()
    assert page.filled(text("docs/performance.md"), KEPT) == text("docs/performance.md")


def test_the_peers_pieces_are_those_that_are_held_here() -> None:
    assert equivalents.document() == KEPT["peers"]


@pytest.mark.parametrize(("keys", "most"), [(False, 20.0), (True, 24.0)])
def test_a_million_approvals_cost_what_they_may(keys: bool, most: float) -> None:
    assert approval(keys) <= most


@pytest.mark.parametrize(("peer", "times"), [("Step Functions Standard", 8), ("Lambda durable functions", 2)])
def test_an_approval_costs_so_much_less_than_elsewhere(peer: str, times: int) -> None:
    # Peers count no requests of their callers: without rate limits the engine does the same.
    assert KEPT["peers"][peer]["purchase_approval"]["total"] >= times * approval(keys=False, limited=False)


@pytest.mark.parametrize("request_", ["create", "resume"])
def test_handlers_add_little_to_their_calls(request_: str) -> None:
    assert KEPT["overhead_times"][request_]["quotient"] <= 1.3


def test_what_the_design_says_is_flat_is_flat() -> None:
    few, many = KEPT["growth"]["instances"]["1,000"], KEPT["growth"]["instances"]["100,000"]
    assert few == many
    some, most = KEPT["growth"]["events"]["1,000"], KEPT["growth"]["events"]["10,000"]
    assert some == most


def test_under_load_and_faults_nothing_was_lost() -> None:
    found: Any = KEPT["load_times"]
    assert found["lost"] == {"instances": 0, "webhooks": 0}
    assert found["server_errors"] == found["unanswered"] == 0
    assert found["memory_mb"]["end"] <= 1.2 * found["memory_mb"]["warm"]


def test_cold_starts_are_not_much_more_than_importing_boto3() -> None:
    found: Any = KEPT["coldstart_times"]
    bare = found["bare"]["processor_ms"]["least"]
    assert not {name for name, each in found.items() if each["processor_ms"]["least"] > 1.75 * bare}
