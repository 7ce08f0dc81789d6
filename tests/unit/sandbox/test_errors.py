"""What a script's author is told: the sentence, their own line, their console."""

import json
from typing import Any

import pytest

from interactor.core.logic import Failed, ScriptCall, Succeeded
from interactor.sandbox import Sandbox, SyntaxProblem
from interactor.sandbox import sandbox as pool
from interactor.sandbox.child.engine import Engine

THROWN = [
    ("foo;", "ReferenceError: foo is not defined at line 1"),
    ("// one\n// two\nreturn foo.bar;", "ReferenceError: foo is not defined at line 3"),
    ("\n\n\nnull.x;", "TypeError: cannot read property 'x' of null at line 4"),
    ("throw new Error('No budget');", "Error: No budget at line 1"),
    ("\nthrow new RangeError('too much');", "RangeError: too much at line 2"),
    ("throw 'text';", "Error: text"),
    ("throw 42;", "Error: 42"),
    ("throw undefined;", "Error: undefined"),
    ("throw null;", "Error: null"),
    ("throw {code: 7};", 'Error: {"code":7}'),
    ("throw Symbol('x');", "Error: symbol"),
    ("throw new Error();", "Error at line 1"),
    ("const go = () => {\n  return missing;\n};\nreturn go();", "ReferenceError: missing is not defined at line 2"),
    ("\n[1].map(x => {\n  throw new Error('inner');\n});", "Error: inner at line 3"),
    ("\n\nJSON.parse('{');", "at line 3"),
    ("\nnew RegExp('(');", "at line 2"),
    ("class Mine extends Error {} throw new Mine('own');", "Error: own at line 1"),
    ("const e = new Error('x'); e.name = 'Custom';\nthrow e;", "Custom: x at line 1"),
    ("function f() { f(); }\nf();", "RangeError: Maximum call stack size exceeded at line 1"),
    ("'use strict';\nundeclared = 1;", "at line 2"),
]

UNPARSABLE = [
    ("return {", 1),
    ("const a = 1;\nconst b = ;\nreturn {a};", 2),
    ("\n\nreturn ]", 3),
    ("let x = 1;\nlet x = 2;", 2),
    ("'unclosed", 1),
    ("`unclosed", None),
    ("/* unclosed", None),
    ("await x;", 1),
    ("import x from 'y';", 1),
    ("}", 1),
    ("} function g() {", 1),
    ("return {};\n}\nfunction script(){\nreturn {evil: true};", None),
    ("return 1}), (function(){", 1),
    ("} + function () {", 1),
    ("}\nfor(;;){}\n{", 1),
]


def run(sandbox: Sandbox, code: str) -> Succeeded | Failed:
    return sandbox.run(ScriptCall(code, {"input": {}, "workflow_data": {}, "context": {}}))


@pytest.mark.parametrize(("code", "message"), THROWN)
def test_an_error_names_the_line_of_the_script(sandbox: Sandbox, code: str, message: str) -> None:
    outcome = run(sandbox, code)
    assert isinstance(outcome, Failed)
    assert outcome.code == "script_error"
    assert outcome.message == message or (message.startswith("at line") and outcome.message.endswith(message))


@pytest.mark.parametrize(("code", "line"), UNPARSABLE)
def test_a_script_that_does_not_parse_is_told_the_same_way_by_check_and_by_run(
    hasty: Sandbox, code: str, line: int | None
) -> None:
    problem = hasty.check(code)
    assert isinstance(problem, SyntaxProblem)
    assert problem.message.startswith("SyntaxError: ")
    if line is not None:
        assert problem.line == line
    if problem.line is not None:
        assert problem.message.endswith(f" at line {problem.line}")
        assert problem.line <= code.count("\n") + 1
    outcome = run(hasty, code)
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.message) == ("script_error", problem.message)


@pytest.mark.parametrize(
    "code", ["", "return {};", "for(;;){}", "throw 1", "undeclared.x", "// '", "return {a: 1} // x"]
)
def test_check_parses_and_runs_nothing(hasty: Sandbox, code: str) -> None:
    assert hasty.check(code) is None


def test_check_refuses_what_nests_too_deep_for_the_parser(hasty: Sandbox) -> None:
    assert isinstance(hasty.check("(" * 100_000), SyntaxProblem)
    assert hasty.check("return {};") is None


