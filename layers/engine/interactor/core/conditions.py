"""Whether the condition of a transition holds (spec section Transition Conditions, ruling 8).

Conditions are checked when a definition is posted. Nothing raises here: a malformed condition does not hold.
"""

from collections.abc import Callable
from typing import Final

from interactor.core.jsons import Json, JsonObject, equal
from interactor.core.paths import MISSING, Scope, split

MAX_DEPTH: Final = 100
"""Deeper than a definition may nest (20), but shallow enough for the interpreter's stack."""

_FORMS = ("and", "or", "equals", "not_equals", "operator")


def evaluate(condition: JsonObject | None, scope: Scope) -> bool:
    """Return whether ``condition`` holds for the values of ``scope``. No condition always holds.

    A missing field equals null, and no order comparison with it holds. Values of different types are unequal and have
    no order. An empty ``and`` holds, an empty ``or`` does not.
    """
    return condition is None or _holds(condition, scope, 1)


def _holds(condition: Json, scope: Scope, depth: int) -> bool:
    if not isinstance(condition, dict) or depth > MAX_DEPTH:
        return False
    forms = [form for form in _FORMS if form in condition]
    if len(forms) != 1:
        return False
    form = forms[0]
    operand = condition[form]
    if form == "and":
        return isinstance(operand, list) and all(_holds(part, scope, depth + 1) for part in operand)
    if form == "or":
        return isinstance(operand, list) and any(_holds(part, scope, depth + 1) for part in operand)
    return _compares(condition, form, operand, scope)


def _compares(condition: JsonObject, form: str, operand: Json, scope: Scope) -> bool:
    field = condition.get("field")
    if not isinstance(field, str):
        return False
    if form == "operator":
        if not isinstance(operand, str) or "value" not in condition:
            return False
        form, operand = operand, condition["value"]
    operator = OPERATORS.get(form)
    if operator is None:
        return False
    value = scope.find(split(field))
    return operator(None if value is MISSING else value, operand)


def _not_equals(left: Json, right: Json) -> bool:
    return not equal(left, right)


def _gt(left: Json, right: Json) -> bool:
    return _ordered(left, right) and bool(left > right)


def _gte(left: Json, right: Json) -> bool:
    return _ordered(left, right) and bool(left >= right)


def _lt(left: Json, right: Json) -> bool:
    return _ordered(left, right) and bool(left < right)


def _lte(left: Json, right: Json) -> bool:
    return _ordered(left, right) and bool(left <= right)


def _ordered(left: Json, right: Json) -> bool:
    return (_is_number(left) and _is_number(right)) or (isinstance(left, str) and isinstance(right, str))


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _contains(whole: Json, part: Json) -> bool:
    if isinstance(whole, list):
        return any(equal(item, part) for item in whole)
    return isinstance(whole, (str, dict)) and isinstance(part, str) and part in whole


def _in(value: Json, collection: Json) -> bool:
    return isinstance(collection, list) and any(equal(item, value) for item in collection)


OPERATORS: Final[dict[str, Callable[[Json, Json], bool]]] = {
    "equals": equal,
    "not_equals": _not_equals,
    "gt": _gt,
    "gte": _gte,
    "lt": _lt,
    "lte": _lte,
    "contains": _contains,
    "in": _in,
}
"""The operators by name. Each takes the field's value and the condition's value."""
