"""Judging definitions: what is valid, what is wrong and where, and that the JSON Schema says the same."""

import copy
import json
import time
from dataclasses import dataclass
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interactor.definitions.rules import SCHEMA_FILE
from interactor.definitions.rules.check import check
from interactor.definitions.rules.report import MAX_PROBLEMS, Verdict
from tests.support.workflows.broken import BROKEN, FIELD, KEYED, SELECT, condition, deep_condition, instructions, schema
from tests.support.workflows.documents import asking, calling, example, forking, put, small

SCHEMA = json.loads(SCHEMA_FILE.read_text("utf-8"))
PUBLISHED = jsonschema_rs.Draft202012Validator(SCHEMA, validate_formats=True)


@dataclass(frozen=True)
class Problem:
    message: str
    line: int | None


def parses(code: str) -> Problem | None:
    """A parser of scripts that knows one mistake."""
    before, found, _ = code.partition("BROKEN")
    return Problem("SyntaxError: unexpected token", before.count("\n") + 1) if found else None


def judge(document: Any) -> Verdict:
    return check(document, parses)


def paths(document: Any) -> list[str]:
    return [problem.path for problem in judge(document).errors]


VALID: list[tuple[str, Any]] = [
    ("the documentation's approval", example("approval_workflow")),
    ("the documentation's purchase approval", example("purchase_approval")),
    ("the small one", small()),
    ("keyed transitions", small(ask=KEYED)),
    ("keyed transitions with conditions", small(ask={**KEYED, "transition_mode": "condition"})),
    ("unknown properties everywhere", {**put(asking({**FIELD, "help": None}), "states.end.colour", 1), "x": [None]}),
    ("every operator", put(small(), "states.start.transitions", [
        *({"target": "end", "condition": {"field": "a.0.b", "operator": operator, "value": ["x"]}}
          for operator in ("equals", "not_equals", "gt", "gte", "lt", "lte", "contains", "in")),
        {"target": "ask", "condition": {"and": []}},
        {"target": "ask", "condition": {"field": "context.namespace", "not_equals": None}},
    ])),
    ("twenty levels of conditions", condition(deep_condition(20))),
    ("the documentation's HTTP logic", put(calling(), "states.start.logic", example("logic_http"))),
    ("an HTTP action with everything", put(calling(
        url="http://localhost:9000/a/${input.id}?b=${workflow_data.b}", headers={"X-A": "${secrets.A}", "X-B": 1},
        body=None, timeout=1000.0, retry={},
    ), "states.start.output", {"path": "a.b", "mode": "merge", "extract": {"x": "body.x"}})),
    ("an output that is a path", put(calling(), "states.start.output", "order.payment")),
    ("the documentation's form", put(small(), "states.ask.presentation", example("presentation_form"))),
    ("the documentation's choice", put(small(), "states.ask.presentation", example("presentation_choice"))),
    ("the documentation's message", put(small(), "states.ask.presentation", example("presentation_message"))),
    ("a form without fields", asking()),
    ("a templated default for each type", asking(
        *({**SELECT, "name": kind, "type": kind, "default": "${workflow_data.x}"}
          for kind in ("string", "number", "boolean", "select", "date", "file"))
    )),
    ("a default of null", asking({**FIELD, "default": None})),
    ("a day between days", asking(
        {"name": "d", "type": "date", "label": "D", "minDate": "2026-01-01", "maxDate": "${input.end}",
         "default": "2026-02-28"}
    )),
    ("a message instruction", instructions(example("halting_instructions_message")["halting_instructions"])),
    ("a simple instruction", instructions(example("halting_instructions_simple")["halting_instructions"])),
    ("an AI instruction", small(
        ask=example("halting_instructions_ai")["await_approval"], approved={"type": "terminal"},
        rejected={"type": "terminal"},
    )),
    ("on_error, timeout and on_enter", put(put(put(
        small(), "states.start.on_error", {"target": "end"}),
        "states.ask.timeout", {"after": "24h", "target": "end"}),
        "states.ask.on_enter", {"type": "script", "code": ""},
    )),
    ("a plain action state", put(small(), "states.start", {"type": "action", "transitions": [{"target": "ask"}]})),
    ("a fork", forking()),
    ("a fork that waits for any", put(forking(), "states.review.fork.join.policy", "any")),
    ("a fork that waits for one", put(forking(), "states.review.fork.join.policy", {"count": 1})),
    ("a terminal state with an empty list", put(small(), "states.end.transitions", [])),
    ("an input schema", schema({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "required": ["amount"],
        "properties": {"amount": {"type": "number"}, "name": {"pattern": "^(a+)+$"}, "tree": {"$ref": "#/$defs/tree"}},
        "$defs": {"tree": {"properties": {"left": {"$ref": "#/$defs/tree"}, "right": {"$ref": "#/$defs/tree"}}}},
    })),
]  # fmt: skip


