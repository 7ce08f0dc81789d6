"""One value is the same value whichever way it goes (ruling 31): in and out of every part that carries data."""

import json
import re
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from interactor.aws.dynamo.items import pack, unpack
from interactor.core import jsons
from interactor.core.conditions import evaluate
from interactor.core.logic import HttpCall, ScriptCall, Succeeded
from interactor.core.paths import Scope
from interactor.core.templates import render, render_text
from interactor.definitions.rules.compile import compile_definition
from interactor.definitions.rules.model import HttpLogic
from interactor.forms.check import check_input
from interactor.forms.presentation import Presented, render_halt
from interactor.instances.rules.events import apply, changes, undo
from interactor.instances.rules.snapshots import data_at
from interactor.instances.rules.stored import Record
from interactor.logic.http import run_http_call
from interactor.logic.rules.calls import prepare
from interactor.outgoing import OutgoingRequest, OutgoingResponse
from interactor.sandbox import Sandbox
from interactor.webhooks.rules.events import body
from tests.support.deployed.deployment import Deployment
from tests.support.events import NOON

ID = 1610521604143693812
VALUES: dict[str, Any] = {
    "id": ID,
    "twins": [ID + 1, -ID, ID],
    "huge": 10**30,
    "edges": [2**53 - 1, 2**53, 2**53 + 1, 2**63, 2**64, -(2**53) - 1, 10**308],
    "decimals": [0.1, 19.99, 0.00001, -2.5e-07, 5e-324, 1234567.891, 4503599627370495.5],
    "zero": 0,
    "flags": [True, False, None],
    "nested": {"null": None, "list": [[], {}, [None, [{"deep": [ID]}]]], "": "empty key"},
    "day": "2026-02-28",
    "moment": "2026-02-28T23:59:60+05:30",
    "texts": ["", " ", "\x00\x01\x1f\x7f", "\u2028\u2029\ufeff\u200b", "Łukasz 李雷 שלום नमस्ते 👩‍👩‍👧",
              "e\u0301 é", "1e-05", "007"],
    "looks": ["true", "null", "${input.id}", "{{x}}", "</script>", '"', "\\", "\r\n", str(ID), "1500.0"],
    "__proto__": {"polluted": 1},
    "constructor": "key",
    "toJSON": "key",
    "ключ": 1,
}  # fmt: skip
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
FINE = re.compile(r'"(?:[^"\\]|\\.)*"')


def same(seen: Any) -> None:
    """The same to the last digit and type, and in the same order."""
    assert repr(seen) == repr(VALUES)


def written_whole(text: str) -> None:
    """Outside of texts no whole number has a fraction or an exponent."""
    numbers = re.findall(r"-?[0-9][0-9.eE+-]*", FINE.sub("", text))
    assert not [number for number in numbers if re.search(r"[eE]\+|\.0+$|\.0*[eE]", number)]


URL = "https://shop.example/echo"
HOOKS = "https://app.example/hooks"
WAYS = {
    "name": "ways",
    "initial_state": "take",
    "states": {
        "take": {
            "type": "action",
            "logic": {"type": "script", "code": "return {values: input.values, whole: 1500.0, big: 1e30};"},
            "transitions": [{"target": "ask"}],
        },
        "ask": {
            "type": "halting",
            "presentation": {
                "type": "form",
                "title": "No. ${workflow_data.values.id}, ${input.values.huge}, ${workflow_data.values.decimals.2}",
                "fields": [
                    {"name": "number", "type": "number", "label": "N", "default": "${input.values.id}"},
                    {"name": "typed", "type": "number", "label": "T"},
                    {"name": "day", "type": "date", "label": "D"},
                    {"name": "text", "type": "string", "label": "Text"},
                ],
            },
            "transitions": [{"target": "copy"}],
        },
        "copy": {
            "type": "action",
            "logic": {
                "type": "script",
                "code": "return {...workflow_data, clone: JSON.parse(JSON.stringify(workflow_data.values))};",
            },
            "transitions": [{"target": "send"}],
        },
        "send": {
            "type": "action",
            "logic": {"type": "http", "method": "POST", "url": URL, "body": "${workflow_data.clone}"},
            "transitions": [
                {
                    "target": "end",
                    "condition": {
                        "and": [
                            {"field": "send.body.id", "equals": ID},
                            {"field": "send.body.id", "not_equals": ID + 1},
                            {"field": "number", "equals": ID},
                            {"field": "typed", "equals": ID + 1},
                            {"field": "send.body.huge", "equals": 10**30},
                            {"field": "big", "equals": 10**30},
                            {"field": "send.body.nested", "equals": VALUES["nested"]},
                            {"field": "send.body.twins", "operator": "contains", "value": ID + 1},
                            {"field": "values.edges.2", "operator": "gt", "value": 2**53},
                        ]
                    },
                },
                {"target": "other"},
            ],
        },
        "end": {"type": "terminal"},
        "other": {"type": "terminal"},
    },
}


