"""Checks of a transition's condition (spec section Transition Conditions, rulings 3 and 8)."""

from collections.abc import Callable

from interactor.core.jsons import Json
from interactor.definitions.rules import limits
from interactor.definitions.rules.report import Place, Report, quoted
from interactor.definitions.rules.shape import Node, check_unfilled, is_templated, nodes, texts

OPERATORS = ("equals", "not_equals", "gt", "gte", "lt", "lte", "contains", "in")
_FORMS = ("equals", "not_equals", "operator", "and", "or")


def check_condition(report: Report, place: Place, value: Json, seen_field: Callable[[Place, str], None]) -> None:
    """Report what is wrong with a condition.

    ``seen_field`` is called with the place and the path of each field that it compares.
    """
    if isinstance(value, dict):
        _check(Node(report, place, value), 1, seen_field)
    else:
        report.error(place, f"A condition must be an object, not {quoted(value)}")


def _check(node: Node, depth: int, seen_field: Callable[[Place, str], None]) -> None:
    if depth > limits.CONDITION_DEPTH:
        node.report.error(node.place, f"Conditions are nested more than {limits.CONDITION_DEPTH} levels deep")
        return
    forms = [form for form in _FORMS if form in node]
    if len(forms) != 1:
        found = f"this one has {' and '.join(forms)}" if forms else "this one has none of them"
        node.report.error(
            node.place,
            f"A condition has exactly one of equals, not_equals, operator (with value), and, or; {found}",
        )
        return
    form = forms[0]
    if form in ("and", "or"):
        for part in nodes(node.report, node.place / form, node.items(form) or [], "a condition"):
            _check(part, depth + 1, seen_field)
        return
    field = node.text("field", required=True)
    if field is not None:
        if "" in field.split("."):
            node.error("field", "field must be a path such as order.items.0.price: names joined by single dots")
        check_unfilled(node.report, node.place / "field", field)
        seen_field(node.place / "field", field)
    value = "value" if form == "operator" else form
    if any(is_templated(each) for each in texts(node.raw(value))):
        node.error(
            value,
            f"{value} is compared as it stands, and placeholders in it are not filled: compare with a constant, "
            "or compute what is to be compared in a script before and name its field",
        )
    if form == "operator":
        operator = node.one_of("operator", OPERATORS)
        if node.need("value", " beside operator") and operator == "in" and not isinstance(node.raw("value"), list):
            node.error("value", f"value must be a list for the operator 'in', not {quoted(node.raw('value'))}")