@pytest.mark.parametrize(("document"), [document for _, document in VALID], ids=[name for name, _ in VALID])
def test_a_valid_definition_is_accepted_by_the_check_and_by_the_schema(document: Any) -> None:
    assert judge(document).errors == ()
    assert [error.message for error in PUBLISHED.iter_errors(document)] == []


@pytest.mark.parametrize(("document", "path", "message", "by_schema"), [case[1:] for case in BROKEN],
                         ids=[case[0] for case in BROKEN])  # fmt: skip
def test_one_mistake_is_one_error_at_its_place(document: Any, path: str, message: str, by_schema: bool) -> None:
    errors = judge(document).errors
    assert [error.path for error in errors] == [path]
    assert message in errors[0].message
    assert PUBLISHED.is_valid(document) is not by_schema


def test_all_mistakes_are_reported_at_once() -> None:
    document = small(**{"my state": {"type": "halting", "presentation": {"type": "form", "fields": "x"}}})
    document["initial_state"] = 5
    document["states"]["start"]["logic"]["code"] = "BROKEN"
    document["states"]["start"]["transitions"][0]["target"] = "nonexistent"
    document["input_schema"] = {"type": 5}
    assert set(paths(document)) == {
        "initial_state",
        'states["my state"].presentation.fields',
        'states["my state"].transitions',
        "states.start.logic.code",
        "states.start.transitions[0].target",
        "input_schema.type",
    }


def test_half_a_surrogate_pair_does_not_make_the_check_raise() -> None:
    half = "\ud800"
    document = put(small(**{half: {"type": half}}), "states.start.logic.code", half)
    document |= {"input_schema": {half: half}}
    assert f'states["{half}"].type' in paths(document)


def test_beyond_a_hundred_problems_only_their_number_is_told() -> None:
    errors = judge(put(small(), "states.start.transitions", [{}] * 150)).errors
    assert len(errors) == MAX_PROBLEMS + 1
    assert errors[-1].path == ""
    assert errors[-1].message == "51 more errors are not listed"


def warned(document: Any) -> dict[str, str]:
    verdict = judge(document)
    assert verdict.valid
    return {problem.path: problem.message for problem in verdict.warnings}


def test_a_plain_definition_has_no_warnings() -> None:
    assert warned(example("purchase_approval")) == {}
    assert warned(forking()) == {}


@pytest.mark.parametrize("policy", ["any", {"count": 1}])
def test_a_join_that_counts_answers_is_told_from_a_quorum(policy: Any) -> None:
    form = {"type": "form", "fields": [FIELD]}
    join = {"target": "decide", "policy": policy}
    document = put(forking(join=join), "states.await_legal.presentation", form)
    assert "a refusal counts like an approval" in warned(document)["states.review.fork.join.policy"]
    assert warned(put(document, "states.review.fork.join.policy", "all")) == {}
    assert warned(put(document, "states.await_legal.presentation", {"type": "message", "message": "Seen?"})) == {}


@pytest.mark.parametrize("output", ["workflow_data.order", {"path": "input.order"}])
def test_an_output_that_repeats_where_it_is_stored_is_warned_of(output: Any) -> None:
    path = "states.start.output" if isinstance(output, str) else "states.start.output.path"
    assert "leave out" in warned(put(calling(), "states.start.output", output))[path]
    assert warned(put(calling(), "states.start.output", "input_order.x")) == {}


