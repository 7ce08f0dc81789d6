"""Conditions on fields that nothing before them can have written are warned of, and no others (ruling 3)."""

from typing import Any

import pytest

from interactor.definitions.rules.check import check
from tests.support.workflows.documents import put

FORM = {"type": "form", "fields": [{"name": "approved", "type": "boolean", "label": "Approve?"}]}
CALL = {"type": "http", "method": "GET", "url": "https://example.com/"}
SCHEMA = {"type": "object", "required": ["urgent"], "properties": {"amount": {"type": "number"}}}


def script(code: str) -> dict[str, Any]:
    return {"type": "script", "code": code}


def reading(field: str, **first: Any) -> dict[str, Any]:
    """One action state, a form, and a state whose condition reads the field."""
    rule = {"target": "end", "condition": {"and": [{"field": field, "equals": True}]}}
    return {
        "name": "reading",
        "initial_state": "first",
        "input_schema": SCHEMA,
        "states": {
            "first": {"type": "action", "transitions": [{"target": "ask"}], **first},
            "ask": {"type": "halting", "presentation": FORM, "transitions": [{"target": "route"}]},
            "route": {"type": "action", "transitions": [rule, {"target": "end"}]},
            "end": {"type": "terminal"},
        },
    }


def asking(field: str, **first: Any) -> dict[str, Any]:
    """The same, where the condition stands on the form's own state."""
    document = put(reading(field, **first), "states.route.transitions", [{"target": "end"}])
    rule = {"target": "route", "condition": {"field": field, "equals": True}}
    return put(document, "states.ask.transitions", [rule, {"target": "end"}])


def warned(document: Any) -> dict[str, str]:
    verdict = check(document, lambda code: None)
    assert verdict.errors == ()
    return {each.path: each.message for each in verdict.warnings if "Nothing before" in each.message}


RULE = "states.route.transitions[0].condition.and[0].field"
OWN = "states.ask.transitions[0].condition.field"

NEVER_WRITTEN: list[tuple[str, Any, str, str]] = [
    ("a misspelt form field", reading("aproved"), RULE, "did you mean 'approved'?"),
    ("a misspelt field of the own form", asking("aproved"), OWN, "did you mean 'approved'?"),
    ("under workflow_data", reading("workflow_data.aproved"), RULE, "did you mean 'workflow_data.approved'?"),
    ("under input", reading("input.aproved"), RULE, "did you mean 'input.approved'?"),
    ("near to nothing", reading("quantity"), RULE, "has this name"),
    ("a misspelt key of a script", reading("totl", logic=script("return {total: 1}")), RULE, "mean 'total'?"),
    ("a script that returns nothing", reading("x", logic=script("console.log(1)")), RULE, "always null"),
    ("beside a result", reading("first.sttus", logic=CALL), RULE, "mean 'first.status'?"),
    ("beside an output", reading("paid", logic=CALL, output="payment"), RULE, "always null"),
    ("beside what is extracted", reading("first.id", logic=CALL, output={"extract": {"no": "body.id"}}), RULE, "null"),
    ("an input of the create behind a form", reading("input.amount"), RULE, "always null"),
    ("an input of the create in the data", asking("workflow_data.amount"), OWN, "always null"),
    ("an answer that comes later", put(reading("approved"), "states.first.transitions", [
        {"target": "end", "condition": {"field": "approved", "equals": True}}, {"target": "ask"},
    ]), "states.first.transitions[0].condition.field", "always null"),
    ("an input that the answer has replaced", asking("amount"), OWN, "always null"),
    ("on_enter, which writes nothing", put(
        reading("x"), "states.first.on_enter", script("return {x: 1}")), RULE, "always null"),
    ("an error that nothing catches", reading("error.code"), RULE, "always null"),
    ("threads that are none", reading("threads.finance"), RULE, "always null"),
]  # fmt: skip

MAY_BE_WRITTEN: list[tuple[str, Any]] = [
    ("a form field", reading("approved")),
    ("a form field, in the data", reading("workflow_data.approved")),
    ("a form field, in the input", reading("input.approved")),
    ("a part of a form field", reading("approved.0.id")),
    ("the own form's field", asking("approved")),
    ("a script's key and below", reading("order.items.0", logic=script("return {order: input}"))),
    ("a script that returns a variable", reading("x", logic=script("return input"))),
    ("the whole of a result", reading("first", logic=CALL)),
    ("a result's status", reading("first.status", logic=CALL)),
    ("what is in a body", reading("first.body.order.id", logic=CALL)),
    ("a result whose name was taken", reading("results.first.body.x", logic=CALL)),
    ("what is extracted", reading("a.b.id", logic=CALL, output={"path": "a.b", "extract": {"id": "body.id"}})),
    ("what holds an output", reading("a", logic=CALL, output="a.b")),
    ("the error that is caught", reading("error.code", logic=script("x"), on_error={"target": "ask"})),
    ("the context", reading("context.namespace")),
    ("the whole of the data", reading("workflow_data")),
    ("a resume may send more", put(reading("x"), "states.ask.additional_input", True)),
    ("a message takes anything", put(reading("x"), "states.ask.presentation", {"type": "message", "message": "?"})),
    ("a form without fields takes anything", put(reading("x"), "states.ask.presentation.fields", [])),
    ("a halt without presentation takes anything", put(reading("x"), "states.ask", {
        "type": "halting", "transitions": [{"target": "route"}]})),
    ("the option of a selection", put(put(
        asking("choice"), "states.ask.transition_mode", "selection"), "states.ask.transitions", [
        {"key": "a", "target": "end", "condition": {"field": "choice", "equals": "a"}}, {"key": "b", "target": "route"},
    ])),
    ("a state that nothing leads to", put(reading("x"), "states.ask.transitions", [{"target": "end"}])),
]  # fmt: skip


