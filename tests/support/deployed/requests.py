"""Every endpoint with a request that would succeed: what hostile tests bend."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from interactor.api.operations import API, TABLE
from tests.support.deployed.deployment import Deployment
from tests.support.deployed.files import form, send
from tests.support.workflows.definitions import halting, one, script

HOOK = {"url": "https://yourapp.com/hook", "events": ["workflow.instance.halted"]}


@dataclass(frozen=True)
class Endpoint:
    """One route with its scope. ``ids`` are the parameters that name things, and none that is there to be made
    (``new_...``); ``body`` is a good one.

    ``bad_body``: status and code for what is no JSON object; None where one that is JSON is judged.
    """

    method: str
    path: str
    scope: str
    body: Any = None
    bad_body: tuple[int, str] | None = (400, "validation_error")
    ids: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What its own scope needs beside a token."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def at(self, there: Mapping[str, str]) -> str:
        """The path with ids in it."""
        return self.path.format(**there)


FLOW = one(halting(), name="flow")
PAPER = one(form(), name="paper")
ASSIGNED = one(
    halting(
        assignment={
            "users": ["ann"],
            "delegation": "anyone",
            "escalate": [{"after": "1d", "notify": {"users": ["cy"]}}],
        }
    ),
    name="assigned",
)
ANNOUNCED = {"field": "contract", "name": "contract.pdf", "content_type": "application/pdf", "size": 5}
AWAY = {"from": "2026-01-20T00:00:00Z", "until": "2099-01-01T00:00:00Z", "substitute": "bo"}
WRONG_DEFINITION = (400, "invalid_workflow")
_INSTANCE = "/workflows/instances/{instance}"
_SUBSCRIPTIONS = "/webhooks/subscriptions"
_SUBSCRIPTION = f"{_SUBSCRIPTIONS}/{{subscription}}"
_DELIVERY = f"{_SUBSCRIPTION}/deliveries/{{delivery}}"
_TASK = "/tasks/{task}"
_ANN = {"X-Interactor-Actor": "ann"}
_READ, _WRITE, _EXECUTE = "workflows:read", "workflows:write", "workflows:execute"
_ENDPOINTS = (
    Endpoint("POST", "/workflows", _WRITE, {**FLOW, "name": "new"}, WRONG_DEFINITION),
    Endpoint("POST", "/workflows/validate", _READ, FLOW, None),
    Endpoint("GET", "/workflows/{name}", _READ),
    Endpoint("PUT", "/workflows/{name}", _WRITE, FLOW, WRONG_DEFINITION),
    Endpoint("GET", "/workflows/{name}/versions", _READ),
    Endpoint("POST", "/workflows/{name}/versions", _WRITE, FLOW, WRONG_DEFINITION),
    Endpoint("GET", "/workflows/{name}/versions/{version}", _READ),
    Endpoint("GET", "/workflows/{name}/versions/{version}/diagram", _READ),
    Endpoint("POST", "/workflows/{name}/versions/{draft}/publish", _WRITE, {}),
    Endpoint("POST", "/workflows/{name}/instances", _EXECUTE, {"namespace": "user_123"}),
    Endpoint("GET", _INSTANCE, _READ),
    Endpoint("GET", f"{_INSTANCE}/diagram", _READ),
    Endpoint("POST", f"{_INSTANCE}/resume", _EXECUTE, {"input": {}}),
    Endpoint("POST", f"{_INSTANCE}/cancel", _EXECUTE, {}),
    Endpoint("GET", f"{_INSTANCE}/threads", _READ),
    Endpoint("GET", f"{_INSTANCE}/history", _READ),
    Endpoint("GET", f"{_INSTANCE}/events/{{event}}", _READ),
    Endpoint("POST", "/workflows/instances/{paper}/files", _EXECUTE, ANNOUNCED),
    Endpoint("GET", "/workflows/instances/{paper}/files/{file}", _READ),
    Endpoint("POST", f"{_INSTANCE}/pause", _EXECUTE, {}),
    Endpoint("POST", f"{_INSTANCE}/unpause", _EXECUTE, {}),
    Endpoint("POST", "/workflows/instances/{failed}/retry", _EXECUTE, {}),
    Endpoint("POST", f"{_INSTANCE}/threads/{{thread}}/resume", _EXECUTE, {"input": {}}),
    Endpoint("POST", _SUBSCRIPTIONS, "webhooks:write", HOOK),
    Endpoint("GET", _SUBSCRIPTION, "webhooks:read"),
    Endpoint("PATCH", _SUBSCRIPTION, "webhooks:write", {"status": "active"}),
    Endpoint("POST", f"{_SUBSCRIPTION}/disable", "webhooks:write", {}),
    Endpoint("POST", f"{_SUBSCRIPTION}/enable", "webhooks:write", {}),
    Endpoint("POST", f"{_SUBSCRIPTION}/rotate-secret", "webhooks:write", {}),
    Endpoint("POST", f"{_SUBSCRIPTION}/test", "webhooks:write", {}),
    Endpoint("GET", f"{_SUBSCRIPTION}/deliveries", "webhooks:read"),
    Endpoint("GET", _DELIVERY, "webhooks:read"),
    Endpoint("POST", f"{_DELIVERY}/replay", "webhooks:write", {}),
    Endpoint("POST", f"{_SUBSCRIPTION}/replay", "webhooks:write", {"since": "2026-01-20"}),
    Endpoint("DELETE", _SUBSCRIPTION, "webhooks:write"),
    Endpoint("GET", _TASK, "tasks:read", headers=_ANN),
    Endpoint("GET", f"{_TASK}/history", "tasks:read", headers=_ANN),
    Endpoint("POST", f"{_TASK}/claim", "tasks:respond", {}, headers=_ANN),
    Endpoint("POST", f"{_TASK}/release", "tasks:respond", {}, headers=_ANN),
    Endpoint("POST", f"{_TASK}/ask", "tasks:respond", {"question": "Why?", "of": "ann"}, headers=_ANN),
    Endpoint("POST", f"{_TASK}/answer", "tasks:respond", {"question": 1, "answer": "So."}, headers=_ANN),
    Endpoint("POST", f"{_TASK}/comment", "tasks:respond", {"text": "Soon."}, headers=_ANN),
    Endpoint("POST", f"{_TASK}/remind", "tasks:respond", {}, headers=_ANN),
    Endpoint("POST", f"{_TASK}/escalate", "tasks:manage", {}),
    Endpoint("POST", f"{_TASK}/reassign", "tasks:respond", {"to": "bo"}, headers=_ANN),
    Endpoint("POST", f"{_TASK}/respond", "tasks:respond", {"input": {}}, headers={"X-Interactor-Actor": "bo"}),
    Endpoint("POST", "/tasks/{second_task}/override", "tasks:manage", {"input": {}, "reason": "late"}),
    Endpoint("POST", "/tasks/respond", "tasks:respond", {"tasks": ["task_01kfdmdagyy4rdc3yf0jys7smn_2"], "input": {}}),
    Endpoint("GET", "/groups/{group}", "tasks:manage"),
    Endpoint("PUT", "/groups/{new_group}", "tasks:manage", {"members": ["ann"]}),
    Endpoint("GET", "/people/{person}", "tasks:read", headers={"X-Interactor-Actor": "{person}"}),
    Endpoint("PUT", "/people/{new_person}", "tasks:manage", {"name": "Ann"}),
    Endpoint("PUT", "/people/{new_person}/away", "tasks:respond", AWAY, headers={"X-Interactor-Actor": "ann"}),
    Endpoint("DELETE", "/people/{new_person}/away", "tasks:respond", headers={"X-Interactor-Actor": "ann"}),
    Endpoint("DELETE", "/groups/{group}", "tasks:manage"),
    Endpoint("DELETE", "/people/{person}", "tasks:manage"),
)
_PLAIN = tuple(
    Endpoint("GET", entry.path.removeprefix(API), entry.scope)
    for entry in TABLE
    if entry.method == "GET" and entry.scope is not None and "{" not in entry.path
)
"""Reads without parameters need nothing but what the table says."""
ENDPOINTS = tuple(
    replace(each, ids=tuple(re.findall(r"{((?!new_)\w+)}", each.path))) for each in (*_PLAIN, *_ENDPOINTS)
)
"""Every operation that needs a token: a test holds this against the API's description."""
WITH_BODY = [each for each in ENDPOINTS if each.method in ("POST", "PUT", "PATCH")]
NOT_FOUND = {
    "name": (404, "workflow_not_found"),
    "version": (404, "version_not_found"),
    "draft": (404, "version_not_found"),
    "instance": (404, "instance_not_found"),
    "failed": (404, "instance_not_found"),
    "thread": (404, "thread_not_found"),
    "event": (404, "event_not_found"),
    "paper": (404, "instance_not_found"),
    "file": (404, "file_not_found"),
    "subscription": (404, "subscription_not_found"),
    "delivery": (404, "delivery_not_found"),
    "task": (404, "task_not_found"),
    "second_task": (404, "task_not_found"),
    "group": (404, "group_not_found"),
    "person": (404, "person_not_found"),
}


