"""What nobody reads back: passwords in forms reach the logic, and neither history, webhooks, answers nor a model."""

import json
from typing import Any

import pytest

from interactor.core.logic import ModelCall, Outcome, Succeeded
from interactor.forms.redaction import REDACTED
from interactor.instances.rules.events import apply
from tests.support.deployed.deployment import Deployment
from tests.support.outside import answer
from tests.support.workflows.definitions import halting, http, one, script

URL, HOOK = "https://api.example.com/open", "https://yourapp.com/hook"
VALUE, OLD = "correct horse battery", "stapled before"
EVENTS = [f"workflow.instance.{name}" for name in ("created", "halted", "resumed", "completed")]
FIELDS = [
    {"name": "account", "type": "string", "label": "Account"},
    {"name": "password", "type": "string", "label": "Password", "required": True},
    {"name": "code", "type": "string", "label": "Code", "sensitive": True},
    {"name": "token", "type": "string", "label": "Which token", "sensitive": False},
]
AGAIN = {
    "type": "form",
    "title": "For ${workflow_data.account} with ${workflow_data.password}",
    "fields": [{"name": "password", "type": "string", "label": "?", "default": "${workflow_data.password}"}],
}
FLOW = one(
    script("return { account: 'none', password: input.password || null }", "ask"),
    name="opening",
    ask=halting(presentation={"type": "form", "fields": FIELDS}, transitions=[{"target": "check"}]),
    check=script("return { length: workflow_data.password.length }", "open"),
    open=http(URL, "confirm", body={"password": "${workflow_data.password}"}),
    confirm=halting(
        presentation=AGAIN,
        halting_instructions={"instruction": "Confirm ${password}.", "include_data": ["account", "password"]},
        transitions=[{"target": "done", "condition": {"field": "workflow_data.length", "equals": len(VALUE)}}],
    ),
)


@pytest.fixture
def api(deployment: Deployment) -> Deployment:
    deployment.define(FLOW)
    deployment.call("POST", "/webhooks/subscriptions", {"url": HOOK, "events": EVENTS})
    return deployment


def history(api: Deployment, instance: Any) -> list[dict[str, Any]]:
    path = f"/workflows/instances/{instance['id']}/history?include_data=true"
    found: list[dict[str, Any]] = api.call("GET", path).data["events"]
    return found


def test_logic_sees_a_password_and_nobody_reads_it_back(api: Deployment) -> None:
    asked: list[ModelCall] = []

    def model(call: ModelCall) -> Outcome:
        asked.append(call)
        return Succeeded("Please confirm.")

    api.services("advance_steps").logic.models = model
    started = api.start("opening", {"password": OLD})
    given = {"account": "a", "password": VALUE, "code": "77", "token": "blue"}
    resumed = api.resume(started["id"], given)
    api.drain()
    halted = api.get(started["id"])
    ended = api.resume(started["id"], {})
    api.drain()

    assert json.loads(api.outside.to(URL)[0].body or b"") == {"password": VALUE}
    assert ended.data["status"] == "completed"
    assert ended.data["workflow_data"]["length"] == len(VALUE)
    assert halted["workflow_data"]["password"] == halted["workflow_data"]["code"] == REDACTED
    assert halted["workflow_data"]["token"] == "blue"
    assert halted["halting_presentation"]["title"] == f"For a with {REDACTED}"
    assert "default" not in halted["halting_presentation"]["fields"][0]
    assert asked[0].data == {"account": "a", "password": REDACTED}
    events = history(api, started)
    hooks = [(request.body or b"").decode() for request in api.outside.to(HOOK)]
    assert len(hooks) == 6
    for text in [started, resumed.data, halted, ended.data, events, hooks, asked, api.logs.getvalue(), api.sent]:
        assert VALUE not in str(text)
        assert OLD not in str(text)
    stored = [item for item in api.items() if item["sk"]["S"].startswith("H#")]
    kept = json.dumps(api.events_of(started["id"]))
    assert stored
    assert VALUE not in kept
    assert OLD not in kept


