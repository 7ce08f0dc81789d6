"""The examples of the API's documentation, request by request, with the answers it shows."""

from typing import Any

import pytest

from tests.support.deployed import shapes
from tests.support.deployed.deployment import Deployment
from tests.support.workflows.definitions import example, halting, one

INPUT = {"id": "req_456", "amount": 5000, "requester": "john@example.com", "description": "New laptop for development"}
DECISION = {"approved": True, "comment": "Looks good, approved for Q1 budget"}
SUBSCRIPTION = {
    "url": "https://yourapp.com/api/webhooks/workflows",
    "events": ["workflow.instance.halted", "workflow.instance.completed", "workflow.instance.failed"],
    "secret": "whsec_your_webhook_secret_min_32_chars",
    "namespace_filter": "user_123",
}
FIELDS = [
    {"name": "approved", "type": "boolean", "label": "Approve this request?"},
    {"name": "comment", "type": "string", "label": "Comment (optional)", "multiline": True},
]
REVIEW = one(
    {
        "type": "action",
        "fork": {
            "threads": {"1": {"target": "await_department"}, "2": {"target": "await_finance_approval"}},
            "join": {"target": "done", "policy": "all"},
        },
    },
    name="review",
    await_department=halting(
        presentation={
            "type": "form",
            "fields": [{"name": "department_approved", "type": "boolean", "label": "Approve?", "required": True}],
        },
        transitions=[
            {"target": "department_approved", "condition": {"field": "department_approved", "equals": True}},
            {"target": "department_rejected"},
        ],
    ),
    department_approved={"type": "terminal"},
    department_rejected={"type": "terminal"},
    await_finance_approval=halting(),
)


@pytest.fixture(scope="module")
def api(shared: Deployment) -> Deployment:
    shared.define(example("approval_workflow"))
    shared.define(REVIEW)
    return shared


def test_a_definition_is_created_as_a_draft(api: Deployment) -> None:
    definition = {**example("approval_workflow"), "name": "step_one"}
    made = api.call("POST", "/workflows", definition)
    assert made.status == 201
    assert made.data["name"] == "step_one"
    assert made.data["status"] == "draft"
    assert shapes.is_id("v", made.data["version_id"])
    assert shapes.is_time(made.data["created_at"])
    assert "published_at" not in made.data


@pytest.mark.parametrize("name", ["approval_workflow", "purchase_approval"])
def test_the_definitions_of_the_documentation_are_valid(api: Deployment, name: str) -> None:
    assert shapes.definition_schema().is_valid(example(name))
    answer = api.call("POST", "/workflows/validate", example(name))
    assert (answer.status, answer.data["valid"], "errors" in answer.data) == (200, True, False)


def test_validating_the_example_answers_valid_and_nothing_else(api: Deployment) -> None:
    start = {
        "type": "action",
        "logic": {"type": "script", "code": 'return { message: "Hello" }'},
        "transitions": [{"target": "end"}],
    }
    definition = {
        "name": "my_workflow",
        "initial_state": "start",
        "states": {"start": start, "end": {"type": "terminal"}},
    }
    answer = api.call("POST", "/workflows/validate", definition)
    assert (answer.status, answer.body) == (200, {"data": {"valid": True}})
    start["transitions"] = [{"target": "nonexistent"}]
    wrong = api.call("POST", "/workflows/validate", definition)
    assert wrong.status == 200
    assert wrong.data["valid"] is False
    assert {
        "path": "states.start.transitions[0].target",
        "message": "Target state 'nonexistent' does not exist",
    } in wrong.data["errors"]


