"""The compiled form: every spelling ends in one, and it survives being stored."""

from typing import Any

import pytest

from interactor.core import jsons
from interactor.definitions.rules.compile import compile_definition
from interactor.definitions.rules.model import (
    Definition,
    Fork,
    ForkThread,
    HttpLogic,
    Instructions,
    OtherCompilerError,
    Output,
    ScriptLogic,
    State,
    Timeout,
    Transition,
)
from tests.support.workflows.documents import calling, example, forking, put, small


def compiled(document: Any, state: str) -> State:
    return compile_definition(document).states[state]


def test_the_documentations_approval_is_compiled() -> None:
    definition = compile_definition(example("approval_workflow"))
    assert (definition.name, definition.initial_state) == ("approval_workflow", "request")
    waiting = definition.states["await_approval"]
    assert waiting.type == "halting"
    assert waiting.transition_mode == "condition"
    assert waiting.transitions == (
        Transition("approved", None, None, {"field": "approved", "equals": True}),
        Transition("rejected", None, None, None),
    )
    assert isinstance(definition.states["request"].logic, ScriptLogic)
    assert isinstance(definition.states["approved"].on_enter, HttpLogic)


def test_keyed_transitions_have_their_key_and_text() -> None:
    state = compile_definition(
        small(
            ask=example("halting_instructions_ai")["await_approval"],
            approved={"type": "terminal"},
            rejected={"type": "terminal"},
        )
    ).states["ask"]
    assert state.transition_mode == "selection"
    assert state.transitions[0] == Transition("approved", "approve", "Approve the order", None)
    assert state.instructions == Instructions(
        "ai",
        None,
        None,
        "Summarize this order and ask the user to approve or reject it.",
        "claude-3-haiku-20240307",
        ("order", "customer", "risk_score"),
    )


def test_the_simple_instruction_is_a_prompt() -> None:
    written = example("halting_instructions_simple")["halting_instructions"]
    found = compiled(put(small(), "states.ask.halting_instructions", written), "ask").instructions
    assert found is not None
    assert (found.kind, found.prompt, found.message) == ("ai", written["instruction"], None)
    assert found.include_data == ("strategy", "benchmarks", "risk_assessment")


def test_a_message_instruction_has_its_title() -> None:
    written = example("halting_instructions_message")["halting_instructions"]
    found = compiled(put(small(), "states.ask.halting_instructions", written), "ask").instructions
    assert found is not None
    assert (found.kind, found.title, found.message) == ("message", "Approval Required", written["config"]["message"])


def test_http_logic_has_the_documented_defaults() -> None:
    assert compiled(calling(), "start").logic == HttpLogic(
        "POST", "https://api.example.com/orders", {}, None, False, 30_000, 1, "exponential"
    )


def test_http_logic_has_what_was_written() -> None:
    logic = compiled(calling(body=None, timeout=2000.0, retry={"attempts": 2.0, "backoff": "linear"}), "start").logic
    assert logic == HttpLogic("POST", "https://api.example.com/orders", {}, None, True, 2000, 2, "linear")
    assert isinstance(logic, HttpLogic)
    assert type(logic.timeout_ms) is type(logic.attempts) is int


def test_asking_for_retries_without_saying_how_many_gives_three_attempts() -> None:
    logic = compiled(calling(retry={}), "start").logic
    assert isinstance(logic, HttpLogic)
    assert logic.attempts == 3


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("a.b", Output("a.b", "replace", None)),
        ({"path": "a", "mode": "merge"}, Output("a", "merge", None)),
        ({"extract": {"x": "body.x"}}, Output(None, "replace", {"x": "body.x"})),
    ],
)
def test_both_spellings_of_output_are_one(written: Any, found: Output) -> None:
    assert compiled(put(calling(), "states.start.output", written), "start").output == found


def test_a_state_takes_additional_input_where_it_says_so_and_survives_being_stored_so() -> None:
    for given, taken in ((True, True), (False, False)):
        definition = compile_definition(put(small(), "states.ask.additional_input", given))
        assert definition.states["ask"].additional_input is taken
        assert Definition.load(definition.to_json()) == definition
    assert compiled(small(), "ask").additional_input is False
    assert "additional_input" not in compile_definition(small()).to_json()["states"]["ask"]


def test_a_timeout_is_milliseconds() -> None:
    state = compiled(put(small(), "states.ask.timeout", {"after": "24h", "target": "end"}), "ask")
    assert state.timeout == Timeout(86_400_000, "end")


@pytest.mark.parametrize(("policy", "count"), [("all", 2), ("any", 1), ({"count": 2}, 2), ({"count": 1.0}, 1)])
def test_every_policy_of_a_join_is_a_number(policy: Any, count: int) -> None:
    fork = compiled(put(forking(), "states.review.fork.join.policy", policy), "review").fork
    threads = (ForkThread("finance", "await_finance"), ForkThread("legal", "await_legal"))
    assert fork == Fork(threads, "decide", count)


@pytest.mark.parametrize(
    "document",
    [
        example("approval_workflow"),
        example("purchase_approval"),
        forking(),
        calling(body=None, retry={}),
        put(calling(), "states.start.output", {"path": "a", "extract": {"x": "body"}}),
        put(small(), "states.ask.timeout", {"after": "1s", "target": "end"}),
        put(small(), "states.ask.halting_instructions", {"instruction": "x", "include_data": ["a"]}),
        put(small(), "states.start.on_error", {"target": "end"}),
        put(small(), "input_schema", {"type": "object"}),
        put(small(), "states.ask.transition_mode", "selection"),
    ],
)
def test_the_compiled_form_survives_being_stored(document: Any) -> None:
    definition = compile_definition(document)
    assert Definition.load(jsons.loads(jsons.dumps(definition.to_json()))) == definition


def test_a_timeout_that_is_filled_later_is_kept_as_written_and_asks_for_a_reader_that_knows_it() -> None:
    document = put(small(), "states.ask.timeout", {"after": "${input.days}d", "target": "end"})
    stored = compile_definition(document).to_json()
    assert stored["compiler"] == 2
    assert Definition.load(stored).states["ask"].timeout == Timeout(0, "end", "${input.days}d")


def test_what_the_release_before_understands_is_written_as_it_wrote_it() -> None:
    stored = compile_definition(put(small(), "states.ask.timeout", {"after": "1d", "target": "end"})).to_json()
    assert stored["compiler"] == 1
    assert stored["states"]["ask"]["timeout"] == {"after_ms": 86_400_000, "target": "end"}


def test_the_form_of_another_compiler_is_refused() -> None:
    stored = compile_definition(small()).to_json()
    with pytest.raises(OtherCompilerError, match="version 0"):
        Definition.load({**stored, "compiler": 0})
