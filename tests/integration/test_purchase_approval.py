"""The four scenarios of the documentation's purchase approval: states in order, data, requests and webhooks."""

import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from tests.support.deployed import shapes
from tests.support.deployed.deployment import Deployment
from tests.support.workflows.definitions import example

URL = "https://yourapp.com/api/webhooks/workflows"
NOTIFY = "https://yourapp.com/api/notifications"
SECRET = "whsec_your_webhook_secret_min_32_chars"
EVENTS = [f"workflow.instance.{name}" for name in ("created", "halted", "resumed", "completed", "failed", "cancelled")]
YES, NO = {"approved": True, "comment": "Fine"}, {"approved": False, "comment": "No"}
VP = {"approved": True, "budget_code": "B-7"}


def purchase(amount: int) -> dict[str, Any]:
    return {"id": "PO-2026-001", "amount": amount, "requester": "john@example.com", "description": "Laptop"}


SCENARIOS = {
    "auto-approve": (500, [], ["submit", "auto_approved"], "approved"),
    "manager only": (5000, [YES], ["submit", "manager_approval", "approved"], "approved"),
    "VP required": (15000, [YES, VP], ["submit", "manager_approval", "vp_approval", "approved"], "approved"),
    "rejected": (5000, [NO], ["submit", "manager_approval", "rejected"], "rejected"),
    "rejected by the VP": (15000, [YES, NO], ["submit", "manager_approval", "vp_approval", "rejected"], "rejected"),
}


@pytest.fixture(scope="module")
def api(shared: Deployment) -> Deployment:
    shared.define(example("purchase_approval"))
    made = shared.call("POST", "/webhooks/subscriptions", {"url": URL, "events": EVENTS, "secret": SECRET})
    assert made.status == 201
    return shared


def deliveries(deployment: Deployment, instance_id: str) -> list[Any]:
    sent = [(request, json.loads(request.body or b"")) for request in deployment.outside.to(URL)]
    return [(request, body) for request, body in sent if body["data"]["instance_id"] == instance_id]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_purchase_takes_its_documented_way(api: Deployment, scenario: str) -> None:
    amount, decisions, way, status = SCENARIOS[scenario]
    api.outside.requests.clear()
    instance = api.start("purchase_approval", purchase(amount))
    given: dict[str, Any] = {}
    for decision, state in zip(decisions, way[1:], strict=False):
        assert (instance["status"], instance["current_state"]) == ("halted", state)
        shapes.check_instance(instance)
        instance = api.resume(instance["id"], decision).data
        given |= decision
    assert (instance["status"], instance["current_state"]) == ("running", "notify_requester")
    api.drain()

    ended = api.get(instance["id"])
    shapes.check_instance(ended)
    assert (ended["status"], ended["current_state"]) == ("completed", "complete")
    assert api.states_of(instance["id"]) == [*way, "notify_requester", "complete"]
    assert [entry["state"] for entry in ended["history"]] == [*way, "notify_requester", "complete"]
    data = ended["workflow_data"]
    assert {**purchase(amount), **given, "status": status}.items() <= data.items()
    assert data["notify_requester"] == {"status": 200, "body": {"ok": True}}
    assert ("rejected_at" if status == "rejected" else "approved_at") in data
    assert data.get("approved_by") == ("auto" if amount == 500 else None)

    (notification,) = api.outside.to(NOTIFY)
    assert json.loads(notification.body or b"") == {
        "type": "purchase_decision",
        "email": "john@example.com",
        "status": status,
        "amount": amount,
    }

    expected = ["created", *["halted", "resumed"] * len(decisions), "completed"]
    told = sorted((body for _, body in deliveries(api, instance["id"])), key=lambda body: body["data"]["sequence"])
    assert [body["event"] for body in told] == [f"workflow.instance.{each}" for each in expected]
    assert told[0]["data"]["current_state"] == "submit"
    assert (told[0]["data"]["workflow_data"], told[0]["data"]["input"]) == ({}, purchase(amount))
    assert told[-1]["data"]["workflow_data"] == data
    assert told[-1]["data"]["current_state"] == "complete"
    waits = [body["data"] for body in told if body["event"].endswith(".halted")]
    assert [each["current_state"] for each in waits] == way[1 : 1 + len(decisions)]
    taken = [body["data"] for body in told if body["event"].endswith(".resumed")]
    for each, decision in zip(taken, decisions, strict=True):
        assert decision.items() <= each["workflow_data"].items()
        assert (each["thread_id"], each["resumed_by"]) == ("thread_main", "client_1")
    assert [each["current_state"] for each in taken] == way[1 : 1 + len(decisions)]