def test_a_message_is_cut_at_a_thousand_characters_and_keeps_its_line(sandbox: Sandbox) -> None:
    outcome = run(sandbox, "\nthrow new Error('x'.repeat(5000));")
    assert isinstance(outcome, Failed)
    assert len(outcome.message) == 1000
    assert outcome.message.startswith("Error: xxx")
    assert outcome.message.endswith("xxx at line 2")


def test_the_console_keeps_lines_also_of_a_script_that_fails(sandbox: Sandbox) -> None:
    code = """
    console.log('a', 1, null, undefined, true, 2n, {b: [1, {c: new Date(0)}]}, [1, 'x']);
    console.info('info'); console.warn('warn'); console.error(new TypeError('shown')); console.debug(() => 1);
    const circle = {name: 'c'}; circle.self = circle; console.log(circle, Symbol('s'), NaN, 10n ** 20n);
    console.log();
    throw new Error('end');
    """
    outcome = run(sandbox, code)
    assert isinstance(outcome, Failed)
    assert outcome.logs == (
        'a 1 null undefined true 2n {"b":[1,{"c":"1970-01-01T00:00:00.000Z"}]} [1,"x"]',
        "info",
        "warn",
        "TypeError: shown",
        "[function]",
        '{"name":"c","self":"[circular]"} symbol NaN 100000000000000000000n',
        "",
    )


@pytest.mark.parametrize(
    "code",
    [
        "for (let i = 0; i < 1e5; i++) console.log('line', i);",
        "console.log('x'.repeat(1e6));",
        "console.log('first'); console.log({a: 'é'.repeat(1e5)});",
        "for (let i = 0; i < 1e5; i++) console.log();",
        "for (let i = 0; i < 3000; i++) console.log('é€');",
    ],
)
def test_logs_are_cut_at_8_kb_and_say_so(sandbox: Sandbox, code: str) -> None:
    outcome = run(sandbox, code)
    assert isinstance(outcome, Succeeded)
    assert outcome.logs[-1] == "… (logs cut at 8 KB)"
    size = sum(len(line.encode()) + 1 for line in outcome.logs[:-1])
    assert 8000 < size <= 8193


def test_8_kb_of_logs_are_not_cut(sandbox: Sandbox) -> None:
    outcome = run(sandbox, "console.log('x'.repeat(8191));")
    assert isinstance(outcome, Succeeded)
    assert outcome.logs == ("x" * 8191,)


def test_a_script_over_its_time_keeps_its_logs_where_the_engine_ended_it(
    hasty: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The engine counts processor time: on a busy machine the parent's clock would be first.
    monkeypatch.setattr(pool, "GRACE_SECONDS", 10.0)
    outcome = run(hasty, "console.log('started'); for (;;) {}")
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.message) == ("script_timeout", "The script ran longer than 0.1 s")
    assert outcome.logs == ("started",)
    assert outcome.duration_ms >= 100


def test_memory_over_the_limit_is_named(sandbox: Sandbox) -> None:
    for code in ("const a = []; for (;;) a.push({});", "'x'.repeat(2 ** 29);"):
        outcome = run(sandbox, code)
        assert isinstance(outcome, Failed)
        assert (outcome.code, outcome.message) == ("script_error", "The script used more than 16 MB of memory")


class _WithoutMemory:
    """QuickJS as it is when a script has left no room for an error: null is thrown in its place."""

    class JSException(Exception):  # noqa: N818 - QuickJS's name
        pass

    class StackOverflow(JSException):
        pass

    class Context:
        def set_memory_limit(self, _: int) -> None: ...

        def set_time_limit(self, _: float) -> None: ...

        def eval(self, _: str) -> Any:
            return self.answer

        def answer(self, kind: str, text: str) -> str:
            if "greedy" in text:
                raise _WithoutMemory.JSException("null\n")
            return "[]"


def test_memory_that_is_all_gone_is_told_as_such_though_no_error_could_be_made() -> None:
    engine = Engine(_WithoutMemory, 1, 1)
    assert json.loads(engine("R", '{"code": "greedy()"}')) == {"fault": "memory", "logs": []}
