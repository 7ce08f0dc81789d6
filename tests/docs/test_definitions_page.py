"""docs/definitions.md: every example is a definition, or states of one, that the engine accepts, and the table of
properties is the engine's.
"""

import json
import re
from typing import Any

import pytest

from interactor.core.conditions import OPERATORS
from interactor.core.errors import InvalidRequestError
from interactor.definitions.rules import SCHEMA_FILE
from interactor.definitions.rules.check import check
from interactor.definitions.rules.properties import PROPERTIES
from interactor.definitions.rules.states import STATE_TYPES
from interactor.forms.check import check_input
from interactor.forms.defaults import with_own_defaults
from tests.support.pages import code, documents, rows, section, text

PAGE = text("docs/definitions.md")
EXAMPLES = documents(PAGE)
TABLE = [row for row in rows(section(PAGE, "All properties")) if row[0] != "part"]
"""Part, property, type, default and meaning of every property."""
SCHEMA = json.loads(SCHEMA_FILE.read_text("utf-8"))
IN_THE_SCHEMA = {
    "definition": (),
    "state": ("$defs", "state"),
    "on_error": ("$defs", "state", "properties", "on_error"),
    "timeout": ("$defs", "state", "properties", "timeout"),
    "assignment": ("$defs", "assignment"),
    "people": ("$defs", "people"),
    "decided": ("$defs", "decided"),
    "outcome": ("$defs", "outcome"),
    "quorum": ("$defs", "quorum"),
    "claim": ("$defs", "claim"),
    "due": ("$defs", "due"),
    "remind": ("$defs", "remind"),
    "level": ("$defs", "level"),
    "script": ("$defs", "logic", "oneOf", 0),
    "http": ("$defs", "logic", "oneOf", 1),
    "retry": ("$defs", "logic", "oneOf", 1, "properties", "retry"),
    "output": ("$defs", "output", "oneOf", 1),
    "presentation": ("$defs", "presentation"),
    "form": ("$defs", "presentation", "oneOf", 0),
    "choice": ("$defs", "presentation", "oneOf", 1),
    "field": ("$defs", "field"),
    "option": ("$defs", "option"),
    "halting_instructions": ("$defs", "halting_instructions", "then"),
    "ai": ("$defs", "halting_instructions", "then", "oneOf", 1, "properties", "config"),
    "message": ("$defs", "halting_instructions", "then", "oneOf", 0, "properties", "config"),
    "instruction": ("$defs", "halting_instructions", "else"),
    "transition": ("$defs", "transition"),
    "condition": ("$defs", "condition"),
    "fork": ("$defs", "fork"),
    "thread": ("$defs", "fork", "properties", "threads", "additionalProperties"),
    "join": ("$defs", "fork", "properties", "join"),
    "policy": ("$defs", "fork", "properties", "join", "properties", "policy", "anyOf", 1),
}
"""Where the JSON Schema describes each part."""
OF_STATES = {
    "logic": {"type": "script", "code": "return {}"},
    "output": "result",
    "presentation": {"type": "message", "message": "Wait."},
    "halting_instructions": {"instruction": "Wait."},
    "transition_mode": "condition",
    "transitions": [{"target": "end"}],
    "on_enter": {"type": "script", "code": "return {}"},
    "on_error": {"target": "end"},
    "timeout": {"after": "1d", "target": "end"},
    "fork": {"threads": {"one": {"target": "end"}}, "join": {"target": "end"}},
    "additional_input": True,
    "assignment": {"users": ["ann"]},
}
"""A value of each property of a state but its type."""


def whole(example: dict[str, Any]) -> dict[str, Any]:
    """A definition of an example that only has states: whatever they lead to is a terminal state."""
    if "states" in example:
        return example
    targets = set(re.findall(r"'(?:target|to)': '(\w+)'", repr(example)))
    ends = {target: {"type": "terminal"} for target in targets - example.keys()}
    return {"name": "example", "initial_state": next(iter(example)), "states": {**example, **ends}}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(next(iter(whole(example)["states"]))))