def test_the_history_says_that_something_was_given_and_still_folds(api: Deployment) -> None:
    started = api.start("opening", {"password": OLD})
    api.resume(started["id"], {"password": VALUE})
    api.drain()
    api.resume(started["id"], {"password": "another"})
    events = history(api, started)
    inputs = [event["input"] for event in events if "input" in event]
    assert [given["password"] for given in inputs] == [REDACTED] * 3
    (second,) = [event for event in events if event["subtype"] == "resumed"][1:]
    assert second["changes"]["updated"]["password"] == {"from": REDACTED, "to": REDACTED}
    data: dict[str, Any] = {}
    for event in events:
        if event["type"] != "transition":
            data = apply(data, event.get("changes", {}))
        assert data == event["workflow_data"]


def test_an_untouched_password_keeps_what_the_logic_has(api: Deployment) -> None:
    started = api.start("opening")
    api.resume(started["id"], {"password": VALUE})
    api.drain()
    assert api.resume(started["id"], {}).data["status"] == "completed"
    last = [event for event in history(api, started) if event["subtype"] == "resumed"][-1]
    assert last["input"] == {}


SIGN_UP = [
    http(URL, body={"user": "${workflow_data.account}", "password": "${workflow_data.password}"}),
    script("throw new Error('no ' + input.password)"),
    script("console.log(input.password); null[input.password]"),
    script("JSON.parse(input.password)"),
    script("console.log(encodeURIComponent(workflow_data.password)); throw workflow_data.password"),
]


@pytest.mark.parametrize(
    ("state", "password"),
    list(zip(SIGN_UP, ["correct-horse-9", VALUE, "swordfish", "correct-horse-9", VALUE], strict=True)),
    ids=["echo", "thrown", "logged", "parsed", "encoded"],
)
def test_a_sensitive_value_is_hidden_in_what_tells_of_a_failure(api: Deployment, state: Any, password: str) -> None:
    failing = {"url": HOOK, "events": ["workflow.instance.failed"]}
    api.call("POST", "/webhooks/subscriptions", failing)
    enters = {
        **state,
        "on_enter": script("return { password: input.password, was: [input.password], note: 'seen' }")["logic"],
    }
    ask = halting(presentation={"type": "form", "fields": FIELDS}, transitions=[{"target": "create"}])
    api.define(one(ask, name="signup", create=enters))
    api.outside.will(URL, lambda request: answer(422, request.body or b""))
    started = api.start("signup")
    api.resume(started["id"], {"account": "ada", "password": password})
    api.drain()
    found = api.get(started["id"])
    assert found["status"] == "failed"
    assert REDACTED in found["error"]
    path = f"/workflows/instances/{started['id']}"
    events = history(api, started)
    (entered,) = [event["result"] for event in events if "result" in event]
    assert entered == {"password": REDACTED, "was": [REDACTED], "note": "seen"}
    shown = [api.call("GET", each).raw for each in (path, f"{path}/history", "/workflows/errors")]
    hooks = [(request.body or b"").decode() for request in api.outside.to(HOOK)]
    assert any("workflow.instance.failed" in hook for hook in hooks)
    part = password.split("-", maxsplit=1)[0].split()[0]
    for text in [*shown, events, hooks, api.logs.getvalue(), json.dumps(api.events_of(started["id"]))]:
        assert part not in str(text)


def test_an_answer_that_echoes_a_sensitive_value_is_kept_without_it(api: Deployment) -> None:
    ask = halting(presentation={"type": "form", "fields": FIELDS}, transitions=[{"target": "create"}])
    copy = script("return { login: { pass: workflow_data.password } }", "again")
    again = http(URL, body={"p": "${workflow_data.login.pass}"})
    api.define(one(ask, name="signup", create=http(URL, "copy", body="${workflow_data}"), copy=copy, again=again))
    api.outside.will(URL, lambda request: answer(200, {"id": 7, "sent": (request.body or b"").decode(), "pin": VALUE}))
    started = api.start("signup")
    api.resume(started["id"], {"account": "ada", "password": VALUE})
    api.drain()
    kept = api.get(started["id"])["workflow_data"]
    assert kept["create"]["body"]["pin"] == REDACTED
    assert VALUE not in kept["create"]["body"]["sent"]
    assert json.loads(api.outside.to(URL)[-1].body or b"") == {"p": VALUE}, "what a script copies, its next step has"
