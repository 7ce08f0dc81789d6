"""What a dotted path leads to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactor.core.paths import MISSING, Scope, look_up, split

ORDER = {"order": {"items": [{"price": 12.5}, {"price": 0}], "0": "zero", "note": None, "": "empty", "id": "o_1"}}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("order.items.0.price", 12.5),
        ("order.items.1.price", 0),
        ("order.0", "zero"),
        ("order.note", None),
        ("order.", "empty"),
        ("order.items.2", MISSING),
        ("order.items.-1", MISSING),
        ("order.items.00", MISSING),
        ("order.items.\N{SUPERSCRIPT TWO}", MISSING),
        ("order.items.length", MISSING),
        ("order.items." + "9" * 5000, MISSING),
        ("order.id.0", MISSING),
        ("order.note.x", MISSING),
        ("orders", MISSING),
        ("", MISSING),
    ],
)
def test_a_path_follows_keys_and_indexes_and_nothing_else(path: str, value: object) -> None:
    assert look_up(ORDER, split(path)) == value


def scope(own_form: dict[str, object] | None = None) -> Scope:
    return Scope(
        workflow_data={"amount": 5000, "approved": True, "empty": None, "order": {"id": "data"}},
        input={"amount": 7, "comment": "hello", "empty": "full", "order": {"total": 3}},
        context={"namespace": "user_123"},
        secrets={"KEY": "hunter2"},
        own_form=own_form,
    )


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("amount", 5000),
        ("comment", "hello"),
        ("empty", None),
        ("order.total", 3),
        ("workflow_data.amount", 5000),
        ("input.amount", 7),
        ("workflow_data.comment", MISSING),
        ("context.namespace", "user_123"),
        ("namespace", MISSING),
        ("secrets.KEY", MISSING),
        ("secrets", MISSING),
        ("context", {"namespace": "user_123"}),
    ],
)
def test_a_bare_path_looks_into_the_data_and_then_the_input_and_a_word_before_it_says_where(
    path: str, value: object
) -> None:
    assert scope().find(split(path)) == value


def test_a_key_named_like_a_root_is_seen_before_the_whole_of_it() -> None:
    data = {"context": "a text that someone typed"}
    assert Scope(data, {}, {"namespace": "n"}).find(("context",)) == "a text that someone typed"
    assert Scope(data, {}, {"namespace": "n"}).find(("context", "namespace")) == "n"


@pytest.mark.parametrize("path", ["approved", "workflow_data.approved", "input.approved"])
def test_a_field_of_the_own_form_never_shows_what_an_earlier_stage_left(path: str) -> None:
    assert scope().find(split("approved")) is True
    assert scope({"approved": None}).find(split(path)) is None
    assert scope({"approved": False}).find(split(path)) is False


def test_fields_of_other_forms_are_seen_as_ever() -> None:
    assert scope({"approved": None}).find(split("amount")) == 5000
    assert scope({"namespace": None}).find(split("context.namespace")) == "user_123"


@given(JSON, st.lists(st.text(max_size=4), min_size=1, max_size=4))
def test_looking_up_never_raises(value: object, path: list[str]) -> None:
    look_up(value, path)
    Scope({"a": value}, value, {}, own_form={"b": value}).find(path)
