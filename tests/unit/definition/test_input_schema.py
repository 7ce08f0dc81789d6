"""An instance's input against the ``input_schema`` of its definition (ruling 4)."""

import subprocess
import sys
import time
from typing import Any

import pytest

from interactor.core.definition.input_schema import check_input, check_schema
from interactor.core.definition.limits import INPUT_PROBLEMS
from interactor.core.definition.report import ROOT, Report

ORDER: dict[str, Any] = {
    "type": "object",
    "required": ["amount"],
    "additionalProperties": False,
    "properties": {
        "amount": {"type": "number", "minimum": 0},
        "items": {"type": "array", "items": {"type": "object", "required": ["sku"]}},
        "code": {"type": "string", "pattern": "^(a+)+$"},
        "first name": {"type": "string"},
    },
}


def problems_of(schema: Any) -> list[str]:
    report = Report()
    check_schema(report, ROOT / "input_schema", schema)
    return [problem.message for problem in report.verdict().errors]


def fields(value: Any) -> dict[str, str]:
    return {problem["field"]: problem["message"] for problem in check_input(ORDER, value)}


def test_an_input_that_fits_has_no_problems() -> None:
    assert check_input(ORDER, {"amount": 5, "items": [{"sku": "a"}]}) == []


def test_a_missing_property_is_named_itself() -> None:
    assert fields({}) == {"amount": "amount is required"}
    assert fields({"amount": 1, "items": [{"sku": "a"}, {}]}) == {"items[1].sku": "sku is required"}


def test_an_unexpected_property_is_named_itself() -> None:
    assert list(fields({"amount": 1, "x": 1, "y z": 2})) == ["x", '["y z"]']


def test_all_wrong_fields_are_told_at_once_and_without_their_values() -> None:
    found = fields({"amount": "much", "first name": 47110815})
    assert list(found) == ["amount", '["first name"]']
    assert "47110815" not in str(found)
    assert "much" not in str(found)


def test_the_whole_input_may_be_of_the_wrong_type() -> None:
    assert list(fields([])) == [""]


def test_the_problems_are_bounded() -> None:
    assert len(check_input({"items": {"type": "string"}}, [1] * 3_000)) == INPUT_PROBLEMS


def test_a_pattern_made_for_backtracking_takes_linear_time() -> None:
    started = time.process_time()
    assert list(fields({"amount": 1, "code": "a" * 60_000 + "b"})) == ["code"]
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"$ref": {"type": "string"}, "$id": {"type": "string"}}},
        {"const": {"$ref": "https://example.com/"}},
        {"$defs": {"a": {"$anchor": "a", "type": "string"}}, "items": {"$ref": "#a"}},
        {"$dynamicAnchor": "node", "properties": {"next": {"$dynamicRef": "#node"}}},
        {"properties": {"a/b": {"type": "string"}, "c": {"$ref": "#/properties/a~1b"}}},
        {"anyOf": [{"type": "array", "items": {"$ref": "#"}}, {"additionalProperties": {"$ref": "#"}}]},
        {"allOf": [True, {"if": {"required": ["a"]}, "then": False}]},
    ],
)
def test_ordinary_schemas_are_accepted(schema: Any) -> None:
    assert problems_of(schema) == []
    check_input(schema, {"a": 1})


HEAVY: dict[str, Any] = {
    "a thousand alternatives": {"items": {"anyOf": [{"const": n} for n in range(1_100)]}},
    "a long chain": {
        "$ref": "#/$defs/a0",
        "$defs": {f"a{n}": {"$ref": f"#/$defs/a{n + 1}"} for n in range(1_500)} | {"a1500": {}},
    },
    "itself beside itself": {"properties": {"a": {"$ref": "#"}}, "patternProperties": {"a": {"$ref": "#"}}},
    "itself by way of another": {
        "$ref": "#/$defs/a",
        "$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"not": {"$ref": "#/$defs/a"}}},
    },
    "a pattern of a million states": {"pattern": "((a{100}){100}){100}"},
}


@pytest.mark.parametrize("name", HEAVY)
def test_a_schema_that_could_take_for_ever_is_refused_at_once(name: str) -> None:
    started = time.process_time()
    assert len(problems_of(HEAVY[name])) == 1
    assert time.process_time() - started < 2


PATTERNS = {"items": {"anyOf": [{"pattern": f"^a.*x{n}$"} for n in range(900)]}}


def test_the_heaviest_schema_judges_what_it_can_in_seconds() -> None:
    assert problems_of(PATTERNS) == []
    started = time.process_time()
    assert check_input(PATTERNS, ["ax899"] * 1_000) == []
    assert [problem["field"] for problem in check_input(PATTERNS, ["ax899"] * 1_000 + ["a"])] == ["[1000]"]
    assert time.process_time() - started < 10


def test_an_input_that_would_take_longer_is_refused() -> None:
    assert "too large to be checked" in check_input(PATTERNS, ["ax899"] * 8_000)[0]["message"]


def test_judging_a_definition_without_a_schema_does_not_import_the_library() -> None:
    program = (
        "import sys\n"
        "from interactor.core.definition import check, input_schema\n"
        "check.check({'name': 'a', 'states': {}}, lambda code: None)\n"
        "sys.exit('jsonschema_rs' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
