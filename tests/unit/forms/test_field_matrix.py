"""Every type of field against every rule (ruling 16): which hold for it, and which mean nothing."""

from typing import Any

import pytest

from interactor.core.errors import InvalidRequestError
from interactor.core.jsons import Json, equal
from interactor.core.paths import Scope
from interactor.definitions.rules.compile import compile_definition
from interactor.forms.check import check_input
from interactor.forms.file_fields import Content, File, Upload
from interactor.forms.presentation import render_halt

FILE = "file_01hx0000000000000000000000"
OPTIONS = [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}]
GOOD: dict[str, Json] = {
    "string": "some text",
    "number": 12.5,
    "boolean": True,
    "select": "b",
    "date": "2026-06-15",
    "file": FILE,
}
"""A value of each type."""
SENT = Upload(File(FILE, "x", "thread_main", 2, "cv.pdf", "application/pdf", 5), Content("application/pdf", 5, "1"))
TAKEN: dict[str, Json] = {**GOOD, "file": SENT.file.value}
"""What they are in the data."""
WRONG_TYPE: dict[str, list[Json]] = {
    "string": [5, True, [], {}],
    "number": ["five", True, [1], {}],
    "boolean": ["yes", 1, [], {}],
    "select": ["c", 1, True, ["a"]],
    "date": ["15.06.2026", 20260615, True, []],
    "file": ["x", 5, True, {}],
}
RULES: dict[str, tuple[dict[str, Json], dict[str, Json]]] = {
    "min": ({"min": 13}, {"number": "must be at least 13"}),
    "max": ({"max": 12}, {"number": "must be at most 12"}),
    "step": ({"step": 5}, {"number": "steps of 5"}),
    "maxLength": ({"maxLength": 3}, {"string": "at most 3 characters"}),
    "minDate": ({"minDate": "2026-06-16"}, {"date": "2026-06-16 or later"}),
    "maxDate": ({"maxDate": "2026-06-14"}, {"date": "2026-06-14 or earlier"}),
    "options": ({"options": [{"value": "z", "label": "Z"}]}, {"select": 'one of "z"'}),
    "accept": ({"accept": "image/*"}, {"file": "image/*"}),
    "maxSize": ({"maxSize": 1}, {"file": "1 byte"}),
    "multiline": ({"multiline": True}, {}),
    "placeholder": ({"placeholder": "Write here"}, {}),
}
"""A rule, and for which types the good value breaks it with which message; for all others it means nothing."""
KINDS = sorted(GOOD)


def field(kind: str, **more: Json) -> dict[str, Json]:
    own: dict[str, Json] = {"options": OPTIONS} if kind == "select" else {}
    return {"name": "x", "label": "X", "type": kind, **own, **more}


def rendered(shown: dict[str, Json], **where: Any) -> dict[str, Json]:
    """One field of a halting state's form, filled from data or input."""
    ask = {"type": "halting", "presentation": {"type": "form", "fields": [shown]}, "transitions": [{"target": "ask"}]}
    state = compile_definition({"name": "w", "initial_state": "ask", "states": {"ask": ask}}).states["ask"]
    (found,) = render_halt(state, Scope(where.get("data", {}), where.get("given", {}), {})).presentation["fields"]
    assert isinstance(found, dict)
    return found


def sent(shown: dict[str, Json], *values: Json) -> Any:
    """What is merged, or the message of the refusal."""
    form = {"type": "form", "fields": [shown]}
    try:
        return check_input(form, {}, "condition", {"x": values[0]} if values else {}, None, {FILE: SENT}).merged
    except InvalidRequestError as refusal:
        details: Any = refusal.details
    (detail,) = details
    return detail["message"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_of_its_type_is_taken_as_it_is(kind: str) -> None:
    for required in (True, False):
        assert equal(sent(field(kind, required=required), GOOD[kind]), {"x": TAKEN[kind]})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("position", range(4))
def test_a_value_of_another_type_is_refused(kind: str, position: int) -> None:
    assert "must be" in sent(field(kind), WRONG_TYPE[kind][position])


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_rule_holds_for_its_types_and_means_nothing_for_the_others(kind: str, rule: str) -> None:
    given, refused = RULES[rule]
    found = sent({**field(kind), **given}, GOOD[kind])
    if kind in refused:
        assert refused[kind] in found
    elif rule == "options" or not isinstance(found, str):
        assert equal(found, {"x": TAKEN[kind]})
    else:
        raise AssertionError(found)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("default", [False, True], ids=["no default", "default"])
@pytest.mark.parametrize("required", [False, True], ids=["optional", "required"])
@pytest.mark.parametrize("given", [(), (None,), ("",)], ids=["not sent", "null", "empty"])
def test_what_absence_means(kind: str, required: bool, default: bool, given: tuple[Json, ...]) -> None:
    shown = field(kind, required=required, **({"default": GOOD[kind]} if default else {}))
    found = sent(shown, *given)
    if kind == "boolean":
        assert equal(found, {"x": False})
    elif required:
        assert "is required" in found
    elif given:
        assert found == {"x": None}
    else:
        assert equal(found, {"x": TAKEN[kind]} if default else {})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ["true", "false", "on", "12.5"])
def test_texts_of_browsers_become_values_of_boxes_and_numbers_only(kind: str, text: str) -> None:
    found = sent(field(kind), text)
    taken: dict[tuple[str, str], Json] = {
        ("boolean", "true"): True,
        ("boolean", "false"): False,
        ("boolean", "on"): True,
        ("number", "12.5"): 12.5,
        **{("string", each): each for each in ("true", "false", "on", "12.5")},
    }
    if (kind, text) in taken:
        assert equal(found, {"x": taken[kind, text]})
    else:
        assert "must be" in found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("source", ["workflow_data.v", "input.v", "v"])
def test_a_default_from_a_template_keeps_its_type_and_is_taken_as_shown(kind: str, source: str) -> None:
    where = "given" if source == "input.v" else "data"
    # What the data has of a file is what it was once taken as.
    shown = rendered(field(kind, default=f"${{{source}}}"), **{where: {"v": TAKEN[kind]}})
    assert equal(shown, {**field(kind), "default": TAKEN[kind]})
    assert equal(sent(shown, shown["default"]), {"x": TAKEN[kind]})
    assert equal(sent(shown), {"x": False if kind == "boolean" else TAKEN[kind]})


@pytest.mark.parametrize("kind", KINDS)
def test_a_default_from_a_template_that_leads_nowhere_is_null(kind: str) -> None:
    shown = rendered(field(kind, default="${workflow_data.v}", required=True))
    assert shown["default"] is (False if kind == "boolean" else None)


def test_all_wrong_fields_of_all_types_are_named_at_once() -> None:
    fields = [{**field(kind), "name": f"x_{kind}"} for kind in KINDS]
    wrong = {f"x_{kind}": WRONG_TYPE[kind][0] for kind in KINDS}
    with pytest.raises(InvalidRequestError) as caught:
        check_input({"type": "form", "fields": fields}, {}, "condition", wrong, None)
    assert isinstance(caught.value.details, list)
    assert [each["field"] for each in caught.value.details] == list(wrong)
