"""Every sample event does what its function is for."""

import json
from typing import Any

import pytest

from interactor.core.times import DAY
from tests.support.deployed import samples
from tests.support.deployed.deployment import ACCOUNT, Deployment
from tests.support.deployed.files import form, uploaded
from tests.support.outside import answer
from tests.support.template import ROOT, declared_functions
from tests.support.workflows.definitions import example, halting, http, one, script

FORK = one(
    {
        "type": "action",
        "fork": {
            "threads": {"finance": {"target": "await_finance"}, "legal": {"target": "await_legal"}},
            "join": {"target": "done"},
        },
    },
    name="review",
    await_finance=halting(),
    await_legal=halting(),
)
WORKERS = {"advance_steps", "deliver_webhooks", "relay_events", "retry_relay", "run_script", "send_mails", "tick_clock"}
STATUS = {
    "act_on_task": 403,
    "create_file": 201,
    "create_instance": 201,
    "create_subscription": 201,
    "create_version": 201,
    "create_version.put": 201,
    "create_workflow": 201,
    "delete_group": 204,
    "delete_person": 204,
    "delete_subscription": 204,
    "put_away.delete": 204,
    "put_group": 201,
    "replay_deliveries": 202,
    "replay_delivery": 202,
    "test_subscription": 202,
    "unknown_route": 404,
}

FORM = {"type": "form", "fields": [{"name": "approved", "type": "boolean", "label": "Approved"}]}
LEVELS = [{"after": "1d", "notify": {"users": ["ann"]}}]
ASSIGNED = one(halting(presentation=FORM, assignment={"users": ["john"], "escalate": LEVELS}), name="assigned")
"""Its sample names no person: a client that manages tasks reads it, and a response is refused."""


@pytest.fixture(scope="module")
def prepared(shared: Deployment) -> tuple[Deployment, dict[str, str]]:
    """A deployment with something for each event, and what stands for the samples' made-up ids."""
    deployment = shared
    deployment.register("local", "local-secret")
    version = deployment.define(example("approval_workflow"))
    draft = deployment.call("PUT", "/workflows/approval_workflow", example("approval_workflow")).data["version_id"]
    deployment.define(FORK)
    deployment.define(one(script("throw new Error('broken')"), name="broken"))
    halted = deployment.start("approval_workflow", {"id": "req_456", "amount": 5000})
    instance = halted["id"]
    review = deployment.start("review")
    deployment.define(one(form({"name": "contract", "type": "file", "label": "Contract"}), name="signing"))
    signing = deployment.start("signing")["id"]
    wanted = json.loads(samples.SAMPLES["create_subscription"]["body"])
    subscription = deployment.call("POST", "/webhooks/subscriptions", wanted).data["id"]
    deployment.drain()
    sent = deployment.call("POST", f"/webhooks/subscriptions/{subscription}/test").body["data"]
    deployment.drain()
    return deployment, {
        samples.EVENT: deployment.events_of(instance)[-1]["id"],
        samples.FAILED: deployment.start("broken")["id"],
        samples.INSTANCE: instance,
        samples.FORKED: review["id"],
        samples.HALT: halted["halt_id"],
        samples.FORKED_HALT: next(each for each in review["threads"] if each["id"] == "thread_finance")["halt_id"],
        samples.FORM: signing,
        samples.FILE: uploaded(deployment, signing),
        samples.VERSION: version,
        samples.DRAFT: draft,
        samples.SUBSCRIPTION: subscription,
        samples.DELIVERY: sent["delivery_id"],
        samples.TOKEN: deployment.token(),
    }


def sample(name: str, there: dict[str, str]) -> Any:
    text = (samples.FOLDER / f"{name}.json").read_text()
    for made_up, real in there.items():
        text = text.replace(made_up, real)
    return json.loads(text)


def test_every_function_folder_has_a_sample_event() -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}
    assert folders == set(declared_functions())
    assert {path.name.split(".")[0] for path in samples.FOLDER.iterdir()} == folders


@pytest.mark.parametrize("name", sorted(samples.SAMPLES))
def test_the_file_is_what_the_builder_builds(name: str) -> None:
    assert (samples.FOLDER / f"{name}.json").read_text() == samples.text(samples.SAMPLES[name]), (
        "write it again with: python -m tests.support.deployed.samples"
    )


def test_there_are_no_other_files() -> None:
    assert {path.name for path in samples.FOLDER.iterdir()} == {f"{name}.json" for name in samples.SAMPLES}