def test_a_misspelt_property_is_told_by_whatever_takes_the_definition_and_refused_where_asked(api: Deployment) -> None:
    definition = {**example("approval_workflow"), "name": "misspelt", "initial_sate": "start"}
    warning = {
        "path": "initial_sate",
        "message": "The property 'initial_sate' is unknown and does nothing; did you mean 'initial_state'?",
    }
    lenient = api.call("POST", "/workflows/validate?strict=false", definition)
    assert lenient.data == {"valid": True, "warnings": [warning]}
    strict = api.call("POST", "/workflows/validate?strict=true", definition)
    assert strict.data == {"valid": False, "errors": [warning]}
    refused = api.call("POST", "/workflows?strict=true", definition)
    assert (refused.status, refused.error["code"]) == (400, "invalid_workflow")
    assert refused.error["details"] == [warning]
    keyed = {"Idempotency-Key": "misspelt"}
    made = api.call("POST", "/workflows", definition, headers=keyed)
    assert (made.status, made.data["warnings"]) == (201, [warning])
    assert api.call("POST", "/workflows", definition, headers=keyed).body == made.body
    for method, path in (("POST", "/workflows/misspelt/versions"), ("PUT", "/workflows/misspelt")):
        assert api.call(method, path, definition).data["warnings"] == [warning]
        assert api.call(method, f"{path}?strict=true", definition).status == 400
        assert api.call(method, f"{path}?strict=TRUE", definition).error["code"] == "invalid_workflow"
        for value in ("1", "", "yes", "true%20"):
            odd = api.call(method, f"{path}?strict={value}", definition)
            assert (odd.status, odd.error["code"]) == (400, "validation_error")
            assert odd.error["details"] == [{"field": "strict", "message": "must be true or false"}]
    assert api.call("GET", "/workflows/misspelt").data["definition"] == definition


def test_workflows_are_listed_newest_first_with_their_pointers(deployment: Deployment) -> None:
    published = deployment.define(example("approval_workflow"))
    draft = deployment.call("POST", "/workflows", {**example("approval_workflow"), "name": "onboarding_workflow"})
    listed = deployment.call("GET", "/workflows").data
    assert listed["pagination"] == {"has_more": False, "next_cursor": None}
    newest, oldest = listed["workflows"]
    assert newest["name"] == "onboarding_workflow"
    assert (newest["latest_version_id"], newest["published_version_id"]) == (draft.data["version_id"], None)
    assert (oldest["name"], oldest["latest_version_id"]) == ("approval_workflow", published)
    assert oldest["published_version_id"] == published
    assert shapes.is_time(oldest["created_at"])


def test_versions_go_from_draft_to_published_to_superseded_and_back(deployment: Deployment) -> None:
    definition = example("approval_workflow")
    first = deployment.define(definition)
    second = deployment.call("POST", "/workflows/approval_workflow/versions", definition)
    assert (second.status, second.data["status"]) == (201, "draft")
    third = deployment.call("PUT", "/workflows/approval_workflow", {**definition, "ai_guidance": "Third"})
    assert third.status == 201

    def listed() -> list[Any]:
        found = deployment.call("GET", "/workflows/approval_workflow/versions").data["versions"]
        return [(each["version_id"], each["status"], "superseded_at" in each) for each in found]

    second_id, third_id = second.data["version_id"], third.data["version_id"]
    assert listed() == [(third_id, "draft", False), (second_id, "draft", False), (first, "published", False)]
    answer = deployment.call("POST", f"/workflows/approval_workflow/versions/{third_id}/publish")
    assert answer.status == 200
    assert answer.data["version_id"] == third_id
    assert answer.data["status"] == "published"
    assert shapes.is_time(answer.data["published_at"])
    assert listed() == [(third_id, "published", False), (second_id, "draft", False), (first, "published", True)]
    assert deployment.call("GET", "/workflows/approval_workflow").data["definition"]["ai_guidance"] == "Third"
    again = deployment.call("POST", f"/workflows/approval_workflow/versions/{third_id}/publish")
    assert again.refusal == (400, "already_published")
    rollback = deployment.call("POST", f"/workflows/approval_workflow/versions/{first}/publish")
    assert (rollback.status, "superseded_at" in rollback.data) == (200, False)
    assert listed()[2] == (first, "published", False)
    version = deployment.call("GET", f"/workflows/approval_workflow/versions/{first}").data
    assert version["definition"] == definition
    assert {"name", "version_id", "status", "created_at", "published_at", "definition"} <= set(version)


def test_a_taken_name_says_the_way_on(api: Deployment) -> None:
    answer = api.call("POST", "/workflows", example("approval_workflow"))
    assert answer.refusal == (409, "workflow_exists")
    assert "POST /workflows/approval_workflow/versions" in answer.error["message"]


