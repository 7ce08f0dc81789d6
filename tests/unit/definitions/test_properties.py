"""Unknown properties: each is told with its place and the name it is nearest to, and refuses nothing (ruling 3)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from interactor.definitions.rules import SCHEMA_FILE
from interactor.definitions.rules.check import check
from interactor.definitions.rules.properties import PROPERTIES
from tests.support.pages import DOCS, documents

SCHEMA = json.loads(SCHEMA_FILE.read_text("utf-8"))
END = {"type": "terminal"}


def whole() -> dict[str, Any]:
    """A definition with every part that has properties."""
    script = {"type": "script", "code": "return {}"}
    http = {
        "type": "http", "method": "POST", "url": "https://example.com/", "body": {"anything": {"timout": 1}},
        "headers": {"X-Anything": "1"}, "retry": {"attempts": 2},
    }  # fmt: skip
    condition = {"and": [{"or": [{"field": "a", "operator": "in", "value": [{"titel": 1}]}]}]}
    option = [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}]
    fields = [
        {"name": "a", "type": "select", "label": "A", "options": option},
        {"name": "f", "type": "file", "label": "F", "multiple": False},
    ]
    return {
        "name": "whole", "initial_state": "do", "input_schema": {"type": "object", "x-anything": 1},
        "states": {
            "do": {
                "type": "action", "logic": http, "output": {"path": "a", "extract": {"anything": "body.x"}},
                "on_error": {"target": "end"}, "transitions": [{"target": "both", "condition": condition}],
            },
            "both": {
                "type": "action",
                "fork": {"threads": {"one": {"target": "ask"}}, "join": {"target": "choose", "policy": {"count": 1}}},
            },
            "ask": {
                "type": "halting", "presentation": {"type": "form", "title": "T", "fields": fields},
                "halting_instructions": {"type": "ai", "config": {"prompt": "p"}},
                "timeout": {"after": "1d", "target": "end"}, "transitions": [{"to": "end", "key": "k"}],
            },
            "choose": {
                "type": "halting", "presentation": {"type": "choice", "options": option},
                "halting_instructions": {"instruction": "p", "include_data": ["a"]},
                "transitions": [{"target": "end"}],
            },
            "end": {"type": "terminal", "on_enter": script},
        },
    }  # fmt: skip


PLACES = [
    ("", "initial_sate", "initial_state"),
    ("states.do", "on_eror", "on_error"),
    ("states.ask", "timout", "timeout"),
    ("states.ask.presentation", "titel", "title"),
    ("states.ask.presentation.fields[0]", "requird", "required"),
    ("states.ask.presentation.fields[0].options[1]", "descripton", "description"),
    ("states.ask.presentation.fields[1]", "maxsize", "maxSize"),
    ("states.ask.timeout", "afer", "after"),
    ("states.ask.halting_instructions.config", "modle", "model"),
    ("states.ask.transitions[0]", "conditon", "condition"),
    ("states.choose.presentation.options[0]", "descr", "description"),
    ("states.choose.halting_instructions", "includedata", "include_data"),
    ("states.do.logic", "timeot", "timeout"),
    ("states.do.logic.retry", "back_off", "backoff"),
    ("states.do.output", "mod", "mode"),
    ("states.do.on_error", "taget", "target"),
    ("states.do.transitions[0].condition", "orr", "or"),
    ("states.do.transitions[0].condition.and[0].or[0]", "equal", "equals"),
    ("states.both.fork", "thread", "threads"),
    ("states.both.fork.join", "plicy", "policy"),
    ("states.both.fork.join.policy", "cout", "count"),
    ("states.both.fork.threads.one", "targt", "target"),
    ("states.end.on_enter", "cod", "code"),
]
"""Where a property is misspelt, how, and what it is near to."""


@pytest.mark.parametrize(("place", "name", "near"), PLACES)
def test_a_misspelt_property_is_a_warning_with_its_place_and_the_nearest_name(place, name, near):
    document = whole()
    _at(document, place)[name] = 1
    verdict = check(document, lambda code: None)
    assert verdict.errors == ()
    (found,) = [each for each in verdict.warnings if each.path == (f"{place}.{name}" if place else name)]
    assert f"'{name}' is unknown" in found.message
    assert found.message.endswith(f"did you mean '{near}'?")


def test_a_property_that_is_near_to_nothing_is_a_warning_without_a_guess():
    (found,) = [
        each for each in check({**whole(), "x_team": "ours"}, lambda code: None).warnings if each.path == "x_team"
    ]
    assert found.message == "The property 'x_team' is unknown and does nothing"


def test_what_is_known_and_what_is_the_authors_own_is_no_warning():
    unknown = [each for each in check(whole(), lambda code: None).warnings if "unknown" in each.message]
    assert unknown == []


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_the_definitions_of_the_pages_have_no_unknown_properties(page):
    for document in documents(page.read_text("utf-8")):
        if isinstance(document, dict) and "states" in document:
            found = check(document, lambda code: None).warnings
            assert [each for each in found if "unknown" in each.message] == []


def test_the_names_are_those_of_the_published_schema():
    assert {name for names in PROPERTIES.values() for name in names} == set(_named(SCHEMA))


def test_hostile_documents_are_walked_without_an_error():
    deep: Any = {"and": []}
    for _ in range(90):
        deep = {"and": [deep]}
    state = {
        "type": [],
        "logic": {"type": {}},
        "presentation": {"type": [], "fields": [1, {}, None]},
        "fork": {"join": 1},
    }
    hostile = {
        "states": {"a": {**state, "transitions": [{"condition": deep}, 7]}, "b": None},
        **{"x" * 90 + str(n): n for n in range(300)},
    }
    verdict = check(hostile, lambda code: None)
    assert len(verdict.warnings) == 101


def _named(schema: Any) -> Iterator[str]:
    """The properties that a schema names for parts of a definition, at any depth."""
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key in ("properties", "required"):
                yield from value
            yield from _named(value)
    elif isinstance(schema, list):
        for each in schema:
            yield from _named(each)


def _at(document: Any, place: str) -> Any:
    for step in place.replace("[", ".").replace("]", "").split(".") if place else ():
        document = document[int(step)] if step.isdigit() else document[step]
    return document
