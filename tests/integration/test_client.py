"""The client against the API: a method for every operation of the description, and types as it has them."""

from collections.abc import Iterator
from typing import Any, get_type_hints

import pytest
import requests

from interactor.api.openapi.operations import OPERATIONS
from interactor.api.openapi.schemas import SCHEMAS
from interactor.core.ids import is_id
from interactor_client import ApiError, Client, models
from tests.support.deployed.deployment import API, Deployment
from tests.support.deployed.files import form
from tests.support.deployed.gateway import BASE, Gateway
from tests.support.workflows.definitions import halting, one, script

FLOW = one(halting())
FORKED = one(
    {
        "type": "action",
        "fork": {"threads": {"a": {"target": "wait"}, "b": {"target": "wait"}}, "join": {"target": "done"}},
    },
    name="forked",
    wait=halting(),
)
PAPER = one(form(), name="paper")
ASSIGNED = one(
    halting(assignment={"users": ["ann"], "escalate": [{"after": "1d", "notify": {"users": ["cy"]}}]}), name="assigned"
)
SAME = {("PUT", f"{API}/workflows/{{name}}")}
"""Operations that do what another one does."""
NO_CALLS = {"transport", "close"}


class Noted:
    """A client, and which of its methods were called."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.called: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.called.add(name)
        return getattr(self.client, name)


@pytest.fixture
def gateway(deployment: Deployment) -> Gateway:
    deployment.register("local", "local-secret")
    return Gateway(deployment)


@pytest.fixture
def noted(gateway: Gateway) -> Iterator[Noted]:
    with requests.Session() as session:
        session.mount(BASE, gateway)
        yield Noted(Client(f"{BASE}{API}", "local", "local-secret", session=session, retries=0, sleep=lambda _: None))


def test_every_operation_of_the_description_is_reached_by_a_method(noted: Noted, gateway: Gateway) -> None:
    _definitions(noted)
    _instances(noted)
    _webhooks(noted, gateway.deployment)
    _tasks(noted)
    _directory(noted)
    _description(noted)
    described = {(each.method, each.path) for each in OPERATIONS if each.in_client} - SAME
    # Tokens and keys are asked for below /api/v1, which is an alias.
    assert {(method, path.replace(f"{API}/oauth", "/oauth")) for method, path in gateway.routes} == described
    assert noted.called == {name for name in dir(Client) if not name.startswith("_")} - NO_CALLS


def _definitions(api: Any) -> None:
    assert api.validate(FLOW)["valid"]
    odd = {**FLOW, "name": "odd", "initial_sate": "x"}
    assert not api.validate(odd, strict=True)["valid"]
    with pytest.raises(ApiError, match="invalid_workflow"):
        api.create_workflow(odd, strict=True)
    first = api.create_workflow(FLOW, idempotency_key="one")
    assert api.create_workflow(FLOW, idempotency_key="one") == first
    assert api.publish("flow", first["version_id"])["status"] == "published"
    second = api.create_version(FLOW)["version_id"]
    assert [each["name"] for each in api.list_workflows()] == ["flow"]
    assert [each["version_id"] for each in api.list_versions("flow", limit=1)] == [second, first["version_id"]]
    assert api.get_workflow("flow")["definition"] == FLOW
    assert api.get_version("flow", second)["status"] == "draft"
    assert api.workflow_diagram("flow", second)["svg"] == api.draw_workflow("flow", second)
    api.publish("forked", api.create_workflow(FORKED)["version_id"])
    broken = one(script("throw new Error('no')"), name="broken")
    api.publish("paper", api.create_workflow(PAPER)["version_id"])
    api.publish("broken", api.create_workflow(broken)["version_id"])


def _instances(api: Any) -> None:
    instance = api.create_instance("flow", {"a": 1}, namespace="user_1", actor="maya", idempotency_key="k")
    key = instance["id"]
    assert api.pause(key)["paused"] is True
    with pytest.raises(ApiError, match="instance_paused"):
        api.resume(key)
    assert "paused" not in api.unpause(key)
    assert api.get_instance(key)["threads"][0]["status"] == "halted"
    assert api.wait_for_completion(key, or_halt=True)["status"] == "halted"
    assert api.resume(key, {"b": 2}, expected_state="begin", actor="john")["status"] == "completed"
    assert api.wait_for_completion(key)["workflow_data"] == {"b": 2}
    events = list(api.history(key, limit=2))
    assert [each["number"] for each in events] == list(range(1, len(events) + 1))
    assert {each["type"] for each in api.history(key, types="halt", include_data=True)} == {"halt"}
    assert api.get_event(key, events[-1]["id"], include_data=True)["workflow_data"] == {"b": 2}
    assert api.draw_instance(key, "mermaid") == api.instance_diagram(key)["mermaid"]
    forked = api.create_instance("forked", namespace="user_1")["id"]
    assert [each["status"] for each in api.threads(forked)] == ["running", "halted", "halted"]
    assert api.resume(forked, thread_id="thread_a")["status"] == "halted"
    assert api.cancel(forked)["status"] == "cancelled"
    paper = api.create_instance("paper", namespace="user_2")["id"]
    file_id = api.upload_file(paper, "contract", "contract.txt", b"We agree.", content_type="application/pdf")
    file_id = api.upload_file(paper, "contract", "contract.pdf", b"We agree!", replaces=file_id)
    assert api.download_file(paper, file_id) == b"We agree!"
    assert api.resume(paper, {"contract": file_id})["workflow_data"]["contract"]["content_type"] == "application/pdf"
    failed = api.create_instance("broken", namespace="user_1")["id"]
    assert api.retry(failed)["error_code"] == "script_error"
    assert {each["instance_id"] for each in api.list_errors(workflow_name="broken", limit=1)} == {failed}
    assert len(list(api.list_instances(namespace="user_1", limit=1))) == 3
    assert [each["id"] for each in api.list_instances(status="failed")] == [failed]


def _webhooks(api: Any, deployment: Deployment) -> None:
    assert "workflow.instance.halted" in [each["name"] for each in api.list_event_types()]
    made = api.create_subscription("https://yourapp.com/hook", ["workflow.instance.halted"])
    key = made["id"]
    assert made["secret"].startswith("whsec_")
    assert [each["id"] for each in api.list_subscriptions(limit=1)] == [key]
    assert api.update_subscription(key, namespace_filter="user_1")["namespace_filter"] == "user_1"
    assert api.update_subscription(key, namespace_filter=None)["namespace_filter"] is None
    assert api.disable_subscription(key)["status"] == "disabled"
    assert api.enable_subscription(key)["status"] == "active"
    assert api.rotate_secret(key)["secret"] != made["secret"]
    assert is_id(api.test_subscription(key, "workflow.instance.halted")["delivery_id"], "del")
    deployment.drain()
    sent, *_ = api.list_deliveries(key, status="succeeded", event="workflow.instance.halted", limit=1)
    assert api.get_delivery(key, sent["id"])["attempts"][0]["status"] == 200
    assert api.replay_delivery(key, sent["id"])["replay_of"] == sent["id"]
    assert api.replay_deliveries(key, "2026-01-20T00:00:00Z", status="exhausted")
    assert api.get_subscription(key)["status"] == "active"
    assert api.delete_subscription(key) is None
    with pytest.raises(ApiError, match="subscription_not_found"):
        api.get_subscription(key)


def _tasks(api: Any) -> None:
    api.publish("assigned", api.create_workflow(ASSIGNED)["version_id"])
    for _ in range(4):
        api.create_instance("assigned", namespace="user_1")
    first, second, third, fourth = (api.get_task(each["id"], actor="ann") for each in api.list_tasks(actor="ann"))
    assert api.count_tasks(actor="ann")["mine"] == 4
    key = first["id"]
    assert api.claim_task(key, actor="ann")["owner"] == "ann"
    assert api.release_task(key, actor="ann")["owner"] is None
    assert api.ask(key, "Why?", of="cy", actor="ann")["questions"][0]["of"] == "cy"
    assert api.answer(key, 1, "So.", actor="cy")["questions"] == []
    assert api.comment(key, "Soon.", actor="ann")["status"] == "open"
    api.remind(key, actor="ann")
    with pytest.raises(ApiError, match="reminded_recently"):
        api.remind(key, actor="ann")
    assert api.escalate(key)["status"] == "open"
    assert api.reassign_task(key, "bo", source="ann")["assignees"] == ["bo"]
    assert api.respond(first, {}, actor="bo", comment="Fine.")["status"] == "completed"
    assert [each["subtype"] for each in api.task_history(key, actor="bo")["events"]][-1] == "completed"
    assert api.override(second["id"], {}, "late")["status"] == "completed"
    done = api.respond_to_tasks([second["id"], third["id"]], {}, actor="ann")["results"]
    assert [each["status"] for each in done] == [409, 200]
    assert [each["id"] for each in api.list_tasks(actor="ann", view="done")] == [third["id"]]
    assert api.respond(fourth, {}, actor="ann")["decided_by"] == "ann"


def _directory(api: Any) -> None:
    made = api.put_group("R&D/#1", ["ann", "bo"], name="R&D")
    assert [each["members"] for each in api.list_groups(limit=1)] == [2]
    assert api.get_group("R&D/#1") == made
    changed = api.put_group("R&D/#1", ["ann"], revision=made["revision"])
    with pytest.raises(ApiError, match="concurrent_modification"):
        api.put_group("R&D/#1", [], revision=made["revision"])
    assert api.put_person("ann", name="Ann", email="ann@example.org", locale="de")["groups"] == ["R&D/#1"]
    away = api.put_away("ann", "2026-01-20T00:00:00Z", "2099-01-01T00:00:00Z", "bo", actor="ann")
    assert api.get_person("ann")["away"] == away
    api.delete_away("ann")
    api.delete_person("ann", memberships=True)
    with pytest.raises(ApiError, match="concurrent_modification"):
        api.delete_group("R&D/#1", revision=changed["revision"])
    assert api.delete_group("R&D/#1") is None


def _description(api: Any) -> None:
    assert api.openapi()["openapi"] == "3.1.0"
    assert api.openapi_yaml().startswith("openapi:")
    assert "<h1>" in api.reference_page()
    assert api.definition_schema()["title"]
    assert api.signing_keys()[0]["kty"] == "RSA"
    assert (api.me()["sub"], api.me()["scopes"]) == ("local", ["*"])
    api.sign_out()
    assert list(api.list_workflows())


SCHEMA_OF = {
    models.Caller: "Caller", models.Workflow: "Workflow", models.Version: "WorkflowVersion", models.Verdict: "Verdict",
    models.VersionWithDefinition: "WorkflowWithDefinition", models.Thread: "Thread", models.Instance: "Instance",
    models.HistoryEntry: "HistoryEntry", models.ListedInstance: "ListedInstance", models.Event: "Event",
    models.Failure: "Failure", models.Diagram: "Diagram", models.Subscription: "Subscription",
    models.NewSubscription: "NewSubscription", models.RotatedSubscription: "RotatedSubscription",
    models.SubscriptionChanges: "ChangeSubscription", models.Delivery: "Delivery",
    models.DeliveryWithAttempts: "DeliveryWithAttempts", models.SentDelivery: "SentDelivery",
    models.Task: "Task", models.ListedTask: "ListedTask", models.TaskCounts: "TaskCounts",
    models.TaskHistory: "TaskHistory", models.TaskResults: "TaskResults",
}  # fmt: skip


@pytest.mark.parametrize("model", SCHEMA_OF, ids=lambda model: model.__name__)
def test_a_type_of_the_client_has_the_members_that_are_described(model: Any) -> None:
    described = SCHEMAS[SCHEMA_OF[model]]
    assert get_type_hints(model).keys() == described["properties"].keys()
    assert model.__required_keys__ == set(described["required"])
