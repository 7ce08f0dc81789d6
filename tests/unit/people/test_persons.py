"""People: what may be told of them, that it can be erased, and who stands in for whom."""

import itertools

import pytest

from interactor.core.errors import (
    ConcurrentModificationError,
    InvalidRequestError,
    PersonNotFoundError,
    SubstituteQuotaExceededError,
)
from interactor.core.times import DAY, HOUR
from interactor.people import groups, persons
from interactor.people.rules.changes import Condition
from interactor.people.rules.directory import STOOD_IN_FOR, Away
from interactor.people.rules.profiles import problems
from tests.support.people.place import ACCOUNT, NOW, Died, Place

ADDRESSES = ("ann@example.org", "a.b+c@sub.example.co", "o'neil@example.org", "a@b", "x@xn--bcher-kva.example")
NO_ADDRESSES = (
    *("", "ann", "@example.org", "ann@", "a b@example.org", "ann@example.org\n", "ann@exa\r\nBcc: x@y.z", "a@b@c"),
    *("Ann <ann@example.org>", '"a b"@example.org', "ann@-example.org", "zoë@example.org", "ann@bücher.example"),
    *("a" * 65 + "@example.org", "ann@" + "a." * 150 + "org", "ann@example..org", "ann@example.org,bo@example.org"),
)


@pytest.fixture
def place() -> Place:
    return Place()


def away(place: Place, person: str, substitute: str, since: int = NOW, until: int = NOW + DAY) -> None:
    persons.set_away(place.person_cases, ACCOUNT, person, Away(since, until, substitute))


def put(place: Place, person: str, name: str | None = "Ann") -> None:
    persons.put(place.person_cases, ACCOUNT, person, name, "ann@example.org", "de")


def stood_in_for(place: Place, person: str) -> tuple[str, ...]:
    return place.directory.standing(ACCOUNT, person).acts_for(place.now)


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_mail_can_have_is_taken(address: str) -> None:
    assert problems(None, address) == []


@pytest.mark.parametrize("address", NO_ADDRESSES, ids=ascii)
def test_an_address_that_could_be_more_than_one_is_refused(address: str) -> None:
    assert [each["field"] for each in problems(None, address)] == ["email"]


@pytest.mark.parametrize(("name", "locale"), [("", "de"), ("a\u202eb", "de"), ("x" * 201, "de")], ids=ascii)
def test_a_name_shows_what_it_is(name: str, locale: str) -> None:
    assert [each["field"] for each in problems(name, None, locale)] == ["name"]


@pytest.mark.parametrize("locale", ["", "d", "de_DE", "de-", "de-DE\n", "../en", "x" * 9])
def test_a_locale_is_a_language_tag(locale: str) -> None:
    assert [each["field"] for each in problems(None, None, locale)] == ["locale"]


def test_a_profile_is_replaced_and_the_absence_stays(place: Place) -> None:
    away(place, "ann", "bo")
    put(place, "ann")
    put(place, "ann", None)
    found = place.directory.person(ACCOUNT, "ann")
    assert found is not None
    assert (found.name, found.email, found.locale) == (None, "ann@example.org", "de")
    assert found.away == Away(NOW, NOW + DAY, "bo")


def test_a_substitute_acts_for_as_long_as_the_absence_lasts(place: Place) -> None:
    away(place, "ann", "bo", NOW + HOUR, NOW + DAY)
    assert stood_in_for(place, "bo") == ()
    place.now = NOW + HOUR
    assert stood_in_for(place, "bo") == ("ann",)
    place.now = NOW + DAY - 1
    assert stood_in_for(place, "bo") == ("ann",)
    place.now = NOW + DAY
    assert stood_in_for(place, "bo") == ()


def test_one_stands_in_for_nobody_by_a_second_hop(place: Place) -> None:
    away(place, "ann", "bo")
    away(place, "bo", "cy")
    assert stood_in_for(place, "cy") == ("bo",)
    assert stood_in_for(place, "bo") == ("ann",)


def test_another_absence_takes_the_place_of_the_former(place: Place) -> None:
    away(place, "ann", "bo")
    away(place, "ann", "cy")
    assert (stood_in_for(place, "bo"), stood_in_for(place, "cy")) == ((), ("ann",))
    away(place, "ann", "cy", NOW, NOW + HOUR)
    place.now = NOW + HOUR
    assert stood_in_for(place, "cy") == ()


def test_an_absence_can_be_ended_and_that_twice(place: Place) -> None:
    away(place, "ann", "bo")
    for _ in range(2):
        persons.end_away(place.person_cases, ACCOUNT, "ann")
    assert stood_in_for(place, "bo") == ()
    assert place.directory.standing(ACCOUNT, "bo").stands_in_for == ()
    persons.end_away(place.person_cases, ACCOUNT, "nobody")


@pytest.mark.parametrize(
    ("substitute", "since", "until", "field"),
    [
        ("ann", NOW, NOW + 1, "substitute"),
        ("bo", NOW + 1, NOW + 1, "until"),
        ("bo", NOW + 2, NOW + 1, "until"),
        ("bo", NOW - 2, NOW, "until"),
    ],
)
def test_an_absence_that_cannot_be_is_refused(
    place: Place, substitute: str, since: int, until: int, field: str
) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        away(place, "ann", substitute, since, until)
    assert [each["field"] for each in refused.value.details] == [field]
    assert list(place.dynamo.everything()) == []