def _echo(request: OutgoingRequest) -> OutgoingResponse:
    return OutgoingResponse(200, {"content-type": "application/json"}, request.body or b"", 1)


def test_values_are_the_same_after_every_way_through_the_engine(deployment: Deployment) -> None:
    deployment.define(WAYS)
    events = [f"workflow.instance.{kind}" for kind in ("created", "halted", "resumed", "completed")]
    deployment.call("POST", "/webhooks/subscriptions", {"url": HOOKS, "events": events})
    deployment.outside.will(URL, _echo)

    halted = deployment.call(
        "POST", "/workflows/ways/instances", {"namespace": "user_123", "input": {"values": VALUES}}
    )
    instance = halted.data
    presentation = instance["halting_presentation"]
    assert presentation["title"] == f"No. {ID}, 1{'0' * 30}, 0.00001"
    assert presentation["fields"][0]["default"] == ID
    sent = {"number": ID, "typed": str(ID + 1), "day": VALUES["day"], "text": VALUES["texts"][4]}
    resumed = deployment.call(
        "POST",
        f"/workflows/instances/{instance['id']}/resume",
        {"input": sent, "halt_id": instance["halt_id"]},
    )
    assert resumed.status == 200
    deployment.drain()

    read = deployment.call("GET", f"/workflows/instances/{instance['id']}")
    data = read.data["workflow_data"]
    assert read.data["current_state"] == "end"
    for seen in (data["values"], data["clone"], data["send"]["body"]):
        same(seen)
    assert {key: data[key] for key in sent} == {**sent, "typed": ID + 1}
    assert (repr(data["whole"]), data["big"]) == ("1500", 10**30)
    (request,) = deployment.outside.to(URL)
    assert request.headers["Content-Type"] == "application/json"
    same(json.loads(request.body or b""))
    history = deployment.call("GET", f"/workflows/instances/{instance['id']}/history?limit=1000&include_data=true")
    same(history.data["events"][0]["input"]["values"])
    same(history.data["events"][-1]["workflow_data"]["clone"])
    bodies = [(each.body or b"").decode() for each in deployment.outside.to(HOOKS)]
    made = [json.loads(body)["data"] for body in bodies]
    same(next(each["input"]["values"] for each in made if "input" in each))
    same(next(each["workflow_data"]["clone"] for each in made if each["current_state"] == "end"))
    for text in (halted.raw, resumed.raw, read.raw, history.raw, *bodies, (request.body or b"").decode()):
        written_whole(text or "")


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(["__proto__", "\x00", "1e-05"])
NUMBERS = (
    st.integers(-(10**30), 10**30)
    | st.floats(-1e30, 1e30, allow_nan=False).map(lambda value: jsons.loads(repr(value)))
    | st.decimals(-(10**6), 10**6, places=4).map(lambda value: jsons.loads(str(value)))
)
DATES = st.dates().map(lambda day: day.isoformat()) | st.datetimes().map(lambda moment: f"{moment.isoformat()}Z")
LEAVES = st.none() | st.booleans() | NUMBERS | DATES | TEXTS
DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=15,
)


def _exactly(value: Any) -> str:
    """A value to the last digit and type. Members have no order (RFC 8259, 4): JavaScript puts whole numbers first."""
    if isinstance(value, dict):
        return repr(sorted((key, _exactly(item)) for key, item in value.items()))
    return repr([_exactly(item) for item in value]) if isinstance(value, list) else repr(value)


class _Echo:
    def send(self, request: OutgoingRequest, *, truncate: bool = False) -> OutgoingResponse:
        return _echo(request)


