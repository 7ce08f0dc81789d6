"""Whole numbers beyond 2^53: a script hands them on as they are, or the state fails; never another number."""

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactor.core.logic import Failed, ScriptCall, Succeeded
from interactor.sandbox import Sandbox
from interactor.sandbox.exact import CarryError, carry

ID = 1610521604143693812  # its double is ...824, as are those of its 127 neighbours on either side
TWIN = ID + 1
DATA = {"id": ID, "twin": TWIN, "deep": [{"id": -ID}, [TWIN + 1]], "power": 2**60, "huge": 10**30, "small": 7}


def run(sandbox: Sandbox, code: str, data: Any = None, **more: Any) -> Succeeded | Failed:
    variables = {"input": {}, "workflow_data": DATA if data is None else data, "context": {}, **more}
    return sandbox.run(ScriptCall(code, variables))


COPIES = [
    ("return { ...workflow_data, status: 'ok' };", {**DATA, "status": "ok"}),
    ("return workflow_data;", DATA),
    ("return JSON.parse(JSON.stringify(workflow_data));", DATA),
    ("return {list: [workflow_data.twin, workflow_data.id]};", {"list": [TWIN, ID]}),
    ("const {id: twin, twin: id} = workflow_data; return {id, twin};", {"id": TWIN, "twin": ID}),
    ("return {max: [workflow_data.id, workflow_data.twin].sort((a, b) => b - a)[0]};", {"max": TWIN}),
    ("return {n: new Number(workflow_data.id), neg: -workflow_data.id};", {"n": ID, "neg": -ID}),
    ("return {n: Number(`${workflow_data.twin}`)};", {"n": TWIN}),
    (f"return {{n: {ID}}};", {"n": ID}),
    (
        "const {id, twin} = workflow_data;"
        "return {same: id === id, other: id === twin, less: id < twin, type: typeof id};",
        {"same": True, "other": False, "less": True, "type": "number"},
    ),
    (
        f"const {{id, twin}} = workflow_data;"
        f"return {{id: workflow_data.small === 7 && id === {ID}, twin: twin === {ID}, now: twin === {TWIN + 5}}};",
        {"id": True, "twin": False, "now": False},
    ),
    ("const {id, twin} = workflow_data; return {b: new Map([[id, 'a'], [twin, 'b']]).get(twin)};", {"b": "b"}),
    ("return {n: workflow_data.small / 2, m: workflow_data.power / 2 ** 50};", {"n": 3.5, "m": 1024}),
    ("return {a: 2 ** 60, b: 1e30, c: workflow_data.huge};", {"a": 2**60, "b": 10**30, "c": 10**30}),
    ("return {n: workflow_data.huge * 2};", {"n": 2 * 10**30}),
    ("return {same: input.id === workflow_data.id, id: input.id};", {"same": True, "id": ID}),
    (
        "Object.prototype['1610521604143693800'] = '1'; Math.abs = () => 5; Number.isFinite = () => false;"
        "JSON.stringify = () => '{}'; Array.prototype[0] = 9; String.prototype.slice = () => '';"
        "return {n: workflow_data.id};",
        {"n": ID},
    ),
]


@pytest.mark.parametrize(("code", "value"), COPIES)
def test_what_a_script_hands_on_is_what_it_was_given(sandbox: Sandbox, code: str, value: Any) -> None:
    outcome = run(sandbox, code, input={"id": ID})
    assert isinstance(outcome, Succeeded), outcome
    assert repr(outcome.value) == repr(value)


TEXTS = [
    ("return {url: 'https://shop/customers/' + workflow_data.id};", "url"),
    ("return {a: [{url: `${workflow_data.twin}`}]};", "a.0.url"),
    ("return {json: JSON.stringify(workflow_data)};", "json"),
    ("return {by_id: {[workflow_data.id]: 1}};", "by_id.1610521604143693800"),
    ("return {text: BigInt(workflow_data.id).toString()};", "text"),
    ("return {text: workflow_data.twin.toFixed(0)};", "text"),
    ("return {text: 'all ' + (workflow_data.huge + 0) + '!', t: '' + (workflow_data.deep[1][0])};", "t"),
]


@pytest.mark.parametrize(("code", "where"), TEXTS)
def test_a_text_made_of_such_a_number_fails_and_names_its_key(sandbox: Sandbox, code: str, where: str) -> None:
    outcome = run(sandbox, code)
    assert isinstance(outcome, Failed)
    assert outcome.code == "script_error"
    assert f"at '{where}' a text with a rounded number" in outcome.message
    assert str(ID) not in outcome.message


