"""What comes back of what a script returns (ruling 5)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactor.core import jsons
from interactor.core.logic import Failed, ScriptCall, Succeeded
from interactor.sandbox import Sandbox

VARIABLES = {
    "input": {"amount": 5000, "items": [{"price": 2.5}, {"price": 4}], "name": "Zoë 😀", "nothing": None},
    "workflow_data": {"stage": "draft"},
    "context": {"namespace": "team", "instance_id": "inst_1", "workflow_name": "purchase", "state_name": "start"},
    "secrets": {"API_KEY": "s3cret", "NESTED": {"deep": [1]}},
}

VALUES: list[tuple[str, Any]] = [
    ("return {};", {}),
    (
        "return {a: 1, b: 'x', c: true, d: null, e: [1, 'two', false]};",
        {"a": 1, "b": "x", "c": True, "d": None, "e": [1, "two", False]},
    ),
    ("return {amount: input.amount};", {"amount": 5000}),
    (
        "return {...workflow_data, total: input.items.reduce((sum, i) => sum + i.price, 0)};",
        {"stage": "draft", "total": 6.5},
    ),
    ("return context;", VARIABLES["context"]),
    ("return {key: secrets.API_KEY};", {"key": "s3cret"}),
    ("return input;", VARIABLES["input"]),
    ("", None),
    ("return;", None),
    ("return null;", None),
    ("return undefined;", None),
    ("// nothing but a comment", None),
    ("return {d: new Date(0)};", {"d": "1970-01-01T00:00:00.000Z"}),
    ("return {d: new Date(NaN)};", {"d": None}),
    ("return {d: new Date(2026, 0, 1)};", {"d": "2026-01-01T00:00:00.000Z"}),
    ("return {a: undefined, b: () => 1, c: Symbol('x'), d: 1};", {"d": 1}),
    ("return {a: [undefined, () => 1, Symbol('x'), 1]};", {"a": [None, None, None, 1]}),
    ("return {a: [1, , 3]};", {"a": [1, None, 3]}),
    ("return {a: NaN, b: Infinity, c: -Infinity};", {"a": None, "b": None, "c": None}),
    ("return {a: -0};", {"a": 0}),
    ("return {a: 5000, b: 5000.0, c: 0.1, d: 1e3};", {"a": 5000, "b": 5000, "c": 0.1, "d": 1000}),
    ("return {a: Number.MAX_SAFE_INTEGER, b: -Number.MAX_SAFE_INTEGER};", {"a": 2**53 - 1, "b": -(2**53) + 1}),
    ("return {a: 2**53, b: 1e20, c: 1e21, d: 5e-324};", {"a": 2**53, "b": 10**20, "c": 10**21, "d": 5e-324}),
    ("return {a: new Number(4), b: new String('s'), c: new Boolean(false)};", {"a": 4, "b": "s", "c": False}),
    (
        "return {m: new Map([[1, 2]]), s: new Set([1]), r: /x/, p: Promise.resolve(1)};",
        {"m": {}, "s": {}, "r": {}, "p": {}},
    ),
    ("return {a: {toJSON() { return 'no'; }, x: 1}};", {"a": {"x": 1}}),
    ("class Point { constructor() { this.x = 1; } } return {p: new Point()};", {"p": {"x": 1}}),
    ("return {get x() { return 1; }};", {"x": 1}),
    ("return Object.create(null, {x: {value: 1, enumerable: true}, y: {value: 2}});", {"x": 1}),
    ('return JSON.parse(\'{"__proto__": {"a": 1}, "b": 2}\');', {"__proto__": {"a": 1}, "b": 2}),
    ("return {['__proto__']: 7};", {"__proto__": 7}),
    ("return {z: 1, a: 2, m: 3};", {"z": 1, "a": 2, "m": 3}),
    ("const shared = {x: 1}; return {a: shared, b: shared};", {"a": {"x": 1}, "b": {"x": 1}}),
    ("return {s: '\\u0000\\u001f\\u2028\"\\\\ é 日本 😀'};", {"s": '\x00\x1f\u2028"\\ é 日本 😀'}),
    ("return {s: '😀'.slice(0, 1), ['\\ud800']: 1};", {"s": "\ufffd", "\ufffd": 1}),
    ("input.amount = 1; workflow_data.stage = 2; return {a: input.amount, b: workflow_data.stage};", {"a": 1, "b": 2}),
    ("const input = {mine: true}; return input;", {"mine": True}),
    ("const context = 1, workflow_data = 2, secrets = 3; return {sum: context + workflow_data + secrets};", {"sum": 6}),
    ("'use strict'; return {me: this === undefined};", {"me": True}),
    ("return {me: this === globalThis};", {"me": True}),
    (
        "secrets.API_KEY = 'x'; secrets.NESTED.deep.length = 0; secrets = {}; return {key: secrets.API_KEY, "
        "n: secrets.NESTED.deep};",
        {"key": "s3cret", "n": [1]},
    ),
    ("return {frozen: [secrets, secrets.NESTED, secrets.NESTED.deep].every(Object.isFrozen)};", {"frozen": True}),
    (
        "function twice(x) { return 2 * x; } var y = twice(2); let z = ((a, b = 3) => a + b)(1); return {y, z};",
        {"y": 4, "z": 4},
    ),
    (
        "label: for (const x of [1, 2, 3]) { for (;;) { if (x > 1) break label; break; } } return {done: true};",
        {"done": True},
    ),
    (
        "return {a: null ?? 'x', b: input?.missing?.deeper, c: 2n ** 3n === 8n, d: [...'ab'].flatMap(x => [x, x])};",
        {"a": "x", "c": True, "d": ["a", "a", "b", "b"]},
    ),
    (
        "return {m: 'a1b2'.replace(/(?<d>\\d)/g, '[$<d>]'), all: [...'a1b2'.matchAll(/\\d/g)].map(m => m[0])};",
        {"m": "a[1]b[2]", "all": ["1", "2"]},
    ),
    (
        "return {t: typeof eval, f: typeof Function, s: typeof setTimeout, i: typeof setInterval, h: typeof "
        "fetch, r: typeof require};",
        dict.fromkeys("tfsihr", "undefined"),
    ),
    (
        "return {g: ['JSON', 'Date', 'Math', 'Array', 'Object', 'String', 'Number', 'Boolean', 'RegExp', "
        "'Map', 'Promise', 'Proxy', 'Reflect', 'BigInt', 'globalThis'].every(n => n in globalThis)};",
        {"g": True},
    ),
    ("return {s: typeof script, arguments: arguments.length};", {"s": "undefined", "arguments": 0}),
    ("return {a: 1} // no line follows", {"a": 1}),
    ("return {a: 1}\r\n// windows lines\r\n", {"a": 1}),
    ("/* é 😀 */ return {a: `${'{'} }`};", {"a": "{ }"}),
]

REFUSED: list[tuple[str, str]] = [
    ("return 5;", "The script must return a plain object, it returned a number"),
    ("return 'text';", "The script must return a plain object, it returned a string"),
    ("return true;", "The script must return a plain object, it returned a boolean"),
    ("return 1n;", "The script must return a plain object, it returned a bigint"),
    ("return Symbol.iterator;", "The script must return a plain object, it returned a symbol"),
    ("return [1, 2];", "The script must return a plain object, it returned an array"),
    ("return () => 1;", "The script must return a plain object, it returned a function"),
    ("return new Date();", "The script must return a plain object, it returned a Date"),
    ("return new Map();", "The script must return a plain object, it returned a Map"),
    ("return new Set();", "The script must return a plain object, it returned a Set"),
    ("return /x/;", "The script must return a plain object, it returned a RegExp"),
    ("return new Error('x');", "The script must return a plain object, it returned an Error"),
    ("return new String('x');", "The script must return a plain object, it returned a string object"),
    ("class A {} return new A();", "The script must return a plain object, it returned an instance of a class"),
    (
        "return (async () => ({a: 1}))();",
        "The script must return a plain object, it returned a Promise (asynchronous scripts are not supported)",
    ),
    ("return {a: 1n};", "The script's result holds a BigInt, which JSON cannot carry: return Number(x) or String(x)"),
    ("const a = {}; a.self = a; return a;", "The script's result contains itself, which JSON cannot carry"),
    ("const a = []; a.push({a}); return {a};", "The script's result contains itself, which JSON cannot carry"),
    (
        "let deep = {}; for (let i = 0; i < 100; i++) deep = {deep}; return deep;",
        "The script's result is nested more than 100 levels deep",
    ),
    ("return {s: 'x'.repeat(2 ** 20)};", "The script's result is over 1 MB"),
    ("return {s: 'é'.repeat(2 ** 19 + 1)};", "The script's result is over 1 MB"),
    ("return {a: new Array(1e9)};", "The script's result holds more than 200000 values"),
    ("return {a: new Array(2e5).fill(0)};", "The script's result holds more than 200000 values"),
    ("return {get x() { throw new TypeError('no'); }};", "TypeError: no at line 1"),
]


def run(sandbox: Sandbox, code: str) -> Succeeded | Failed:
    return sandbox.run(ScriptCall(code, VARIABLES))


@pytest.mark.parametrize(("code", "value"), VALUES)
def test_a_returned_object_comes_back_as_data(sandbox: Sandbox, code: str, value: Any) -> None:
    outcome = run(sandbox, code)
    assert isinstance(outcome, Succeeded), outcome
    assert outcome.value == value
    assert repr(outcome.value) == repr(value)  # 1 is not 1.0 here, and the keys have an order


@pytest.mark.parametrize(("code", "message"), REFUSED)
def test_what_is_no_plain_object_or_no_json_is_refused(sandbox: Sandbox, code: str, message: str) -> None:
    outcome = run(sandbox, code)
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.message) == ("script_error", message)


def test_a_hundred_levels_are_as_deep_as_a_result_may_be(sandbox: Sandbox) -> None:
    outcome = run(sandbox, "let deep = {}; for (let i = 0; i < 99; i++) deep = {deep}; return deep;")
    assert isinstance(outcome, Succeeded)
    depth, level = 0, outcome.value
    while level is not None:
        depth, level = depth + 1, level.get("deep")
    assert depth == 100


def test_changing_the_variables_changes_nothing_outside(sandbox: Sandbox) -> None:
    variables = {"input": {"a": [1]}, "workflow_data": {"b": 1}, "context": {}}
    sandbox.run(ScriptCall("input.a.push(2); workflow_data.b = 2; delete input.a; return {};", variables))
    assert variables == {"input": {"a": [1]}, "workflow_data": {"b": 1}, "context": {}}


def test_without_secrets_the_object_is_there_and_empty(sandbox: Sandbox) -> None:
    outcome = sandbox.run(ScriptCall("return {n: Object.keys(secrets).length};", {"input": {}}))
    assert isinstance(outcome, Succeeded)
    assert outcome.value == {"n": 0}


def test_a_large_document_goes_in_and_out(sandbox: Sandbox) -> None:
    document = {f"key{i}": {"text": "x" * 200, "n": i} for i in range(1000)}
    outcome = sandbox.run(ScriptCall("return workflow_data;", {"workflow_data": document}))
    assert isinstance(outcome, Succeeded)
    assert outcome.value == document


FLOATS = st.floats(allow_nan=False, allow_infinity=False)
NUMBERS = st.integers() | st.integers(-(10**30), 10**30) | FLOATS.map(lambda number: jsons.loads(repr(number)))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS | st.just("__proto__"), inner, max_size=5),
    max_leaves=30,
)


@settings(max_examples=60, deadline=None)
@given(document=st.dictionaries(TEXTS, DOCUMENTS, max_size=5))
def test_any_document_returned_as_it_is_comes_back_equal(sandbox: Sandbox, document: dict[str, Any]) -> None:
    outcome = sandbox.run(ScriptCall("return input;", {"input": document}))
    assert isinstance(outcome, Succeeded)
    assert jsons.equal(outcome.value, document)