@pytest.mark.parametrize("name", sorted(name for name in samples.SAMPLES if name.split(".")[0] not in WORKERS))
def test_an_endpoint_answers_its_sample_event(name: str, prepared: tuple[Deployment, dict[str, str]]) -> None:
    deployment, there = prepared
    if name in ("cancel_instance", "resume_instance"):
        fresh = deployment.start("approval_workflow")
        there = there | {samples.INSTANCE: fresh["id"], samples.HALT: fresh["halt_id"]}
    if name in ("delete_subscription", "disable_subscription"):
        wanted = json.loads(samples.SAMPLES["create_subscription"]["body"])
        there = there | {samples.SUBSCRIPTION: deployment.call("POST", "/webhooks/subscriptions", wanted).data["id"]}
    if name in ("delete_group", "delete_person", "get_group", "get_person"):
        deployment.call("PUT", f"/groups/{samples.GROUP}", {"members": ["ann"]})
        deployment.call("PUT", f"/people/{samples.PERSON}", {"name": "John"})
    if name in ("act_on_task", "get_task", "get_task_history", "manage_task"):
        deployment.define({**ASSIGNED, "name": f"assigned_{name}"})
        deployment.start(f"assigned_{name}")
        listed = deployment.call("GET", "/tasks", headers={"X-Interactor-Actor": "john"}).data["tasks"]
        there = there | {samples.TASK: listed[-1]["id"]}
    answer = deployment.request(name.split(".")[0], sample(name, there))
    assert answer.status == STATUS.get(name, 200), answer.raw


def test_the_steps_sample_makes_the_outside_call_it_hints_at(prepared: tuple[Deployment, dict[str, str]]) -> None:
    deployment, there = prepared
    deployment.define(one(http("https://api.example.com/orders"), name="orders"))
    running = deployment.start("orders")
    assert running["status"] == "running"
    deployment.invoke("advance_steps", sample("advance_steps", there | {samples.INSTANCE: running["id"]}))
    assert deployment.get(running["id"])["status"] == "completed"
    assert len(deployment.outside.to("https://api.example.com/orders")) == 1


def test_the_script_sample_is_run(prepared: tuple[Deployment, dict[str, str]]) -> None:
    deployment, _ = prepared
    answered = deployment.invoke("run_script", sample("run_script", {}))
    assert json.loads(answered)["value"] == {"total": 10_000}


def test_the_stream_sample_becomes_a_webhook_message(prepared: tuple[Deployment, dict[str, str]]) -> None:
    deployment, _ = prepared
    deployment.call("POST", "/webhooks/subscriptions", json.loads(samples.SAMPLES["create_subscription"]["body"]))
    deployment.sent.clear()
    assert deployment.invoke("relay_events", sample("relay_events", {})) == {"batchItemFailures": []}
    assert {(queue, json.loads(message["body"])["id"]) for queue, message, _ in deployment.sent} == {
        ("WebhooksQueue", samples.EVENT)
    }


def test_the_retry_sample_relays_the_record_again(prepared: tuple[Deployment, dict[str, str]]) -> None:
    deployment, there = prepared
    deployment.call("POST", "/webhooks/subscriptions", json.loads(samples.SAMPLES["create_subscription"]["body"]))
    there = there | {samples.INSTANCE: deployment.start("approval_workflow")["id"]}
    deployment.sent.clear()
    answered = deployment.invoke("retry_relay", sample("retry_relay", there))
    assert answered == {"batchItemFailures": []}
    assert {message["instance_id"] for _, message, _ in deployment.sent} == {there[samples.INSTANCE]}


def test_the_webhook_sample_is_posted_to_its_subscriber(prepared: tuple[Deployment, dict[str, str]]) -> None:
    deployment, there = prepared
    wanted = json.loads(samples.SAMPLES["create_subscription"]["body"])
    made = deployment.call("POST", "/webhooks/subscriptions", wanted).data["id"]
    there = {**there, samples.SUBSCRIPTION: made, samples.DELIVERY: samples.DELIVERY}
    deployment.outside.requests.clear()
    deployment.outside.will("https://yourapp.com/api/webhooks/workflows", answer(204))
    assert deployment.invoke("deliver_webhooks", sample("deliver_webhooks", there)) == {"batchItemFailures": []}
    (request,) = deployment.outside.requests
    assert request.headers["X-Interactor-Delivery"] == samples.DELIVERY


def test_the_mail_sample_tells_nobody_of_a_task_that_is_not_there(prepared: tuple[Deployment, dict[str, str]]) -> None:
    deployment, there = prepared
    assert deployment.invoke("send_mails", sample("send_mails", there)) == {"batchItemFailures": []}


def test_the_schedule_sample_hints_at_what_is_overdue(prepared: tuple[Deployment, dict[str, str]]) -> None:
    deployment, there = prepared
    deployment.clock.advance(91 * DAY)
    deployment.sent.clear()
    deployment.invoke("tick_clock", sample("tick_clock", there))
    hinted = {(queue, message["instance_id"]) for queue, message, _ in deployment.sent}
    assert ("StepsQueue", there[samples.INSTANCE]) in hinted
    assert {queue for queue, _ in hinted} == {"StepsQueue"}
    assert all(message["account"] == ACCOUNT for _, message, _ in deployment.sent)