def test_texts_are_rendered_with_the_data(api: Deployment) -> None:
    instance = api.start("purchase_approval", purchase(5000))
    assert instance["halting_presentation"]["description"] == "Purchase request for Laptop - $5000"
    assert instance["halting_presentation"]["fields"][0]["default"] is False, "an untouched box arrives as false"


def test_the_managers_approval_does_not_approve_for_the_vp(api: Deployment) -> None:
    instance = api.start("purchase_approval", purchase(15000))
    api.resume(instance["id"], YES)
    rejected = api.resume(instance["id"], {"comment": "I did not touch the box"})
    assert "rejected" in api.states_of(instance["id"])
    assert rejected.data["workflow_data"]["approved"] is False


def test_an_optional_box_left_by_an_earlier_stage_is_not_seen_by_the_next(deployment: Deployment) -> None:
    definition = example("purchase_approval")
    definition["states"]["vp_approval"]["presentation"]["fields"][0]["required"] = False
    deployment.define(definition)
    instance = deployment.start("purchase_approval", purchase(15000))
    deployment.resume(instance["id"], YES)
    deployment.resume(instance["id"], {"comment": "no word on approval"})
    assert deployment.states_of(instance["id"])[-2:] == ["rejected", "notify_requester"]


def test_webhooks_carry_the_documented_headers_and_signature(api: Deployment) -> None:
    instance = api.start("purchase_approval", purchase(5000))
    api.drain()
    for request, body in deliveries(api, instance["id"]):
        headers = {name.lower(): value for name, value in request.headers.items()}
        assert request.method == "POST"
        assert headers["content-type"] == "application/json"
        assert headers["x-interactor-event"] == body["event"]
        assert headers["x-interactor-delivery"] == body["delivery_id"]
        assert headers["x-interactor-timestamp"] == headers["webhook-timestamp"] == str(api.clock() // 1000)
        assert headers["x-interactor-retry-count"] == "0"
        signed = headers["x-interactor-timestamp"].encode() + b"." + (request.body or b"")
        assert (
            headers["x-interactor-signature"]
            == f"sha256={hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()}"
        )
        assert headers["webhook-id"] == body["idempotency_key"]
        assert {"id", "event", "delivery_id", "timestamp", "idempotency_key", "namespace", "data"} == set(body)
        assert shapes.is_id("evt", body["id"])
        assert shapes.is_id("del", body["delivery_id"])
        assert shapes.is_time(body["timestamp"])
    halted = next(body for _, body in deliveries(api, instance["id"]) if body["event"].endswith("halted"))
    assert halted["data"]["halting_presentation"] == instance["halting_presentation"]
    assert halted["data"]["halted_options"] == instance["halted_options"]
    assert halted["data"]["workflow_data"] == instance["workflow_data"]


def test_the_standard_webhooks_library_verifies_them(deployment: Deployment) -> None:
    deployment.clock.now = time.time_ns() // 1_000_000  # the library asks the machine's clock, with five minutes' grace
    deployment.define(example("purchase_approval"))
    made = deployment.call("POST", "/webhooks/subscriptions", {"url": URL, "events": EVENTS})
    deployment.start("purchase_approval", purchase(5000))
    deployment.drain()
    requests = deployment.outside.to(URL)
    assert len(requests) == 2
    for request in requests:
        verified = Webhook(made.data["secret"]).verify(request.body or b"", dict(request.headers))
        assert verified["data"]["workflow_name"] == "purchase_approval"