@settings(max_examples=100, deadline=None)
@given(value=DOCUMENTS)
def test_any_value_is_itself_after_each_way(sandbox: Sandbox, value: Any) -> None:
    scope = Scope({"v": value}, {}, {})
    script = sandbox.run(
        ScriptCall("return {...workflow_data, again: workflow_data.v};", {"workflow_data": {"v": value}})
    )
    assert isinstance(script, Succeeded), script
    call = prepare(HttpLogic("POST", URL, {}, {"v": "${v}"}, True), scope, {})
    assert isinstance(call, HttpCall)
    echoed = run_http_call(_Echo(), call, {})  # type: ignore[arg-type]  # it answers what the client is asked
    assert isinstance(echoed, Succeeded)
    ways = {
        "json": jsons.loads(jsons.dumps(value)),
        "stored": unpack(pack(value)),
        "template": render("${v}", scope),
        "script": script.value["v"],
        "script again": script.value["again"],
        "http": echoed.value["body"]["v"],
    }
    for way, seen in ways.items():
        assert _exactly(seen) == _exactly(value), way
    assert evaluate({"field": "v", "equals": value}, scope)
    text = render_text("<${v}>", scope)[1:-1]
    assert value == (text if isinstance(value, str) else None if text == "" else jsons.loads(text))


@settings(max_examples=200, deadline=None)
@given(before=DOCUMENTS, value=DOCUMENTS)
def test_any_value_is_itself_in_the_history_and_in_webhooks(before: Any, value: Any) -> None:
    """Told by its changes, forth and back; from a snapshot; and in the body that is sent and signed."""
    found = changes({"v": before}, {"v": value})
    assert _exactly(apply({"v": before}, found)) == _exactly({"v": value})
    assert _exactly(undo({"v": value}, found)) == _exactly({"v": before})
    steps = [
        {"type": "lifecycle", "subtype": "created", "input": {"v": value}, "changes": {"added": {"v": before}}},
        {"type": "halt", "subtype": "resumed", "input": {"v": value}, "state": "wait", "changes": found},
    ]
    common = {"at": NOON, "thread": "thread_main"}
    events = [{"number": n, "id": f"evt_{n}", **common, **step} for n, step in enumerate(steps, 1)]
    envelope = {"namespace": "n", "workflow_name": "w", "version_id": "v", "traceparent": None, "by": None}
    snapshot = {"layers": {"thread_main": {"v": before}}, "parents": {}}
    records = [
        Record("acc", "inst", (events[0],), snapshot, 1, envelope),
        Record("acc", "inst", (events[1],), None, 1, envelope),
    ]
    stored = [unpack(pack(list(record.events))) for record in records]
    records = [replace(record, events=tuple(each)) for record, each in zip(records, stored, strict=True)]
    assert _exactly(data_at(records, 2)) == _exactly({"v": value})
    assert _exactly(data_at(records[:1], 1)) == _exactly({"v": before})
    sent = jsons.loads(jsons.dumps(body(records, 2, "whsub_1")))
    assert _exactly(sent["data"]["workflow_data"]) == _exactly({"v": value})


def _shown(field: dict[str, Any], value: Any) -> Presented:
    """A form of one field whose default is a value of the data."""
    form = {"type": "form", "fields": [{"name": "v", "label": "V", "default": "${input.v}", **field}]}
    stored = {"type": "halting", "presentation": form, "transitions": [{"target": "done"}]}
    document = {"name": "f", "initial_state": "ask", "states": {"ask": stored, "done": {"type": "terminal"}}}
    return render_halt(compile_definition(document).states["ask"], Scope({}, {"v": value}, {}))


@settings(max_examples=200, deadline=None)
@given(value=NUMBERS | st.booleans() | DATES.filter(lambda day: len(day) == 10) | TEXTS.filter(str.strip))
def test_any_default_that_is_shown_comes_back_as_itself(value: Any) -> None:
    """By a program, which sends JSON, and by a browser, which sends every value as its text."""
    kinds: dict[type, list[str]] = {bool: ["boolean"], int: ["number"], float: ["number"], str: ["string", "textarea"]}
    wanted = kinds[type(value)] + (["date"] if isinstance(value, str) and DAY.fullmatch(value) else [])
    for kind in wanted:
        shown = _shown({"type": kind}, value)
        (field,) = shown.presentation["fields"]
        assert _exactly(field["default"]) == _exactly(value), kind
        assert _exactly(jsons.loads(jsons.dumps(field))["default"]) == _exactly(value), kind
        as_text = value if isinstance(value, str) else jsons.dumps(value)
        for sent in (field["default"], as_text):
            merged = check_input(shown.presentation, shown.options, "condition", {"v": sent}, None).merged
            assert _exactly(merged["v"]) == _exactly(value), (kind, sent)