def things(deployment: Deployment, token: str, namespace: str = "user_123") -> dict[str, str]:
    """One of each thing, by the names that paths have for them."""
    version = deployment.define(FLOW, token)
    deployment.define(one(script("throw 1"), name="broken"), token)
    instance = deployment.start("flow", token=token, namespace=namespace)["id"]
    deployment.define(PAPER, token)
    paper = deployment.start("paper", token=token, namespace=namespace)["id"]
    upload = deployment.call("POST", f"/workflows/instances/{paper}/files", ANNOUNCED, token).data
    assert send(upload, b"12345") == 204
    history = deployment.call("GET", f"/workflows/instances/{instance}/history", token=token).data["events"]
    subscription = deployment.call("POST", "/webhooks/subscriptions", HOOK, token).data["id"]
    sample = deployment.call("POST", f"/webhooks/subscriptions/{subscription}/test", {}, token).body["data"]
    group, person = f"legal-{version}", f"ann-{version}"
    deployment.call("PUT", f"/groups/{group}", {"members": ["ann", "bo"]}, token)
    deployment.call("PUT", f"/people/{person}", {"name": "Ann"}, token)
    deployment.define(ASSIGNED, token)
    for _ in range(2):
        deployment.start("assigned", token=token, namespace=namespace)
    listed = deployment.call("GET", "/tasks", token=token, headers=_ANN).data["tasks"]
    tasks = [each["id"] for each in listed if each["namespace"] == namespace]
    deployment.drain()
    return {
        "task": tasks[-2],
        "second_task": tasks[-1],
        "name": "flow",
        "version": version,
        "draft": deployment.call("PUT", "/workflows/flow", FLOW, token).data["version_id"],
        "instance": instance,
        "failed": deployment.start("broken", token=token, namespace=namespace)["id"],
        "event": history[0]["id"],
        "paper": paper,
        "file": upload["id"],
        "thread": "thread_main",
        "subscription": subscription,
        "delivery": sample["delivery_id"],
        "group": group,
        "new_group": "finance",
        "person": person,
        "new_person": "ann",
    }