def test_one_stands_in_for_ten_at_the_most_and_what_is_over_makes_room(place: Place) -> None:
    for number in range(STOOD_IN_FOR):
        away(place, f"p{number}", "bo", NOW, NOW + HOUR)
    with pytest.raises(SubstituteQuotaExceededError):
        away(place, "ann", "bo")
    away(place, "p3", "bo", NOW, NOW + DAY)  # the place that it has already
    place.now = NOW + HOUR
    away(place, "ann", "bo")
    assert set(stood_in_for(place, "bo")) == {"ann", "p3"}
    assert len(place.persons.care(ACCOUNT, "bo").absent) == 2


def test_the_eleventh_that_comes_between_is_refused_too(place: Place) -> None:
    for number in range(STOOD_IN_FOR - 1):
        away(place, f"p{number}", "bo")

    def between(name: str) -> None:
        if name == "transact_write_items":
            place.client.between = lambda _: None
            away(place, "rival", "bo")

    place.client.between = between
    with pytest.raises(SubstituteQuotaExceededError):
        away(place, "ann", "bo")
    assert len(place.persons.care(ACCOUNT, "bo").absent) == STOOD_IN_FOR


def test_a_person_is_erased_and_memberships_stay_unless_they_are_asked_for(place: Place) -> None:
    place.group("legal", "ann", "bo")
    place.group("finance", "ann")
    put(place, "ann", "Ann Secret")
    away(place, "ann", "bo")
    persons.erase(place.person_cases, ACCOUNT, "ann", memberships=False, by="boss")
    assert place.directory.person(ACCOUNT, "ann") is None
    assert stood_in_for(place, "bo") == ()
    assert "Secret" not in repr([*place.dynamo.everything()])
    assert place.directory.standing(ACCOUNT, "ann").groups == ("finance", "legal")
    persons.erase(place.person_cases, ACCOUNT, "ann", memberships=True, by="boss")
    assert place.members() == {"legal": {"bo"}}
    assert place.directory.members(ACCOUNT, ["legal", "finance"]) == {"legal": ("bo",), "finance": ()}
    with pytest.raises(PersonNotFoundError):
        persons.erase(place.person_cases, ACCOUNT, "ann", memberships=True, by="boss")


@pytest.mark.parametrize("after", [False, True], ids=["before the effect", "behind the effect"])
def test_an_erasure_that_is_cut_off_anywhere_is_completed_by_sending_it_again(after: bool) -> None:
    for call in itertools.count(1):
        place = Place()
        for number in range(3):
            place.group(f"g{number}", "ann", "bo")
        put(place, "ann")
        away(place, "ann", "bo")
        place.client.calls.clear()
        place.client.dies_at, place.client.after = call, after
        try:
            persons.erase(place.person_cases, ACCOUNT, "ann", memberships=True, by="boss")
        except Died:
            place.client.dies_at = 0
            try:
                persons.erase(place.person_cases, ACCOUNT, "ann", memberships=True, by="boss")
            except PersonNotFoundError:
                assert after
        else:
            break
        assert place.members() == {f"g{number}": {"bo"} for number in range(3)}
        assert place.directory.standing(ACCOUNT, "ann").groups == ()
        assert place.directory.person(ACCOUNT, "ann") is None
        assert stood_in_for(place, "bo") == ()


def test_a_leaver_is_not_put_back_by_a_change_that_began_before(place: Place) -> None:
    many = tuple(f"m{number}" for number in range(150))
    read, _ = groups.put(place.group_cases, ACCOUNT, groups.wanted("legal", None, None, ["ann"]), Condition(), "boss")
    target, condition = groups.wanted("legal", None, None, ["ann", *many]), Condition(frozenset({read.revision}))
    place.client.calls.clear()
    place.client.dies_at, place.client.after = 2, True
    with pytest.raises(Died):
        groups.put(place.group_cases, ACCOUNT, target, condition, "boss")
    place.client.dies_at = 0
    persons.erase(place.person_cases, ACCOUNT, "ann", memberships=True, by="boss")
    with pytest.raises(ConcurrentModificationError):
        groups.put(place.group_cases, ACCOUNT, target, condition, "boss")
    assert "ann" not in place.members()["legal"]


def test_a_change_of_the_person_that_comes_between_is_not_lost(place: Place) -> None:
    put(place, "ann")

    def between(name: str) -> None:
        if name == "transact_write_items":
            place.client.between = lambda _: None
            away(place, "ann", "bo")

    place.client.between = between
    put(place, "ann", "Other")
    found = place.directory.person(ACCOUNT, "ann")
    assert found is not None
    assert (found.name, found.away) == ("Other", Away(NOW, NOW + DAY, "bo"))


def test_of_whom_nothing_is_stored_nothing_is_found(place: Place) -> None:
    for name in ("nobody", "", "x" * 200, "a\nb"):
        with pytest.raises(PersonNotFoundError):
            persons.find(place.persons, ACCOUNT, name)