def test_a_text_that_was_there_before_stays(sandbox: Sandbox) -> None:
    data = {"id": ID, "text": "no. 1610521604143693800, 12345678901234567.89"}
    outcome = run(sandbox, "return {...workflow_data, again: workflow_data.text};", data)
    assert isinstance(outcome, Succeeded), outcome
    assert outcome.value == {**data, "again": data["text"]}


def test_a_number_read_from_a_text_is_that_number(sandbox: Sandbox) -> None:
    text = f'{{"a": {TWIN}, "b": [{2**70 + 1}]}}'
    outcome = run(sandbox, "return {...JSON.parse(input.text), id: workflow_data.id};", input={"text": text})
    assert isinstance(outcome, Succeeded), outcome
    assert outcome.value == {"a": TWIN, "b": [2**70 + 1], "id": ID}


def test_two_numbers_of_texts_that_look_alike_fail_and_name_the_key(sandbox: Sandbox) -> None:
    outcome = run(sandbox, "return {a: [JSON.parse(input.text)]};", input={"text": f"[{ID}, {TWIN}]"})
    assert isinstance(outcome, Failed)
    assert outcome.message.startswith("The script's result has at 'a.0.0' a whole number beyond 2^53")
    untouched = run(sandbox, "return {a: 1};", input={"text": f"[{ID}, {TWIN}]"})
    assert isinstance(untouched, Succeeded)


def test_the_log_and_errors_show_the_digits_that_were_given(sandbox: Sandbox) -> None:
    outcome = run(
        sandbox, "console.log(workflow_data.twin, [workflow_data.id], 'x' + workflow_data.id, NaN); return {};"
    )
    assert outcome.logs == (f"{TWIN} [{ID}] x{ID} NaN",)
    thrown = run(sandbox, "throw new Error('no customer ' + workflow_data.twin);")
    assert isinstance(thrown, Failed)
    assert thrown.message == f"Error: no customer {TWIN} at line 1"


def test_numbers_between_which_there_is_no_room_are_refused_with_the_key() -> None:
    data = {"ids": [2**53 + 1], "text": f"{2**53} {2**53 + 2}"}
    with pytest.raises(CarryError, match=r"at 'workflow_data\.ids\.0'"):
        carry("", {"workflow_data": data}, str(data).encode())


def test_a_thousand_ids_in_a_row_are_told_apart(sandbox: Sandbox) -> None:
    ids = [ID + step for step in range(1000)]
    code = "return {ids: workflow_data.ids, kinds: new Set(workflow_data.ids).size};"
    outcome = run(sandbox, code, {"ids": ids[::-1]})
    assert isinstance(outcome, Succeeded), outcome
    assert outcome.value == {"ids": ids[::-1], "kinds": 1000}


def test_a_document_full_of_them_is_carried_within_the_limits(sandbox: Sandbox) -> None:
    ids = [ID + step * 1_000_003 for step in range(15_000)]
    started = time.perf_counter()
    outcome = run(sandbox, "return {ids: workflow_data.ids};", {"ids": ids})
    assert isinstance(outcome, Succeeded), outcome
    assert outcome.value == {"ids": ids}
    assert time.perf_counter() - started < 2


NEAR = st.integers(-300, 300).map(lambda step: ID + step)
LARGE = NEAR | st.integers(2**53 - 5, 2**53 + 40) | st.integers(-(10**30), 10**30)


@settings(max_examples=100, deadline=None)
@given(st.lists(LARGE, max_size=12), st.lists(NEAR, max_size=2))
def test_numbers_come_back_and_keep_their_order_or_the_script_fails(
    sandbox: Sandbox, numbers: list[int], texts: list[int]
) -> None:
    code = "return {n: input.n, order: input.n.map(a => input.n.map(b => a < b ? -1 : a > b ? 1 : 0))};"
    outcome = run(sandbox, code, input={"n": numbers, "texts": list(map(str, texts))})
    if isinstance(outcome, Failed):
        assert outcome.code == "script_error"
        assert texts
        return
    assert outcome.value["n"] == numbers
    assert outcome.value["order"] == [[(a > b) - (a < b) for b in numbers] for a in numbers]
