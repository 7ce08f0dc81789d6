"""The sample events of ``events/``, for `sam local invoke`: ``python -m tests.support.deployed.samples`` writes them.

Ids are made up but well-formed; a test puts those of things that exist in their place.
"""

import json
from typing import Any

from interactor.api.operations import API, TABLE
from interactor.aws.dynamo.items import pack
from interactor.core.logic import ScriptCall
from interactor.sandbox import wire
from tests.support import events
from tests.support.template import ROOT
from tests.support.workflows.definitions import example

FOLDER = ROOT / "events"

INSTANCE = "inst_01kfdmdagyy4rdc3yf0jys7smn"
FORKED = "inst_01kfdmdb3nq7v0k6xh9f2c5t8r"
FAILED = "inst_01kfdmdc5wz0r6t8q1y4n7e2ba"
TASK = "task_01kfdmdagyy4rdc3yf0jys7smn_4"
HALT = "halt_01kfdmdagy00000001x5c8n2qa"
FORKED_HALT = "halt_01kfdmdb3n0000000g7v0k6xh9"
FORM = "inst_01kfdmdd8t2v5x9z3b7f1h4k6m"
FILE = "file_01kfdmdd9q4s7w1y5c8g2j6n0r"
WORKFLOW = "wf_01kfdmdagaz34stqaxk0rsbp8e"
VERSION = "v_01kfdmdaga4g43zmhbj0qrj60r"
DRAFT = "v_01kfdmdhs2m8e4w1pz7r0y6bjc"
SUBSCRIPTION = "whsub_01kfdmdcw8y5gq3n7e1v4s0ztk"
EVENT = "evt_01kfdmdagy000000g1x5c8n2qa"
DELIVERY = "del_01kfdmdagy7t3m9b5w0r6k2z4x"
TOKEN = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6InNhbXBsZSJ9.e30.c2FtcGxl"
GROUP, PERSON = "legal", "john"
FLOW = "approval_workflow"
SECRET = "whsec_your_webhook_secret_min_32_chars"

_SUBSCRIPTION = {
    "url": "https://yourapp.com/api/webhooks/workflows",
    "events": ["workflow.instance.halted", "workflow.instance.completed", "workflow.instance.failed"],
    "secret": SECRET,
    "namespace_filter": "user_123",
}
_HALTED = {
    "id": EVENT,
    "event": "workflow.instance.halted",
    "delivery_id": DELIVERY,
    "timestamp": "2026-01-20T12:00:00.000Z",
    "idempotency_key": "5f1e2d0c9b8a79685746352413020f1e2d3c4b5a",
    "namespace": "user_123",
    "data": {
        "instance_id": INSTANCE,
        "workflow_name": FLOW,
        "version_id": VERSION,
        "namespace": "user_123",
        "current_state": "await_approval",
        "workflow_data": {"request_id": "req_456", "amount": 5000, "status": "pending"},
        "sequence": 4,
        "thread_id": "thread_main",
        "halt_id": HALT,
        "halting_presentation": {"type": "message", "message": "Approve?"},
        "halted_options": {
            "instruction": "Approve?",
            "transition_mode": "condition",
            "choices": [],
            "generated": False,
        },
    },
}
_RECORD = {
    "schema": 1,
    "events": [
        {
            "number": 4,
            "id": EVENT,
            "type": "halt",
            "subtype": "waiting",
            "at": events.NOON,
            "thread": "thread_main",
            "state": "await_approval",
            "halting_presentation": {"type": "message", "message": "Approve?"},
            "halted_options": {"instruction": "Approve?", "transition_mode": "condition", "choices": []},
        }
    ],
    "snapshot": {
        "layers": {"thread_main": {"request_id": "req_456", "amount": 5000, "status": "pending"}},
        "parents": {},
    },
    "base": 4,
    "envelope": {
        "namespace": "user_123",
        "workflow_name": FLOW,
        "version_id": VERSION,
        "traceparent": None,
        "by": "client_1",
    },
}