def test_an_instance_halts_and_is_shown_resumed_and_completed(api: Deployment) -> None:
    made = api.call("POST", "/workflows/approval_workflow/instances", {"namespace": "user_123", "input": INPUT})
    assert made.status == 201
    instance = made.data
    shapes.check_instance(instance)
    expected = {
        "workflow_name": "approval_workflow",
        "namespace": "user_123",
        "status": "halted",
        "current_state": "await_approval",
    }
    assert expected.items() <= instance.items()
    submitted = instance["workflow_data"].pop("submitted_at")
    assert shapes.is_time(submitted)
    assert instance["workflow_data"] == {"request_id": "req_456", "amount": 5000, "status": "pending"}

    shown = api.get(instance["id"])
    shapes.check_instance(shown)
    assert expected.items() <= shown.items()
    assert shown["version_id"] == instance["version_id"]
    assert shown["halting_presentation"] == {
        "type": "form",
        "title": "Approval Required",
        "description": "Please review and approve or reject this request.",
        "fields": FIELDS,
    }
    (thread,) = shown["threads"]
    assert {"id": "thread_main", "status": "halted", "current_state": "await_approval"}.items() <= thread.items()
    first, second = shown["history"]
    assert (first["state"], first["transition"]) == ("request", "await_approval")
    assert first["entered_at"] <= first["exited_at"]
    assert second == {
        "state": "await_approval",
        "entered_at": first["exited_at"],
        "halt_id": shown["halt_id"],
    }

    resumed = api.call("POST", f"/workflows/instances/{instance['id']}/resume", {"input": DECISION})
    assert resumed.status == 200
    shapes.check_instance(resumed.data)
    assert (resumed.data["status"], resumed.data["current_state"]) == ("completed", "approved")
    assert resumed.data["workflow_data"] == {**instance["workflow_data"], "submitted_at": submitted, **DECISION}
    assert shapes.is_time(resumed.data["completed_at"])
    assert resumed.data == api.get(instance["id"])
    entry = resumed.data["history"][1]
    assert entry["input_received"] == DECISION
    assert entry["resumed_by"] == "client_1"
    assert shapes.is_time(entry["resumed_at"])
    assert entry["transition"] == "approved"


def test_halted_instances_of_a_user_are_listed(deployment: Deployment) -> None:
    deployment.define(example("approval_workflow"))
    older = deployment.start("approval_workflow", INPUT)
    newer = deployment.start("approval_workflow", INPUT)
    deployment.start("approval_workflow", INPUT, namespace="user_456")
    ended = deployment.start("approval_workflow", INPUT)
    deployment.resume(ended["id"], DECISION)
    listed = deployment.call("GET", "/workflows/instances?namespace=user_123&status=halted").data
    assert [each["id"] for each in listed["instances"]] == [newer["id"], older["id"]]
    for each in listed["instances"]:
        assert {
            "workflow_name": "approval_workflow",
            "status": "halted",
            "current_state": "await_approval",
        }.items() <= each.items()
        assert shapes.is_time(each["created_at"])


def test_a_cancelled_instance_says_when(api: Deployment) -> None:
    instance = api.start("approval_workflow", INPUT)
    answer = api.call("POST", f"/workflows/instances/{instance['id']}/cancel")
    assert (answer.status, answer.data["id"], answer.data["status"]) == (200, instance["id"], "cancelled")
    assert shapes.is_time(answer.data["cancelled_at"])
    shapes.check_instance(answer.data)
    again = api.call("POST", f"/workflows/instances/{instance['id']}/cancel")
    assert again.refusal == (400, "instance_not_active")


def test_threads_are_listed_and_resumed_by_their_ids(api: Deployment) -> None:
    instance = api.start("review")
    shapes.check_instance(instance)
    listed = api.call("GET", f"/workflows/instances/{instance['id']}/threads").data["threads"]
    found = [(each["id"], each["status"], each["current_state"]) for each in listed]
    assert found == [
        ("thread_main", "running", "begin"),
        ("thread_1", "halted", "await_department"),
        ("thread_2", "halted", "await_finance_approval"),
    ]
    path = f"/workflows/instances/{instance['id']}/threads/thread_1/resume"
    resumed = api.call("POST", path, {"input": {"department_approved": True}})
    assert resumed.status == 200
    shapes.check_instance(resumed.data)
    first, second = resumed.data["threads"][1:]
    assert {"id": "thread_1", "status": "completed", "current_state": "department_approved"}.items() <= first.items()
    assert {"id": "thread_2", "status": "halted", "current_state": "await_finance_approval"}.items() <= second.items()
    assert resumed.data["status"] == "halted", "the inbox must find what waits (ruling 20)"


