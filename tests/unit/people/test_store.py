"""Groups and people in the table: what is read of them, at what cost, and what a change guards."""

from dataclasses import replace

import pytest

from interactor.aws.dynamo import keys
from interactor.core.releases import LaterReleaseError
from interactor.core.storing import GuardLostError
from interactor.people.rules.directory import Away, Changing, StandIn
from interactor.people.store.persons import Care, Taken
from tests.support.people.place import ACCOUNT, Place

HARD = ("50% #1", "%23", "a#G#b", "👩🏽/é", "M", "S#x")
"""Ids that would be something else in a key if they were not escaped."""


@pytest.fixture
def place() -> Place:
    return Place()


def test_a_standing_is_one_query_of_profile_groups_and_absences(place: Place) -> None:
    place.group("legal", "ann", "bo")
    place.group("finance", "bo")
    place.person("bo")
    place.person("ann", Away(100, 200, "bo"), Taken("bo", 0))
    place.client.calls.clear()
    standing = place.directory.standing(ACCOUNT, "bo")
    assert place.client.calls == {"query": 1}
    assert standing.profile is not None
    assert standing.profile.name == "Dr. bo"
    assert (standing.groups, standing.groups_truncated) == (("finance", "legal"), False)
    assert standing.stands_in_for == (StandIn("ann", 100, 200),)


def test_who_is_in_too_many_groups_is_told_so_and_keeps_the_rest(place: Place) -> None:
    place.person("bo")
    place.person("ann", Away(100, 200, "bo"), Taken("bo", 0))
    for number in range(50):
        place.group(f"g{number:03}", "bo")
    assert not place.directory.standing(ACCOUNT, "bo").groups_truncated
    for number in range(50, 130):
        place.group(f"g{number:03}", "bo")
    standing = place.directory.standing(ACCOUNT, "bo")
    assert (len(standing.groups), standing.groups_truncated) == (50, True)
    assert standing.profile is not None
    assert [each.person for each in standing.stands_in_for] == ["ann"]


def test_who_is_not_stored_has_an_empty_standing(place: Place) -> None:
    standing = place.directory.standing(ACCOUNT, "nobody")
    assert (standing.profile, standing.groups, standing.stands_in_for) == (None, (), ())
    assert place.directory.person(ACCOUNT, "nobody") is None


def test_members_of_several_groups_are_one_read(place: Place) -> None:
    place.group("legal", "ann", "bo")
    place.group("empty")
    place.client.calls.clear()
    found = place.directory.members(ACCOUNT, ["legal", "none", "empty", "legal"])
    assert found == {"legal": ("ann", "bo"), "none": None, "empty": ()}
    assert place.client.calls == {"batch_get_item": 1}


def test_which_groups_there_are_is_one_read_of_small_entries(place: Place) -> None:
    place.group("legal", "ann")
    place.client.calls.clear()
    assert place.directory.known(ACCOUNT, ["legal", "none", "legal"]) == {"legal"}
    assert place.client.calls == {"batch_get_item": 1}
    assert place.directory.known(ACCOUNT, []) == frozenset()
    assert place.client.calls == {"batch_get_item": 1}


def test_ids_of_any_characters_keep_to_their_place(place: Place) -> None:
    for name in HARD:
        place.group(name, *HARD)
    for name in HARD:
        assert place.directory.members(ACCOUNT, [name]) == {name: HARD}
        assert set(place.directory.standing(ACCOUNT, name).groups) == set(HARD)
        assert place.directory.person(ACCOUNT, name) is None
    assert place.directory.known(ACCOUNT, HARD) == set(HARD)
    listed, position = place.groups.page(ACCOUNT, None, 100)
    assert ({each.id for each in listed}, position) == (set(HARD), None)


def test_another_accounts_directory_is_another(place: Place) -> None:
    place.group("legal", "ann", account="acc_2")
    assert place.directory.members(ACCOUNT, ["legal"]) == {"legal": None}
    assert place.directory.known(ACCOUNT, ["legal"]) == frozenset()
    assert place.directory.standing(ACCOUNT, "ann").groups == ()


def test_a_list_goes_on_where_a_page_ended(place: Place) -> None:
    for name in sorted(HARD):
        place.group(name, "ann")
    found: list[str] = []
    above: str | None = None
    while True:
        page, above = place.groups.page(ACCOUNT, above, 2)
        found += [each.id for each in page]
        if above is None:
            break
    assert sorted(found) == sorted(HARD)


