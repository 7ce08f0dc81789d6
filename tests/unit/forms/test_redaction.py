"""Form fields that nobody reads back."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactor.core.errors import InvalidRequestError
from interactor.core.jsons import Json
from interactor.core.paths import Scope
from interactor.definitions.rules.compile import compile_definition
from interactor.forms import redaction
from interactor.forms.redaction import REDACTED
from interactor.instances.rules.events import apply, changes, undo
from tests.support.workflows.runner import Runner, compiled

WORDS = ("password", "api_key", "file")
KEYS = ("password", "pin")
DATA = st.dictionaries(
    st.sampled_from(["password", "pin", "amount", "note"]), st.none() | st.booleans() | st.integers() | st.text()
)


def hidden(*fields: dict[str, Any]) -> tuple[str, ...]:
    filled = [{"type": "string", "label": "?", **field} for field in fields]
    ask = {
        "type": "halting",
        "presentation": {"type": "form", "fields": filled},
        "transitions": [{"target": "done"}],
    }
    states = {"ask": ask, "done": {"type": "terminal"}}
    document = {"name": "flow", "initial_state": "ask", "states": states}
    return redaction.fields_of(compile_definition(document), WORDS)


@pytest.mark.parametrize(
    ("field", "is_hidden"),
    [
        ({"name": "password"}, True),
        ({"name": "new_password"}, True),
        ({"name": "password_2"}, True),
        ({"name": "passwords"}, False),
        ({"name": "their_api_key_id"}, True),
        ({"name": "api"}, False),
        ({"name": "invoice", "type": "file"}, True),
        ({"name": "file_name"}, True),
        ({"name": "note"}, False),
        ({"name": "note", "sensitive": True}, True),
        ({"name": "password", "sensitive": False}, False),
        ({"name": "invoice", "type": "file", "sensitive": False}, False),
    ],
)
def test_a_field_is_hidden_by_its_own_word_by_its_name_or_by_its_type(field: dict[str, Any], is_hidden: bool) -> None:
    assert hidden(field) == ((field["name"],) if is_hidden else ())


@given(DATA, DATA)
def test_folding_redacted_changes_gives_redacted_data_and_back(before: Any, after: Any) -> None:
    shown = redaction.changes(changes(before, after), KEYS)
    assert apply(redaction.data(before, KEYS), shown) == redaction.data(after, KEYS)
    assert undo(redaction.data(after, KEYS), shown) == redaction.data(before, KEYS)


def test_null_is_shown_for_nothing_was_given() -> None:
    assert redaction.data({"password": None, "pin": 0, "note": "x"}, KEYS) == {
        "password": None, "pin": REDACTED, "note": "x",
    }  # fmt: skip


def test_what_a_reader_sees_of_a_scope_is_redacted_in_data_and_input() -> None:
    seen = redaction.scope(Scope({"password": "a", "note": 1}, {"pin": 5}, {}), KEYS)
    assert (seen.find(["password"]), seen.find(["workflow_data", "password"])) == (REDACTED, REDACTED)
    assert (seen.find(["input", "pin"]), seen.find(["note"])) == (REDACTED, 1)


def test_a_default_filled_from_the_data_goes_and_a_constant_one_stays() -> None:
    fields = [
        {"name": "password", "default": "${workflow_data.password}"},
        {"name": "pin", "default": "0000"},
        {"name": "note", "default": "${workflow_data.note}"},
    ]
    shown = redaction.presentation({"type": "form", "fields": fields}, KEYS, Scope({}, {}, {}))
    assert shown is not None
    assert [field.get("default") for field in shown["fields"]] == [None, "0000", "${workflow_data.note}"]


@pytest.mark.parametrize(
    ("default", "kept"),
    [
        ("${note}", True),
        ("${input.note}", True),
        ("${workflow_data.password}", False),
        ("${password}", False),
        ("was ${input.pin}", False),
        ("${workflow_data}", False),
        ("${missing}", True),
        ("${broken", True),
        ("[redacted]", True),
    ],
)
def test_a_default_that_is_filled_from_a_hidden_value_is_left_out(default: str, kept: bool) -> None:
    found = Scope({"password": "hunter22", "note": "a"}, {"pin": 1234, "note": "b"}, {})
    form = {"type": "form", "fields": [{"name": "copy", "type": "string", "default": default}]}
    shown = redaction.presentation(form, KEYS, found)
    assert shown is not None
    assert ("default" in shown["fields"][0]) is kept


@pytest.mark.parametrize("type_", ["string", "number", "boolean", "select", "date", "file"])
@pytest.mark.parametrize("sent", ["hunter22", 739155, ["hunter22"], {"a": 739155}])
def test_no_error_repeats_what_was_sent_to_a_sensitive_field(type_: str, sent: Json) -> None:
    field = {"name": "pin", "type": type_, "label": "PIN", "options": [{"value": "a", "label": "a"}]}
    states = {
        "ask": {
            "type": "halting",
            "presentation": {"type": "form", "fields": [field]},
            "transitions": [{"target": "done"}],
        },
        "done": {"type": "terminal"},
    }
    run = Runner(compiled(states)).start()
    for redacted in ((), ("pin",)):
        run.instance = replace(run.instance, redacted=redacted)
        try:
            run.advance().resume({"pin": sent}, None, "", run.now)
        except InvalidRequestError as error:
            told = f"{error.message} {error.details}"
            assert "must be" in told
            assert not redacted or not ("hunter22" in told or "739155" in told)
        else:
            assert isinstance(sent, {"string": str, "number": int}.get(type_, str))
