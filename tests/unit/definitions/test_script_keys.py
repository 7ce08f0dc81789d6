"""The keys that a script returns, read off its text: told where they are certain, and unknown everywhere else."""

import time
from typing import Any

import pytest

from interactor.definitions.rules.script_keys import MOST_KEYS, returned_keys
from tests.unit.sandbox.test_results import VALUES

KNOWN: list[tuple[str, set[str]]] = [
    ("", set()),
    ("console.log('nothing');", set()),
    ("return;", set()),
    ("return null", set()),
    ("if (input.a) { return undefined; }", set()),
    ("return {};", set()),
    ("return { total, who: input.who };", {"total", "who"}),
    ("return {a: 1,}", {"a"}),
    ("return {'a b': 1, \"c\": 2, 3: 4, $d: 5, _e: 6, größe: 7}", {"a b", "c", "3", "$d", "_e", "größe"}),
    ("return {a: {b: [1, {c: 2}], d: f(1, 2)}, e: x ? y : z}", {"a", "e"}),
    ("if (x) return {a: 1};\nreturn {b: 1}", {"a", "b"}),
    ("return {f: items.map(item => { return {inner: 1}; })}", {"f", "inner"}),
    ("return {half: total / 2, rest: list[0] / 3 }", {"half", "rest"}),
    ("// return x\n/* return y */ return {a: 'return z', b: \"it's\", c: 'a\\'b'}", {"a", "b", "c"}),
    ("return {a: `plain ' text`, b: `of ${input.name} and ${x}`}", {"a", "b"}),
    ("const returned = {x: 1}; return {a: returned.x}", {"a"}),
]
UNKNOWN = [
    "return input;",
    "return {...input, a: 1}",
    "return {[key]: 1}",
    "return ({a: 1})",
    "return x ? {a: 1} : {b: 2}",
    "return {a: 1}.b",
    "return {a: 1} && input",
    "return {a: 1}\n[0]",
    "if (x) return {a: 1}\nreturn {b: 1}",
    "return {a() { return 1 }}",
    "return {get a() { return 1 }}",
    "return {async a() {}}",
    "return Object.assign({}, input)",
    "return null ?? input",
    "return {'\\x61': 1}",
    "return {\\u0061: 1}",
    "return {1e3: 1}",
    "return {0x10: 1}",
    "return {a: 1",
    "return {a: /['{]/}",
    "const re = /'/; return input; //'",
    "if (x) /'/.test(y); return input; //'",
    "typeof /'/; return input; //'",
    "return {a: `${`inner`}`}",
    "x <!-- `\nreturn input\n//`",
    "return {a: 'open",
    "return {" + ",".join(f"k{n}: 1" for n in range(MOST_KEYS + 1)) + "}",
]


@pytest.mark.parametrize(("code", "keys"), KNOWN)
def test_the_keys_of_literals_are_known(code: str, keys: set[str]) -> None:
    assert returned_keys(code) == keys


@pytest.mark.parametrize("code", UNKNOWN)
def test_whatever_is_not_certain_makes_them_unknown(code: str) -> None:
    assert returned_keys(code) is None


@pytest.mark.parametrize(
    "part", ["/*", "`", "${", "return {", "return{a:", "a/", "'\\", "((", "return {a:1};", "...", "\\", "a/*"]
)
def test_a_script_made_to_be_slow_is_read_at_once(part: str) -> None:
    # What is read is at most 64 KB; it must not take a time that grows with its square.
    started = time.process_time()
    returned_keys(part * (65_536 // len(part)))
    assert time.process_time() - started < 2


@pytest.mark.parametrize(("code", "returned"), VALUES)
def test_no_key_that_a_script_does_return_is_missing(code: str, returned: Any) -> None:
    keys = returned_keys(code)
    assert keys is None or keys >= (returned or {}).keys()


def test_most_of_what_scripts_return_is_known() -> None:
    assert sum(returned_keys(code) is not None for code, _ in VALUES) > len(VALUES) / 2
