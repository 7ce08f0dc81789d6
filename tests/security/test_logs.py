"""Logs: whatever is planted in requests, scripts, answers and secrets, none of it is found there."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.awsrequest import AWSResponse

from interactor.core.times import MINUTE
from interactor.outgoing import OutgoingError
from tests.support.deployed.deployment import NO_TOKEN, Deployment
from tests.support.deployed.requests import ENDPOINTS, things
from tests.support.memory.endpoint import refused_by_dynamodb, throttled
from tests.support.outside import answer
from tests.support.workflows.definitions import halting, http, one, script

PLANTED = "Planted-3f9c1e"
QUERY = ("limit", "cursor", "namespace", "workflow_name", "status", "types", "since", "until", "thread", "state",
         "include_data", "format", "event", "error_code")  # fmt: skip
HEADERS = ("X-Namespace", "X-Interactor-Actor", "Idempotency-Key", "Traceparent", "Cookie", "User-Agent", "Referer")


def planted(value: Any) -> Any:
    """A body with the text in place of every text, and beside every member."""
    if isinstance(value, dict):
        return {name: planted(each) for name, each in value.items()} | {PLANTED: PLANTED}
    return [planted(each) for each in value] if isinstance(value, list) else PLANTED


def bodies(body: Any) -> Iterator[Any]:
    yield None if body is None else {**body, "input": {PLANTED: PLANTED}, PLANTED: PLANTED}
    if body is not None:
        yield from (planted(body), f'{{"{PLANTED}": {PLANTED}', f'{{"{PLANTED}": NaN}}', f'"{PLANTED}"')


def lines(deployment: Deployment) -> list[Any]:
    return [json.loads(line) for line in deployment.logs.getvalue().splitlines()]


def test_nothing_of_a_request_is_logged_but_its_id_and_route(deployment: Deployment) -> None:
    there = things(deployment, deployment.token())
    headers = dict.fromkeys(HEADERS, PLANTED)
    query = urlencode(dict.fromkeys(QUERY, PLANTED))
    for endpoint in ENDPOINTS:
        path = endpoint.at(there)
        deployment.call(endpoint.method, f"{path}?{query}", endpoint.body, None, headers)
        deployment.call(endpoint.method, path, endpoint.body, f"{PLANTED}.e30.{PLANTED}")
        for body in bodies(endpoint.body):
            deployment.call(endpoint.method, path, body)
    for path in ("//oauth/token", "//oauth/revoke"):
        for grant in ("client_credentials", "refresh_token", PLANTED):
            names = ("client_id", "client_secret", "refresh_token", "token", "scope")
            form = {"grant_type": grant, **dict.fromkeys(names, PLANTED)}
            kind = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": f"Basic {PLANTED}"}
            deployment.call("POST", path, form, NO_TOKEN)
            deployment.call("POST", path, urlencode(form), NO_TOKEN, kind)
    assert PLANTED not in deployment.logs.getvalue()
    answered = [line for line in lines(deployment) if line.get("message") == "answered"]
    assert len(answered) > 200
    assert all(line["request_id"].startswith("req_") and line["route"] for line in answered)
    assert max(len(line) for line in deployment.logs.getvalue().splitlines() if '"answered"' in line) < 512
    deployment.drain()
    assert PLANTED not in deployment.logs.getvalue()


@pytest.mark.parametrize(
    "state",
    [
        script(f"console.log('{PLANTED}'); return {{a: '{PLANTED}'}}"),
        script(f"throw new Error('{PLANTED}')"),
        http(f"https://api.example.com/{PLANTED}?q={PLANTED}", headers={"X-Key": "${secrets.KEY}"}, body=PLANTED),
        halting(presentation={"type": "message", "message": PLANTED}, timeout={"after": "1m", "target": "done"}),
    ],
    ids=["logs", "throws", "calls", "halts"],
)
def test_nothing_that_a_worker_handles_is_logged(deployment: Deployment, state: Any) -> None:
    deployment.set_secret("KEY", f"secret-{PLANTED}")
    hook = {
        "url": f"https://yourapp.com/{PLANTED}",
        "events": ["workflow.instance.created", "workflow.instance.failed"],
    }
    deployment.call("POST", "/webhooks/subscriptions", {**hook, "secret": f"whsec_{PLANTED}_{'s' * 32}"})
    deployment.outside.will(hook["url"], answer(500, {PLANTED: PLANTED}), OutgoingError("connection", PLANTED))
    deployment.outside.will(f"https://api.example.com/{PLANTED}?q={PLANTED}", answer(500, {PLANTED: PLANTED}))
    deployment.define(one(state, done={"type": "terminal"}))
    deployment.start("flow", {PLANTED: PLANTED})
    for _ in range(3):
        deployment.wait(MINUTE)
        deployment.tick()
    assert lines(deployment)
    assert PLANTED not in deployment.logs.getvalue()


@pytest.mark.parametrize(
    ("answered", "refusal", "level"),
    [
        (refused_by_dynamodb("ResourceNotFoundException", "No such table"), (500, "internal_error"), "ERROR"),
        (throttled(), (503, "service_unavailable"), "WARNING"),
    ],
    ids=["ours", "of AWS"],
)
def test_an_error_is_logged_with_its_place_and_request_and_nothing_of_the_body(
    deployment: Deployment, answered: AWSResponse, refusal: tuple[int, str], level: str
) -> None:
    deployment.errors_expected = True
    deployment.define(one(halting()))
    with deployment.interposed("TransactWriteItems", lambda: answered):
        given = {"namespace": "user_123", "input": {PLANTED: PLANTED}}
        deployment.call("POST", "/workflows/flow/instances", given)
    with deployment.interposed("Query", lambda: answered):
        refused = deployment.call("GET", "/workflows", headers={"X-Request-Id": "caller-7"})
    assert refused.refusal == refusal
    (told,) = [line for line in lines(deployment) if line.get("request_id") == "caller-7" and line["level"] == level]
    assert "Traceback" in told["exception"]
    assert PLANTED not in deployment.logs.getvalue()