def test_a_subscription_is_made_listed_and_deleted(api: Deployment) -> None:
    made = api.call("POST", "/webhooks/subscriptions", SUBSCRIPTION)
    assert made.status == 201
    assert shapes.is_id("whsub", made.data["id"])
    assert shapes.is_time(made.data["created_at"])
    assert made.data == {
        "id": made.data["id"],
        "url": SUBSCRIPTION["url"],
        "events": SUBSCRIPTION["events"],
        "namespace_filter": "user_123",
        "rate_per_minute": 1000,
        "status": "active",
        "created_at": made.data["created_at"],
    }
    listed = api.call("GET", "/webhooks/subscriptions").data
    assert listed == {"subscriptions": [made.data], "pagination": {"has_more": False, "next_cursor": None}}
    deleted = api.call("DELETE", f"/webhooks/subscriptions/{made.data['id']}")
    assert (deleted.status, deleted.raw) == (204, None)
    assert api.call("GET", "/webhooks/subscriptions").data["subscriptions"] == []
    gone = api.call("DELETE", f"/webhooks/subscriptions/{made.data['id']}")
    assert gone.refusal == (404, "subscription_not_found")


def test_a_secret_that_was_made_is_shown_once(api: Deployment) -> None:
    made = api.call("POST", "/webhooks/subscriptions", {key: SUBSCRIPTION[key] for key in ("url", "events")})
    assert made.data["secret"].startswith("whsec_")
    listed = api.call("GET", "/webhooks/subscriptions").raw or ""
    assert made.data["id"] in listed
    assert made.data["secret"] not in listed


@pytest.mark.parametrize("path", ["//oauth/token", "/oauth/token"])
def test_a_token_is_issued_to_a_registered_client_and_works(deployment: Deployment, path: str) -> None:
    deployment.register("client_9", "s3cret", scopes=["workflows:read"], namespaces=["user_123"])
    wanted = {"grant_type": "client_credentials", "client_id": "client_9", "client_secret": "s3cret"}
    issued = deployment.call("POST", path, wanted, token="")
    assert issued.status == 200
    assert issued.data.items() <= issued.body.items()
    assert issued.data["expires_in"] == 3600
    assert issued.data["token_type"] == "Bearer"
    assert issued.data["scope"] == "workflows:read"
    token = issued.data["access_token"]
    assert deployment.call("GET", "/workflows", token=token).status == 200
    assert deployment.call("POST", "/workflows", {}, token=token).refusal == (403, "forbidden")
    deployment.clock.advance(3_600_000)
    assert deployment.call("GET", "/workflows", token=token).refusal == (401, "unauthorized")


def test_the_published_keys_verify_a_token(api: Deployment) -> None:
    import jwt

    keys = api.call("GET", "//oauth/jwks", token="").body["keys"]
    assert api.call("GET", "/oauth/jwks", token="").body["keys"] == keys
    token = api.token()
    key = jwt.PyJWK(next(each for each in keys if each["kid"] == jwt.get_unverified_header(token)["kid"]))
    claims = jwt.decode(
        token, key, algorithms=["RS256"], audience="interactor-api", options={"verify_exp": False, "verify_iat": False}
    )
    assert claims["account_id"] == "acc_1"


def test_the_schema_of_definitions_is_published(api: Deployment) -> None:
    answer = api.call("GET", "/schemas/workflow-definition.json", token="")
    assert answer.status == 200
    assert answer.body == shapes.definition_schema().schema


@pytest.mark.parametrize("header", [None, "your-correlation-id-123"])
def test_every_answer_has_a_request_id_or_the_callers_own(api: Deployment, header: str | None) -> None:
    answer = api.call("GET", "/workflows", headers={} if header is None else {"X-Request-Id": header})
    given = answer.headers["X-Request-Id"]
    assert given == header if header else shapes.is_id("req", given)