def test_a_timeout_may_be_filled_later() -> None:
    assert warned(put(small(), "states.ask.timeout", {"after": "${input.days}d", "target": "end"})) == {}


def named(prefix: str, states: int) -> Any:
    """A definition whose forms have 50 fields each, with names of 64 characters."""

    def form(number: int) -> Any:
        names = [f"{prefix}_{number}_{field}".ljust(64, "x") for field in range(50)]
        fields = [{"name": name, "type": "string", "label": "F"} for name in names]
        return {
            "type": "halting",
            "presentation": {"type": "form", "fields": fields},
            "transitions": [{"target": "end"}],
        }

    return small(**{f"form_{number}": form(number) for number in range(states)})


def test_the_names_of_all_fields_fit_into_the_head_of_an_instance() -> None:
    assert paths(named("password", 10)) == []
    assert paths(named("password", 11)) == ["states"]
    assert "35,200 characters" in judge(named("password", 11)).errors[0].message
    assert paths(
        put(small(), "states.ask.presentation", {"type": "form", "fields": [{**FIELD, "name": "a" * 65}]})
    ) == ["states.ask.presentation.fields[0].name"]


def test_unreachable_states_are_warned_of() -> None:
    assert "cannot be reached" in warned(small(island={"type": "terminal"}))["states.island"]


def test_a_state_that_only_an_error_or_a_timeout_leads_to_is_reachable() -> None:
    document = small(broken={"type": "terminal"}, late={"type": "terminal"})
    document["states"]["start"]["on_error"] = {"target": "broken"}
    document["states"]["ask"]["timeout"] = {"after": "1h", "target": "late"}
    assert warned(document) == {}


def test_an_end_that_cannot_be_reached_is_warned_of() -> None:
    document = put(small(), "states.ask.transitions.0.target", "start")
    assert "never complete" in warned(document)["states"]
    assert "states.end" in warned(document)


def test_a_transition_behind_one_without_a_condition_is_warned_of() -> None:
    document = put(small(), "states.start.transitions", [{"target": "ask"}, {"target": "end"}])
    assert "never taken" in warned(document)["states.start.transitions[1]"]
    assert warned(small(ask=KEYED)) == {}


def test_a_cycle_of_action_states_is_warned_of_unless_it_halts() -> None:
    again = {"target": "again"}
    start = {"target": "start"}
    asked = {"target": "ask", "condition": {"field": "a", "equals": 1}}
    document = small(again={"type": "action", "transitions": [start]})
    document["states"]["start"]["transitions"] = [asked, again]
    assert "'start', 'again'" in warned(document)["states.start"]
    document["states"]["again"] = {"type": "halting", "transitions": [start]}
    assert warned(document) == {}


@pytest.mark.parametrize("where", ["condition", "form"])
def test_an_http_state_named_like_what_decides_is_warned_of(where: str) -> None:
    document = calling()
    document["states"]["approved"] = document["states"].pop("start")
    document["initial_state"] = "approved"
    assert warned(document) == {}
    if where == "form":
        document["states"]["ask"]["presentation"] = asking({**FIELD, "name": "approved"})["states"]["ask"][
            "presentation"
        ]
    else:
        rule = {"field": "workflow_data.approved", "equals": True}
        document["states"]["ask"]["transitions"] = [{"target": "end", "condition": rule}]
    assert "named like" in warned(document)["states.approved"]
    document["states"]["approved"]["output"] = "answers.approved"
    assert warned(document) == {}


def test_what_has_no_effect_is_warned_of() -> None:
    document = put(small(), "states.end.timeout", {"after": "1h", "target": "end"})
    assert "no effect" in warned(document)["states.end.timeout"]
    document = put(small(), "states.end.additional_input", True)
    assert "no effect" in warned(document)["states.end.additional_input"]
    assert warned(put(small(), "states.ask.additional_input", True)) == {}


def test_a_constant_default_of_a_file_is_warned_of() -> None:
    field = {"name": "paper", "type": "file", "label": "Paper"}
    for default, found in (("a.pdf", True), ("${workflow_data.paper}", False), (None, False)):
        form = {"type": "form", "fields": [{**field, "default": default}]}
        document = put(small(), "states.ask.presentation", form)
        assert ("states.ask.presentation.fields[0].default" in warned(document)) is found


