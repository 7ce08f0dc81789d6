"""Ruling 16 written down a second time, as a table, and held against the code for every field that there can be."""

from itertools import product
from typing import Any

import pytest

from interactor.core.errors import InvalidRequestError
from interactor.core.paths import Scope
from interactor.definitions.rules.model import State
from interactor.forms.check import check_input
from interactor.forms.file_fields import Content, File, Upload
from interactor.forms.presentation import render_halt

FILE = "file_01hx0000000000000000000000"
UPLOADED = File(FILE, "x", "thread_main", 3, "a.pdf", "application/pdf", 9)
EARLIER = {**UPLOADED.value, "id": "file_01hx0000000000000000000009"}
REFUSED, UNTOUCHED = object(), object()

OPTIONS = [{"value": "1", "label": "One"}, {"value": "2", "label": "Two"}]
WITH_EMPTY = [{"value": "", "label": "None"}, *OPTIONS]

KINDS: dict[str, dict[str, Any]] = {
    # what the field has beside its type; right answers, as sent and as stored; wrong ones; defaults as the data has
    # them and as the form shows them
    "string": {
        "field": {"maxLength": 5},
        "right": [("a", "a"), ("true", "true"), ("5", "5")],
        "wrong": ["abcdef", 5, True, [], {}],
        "defaults": [("abc", "abc"), (4711, "4711"), ("too long", "too long"), (1e-05, "0.00001")],
    },
    "number": {
        "field": {"min": 0, "max": 10, "step": 0.5},
        "right": [(5, 5), ("5", 5), ("2.50", 2.5), (0, 0)],
        "wrong": [11, "11", -1, 0.3, "five", True, [], {}],
        "defaults": [(7, 7), ("7", 7), (99, 99), (0.1, 0.1)],
    },
    "boolean": {
        "field": {},
        "right": [(True, True), ("true", True), ("on", True), (False, False), ("false", False)],
        "wrong": ["yes", "off", 1, 0, [], {}],
        "defaults": [(True, True), (False, False), ("true", True), ("on", True)],
    },
    "select": {
        "field": {"options": OPTIONS},
        "right": [("1", "1")],
        "wrong": ["3", 1, True, [], {}],
        "defaults": [("2", "2"), (2, "2")],
    },
    "select with an empty option": {
        "field": {"options": WITH_EMPTY},
        "right": [("1", "1"), ("", "")],
        "wrong": ["3", 1, True, [], {}],
        "defaults": [("2", "2"), ("", "")],
    },
    "date": {
        "field": {"minDate": "2026-01-01", "maxDate": "2026-12-31"},
        "right": [("2026-02-28", "2026-02-28")],
        "wrong": ["2025-01-01", "2026-02-30", "soon", 20260228, "2026-02-28T00:00:00Z", True],
        "defaults": [
            ("2026-03-01", "2026-03-01"),
            ("2026-04-01T10:00:00.000Z", "2026-04-01"),
            ("2020-01-01", "2020-01-01"),
        ],
    },
    "file": {
        "field": {},
        "right": [(FILE, UPLOADED.value), ([FILE], [UPLOADED.value])],
        "wrong": ["a.pdf", 5, {}, {"id": FILE}, True],
        "defaults": [(EARLIER, EARLIER), ([EARLIER], [EARLIER])],
    },
}
NO_DEFAULT = object()


def rule(kind: str, required: bool, default: Any, sent: Any) -> Any:
    """What becomes of a field, in the words of the ruling; ``default`` is as shown, ``sent`` one of the below."""
    if kind == "boolean" and (sent != "as shown" or default is None):
        return False
    if sent == "absent":
        return REFUSED if required else UNTOUCHED if default is NO_DEFAULT else default
    if sent == "empty" and "empty option" in kind:
        return ""
    if sent in ("null", "empty"):
        return REFUSED if required else None
    assert sent == "as shown"
    return default


def presented(kind: str, required: bool, default: Any) -> Any:
    """The form as it is rendered, its default from the data, and in the data whatever a service put there."""
    field = {"name": "x", "type": kind.split()[0], "label": "X", "required": required, **KINDS[kind]["field"]}
    if default is not NO_DEFAULT:
        field["default"] = "${input.value}"
    state = State(
        name="ask",
        type="halting",
        logic=None,
        on_enter=None,
        transitions=(),
        presentation={"type": "form", "fields": [field]},
        instructions=None,
        transition_mode="condition",
        on_error=None,
        timeout=None,
        fork=None,
        output=None,
    )
    return render_halt(state, Scope(workflow_data={}, input={"value": default}, context={})).presentation


def outcome(form: Any, *sent: Any) -> Any:
    uploads = {FILE: Upload(UPLOADED, Content("application/pdf", 9, None))}
    try:
        checked = check_input(form, {}, "condition", {"x": sent[0]} if sent else {}, None, uploads)
    except InvalidRequestError as error:
        return REFUSED if "'x' " in error.message else error
    # Conditions of the state see what is merged, and null where nothing is (ruling 8).
    assert checked.own_form == {"x": checked.merged.get("x")}
    return checked.merged.get("x", UNTOUCHED)


def same(one: Any, other: Any) -> bool:
    return one is other or (type(one) is type(other) and bool(one == other))


CASES = [
    pytest.param(kind, required, default, id=f"{'required' if required else 'optional'} {kind}, default {number}")
    for kind, required in product(KINDS, (False, True))
    for number, default in enumerate([(NO_DEFAULT, NO_DEFAULT), *KINDS[kind]["defaults"]])
]


@pytest.mark.parametrize(("kind", "required", "default"), CASES)
def test_what_becomes_of_a_field_is_what_the_ruling_says(kind: str, required: bool, default: tuple[Any, Any]) -> None:
    given, shown = default
    form = presented(kind, required, given)
    (field,) = form["fields"]
    if shown is not NO_DEFAULT:
        assert same(field["default"], shown)
    assert same(outcome(form), rule(kind, required, shown, "absent"))
    assert same(outcome(form, None), rule(kind, required, shown, "null"))
    assert same(outcome(form, ""), rule(kind, required, shown, "empty"))
    if "default" in field and field["default"] != "":
        assert same(outcome(form, field["default"]), rule(kind, required, field["default"], "as shown"))
        # What the data has is what an earlier release showed.
        if given not in (NO_DEFAULT, "on", "true"):
            assert same(outcome(form, given), field["default"])
    for sent, stored in KINDS[kind]["right"]:
        assert same(outcome(form, sent), stored), sent
    for sent in KINDS[kind]["wrong"]:
        assert outcome(form, sent) is REFUSED, sent


def test_a_page_that_shows_the_form_can_send_it_as_it_is() -> None:
    """Every field at once, untouched, by a browser: texts for what it shows, nothing for boxes and for files."""
    fields, sent, stored = [], {}, {}
    for number, (kind, required) in enumerate(product([each for each in KINDS if each != "file"], (False, True))):
        for given, shown in KINDS[kind]["defaults"]:
            (field,) = presented(kind, required, given)["fields"]
            if shown == "" and required and "empty option" not in kind:
                continue
            name = f"f{number}_{len(fields)}"
            fields.append({**field, "name": name})
            if kind != "boolean" or shown:
                sent[name] = "on" if kind == "boolean" else str(shown)
            stored[name] = shown
    checked = check_input({"type": "form", "fields": fields}, {}, "condition", sent, None)
    assert {name: checked.merged[name] for name in stored} == stored
