"""Ids of people and groups: which there are, when two are one, and that none can leave its place in a key."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactor.aws.dynamo import keys
from interactor.core.errors import InvalidRequestError
from interactor.people.rules.names import escape, normal, read_id, read_ids, unescape

GOOD = ("a", "ann@example.org", "auth0|5f1", "Zoë", "李雷", "a b", "50%", "#1", "%23", "a/b", "..", "👩🏽", "x" * 128)
BAD = (
    *("", " ", " a", "a ", "x" * 129, "a\nb", "a\tb", "a\x00b", "a\u202eb", "\u200ba", "a\u2028b", "\ud800", "\u3164"),
    *(None, 1, True, [], {}, ["a"]),
)


@pytest.mark.parametrize("value", GOOD)
def test_what_shows_is_an_id(value: str) -> None:
    assert read_id(value, "id") == value


@pytest.mark.parametrize("value", BAD, ids=ascii)
def test_anything_else_is_refused_by_the_name_of_its_field(value: object) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        read_id(value, "substitute")
    assert refused.value.details[0]["field"] == "substitute"


def test_two_ways_to_write_a_character_are_one_id() -> None:
    assert normal("Zoe\u0308") == normal("Zo\u00eb") == "Zo\u00eb"
    assert normal("Ann") != normal("ann")


def test_a_list_has_each_id_once_in_its_order() -> None:
    assert read_ids(["b", "Zoe\u0308", "a", "b", "Zo\u00eb"], "members") == ("b", "Zo\u00eb", "a")


def test_what_is_no_id_is_named_by_its_place() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        read_ids(["a", None, "b", " "], "members")
    assert [each["field"] for each in refused.value.details] == ["members[1]", "members[3]"]


@given(st.text())
def test_an_escaped_text_has_no_separator_and_is_read_back(text: str) -> None:
    assert "#" not in escape(text)
    assert unescape(escape(text)) == text


@given(st.text(), st.text())
def test_different_texts_have_different_keys(one: str, other: str) -> None:
    assert (keys.group("acc", one) == keys.group("acc", other)) == (one == other)
    assert (keys.person("acc", one) == keys.person("acc", other)) == (one == other)


@given(st.text(min_size=1))
def test_no_id_reaches_another_kind_of_item(text: str) -> None:
    assert keys.parse_membership(keys.membership(text)) == text
    assert keys.parse_stands_in(keys.stands_in(text)) == text
    assert keys.group("acc", text).count("#") == 3
    assert keys.PERSON_FIRST <= keys.membership(text) < keys.HEAD < keys.CARE < keys.stands_in(text) < keys.PERSON_LAST


@given(st.text(max_size=140))
def test_an_id_is_normal_once_and_for_all(text: str) -> None:
    found = normal(text)
    assert found is None or (normal(found) == found and unicodedata.is_normalized("NFC", found))
