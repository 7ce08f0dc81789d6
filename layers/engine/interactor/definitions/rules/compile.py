"""From a posted definition, in which ``check`` found no errors, to the compiled form (``model``).

All spellings become one here: ``to`` or ``target``, the three forms of halting instructions, an output that is a path.
"""

from interactor.core.jsons import Json, JsonObject
from interactor.core.times import parse_duration
from interactor.definitions.rules.graph import policy_count
from interactor.definitions.rules.model import (
    Definition,
    Fork,
    ForkThread,
    HttpLogic,
    Instructions,
    Logic,
    Output,
    ScriptLogic,
    State,
    Timeout,
    Transition,
)
from interactor.definitions.rules.shape import is_templated

RETRY_ATTEMPTS = 3
"""Attempts if ``retry`` is given without a number: a wish for retries must not mean none."""


def compile_definition(document: JsonObject) -> Definition:
    """Compile a valid definition. For any other definition, the result is undefined."""
    return Definition(
        name=document["name"],
        initial_state=document["initial_state"],
        states={name: _state(name, state) for name, state in document["states"].items()},
        input_schema=document.get("input_schema"),
    )


def _state(name: str, state: JsonObject) -> State:
    return State(
        name=name,
        type=state["type"],
        # Only action states run logic (a warning says so).
        logic=_logic(state.get("logic")) if state["type"] == "action" else None,
        on_enter=_logic(state.get("on_enter")),
        transitions=tuple(map(_transition, state.get("transitions", []))),
        presentation=state.get("presentation"),
        instructions=_instructions(state.get("halting_instructions")),
        transition_mode=state.get("transition_mode", "condition"),
        on_error=state["on_error"]["target"] if "on_error" in state else None,
        timeout=_timeout(state.get("timeout")) if state["type"] == "halting" else None,
        fork=_fork(state.get("fork")),
        output=_output(state.get("output")),
        additional_input=state.get("additional_input", False),
        assignment=state.get("assignment") if state["type"] == "halting" else None,
    )


def _logic(logic: JsonObject | None) -> Logic | None:
    if logic is None:
        return None
    if logic["type"] == "script":
        return ScriptLogic(logic["code"])
    retry = logic.get("retry")
    return HttpLogic(
        method=logic["method"],
        url=logic["url"],
        headers=logic.get("headers", {}),
        body=logic.get("body"),
        has_body="body" in logic,
        timeout_ms=int(logic.get("timeout", 30_000)),
        attempts=1 if retry is None else int(retry.get("attempts", RETRY_ATTEMPTS)),
        backoff="exponential" if retry is None else retry.get("backoff", "exponential"),
    )


def _transition(transition: JsonObject) -> Transition:
    return Transition(
        target=transition["target"] if "target" in transition else transition["to"],
        key=transition.get("key"),
        description=transition.get("description"),
        condition=transition.get("condition"),
    )


def _instructions(written: JsonObject | None) -> Instructions | None:
    if written is None:
        return None
    if "type" not in written:
        # The simple form: its instruction is a prompt.
        return Instructions("ai", None, None, written["instruction"], None, tuple(written.get("include_data", ())))
    config = written["config"]
    ai = written["type"] == "ai"
    return Instructions(
        kind=written["type"],
        title=None if ai else config.get("title"),
        message=None if ai else config["message"],
        prompt=config["prompt"] if ai else None,
        model=config.get("model") if ai else None,
        include_data=tuple(config.get("include_data_paths", ())),
    )


def _timeout(timeout: JsonObject | None) -> Timeout | None:
    if timeout is None:
        return None
    after, target = timeout["after"], timeout["target"]
    # A template is checked when it is filled, as the halt begins.
    return Timeout(0, target, after) if is_templated(after) else Timeout(parse_duration(after), target)


def _fork(fork: JsonObject | None) -> Fork | None:
    if fork is None:
        return None
    threads = tuple(ForkThread(name, thread["target"]) for name, thread in fork["threads"].items())
    return Fork(threads, fork["join"]["target"], policy_count(fork, len(threads)) or len(threads))


def _output(output: Json) -> Output | None:
    if output is None or isinstance(output, str):
        return None if output is None else Output(output, "replace", None)
    return Output(output.get("path"), output.get("mode", "replace"), output.get("extract"))