@pytest.mark.parametrize(("document", "path", "part"), [case[1:] for case in NEVER_WRITTEN],
                         ids=[case[0] for case in NEVER_WRITTEN])  # fmt: skip
def test_a_field_that_nothing_can_have_written_is_a_warning(document: Any, path: str, part: str) -> None:
    found = warned(document)
    assert list(found) == [path]
    assert part in found[path]


@pytest.mark.parametrize("document", [case[1] for case in MAY_BE_WRITTEN], ids=[case[0] for case in MAY_BE_WRITTEN])
def test_what_may_have_been_written_is_none(document: Any) -> None:
    assert warned(document) == {}


@pytest.mark.parametrize(
    ("schema", "silent"),
    [
        (SCHEMA, False),
        ({**SCHEMA, "additionalProperties": False}, False),
        ({**SCHEMA, "additionalProperties": True}, True),
        ({**SCHEMA, "patternProperties": {"^x": {}}}, True),
        ({**SCHEMA, "allOf": [{"properties": {"x": {}}}]}, True),
        ({"type": "object"}, True),
        ({"$ref": "#/$defs/a", "$defs": {"a": {}}}, True),
        (None, True),
    ],
)
def test_an_input_is_known_by_plain_properties_only(schema: Any, silent: bool) -> None:
    document = put(reading("x"), "states.first.transitions", [
        {"target": "end", "condition": {"field": "amuont", "equals": 1}},
        {"target": "end", "condition": {"field": "urgent", "equals": True}},
        {"target": "route"},
    ])  # fmt: skip
    document = put(document, "states.route.transitions", [{"target": "ask"}])
    document["input_schema"] = schema
    if schema is None:
        del document["input_schema"]
    found = warned(document)
    assert list(found) == ([] if silent else ["states.first.transitions[0].condition.field"])


def test_the_input_of_the_create_is_still_there_behind_a_timeout() -> None:
    document = put(reading("input.amount"), "states.ask.timeout", {"after": "1h", "target": "route"})
    assert warned(document) == {}


def review(field: str) -> dict[str, Any]:
    """A fork whose thread asks, and a condition after the join; another form comes after it."""
    rule = {"target": "end", "condition": {"field": field, "equals": True}}
    return {
        "name": "review",
        "initial_state": "both",
        "input_schema": SCHEMA,
        "states": {
            "both": {
                "type": "action",
                "fork": {"threads": {"finance": {"target": "ask"}}, "join": {"target": "decide"}},
            },
            "ask": {"type": "halting", "presentation": FORM, "transitions": [{"target": "asked"}]},
            "asked": {"type": "terminal"},
            "decide": {"type": "action", "transitions": [rule, {"target": "end"}]},
            "end": {"type": "terminal"},
        },
    }


@pytest.mark.parametrize("field", ["approved", "workflow_data.approved", "threads.finance", "input.amount"])
def test_what_threads_wrote_is_there_after_their_join(field: str) -> None:
    assert warned(review(field)) == {}


@pytest.mark.parametrize("field", ["aproved", "threads.finanse", "input.approved"])
def test_what_no_thread_wrote_is_not(field: str) -> None:
    (message,) = warned(review(field)).values()
    meant = {"aproved": "approved", "threads.finanse": "threads.finance", "input.approved": "workflow_data.approved"}
    assert message.endswith(f"did you mean '{meant[field]}'?")


def test_a_megabyte_of_conditions_is_judged_in_a_moment() -> None:
    rules = [{"field": f"x{n}" * 9, "equals": 1} for n in range(15_000)]
    document = put(reading("x"), "states.route.transitions.0.condition.and", rules)
    document["input_schema"] = {"properties": {f"property_{n}" * 4: {} for n in range(300)}}
    for state in range(90):
        keys = ",".join(f"k{state}_{n}" for n in range(199))
        document["states"][f"s{state}"] = {
            "type": "action", "logic": script(f"return {{{keys}}}"), "transitions": [{"target": "ask"}]
        }  # fmt: skip
        document["states"]["first"].setdefault("transitions", []).append({"target": f"s{state}"})
    verdict = check(document, lambda code: None)
    assert verdict.warnings[-1].message.endswith("more warnings are not listed")
