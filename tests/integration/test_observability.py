"""Traces continue, metrics come from the history, and the log has neither bodies nor secrets."""

import json
from typing import Any

import pytest

from interactor.core.metrics import NAMES
from tests.support.deployed.deployment import NO_TOKEN, Deployment
from tests.support.outside import answer
from tests.support.template import template
from tests.support.workflows.definitions import example, halting, http, one, script

TRACE = "0af7651916cd43dd8448eb211c80319c"
HOOKS = "https://yourapp.com/hooks"


def metrics(deployment: Deployment) -> dict[str, list[float]]:
    """The values of every metric in the log, held to the embedded metric format."""
    found: dict[str, list[float]] = {}
    for line in deployment.logs.getvalue().splitlines():
        document = json.loads(line)
        for directive in document.get("_aws", {}).get("CloudWatchMetrics", []):
            assert directive["Namespace"] == "Interactor"
            assert directive["Dimensions"] == [["service"]]
            assert document["service"]
            for metric in directive["Metrics"]:
                assert metric["Unit"] == NAMES[metric["Name"]]
                values = document[metric["Name"]]
                found.setdefault(metric["Name"], []).extend(values if isinstance(values, list) else [values])
    return found


def test_a_trace_goes_on_in_actions_and_webhooks_and_is_found_in_the_history(deployment: Deployment) -> None:
    deployment.define(one(http("https://api.example.com/orders"), name="orders"))
    wanted = {"url": HOOKS, "events": ["workflow.instance.completed"]}
    deployment.call("POST", "/webhooks/subscriptions", wanted)
    deployment.outside.will(HOOKS, answer(204))
    given = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
    started = deployment.call("POST", "/workflows/orders/instances", {"namespace": "user_123"}, headers=given).data
    deployment.drain()
    (action,), (webhook,) = deployment.outside.to("https://api.example.com/orders"), deployment.outside.to(HOOKS)
    spans = [request.headers["traceparent"].split("-") for request in (action, webhook)]
    assert [span[1] for span in spans] == [TRACE, TRACE]
    assert len({span[2] for span in spans} | {"b7ad6b7169203331"}) == 3
    history = deployment.call("GET", f"/workflows/instances/{started['id']}/history").data
    assert history["traceparent"] == given["traceparent"]


def test_the_documented_metrics_come_from_the_relay(deployment: Deployment) -> None:
    deployment.define(one(script("return {a: 1}"), name="quick"))
    deployment.define(one(http("https://api.example.com/orders"), name="orders"))
    deployment.define(one(script("throw 1"), name="broken"))
    deployment.define(one(halting() | {"halting_instructions": {"instruction": "Ask."}}, name="asking"))
    for name in ("quick", "orders", "broken", "asking"):
        deployment.start(name)
    assert metrics(deployment) == {}
    deployment.drain()
    found = metrics(deployment)
    assert found.keys() == NAMES.keys() - {
        *("workflow.ai.generated", "workflow.instance.set_aside", "workflow.script.unavailable")
    }
    counts = {name: len(found[name]) for name in found if NAMES[name] == "Count"}
    assert counts == {
        "workflow.instance.created": 4, "workflow.instance.completed": 2, "workflow.instance.failed": 1,
        "workflow.ai.fallback": 1,
    }  # fmt: skip
    assert (len(found["workflow.script.duration"]), len(found["workflow.http.duration"])) == (2, 1)
    assert all(value >= 0 for values in found.values() for value in values)


def test_the_time_in_a_state_is_told_when_it_is_left(deployment: Deployment) -> None:
    deployment.define(example("approval_workflow"))
    started = deployment.start("approval_workflow", {"id": "1", "amount": 1})
    deployment.drain()
    deployment.clock.advance(3_600_000)
    deployment.resume(started["id"], {"approved": True})
    deployment.drain()
    assert max(metrics(deployment)["workflow.state.duration"]) >= 3_600_000


def test_the_dashboard_shows_every_documented_metric() -> None:
    (dashboard,) = (each for each in template()["Resources"].values() if each["Type"] == "AWS::CloudWatch::Dashboard")
    body = dashboard["Properties"]["DashboardBody"]["Fn::Sub"]
    json.loads(body)
    assert all(f'"{name}"' in body for name in NAMES)


@pytest.mark.parametrize("headers", [{}, {"x-request-id": "callers-own"}])
def test_log_lines_carry_the_request_and_nothing_of_its_body(deployment: Deployment, headers: Any) -> None:
    deployment.register("local", "very-secret-indeed")
    grant = {"grant_type": "client_credentials", "client_id": "local", "client_secret": "very-secret-indeed"}
    granted = deployment.call("POST", "//oauth/token", grant, token=NO_TOKEN, headers=headers)
    deployment.define(example("approval_workflow"))
    given = {"namespace": "user_123", "input": {"id": "form-value-of-somebody", "amount": 1}}
    deployment.call("POST", "/workflows/approval_workflow/instances", given, granted.data["access_token"])
    logs = deployment.logs.getvalue()
    assert granted.headers["X-Request-Id"] in logs
    for hidden in ("very-secret-indeed", "form-value-of-somebody", *granted.data.values()):
        if isinstance(hidden, str) and len(hidden) > 10:
            assert hidden not in logs