def _api(method: str, path: str, body: Any = None, query: str = "", **parameters: str) -> dict[str, Any]:
    route = f"/api/v1{path}"
    sent = route.format(**parameters)
    text = None if body is None else json.dumps(body)
    headers = {"authorization": f"Bearer {TOKEN}"}
    return events.http(
        method, sent, route=f"{method} {route}", parameters=parameters, query=query, headers=headers, body=text
    )


def _open(method: str, path: str, body: str | None = None, **headers: str) -> dict[str, Any]:
    return events.http(method, path, route=f"{method} {path}", body=body, headers=headers)


_SCRIPT = ScriptCall("return {total: 2 * input.amount};", {"input": {"amount": 5000}}, "acc_1")
SAMPLES: dict[str, dict[str, Any]] = {
    "act_on_task": _api("POST", "/tasks/{task_id}/respond", {"input": {"approved": True}}, task_id=TASK),
    "advance_steps": events.sqs(
        "interactor-steps",
        [{"account": "acc_1", "instance_id": INSTANCE, "thread_id": "thread_main", "sequence": 1, "attempt": 1}],
    ),
    "cancel_instance": _api("POST", "/workflows/instances/{instance_id}/cancel", instance_id=INSTANCE),
    "create_file": _api(
        "POST",
        "/workflows/instances/{instance_id}/files",
        {"field": "contract", "name": "contract.pdf", "content_type": "application/pdf", "size": 48213},
        instance_id=FORM,
    ),
    "create_instance": _api(
        "POST",
        "/workflows/{name}/instances",
        {
            "namespace": "user_123",
            "input": {"id": "req_456", "amount": 5000, "requester": "john@example.com", "description": "New laptop"},
        },
        name=FLOW,
    ),
    "create_subscription": _api("POST", "/webhooks/subscriptions", _SUBSCRIPTION),
    "create_token": _open(
        "POST",
        "/oauth/token",
        json.dumps({"grant_type": "client_credentials", "client_id": "local", "client_secret": "local-secret"}),
    ),
    "create_token.form": events.http(
        "POST",
        "/oauth/token",
        route="POST /oauth/token",
        body=b"grant_type=client_credentials&client_id=local&client_secret=local-secret",
        headers={"content-type": "application/x-www-form-urlencoded"},
    ),
    "create_version": _api("POST", "/workflows/{name}/versions", example(FLOW), name=FLOW),
    "create_version.put": _api("PUT", "/workflows/{name}", example(FLOW), name=FLOW),
    "create_workflow": _api("POST", "/workflows", {**example(FLOW), "name": "another_workflow"}),
    "delete_group": _api("DELETE", "/groups/{group_id}", group_id=GROUP),
    "delete_person": _api("DELETE", "/people/{person_id}", query="memberships=true", person_id=PERSON),
    "delete_subscription": _api("DELETE", "/webhooks/subscriptions/{subscription_id}", subscription_id=SUBSCRIPTION),
    "deliver_webhooks": events.sqs(
        "interactor-webhooks",
        [
            {
                "account": "acc_1",
                "subscription_id": SUBSCRIPTION,
                "delivery_id": DELIVERY,
                "instance_id": INSTANCE,
                "number": 4,
                "attempt": 0,
                "body": json.dumps(_HALTED, separators=(",", ":")),
            }
        ],
    ),
    "disable_subscription": _api(
        "POST", "/webhooks/subscriptions/{subscription_id}/disable", subscription_id=SUBSCRIPTION
    ),
    "enable_subscription": _api(
        "POST", "/webhooks/subscriptions/{subscription_id}/enable", subscription_id=SUBSCRIPTION
    ),
    "get_delivery": _api(
        "GET",
        "/webhooks/subscriptions/{subscription_id}/deliveries/{delivery_id}",
        subscription_id=SUBSCRIPTION,
        delivery_id=DELIVERY,
    ),
    "get_diagram": _api("GET", "/workflows/{name}/versions/{version_id}/diagram", name=FLOW, version_id=VERSION),
    "get_event": _api(
        "GET",
        "/workflows/instances/{instance_id}/events/{event_id}",
        query="include_data=true",
        instance_id=INSTANCE,
        event_id=EVENT,
    ),
    "get_file": _api("GET", "/workflows/instances/{instance_id}/files/{file_id}", instance_id=FORM, file_id=FILE),
    "get_group": _api("GET", "/groups/{group_id}", group_id=GROUP),
    "get_history": _api(
        "GET", "/workflows/instances/{instance_id}/history", query="types=halt,lifecycle&limit=10", instance_id=INSTANCE
    ),
    "get_instance_diagram": _api(
        "GET", "/workflows/instances/{instance_id}/diagram", query="format=svg", instance_id=INSTANCE
    ),
    "get_instance": _api("GET", "/workflows/instances/{instance_id}", instance_id=INSTANCE),
    "get_jwks": _open("GET", "/oauth/jwks"),
    "get_openapi": _open("GET", "/api/v1/openapi.json"),
    "get_openapi.docs": _open("GET", "/api/v1/docs", host="127.0.0.1:8080"),
    "get_person": _api("GET", "/people/{person_id}", person_id=PERSON),
    "get_schema": _open("GET", "/api/v1/schemas/workflow-definition.json"),
    "get_subscription": _api("GET", "/webhooks/subscriptions/{subscription_id}", subscription_id=SUBSCRIPTION),
    "get_task": _api("GET", "/tasks/{task_id}", task_id=TASK),
    "get_task_history": _api("GET", "/tasks/{task_id}/history", task_id=TASK),
    "get_version": _api("GET", "/workflows/{name}/versions/{version_id}", name=FLOW, version_id=VERSION),
    "get_workflow": _api("GET", "/workflows/{name}", name=FLOW),
    "list_deliveries": _api(
        "GET",
        "/webhooks/subscriptions/{subscription_id}/deliveries",
        query="status=exhausted&limit=10",
        subscription_id=SUBSCRIPTION,
    ),
    "list_errors": _api("GET", "/workflows/errors", query="since=2026-01-20T00:00:00Z"),
    "list_instances": _api("GET", "/workflows/instances", query="namespace=user_123&status=halted"),
    "list_threads": _api("GET", "/workflows/instances/{instance_id}/threads", instance_id=FORKED),
    "list_versions": _api("GET", "/workflows/{name}/versions", name=FLOW),
    "list_workflows": _api("GET", "/workflows", query="limit=10"),
    "manage_task": _api("POST", "/tasks/{task_id}/escalate", task_id=TASK),
    "pause_instance": _api("POST", "/workflows/instances/{instance_id}/pause", instance_id=INSTANCE),
    "publish_version": _api("POST", "/workflows/{name}/versions/{version_id}/publish", name=FLOW, version_id=DRAFT),
    "put_away": _api(
        "PUT",
        "/people/{person_id}/away",
        {"from": "2030-07-01T00:00:00Z", "until": "2030-07-15T00:00:00Z", "substitute": "bo"},
        person_id="ann",
    ),
    "put_away.delete": _api("DELETE", "/people/{person_id}/away", person_id="ann"),
    "put_group": _api(
        "PUT",
        "/groups/{group_id}",
        {"name": "Finance", "email": "finance@example.org", "members": ["ann", "bo"]},
        group_id="finance",
    ),
    "put_person": _api(
        "PUT",
        "/people/{person_id}",
        {"name": "Ann Example", "email": "ann@example.org", "locale": "en-GB"},
        person_id="ann",
    ),
    "relay_events": events.stream(
        "interactor-Table",
        [
            {
                "pk": {"S": f"A#acc_1#I#{INSTANCE}"},
                "sk": {"S": "H#0000000004"},
                "at": {"N": str(events.NOON)},
                "doc": {"B": pack(_RECORD)},
            }
        ],
    ),
    "replay_deliveries": _api(
        "POST",
        "/webhooks/subscriptions/{subscription_id}/replay",
        {"since": "2026-01-20T00:00:00Z", "until": "2026-01-21T00:00:00Z", "status": "exhausted"},
        subscription_id=SUBSCRIPTION,
    ),
    "replay_delivery": _api(
        "POST",
        "/webhooks/subscriptions/{subscription_id}/deliveries/{delivery_id}/replay",
        subscription_id=SUBSCRIPTION,
        delivery_id=DELIVERY,
    ),
    "respond_to_tasks": _api("POST", "/tasks/respond", {"tasks": [TASK], "input": {"approved": True}}),
    "resume_instance": _api(
        "POST",
        "/workflows/instances/{instance_id}/resume",
        {"halt_id": HALT, "input": {"approved": True, "comment": "Looks good, approved for Q1 budget"}},
        instance_id=INSTANCE,
    ),
    "resume_thread": _api(
        "POST",
        "/workflows/instances/{instance_id}/threads/{thread_id}/resume",
        {"halt_id": FORKED_HALT, "input": {"department_approved": True}},
        instance_id=FORKED,
        thread_id="thread_finance",
    ),
    "retry_instance": _api("POST", "/workflows/instances/{instance_id}/retry", instance_id=FAILED),
    "retry_relay": events.sqs("interactor-relay-retry", [{"pk": f"A#acc_1#I#{INSTANCE}", "sk": "H#0000000001"}]),
    "revoke_token": _open(
        "POST", "/oauth/revoke", json.dumps({"token": "rt_6fd3c0e5a9b84717a2c4d6e8f0123456." + "A" * 43})
    ),
    "rotate_secret": _api(
        "POST",
        "/webhooks/subscriptions/{subscription_id}/rotate-secret",
        {"secret": SECRET + "_2"},
        subscription_id=SUBSCRIPTION,
    ),
    "send_mails": events.sqs(
        "interactor-mails",
        [
            {
                "account": "acc_1",
                "task_id": f"task_{INSTANCE.removeprefix('inst_')}_3",
                "event_id": EVENT,
                "at": events.NOON,
                "kind": "created",
                "users": ["ann"],
            }
        ],
    ),
    "test_subscription": _api(
        "POST",
        "/webhooks/subscriptions/{subscription_id}/test",
        {"event": "workflow.instance.halted"},
        subscription_id=SUBSCRIPTION,
    ),
    "run_script": json.loads(
        wire.to_run(ScriptCall("return {total: 2 * input.amount};", {"input": {"amount": 5000}}, "acc_1"))
    ),
    "tick_clock": events.schedule("interactor-TickClockFunctionTick-1A2B3C4D5E6F"),
    "unknown_route": events.http("GET", "/favicon.ico"),
    "unpause_instance": _api("POST", "/workflows/instances/{instance_id}/unpause", instance_id=INSTANCE),
    "update_subscription": _api(
        "PATCH",
        "/webhooks/subscriptions/{subscription_id}",
        {"events": ["workflow.instance.halted"], "status": "active"},
        subscription_id=SUBSCRIPTION,
    ),
    "validate_workflow": _api("POST", "/workflows/validate", example(FLOW)),
}
SAMPLES |= {
    entry.folder: _api("GET", entry.path.removeprefix(API))
    for entry in TABLE
    if entry.method == "GET" and entry.scope is not None and "{" not in entry.path and entry.folder not in SAMPLES
}


def text(sample: dict[str, Any]) -> str:
    """A sample as its file holds it."""
    return json.dumps(sample, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name, sample in SAMPLES.items():
        (FOLDER / f"{name}.json").write_text(text(sample))
