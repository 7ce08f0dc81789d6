"""What nobody reads back: passwords in forms reach the logic, and neither history, webhooks, answers nor a model."""

import json
from typing import Any

import pytest

from interactor.core.events import apply
from interactor.core.logic import ModelCall, Outcome, Succeeded
from interactor.core.redaction import REDACTED
from tests.integration.definitions import halting, http, one, script
from tests.integration.deployment import Deployment

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

    api.runtime("advance_steps").models = model
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
