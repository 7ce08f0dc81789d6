"""Which groups count for somebody, and when somebody stands in for another."""

from dataclasses import dataclass

import pytest

from interactor.people.rules.directory import GROUPS_PER_PERSON, Away, StandIn, Standing, effective_groups


@dataclass(frozen=True)
class Claims:
    groups: tuple[str, ...] = ()


def test_a_group_of_the_directory_is_judged_by_it_alone() -> None:
    member = Standing("ann", groups=("legal",))
    assert effective_groups(Claims(), member, ()) == ("legal",)
    assert effective_groups(Claims(("finance",)), member, {"finance"}) == ("legal",)


def test_a_group_that_the_directory_lacks_counts_by_the_claim() -> None:
    assert effective_groups(Claims(("finance", "legal")), Standing("ann"), {"legal"}) == ("finance",)


def test_a_group_counts_once() -> None:
    assert effective_groups(Claims(("a", "b", "a")), Standing("ann", groups=("b",)), ()) == ("b", "a")


def test_fifty_groups_count_those_of_the_directory_first() -> None:
    own = tuple(f"own-{number}" for number in range(45))
    claimed = tuple(f"claimed-{number}" for number in range(45))
    found = effective_groups(Claims(claimed), Standing("ann", groups=own), ())
    assert (len(found), found[:45]) == (GROUPS_PER_PERSON, own)


@pytest.mark.parametrize(("now", "holds"), [(99, False), (100, True), (199, True), (200, False)])
def test_an_absence_holds_from_its_begin_until_before_its_end(now: int, holds: bool) -> None:
    assert Away(100, 200, "bo").holds(now) is holds
    assert StandIn("ann", 100, 200).holds(now) is holds


def test_somebody_acts_for_those_only_who_are_absent_now() -> None:
    standing = Standing("bo", stands_in_for=(StandIn("ann", 0, 100), StandIn("cy", 50, 100), StandIn("di", 100, 200)))
    assert standing.acts_for(60) == ("ann", "cy")
    assert standing.acts_for(100) == ("di",)
