"""An instance's input against the ``input_schema`` of its definition (ruling 4)."""

import subprocess
import sys
import time
from typing import Any

import pytest

from interactor.definitions.rules.input_schema import check_input, check_schema
from interactor.definitions.rules.limits import INPUT_PROBLEMS
from interactor.definitions.rules.report import ROOT, Report

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


FORMATS = {
    "date": (["2026-01-31", "2024-02-29"], ["31.1.2026", "2026-02-30", "2026-1-1", "", "2026-01-31T10:00:00Z"]),
    "date-time": (
        ["2026-01-31T10:00:00Z", "2026-01-31T10:00:00.5+01:00"],
        ["2026-01-31", "yesterday", "2026-01-31T25:00:00Z"],
    ),
    "email": (["ada@example.com", "a.b+c@example.co.uk"], ["ada", "@example.com", "ada@", "a b@example.com"]),
    "uri": (["https://example.com/a?b#c", "mailto:ada@example.com"], ["/relative", "::", "https://a b/", ""]),
    "uuid": (["123e4567-e89b-12d3-a456-426614174000"], ["123e4567", "g23e4567-e89b-12d3-a456-426614174000", ""]),
}


@pytest.mark.parametrize("name", FORMATS)
def test_formats_are_checked(name: str) -> None:
    schema = {"type": "object", "properties": {"x": {"type": "string", "format": name}}}
    right, wrong = FORMATS[name]
    assert problems_of(schema) == []
    assert [value for value in right if check_input(schema, {"x": value})] == []
    assert [value for value in wrong if not check_input(schema, {"x": value})] == []
    (found,) = check_input(schema, {"x": wrong[0]})
    assert found["field"] == "x"
    assert name in found["message"]
    assert wrong[0] not in found["message"]


@pytest.mark.parametrize("name", ["regex", "our-own"])
def test_formats_that_are_not_checked_are_remarks(name: str) -> None:
    schema = {"properties": {"x": {"format": name}}}
    assert problems_of(schema) == []
    assert check_input(schema, {"x": "(" * 1000}) == []


def test_a_pattern_that_is_slow_for_its_size_is_run_only_over_what_takes_a_moment() -> None:
    text = f"{7**22_000:b}"[:60_000]
    for schema in (
        {"pattern": "^[01]*1[01]{9000}x$"},
        {"allOf": [{"pattern": f"^[01]*1[01]{{{900 + n}}}x$"} for n in range(20)]},
        {"patternProperties": {"^[01]*1[01]{9000}x$": {}}, "propertyNames": {"maxLength": 99_999}},
    ):
        assert problems_of(schema) == []
        began = time.process_time()
        (found,) = check_input(schema, {text: 1} if "patternProperties" in schema else text)
        assert "too large for the patterns" in found["message"]
        assert time.process_time() - began < 0.5
        check_input(schema, text[:500])


def test_ordinary_patterns_check_the_largest_input() -> None:
    patterns = [r"^[^@\s]+@[^@\s]+$", r"^\w{1,64}$", r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$", r"^\+?[0-9 ()-]{6,20}$"]
    schema = {
        "additionalProperties": {"type": "string"},
        "properties": {str(n): {"pattern": p} for n, p in enumerate(patterns)},
    }
    assert check_input(schema, {"note": "x" * 65_000}) == []


def test_judging_a_definition_without_a_schema_does_not_import_the_library() -> None:
    program = (
        "import sys\n"
        "from interactor.definitions.rules import check, input_schema\n"
        "check.check({'name': 'a', 'states': {}}, lambda code: None)\n"
        "sys.exit('jsonschema_rs' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
