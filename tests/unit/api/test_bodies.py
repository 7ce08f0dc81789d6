"""The bodies of requests: one description of each, which the check and the API's description are made of."""

from dataclasses import fields
from typing import Any

import jsonschema_rs
import pytest
from pydantic_core import ValidationError

from interactor.api.bodies import Body
from interactor.api.members import Member, text
from interactor.api.openapi.operations import OPERATIONS
from interactor.api.openapi.schemas import SCHEMAS
from tests.support.pages import ROOT

VALUES: list[Any] = [
    None,
    True,
    0,
    1,
    -1,
    1.5,
    10_000,
    10_001,
    "",
    "active",
    "disabled",
    "Active",
    "halt_01kfdmdagaz34stqaxk0rsbp8e",
    "halt_01kfdmdagaz34stqaxk0rsbp8e\n",
    "halt_81kfdmdagaz34stqaxk0rsbp8e",
    "x" * 256,
    "x" * 257,
    "\U0001f600" * 1_000,
    "x" * 1_001,
    "x" * 8_193,
    [1],
    ["x"],
    ["x"] * 50,
    ["x"] * 51,
    ["x" * 1_001],
    {},
    {"a": 1},
]
BODIES = Body.__subclasses__()
MEMBERS = [
    pytest.param(kind, name, id=f"{kind.__name__}.{name}")
    for kind in BODIES
    for name, member in kind.MEMBERS.items()
    if member.message
]
ELSEWHERE = {"components": {"schemas": {"EventType": text().schema}}}
"""The use case knows the types of events, so the check of the body takes any text."""


def refused(kind: type[Body], document: Any) -> set[str]:
    """The members of a body that are wrong."""
    try:
        kind.judge().validate_python(document)
    except ValidationError as error:
        return {str(each["loc"][0]) for each in error.errors()}
    return set()


@pytest.mark.parametrize(("kind", "name"), MEMBERS)
@pytest.mark.parametrize("value", VALUES, ids=lambda value: str(value)[:40])
def test_what_the_check_refuses_is_what_the_description_excludes(kind: type[Body], name: str, value: Any) -> None:
    described = jsonschema_rs.validator_for({**kind.schema()["properties"][name], **ELSEWHERE}).is_valid(value)
    assert (name not in refused(kind, {name: value})) == described


@pytest.mark.parametrize("kind", BODIES, ids=lambda kind: kind.__name__)
def test_a_body_is_described_as_it_is_checked_and_one_operation_at_least_takes_it(kind: type[Body]) -> None:
    assert SCHEMAS[kind.__name__] == kind.schema(), "no other description of that name"
    assert set(kind.schema()["required"]) == kind.required()
    assert any(each.body == kind.__name__ for each in OPERATIONS)
    sources = [*(ROOT / "functions").glob("*/app.py"), *(ROOT / "layers/engine/interactor/api").glob("*.py")]
    assert any(f"bodies.read(bodies.{kind.__name__}, " in source.read_text("utf-8") for source in sources)


@pytest.mark.parametrize("kind", BODIES, ids=lambda kind: kind.__name__)
def test_the_members_of_a_body_are_those_of_the_value_that_is_made_of_it(kind: type[Body]) -> None:
    assert {each.name.removesuffix("_") for each in fields(kind)} - {"given"} == kind.MEMBERS.keys()


def test_a_keyword_that_nothing_checks_is_refused() -> None:
    with pytest.raises(KeyError, match="multipleOf"):
        Member({"type": "integer", "multipleOf": 5}, "must be a multiple of 5").judge()
