"""How groups change: whatever came between, and wherever it was cut off."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactor.core.errors import (
    ConcurrentModificationError,
    GroupNotFoundError,
    InvalidRequestError,
    PayloadTooLargeError,
)
from interactor.people import groups
from interactor.people.rules.changes import MEMBERSHIPS_PER_STEP, Condition, Stamp, Wanted, next_step
from interactor.people.rules.directory import MEMBERS_PER_GROUP, Group
from tests.support.people.place import ACCOUNT, Died, Place

ANY = Condition()
BEFORE = (*(f"old-{number}" for number in range(150)), "stays")
AFTER = ("stays", *(f"new-{number}" for number in range(120)))


@pytest.fixture
def place() -> Place:
    return Place()


def wanted(*members: str, name: str | None = None) -> Wanted:
    return groups.wanted("legal", name, None, members)


def put(place: Place, members: Sequence[str], condition: Condition = ANY, name: str | None = None) -> Group:
    return groups.put(place.group_cases, ACCOUNT, wanted(*members, name=name), condition, "boss")[0]


def of(*revisions: str) -> Condition:
    return Condition(frozenset(revisions))


def agrees(place: Place) -> None:
    """The head of a group and the memberships say the same."""
    head = place.groups.get(ACCOUNT, "legal")
    assert place.members().get("legal", set()) == set(head.members if head is not None else ())


def test_a_group_is_made_and_replaced(place: Place) -> None:
    made, new = groups.put(place.group_cases, ACCOUNT, wanted("ann", "bo"), ANY, "boss")
    assert (made.members, made.updated_by, made.changing, new) == (("ann", "bo"), "boss", None, True)
    changed, new = groups.put(place.group_cases, ACCOUNT, wanted("bo", "cy", name="Legal"), ANY, "boss")
    assert (changed.members, changed.name, new) == (("bo", "cy"), "Legal", False)
    assert changed.revision != made.revision
    assert place.members() == {"legal": {"bo", "cy"}}


def test_what_is_so_already_is_not_written(place: Place) -> None:
    made = put(place, ("ann", "bo"))
    place.client.calls.clear()
    assert put(place, ("bo", "ann"), of("long gone")) == made
    assert place.client.calls == {"get_item": 1}


def test_one_transaction_is_enough_for_as_many_as_it_takes(place: Place) -> None:
    put(place, [str(number) for number in range(MEMBERSHIPS_PER_STEP)])
    assert place.client.calls["transact_write_items"] == 1


def test_a_thousand_members_are_as_many_steps_as_they_need(place: Place) -> None:
    put(place, [str(number) for number in range(MEMBERS_PER_GROUP)])
    assert place.client.calls["transact_write_items"] == 11
    agrees(place)
    place.client.calls.clear()
    group = put(place, [f"x{number}" for number in range(MEMBERS_PER_GROUP)])
    assert place.client.calls["transact_write_items"] == 21
    assert (len(group.members), group.changing) == (MEMBERS_PER_GROUP, None)
    agrees(place)
    groups.delete(place.group_cases, ACCOUNT, "legal", ANY, "boss")
    assert list(place.dynamo.everything()) == []


@given(st.sets(st.integers(0, 400)), st.sets(st.integers(0, 400)))
@settings(max_examples=60)
def test_removals_come_before_additions_and_all_come(before: set[int], after: set[int]) -> None:
    group, added = Group("legal", tuple(map(str, before)), 0, 0, "r"), False
    target = wanted(*map(str, after))
    for count in itertools.count():
        step = next_step(group, target, Stamp(1, "boss", f"r{count}"))
        assert len(step.removed) + len(step.added) <= MEMBERSHIPS_PER_STEP
        assert set(step.group.members) == (set(group.members) - set(step.removed)) | set(step.added)
        assert not (added and step.removed)
        group, added = step.group, added or bool(step.added)
        if group.changing is None:
            break
        assert group.changing.since == "r"
    assert group.members == target.members


@pytest.mark.parametrize("after", [False, True], ids=["before the effect", "behind the effect"])
@pytest.mark.parametrize("conditional", [False, True], ids=["replacing", "conditional"])
def test_a_put_that_is_cut_off_anywhere_is_completed_by_sending_it_again(after: bool, conditional: bool) -> None:
    cut = 0
    for call in itertools.count(1):
        place = Place()
        read = put(place, BEFORE).revision
        condition = of(read) if conditional else ANY
        place.client.calls.clear()
        place.client.dies_at, place.client.after = call, after
        try:
            put(place, AFTER, condition)
        except Died:
            cut += 1
        place.client.dies_at = 0
        agrees(place)
        gone = {each for each in BEFORE if each not in place.members()["legal"]}
        group = put(place, AFTER, condition)
        agrees(place)
        assert (group.members, group.changing) == (AFTER, None)
        assert place.members()["legal"] == set(AFTER)
        assert gone <= set(BEFORE) - set(AFTER)
        if cut < call:
            break
    assert cut == 6, "three transactions, each with a read before it"


@pytest.mark.parametrize("after", [False, True], ids=["before the effect", "behind the effect"])
def test_a_deletion_that_is_cut_off_anywhere_is_completed_by_sending_it_again(after: bool) -> None:
    for call in (1, 2, 3, 4):
        place = Place()
        condition = of(put(place, BEFORE).revision)
        place.client.calls.clear()
        place.client.dies_at, place.client.after = call, after
        with pytest.raises(Died):
            groups.delete(place.group_cases, ACCOUNT, "legal", condition, "boss")
        place.client.dies_at = 0
        agrees(place)
        if call == 4 and after:
            with pytest.raises(GroupNotFoundError):
                groups.delete(place.group_cases, ACCOUNT, "legal", condition, "boss")
        else:
            groups.delete(place.group_cases, ACCOUNT, "legal", condition, "boss")
        assert list(place.dynamo.everything()) == []


def test_who_was_removed_before_the_cut_has_no_right_whoever_comes_then(place: Place) -> None:
    put(place, BEFORE)
    place.client.calls.clear()
    place.client.dies_at, place.client.after = 2, True
    with pytest.raises(Died):
        put(place, AFTER)
    place.client.dies_at = 0
    half = place.groups.get(ACCOUNT, "legal")
    assert half is not None
    assert half.changing is not None
    removed = set(BEFORE) - set(half.members)
    assert len(removed) == MEMBERSHIPS_PER_STEP
    assert all(place.directory.standing(ACCOUNT, each).groups == () for each in removed)
    put(place, ("stays", "cy"), of(half.revision))
    agrees(place)
    assert place.members() == {"legal": {"stays", "cy"}}


def test_of_two_managers_who_read_the_same_the_second_is_told_so(place: Place) -> None:
    read = put(place, ("ann",))
    changed = put(place, ("ann", "bo"), of(read.revision))
    with pytest.raises(ConcurrentModificationError) as refused:
        put(place, ("ann", "cy"), of(read.revision))
    assert refused.value.details == {"revision": changed.revision}
    with pytest.raises(ConcurrentModificationError):
        groups.delete(place.group_cases, ACCOUNT, "legal", of(read.revision), "boss")
    assert put(place, ("cy",), of("other", changed.revision)).members == ("cy",)


def test_a_condition_is_judged_on_what_is_there(place: Place) -> None:
    for condition in (of("r"), of("*")):
        with pytest.raises(ConcurrentModificationError):
            put(place, ("ann",), condition)
    made = put(place, ("ann",), Condition(absent=True))
    with pytest.raises(ConcurrentModificationError):
        put(place, ("bo",), Condition(absent=True))
    assert put(place, ("bo",), of("*")).revision != made.revision


def test_a_group_that_is_made_anew_has_no_revision_of_the_former(place: Place) -> None:
    read = put(place, ("ann",))
    groups.delete(place.group_cases, ACCOUNT, "legal", ANY, "boss")
    put(place, ("bo",))
    with pytest.raises(ConcurrentModificationError):
        put(place, ("cy",), of(read.revision))


def test_a_change_that_comes_between_is_changed_in_its_turn_unless_there_is_a_condition(place: Place) -> None:
    read = put(place, ("ann",))
    rivals = iter(["bo", "cy"])

    def between(name: str) -> None:
        if name == "transact_write_items" and (rival := next(rivals, None)):
            place.client.between = lambda _: None
            put(place, (rival,))
            place.client.between = between

    place.client.between = between
    with pytest.raises(ConcurrentModificationError):
        put(place, ("di",), of(read.revision))
    assert place.members() == {"legal": {"bo"}}
    assert put(place, ("di",)).members == ("di",)
    assert place.members() == {"legal": {"di"}}


def test_two_long_changes_of_one_group_end_as_one_of_them(place: Place) -> None:
    put(place, BEFORE)
    other = tuple(f"other-{number}" for number in range(200))
    done: list[Group] = []

    def between(name: str) -> None:
        if name == "transact_write_items" and place.client.calls[name] == 3:
            place.client.between = lambda _: None
            done.append(put(place, other))

    place.client.calls.clear()
    place.client.between = between
    assert put(place, AFTER).members == AFTER
    assert done[0].members == other
    assert place.members() == {"legal": set(AFTER)}
    agrees(place)


def test_who_loses_all_the_time_is_told_so(place: Place) -> None:
    put(place, ("ann",))
    count = itertools.count()

    def between(name: str) -> None:
        if name == "transact_write_items":
            place.client.between = lambda _: None
            put(place, (f"rival-{next(count)}",))
            place.client.between = between

    place.client.between = between
    with pytest.raises(ConcurrentModificationError):
        put(place, ("di",))
    assert next(count) == groups.ATTEMPTS


def test_a_deleted_group_is_not_found(place: Place) -> None:
    put(place, ("ann",))
    groups.delete(place.group_cases, ACCOUNT, "legal", ANY, "boss")
    for name in ("legal", "", " ", "x" * 200):
        with pytest.raises(GroupNotFoundError):
            groups.find(place.groups, ACCOUNT, name)
        with pytest.raises(GroupNotFoundError):
            groups.delete(place.group_cases, ACCOUNT, name, ANY, "boss")


def test_members_count_once_and_in_their_normal_form() -> None:
    many = [str(number) for number in range(MEMBERS_PER_GROUP)]
    assert groups.wanted("g", None, None, [*many, "Zoe\u0308", "Zo\u00eb"][2:]).members[-1] == "Zo\u00eb"
    with pytest.raises(InvalidRequestError) as refused:
        groups.wanted("g", "", "ann", [*many, "one more"])
    assert {each["field"] for each in refused.value.details} == {"name", "email", "members"}


def test_members_that_fit_no_item_are_refused() -> None:
    with pytest.raises(PayloadTooLargeError):
        groups.wanted("g", None, None, ["\U0001f469" * 120 + str(number) for number in range(1_000)])