def test_of_two_changes_of_one_group_the_second_is_refused(place: Place) -> None:
    group = place.group("legal", "ann")
    changed = replace(group, members=("bo",), revision="next", changing=Changing("token-1", "x"))
    place.groups.change(ACCOUNT, group.revision, changed, ["ann"], ["bo"], place.token())
    with pytest.raises(GuardLostError):
        place.groups.change(ACCOUNT, group.revision, replace(changed, revision="other"), [], ["cy"], place.token())
    with pytest.raises(GuardLostError):
        place.groups.change(ACCOUNT, None, replace(changed, revision="other"), [], ["cy"], place.token())
    with pytest.raises(GuardLostError):
        place.groups.delete(ACCOUNT, group, place.token())
    assert place.groups.get(ACCOUNT, "legal") == changed
    assert place.directory.standing(ACCOUNT, "ann").groups == ()
    assert place.directory.standing(ACCOUNT, "bo").groups == ("legal",)
    assert place.directory.standing(ACCOUNT, "cy").groups == ()


def test_a_deleted_group_leaves_nothing(place: Place) -> None:
    place.groups.delete(ACCOUNT, place.group("legal", "ann", "bo"), place.token())
    assert list(place.dynamo.everything()) == []


def test_of_two_changes_of_one_person_the_second_is_refused(place: Place) -> None:
    person = place.person("ann")
    place.persons.change(ACCOUNT, person.revision, replace(person, name="A", revision="next"), None, None, "t-1")
    with pytest.raises(GuardLostError):
        place.persons.change(ACCOUNT, person.revision, replace(person, name="B", revision="o"), None, None, "t-2")
    with pytest.raises(GuardLostError):
        place.persons.delete(ACCOUNT, person, "t-3")
    found = place.directory.person(ACCOUNT, "ann")
    assert found is not None
    assert found.name == "A"


def test_a_place_among_those_stood_in_for_is_taken_by_one_at_a_time(place: Place) -> None:
    place.person("ann", Away(100, 200, "bo"), Taken("bo", 0))
    with pytest.raises(GuardLostError):
        place.person("cy", Away(100, 200, "bo"), Taken("bo", 0))
    assert place.persons.care(ACCOUNT, "bo") == Care(1, (StandIn("ann", 100, 200),))
    place.person("cy", Away(300, 400, "bo"), Taken("bo", 1, over=("ann",)))
    assert place.persons.care(ACCOUNT, "bo") == Care(2, (StandIn("cy", 300, 400),))


def test_another_substitute_takes_the_place_of_the_former(place: Place) -> None:
    ann = place.person("ann", Away(100, 200, "bo"), Taken("bo", 0))
    other = replace(ann, away=Away(100, 300, "cy"), revision="next")
    place.persons.change(ACCOUNT, ann.revision, other, "bo", Taken("cy", 0), place.token())
    assert place.directory.standing(ACCOUNT, "bo").stands_in_for == ()
    assert place.directory.standing(ACCOUNT, "cy").stands_in_for == (StandIn("ann", 100, 300),)


def test_a_deleted_person_leaves_memberships_and_no_name(place: Place) -> None:
    place.group("legal", "ann")
    place.persons.delete(ACCOUNT, place.person("ann", Away(100, 200, "bo"), Taken("bo", 0)), place.token())
    standing = place.directory.standing(ACCOUNT, "ann")
    assert (standing.profile, standing.groups) == (None, ("legal",))
    assert place.directory.standing(ACCOUNT, "bo").stands_in_for == ()


def test_what_a_later_release_added_survives_a_change(place: Place) -> None:
    group, ann = place.group("legal", "ann"), place.person("ann", Away(100, 200, "bo"), Taken("bo", 0))
    of_group, of_person = keys.group(ACCOUNT, "legal"), keys.person(ACCOUNT, "ann")
    place.write(of_group, {**place.doc(of_group), "owner": "x"})
    document = place.doc(of_person)
    place.write(of_person, {**document, "phone": "1", "away": {**document["away"], "why": "sea"}})
    read, person = place.groups.get(ACCOUNT, "legal"), place.directory.person(ACCOUNT, "ann")
    assert read is not None
    assert person is not None
    place.groups.change(ACCOUNT, group.revision, replace(read, name="L", revision="n"), [], [], place.token())
    place.persons.change(ACCOUNT, ann.revision, replace(person, name="A", revision="n"), None, None, place.token())
    assert place.doc(of_group)["owner"] == "x"
    assert (place.doc(of_person)["phone"], place.doc(of_person)["away"]["why"]) == ("1", "sea")


def test_a_later_schema_is_left_alone(place: Place) -> None:
    place.group("legal", "ann")
    place.person("ann")
    for partition in (keys.group(ACCOUNT, "legal"), keys.person(ACCOUNT, "ann")):
        place.write(partition, {**place.doc(partition), "schema": 2})
    with pytest.raises(LaterReleaseError):
        place.directory.members(ACCOUNT, ["legal"])
    with pytest.raises(LaterReleaseError):
        place.directory.standing(ACCOUNT, "ann")
    with pytest.raises(LaterReleaseError):
        place.directory.person(ACCOUNT, "ann")