def test_two_threads_that_can_fork_at_one_state_are_an_error() -> None:
    document = forking()
    document["states"]["both"] = {
        "type": "action",
        "fork": {"threads": {"deep": {"target": "signed"}}, "join": {"target": "signed"}},
    }
    for name in ("await_finance", "await_legal"):
        document["states"][name]["transitions"] = [{"target": "both"}]
    assert paths(document) == ["states.review.fork.threads.legal"]
    document["states"]["await_legal"]["transitions"] = [{"target": "signed"}]
    assert paths(document) == []


def test_the_published_schema_is_a_schema_and_keeps_its_name() -> None:
    jsonschema_rs.meta.validate(SCHEMA)
    assert SCHEMA["$id"] == "https://core.interactor.com/schemas/workflow-definition.json"


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
)
words = st.sampled_from(["type", "target", "to", "key", "and", "or", "field", "equals", "operator", "value", "fork"])
words |= st.sampled_from(["threads", "join", "count", "$ref", "#", "action", "halting", "script", "http", "form"])
words |= st.sampled_from(["${", "${a}", "options", "default", "enum", "items", "states"])
values = st.recursive(
    scalars | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | st.text(max_size=5), inner, max_size=4),
)


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A valid definition with up to three of its nodes replaced, removed or added to."""
    document = copy.deepcopy(draw(st.sampled_from([document for _, document in VALID])))
    for _ in range(draw(st.integers(1, 3))):
        node: Any = document
        for _ in range(draw(st.integers(0, 7))):
            inner = [key for key, value in _entries(node) if isinstance(value, (dict, list)) and value]
            if not inner:
                break
            node = node[draw(st.sampled_from(inner))]
        keys = [key for key, _ in _entries(node)]
        if not keys:
            continue
        key = draw(st.sampled_from(keys))
        change = draw(st.sampled_from(["replace", "remove", "add"]))
        if change == "replace":
            node[key] = draw(values)
        elif change == "remove":
            del node[key]
        elif isinstance(node, dict):
            node[draw(words)] = draw(values)
        else:
            node.append(draw(values))
    return document


def _entries(node: Any) -> list[tuple[Any, Any]]:
    return list(node.items()) if isinstance(node, dict) else list(enumerate(node))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(mutated() | values)
def test_no_document_makes_the_check_raise_and_what_the_schema_refuses_it_refuses(document: Any) -> None:
    verdict = judge(document)
    assert len(verdict.errors) <= MAX_PROBLEMS + 1
    if verdict.valid:
        assert PUBLISHED.is_valid(document)


def ending_with(body: Any) -> Any:
    return small(end={"type": "terminal", "on_enter": {"type": "http", "body": body}})["states"]


HOSTILE: dict[str, Any] = {
    "many states": {f"s{n}": {} for n in range(80_000)},
    "many edges": {
        f"s{n}": {"type": "action", "transitions": [{"target": f"s{m}"} for m in range(0, 100, 2)] * 6}
        for n in range(100)
    },
    "many placeholders": ending_with("${a}" * 250_000),
    "many open placeholders": ending_with(["${"] * 200_000),
    "many conditions": put(small(), "states.start.transitions.0.condition", {"and": [{"or": [{}]}] * 80_000})["states"],
    "many options": asking({**SELECT, "options": [{"value": str(n)} for n in range(40_000)]})["states"],
    "a long name": {"x" * 900_000: {}},
    "many forks": {
        f"s{n}": {
            "type": "action",
            "fork": {
                "threads": {f"t{n}_{m}": {"target": f"s{(n + m) % 100}"} for m in range(100)},
                "join": {"target": "s0"},
            },
        }
        for n in range(100)
    },
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_megabyte_made_to_be_slow_is_judged_in_seconds(name: str) -> None:
    document = {"name": "hostile", "initial_state": "s0", "states": HOSTILE[name]}
    started = time.process_time()
    verdict = judge(document)
    assert time.process_time() - started < 10
    assert not verdict.valid or name == "many edges"
    assert sum(len(problem.path) + len(problem.message) for problem in verdict.errors) < 200_000
