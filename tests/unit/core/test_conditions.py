"""When a transition's condition holds."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactor.core.conditions import evaluate
from interactor.core.paths import Scope

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
OPERATORS = ["equals", "not_equals", "gt", "gte", "lt", "lte", "contains", "in"]


def holds(condition: Any, data: dict[str, Any], own_form: dict[str, Any] | None = None) -> bool:
    return evaluate(condition, Scope(data, {}, {}, own_form=own_form))


def is_true(value: Any, operator: str, operand: Any) -> bool:
    return holds({"field": "x", "operator": operator, "value": operand}, {"x": value})


@pytest.mark.parametrize(
    ("value", "operator", "operand"),
    [
        ("approved", "equals", "approved"),
        (1, "equals", 1.0),
        (None, "equals", None),
        ({"a": [1, True]}, "equals", {"a": [1.0, True]}),
        ("5", "not_equals", 5),
        (True, "not_equals", 1),
        (0, "not_equals", False),
        ([1], "not_equals", [True]),
        ("", "not_equals", None),
        (1001, "gt", 1000),
        (1000.5, "gt", 1000),
        ("b", "gt", "a"),
        (1000, "gte", 1000),
        (1000, "gte", 1000.0),
        (99, "lt", 100),
        ("2026-01-31", "lt", "2026-02-01"),
        (100, "lte", 100),
        ("jo@company.com", "contains", "@company.com"),
        ("anything", "contains", ""),
        (["a", 1], "contains", 1.0),
        ([None], "contains", None),
        ({"key": 0}, "contains", "key"),
        ("A", "in", ["A", "B", "C"]),
        (2, "in", [1, 2.0]),
        (None, "in", [None]),
    ],
)
def test_it_holds(value: Any, operator: str, operand: Any) -> None:
    assert is_true(value, operator, operand)


@pytest.mark.parametrize(
    ("value", "operator", "operand"),
    [
        ("approved", "equals", "Approved"),
        ("5", "equals", 5),
        (True, "equals", 1),
        (1, "not_equals", 1.0),
        (1000, "gt", 1000),
        ("1001", "gt", 1000),
        (1001, "gt", "1000"),
        (True, "gt", 0),
        (True, "gte", True),
        (None, "lte", 0),
        (None, "gte", None),
        ([2], "gt", [1]),
        ({}, "lt", {"a": 1}),
        ("10", "gt", "9"),
        ("text", "contains", None),
        ("5", "contains", 5),
        ([True], "contains", 1),
        ({"key": "value"}, "contains", "value"),
        ({"1": 0}, "contains", 1),
        (15, "contains", 5),
        (None, "contains", None),
        ("D", "in", ["A", "B", "C"]),
        ("A", "in", "ABC"),
        ("A", "in", {"A": 1}),
        ("1", "in", [1]),
        (1, "in", [True]),
    ],
)
def test_it_does_not_hold(value: Any, operator: str, operand: Any) -> None:
    assert not is_true(value, operator, operand)


@pytest.mark.parametrize("operator", ["gt", "gte", "lt", "lte", "contains"])
def test_a_missing_field_makes_every_ordering_false(operator: str) -> None:
    assert not holds({"field": "gone", "operator": operator, "value": 0}, {})


def test_a_missing_field_equals_null() -> None:
    assert holds({"field": "gone", "equals": None}, {})
    assert not holds({"field": "gone", "not_equals": None}, {})
    assert holds({"field": "gone", "not_equals": False}, {})


def test_no_condition_always_holds() -> None:
    assert holds(None, {})


def test_and_of_nothing_is_true_and_or_of_nothing_is_false() -> None:
    assert holds({"and": []}, {})
    assert not holds({"or": []}, {})


PURCHASE: list[tuple[str, Any]] = [
    (
        "vp_approval",
        {"and": [{"field": "approved", "equals": True}, {"field": "amount", "operator": "gt", "value": 10000}]},
    ),
    (
        "approved",
        {
            "or": [
                {"field": "amount", "operator": "lte", "value": 1000},
                {
                    "and": [
                        {"field": "approved", "equals": True},
                        {"field": "amount", "operator": "lte", "value": 10000},
                    ]
                },
            ]
        },
    ),
    ("rejected", None),
]


@pytest.mark.parametrize(
    ("amount", "approved", "target"),
    [
        (25000, True, "vp_approval"),
        (25000, False, "rejected"),
        (5000, True, "approved"),
        (5000, False, "rejected"),
        (500, False, "approved"),
        (10000, True, "approved"),
    ],
)
def test_the_documented_conditions_lead_where_the_documentation_says(amount: int, approved: bool, target: str) -> None:
    data = {"amount": amount, "approved": approved}
    assert next(name for name, condition in PURCHASE if holds(condition, data)) == target


def test_a_field_of_the_own_form_sees_this_resume_only() -> None:
    condition = {"field": "approved", "equals": True}
    assert holds(condition, {"approved": True})
    assert not holds(condition, {"approved": True}, own_form={"approved": None})
    assert holds({"field": "amount", "equals": 1}, {"amount": 1}, own_form={"approved": None})


@pytest.mark.parametrize(
    "condition",
    [
        {},
        [],
        "approved",
        7,
        True,
        {"field": "x"},
        {"equals": 1},
        {"field": 1, "equals": 1},
        {"field": "x", "operator": "gt"},
        {"field": "x", "operator": "matches", "value": 1},
        {"field": "x", "operator": "and", "value": []},
        {"field": "x", "operator": ["gt"], "value": 0},
        {"and": {}},
        {"and": None},
        {"and": [True]},
        {"or": ["x", None]},
        {"and": [], "or": [{"and": []}]},
        {"field": "x", "equals": 1, "not_equals": 2},
    ],
)
def test_what_is_no_condition_is_false(condition: Any) -> None:
    assert not holds(condition, {"x": 1})


def nested(depth: int) -> dict[str, Any]:
    condition: dict[str, Any] = {"field": "x", "equals": 1}
    for level in range(depth - 1):
        condition = {"and" if level % 2 else "or": [condition]}
    return condition


def test_conditions_nest_twenty_deep_and_an_absurd_depth_is_false() -> None:
    assert holds(nested(20), {"x": 1})
    assert not holds(nested(100_000), {"x": 1})


@given(JSON, JSON, st.sampled_from(OPERATORS), JSON)
def test_no_condition_and_no_value_makes_it_raise(condition: Any, value: Any, operator: str, operand: Any) -> None:
    assert isinstance(holds(condition, {"x": value}), bool)
    assert isinstance(holds({"and": [condition, {"or": condition}]}, {"x": value}), bool)
    assert isinstance(is_true(value, operator, operand), bool)


@given(JSON, JSON)
def test_not_equals_is_the_opposite_of_equals(value: Any, operand: Any) -> None:
    assert is_true(value, "equals", operand) is not is_true(value, "not_equals", operand)