def test_the_engine_accepts_the_example(example: dict[str, Any]) -> None:
    verdict = check(whole(example), lambda code: None)
    assert verdict.errors == ()
    assert verdict.warnings == ()


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) >= 10


def test_the_table_of_operators_is_the_engines() -> None:
    documented = [
        name for row in rows(section(PAGE, "Transitions and conditions")) for name in re.findall(r"\w+", row[0])
    ]
    assert documented == list(OPERATORS)


@pytest.mark.parametrize("row", [row for row in rows(section(PAGE, "Asking people")) if row[0] != "field"])
def test_what_becomes_of_what_a_browser_sends_is_as_the_table_says(row: list[str]) -> None:
    field, _, sent, stored = row
    form = with_own_defaults({"type": "form", "fields": [{"name": "x", **json.loads(code(field))}]})
    if stored == "refused":
        with pytest.raises(InvalidRequestError):
            check_input(form, {}, "condition", json.loads(code(sent)), None)
    else:
        merged = check_input(form, {}, "condition", json.loads(code(sent)), None).merged
        assert json.dumps(merged) == json.dumps(json.loads(code(stored)))


def test_the_table_of_what_browsers_send_is_there() -> None:
    assert len(rows(section(PAGE, "Asking people"))) > 20


def described(part: str) -> dict[str, Any]:
    found: Any = SCHEMA
    for step in IN_THE_SCHEMA[part]:
        found = found[step]
    return dict(found)


def test_the_table_of_properties_has_all_that_the_engine_knows() -> None:
    listed: dict[str, list[str]] = {}
    for row in TABLE:
        listed.setdefault(code(row[0]), []).append(code(row[1]))
    assert {part: set(names) for part, names in listed.items()} == {
        part: set(names) for part, names in PROPERTIES.items()
    }
    assert all(len(names) == len(set(names)) for names in listed.values())


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{code(row[0])}.{code(row[1])}")
def test_type_and_default_of_a_property_are_those_of_the_schema(row: list[str]) -> None:
    part, name, kind, default = code(row[0]), code(row[1]), row[2], row[3]
    schema = described(part)
    # In a presentation, the type is described with what each type adds.
    word = re.findall(r"\w+", kind)[0]
    members = {"$ref": "", **schema["properties"].get(name, {})}
    assert (default == "required") == (name in schema.get("required", ()))
    if "enum" in members:
        assert re.findall(r"`([^`]+)`", kind) == members["enum"]
    elif members.get("type"):
        assert word == members["type"]
    elif members["$ref"]:
        assert word == SCHEMA["$defs"][members["$ref"].removeprefix("#/$defs/")].get("type", word)
    if "default" in members:
        assert code(default) == str(members["default"]).replace("False", "false")


@pytest.mark.parametrize("kind", STATE_TYPES)
@pytest.mark.parametrize("name", OF_STATES)
def test_a_property_stands_where_the_table_says(name: str, kind: str) -> None:
    """What the table gives a type of state is accepted in silence; what is refused or useless is not given to it."""
    meaning = next(row[4] for row in TABLE if row[:2] == ["`state`", f"`{name}`"])
    allowed = re.findall(r"\w+", meaning.split(":")[0])
    state: dict[str, Any] = {
        "type": kind,
        **({} if kind == "terminal" or name == "fork" else {"transitions": [{"target": "end"}]}),
    }
    if name == "output":
        state["logic"] = {"type": "http", "method": "GET", "url": "https://example.com/"}
    document = whole({"start": {**state, name: OF_STATES[name]}, "end": {"type": "terminal"}})
    verdict = check(document, lambda code: None)
    complaints = [each for each in (*verdict.errors, *verdict.warnings) if each.path.startswith("states.start")]
    if kind in allowed:
        assert complaints == []
    elif complaints == []:
        assert name in ("transition_mode", "on_error"), f"{name} is accepted in {kind} states"


def test_every_property_of_a_state_is_tried() -> None:
    assert {"type", *OF_STATES} == set(PROPERTIES["state"])
