"""The errors of all workflows: paged, chosen, summed up, kept thirty days (spec section Error Dashboard)."""

from typing import Any

import pytest

from interactor.core.times import DAY, HOUR, MINUTE, iso
from tests.support.deployed.deployment import Answer, Deployment
from tests.support.outside import answer
from tests.support.workflows.definitions import http, one, script

FAILING = one(script("throw new Error('broken')"), name="failing")
OTHER_FAILING = one(http("https://api.example.com/gone"), name="other_failing")

ELSEWHERE = "acc_errors"


def errors(api: Deployment, query: str = "", token: str | None = None) -> Answer:
    asked = f"/workflows/errors{'?' if query else ''}{query}"
    return api.call("GET", asked, token=token or api.token(account=ELSEWHERE))


@pytest.fixture(scope="module")
def failed(shared: Deployment) -> Deployment:
    """Three errors of one workflow an hour apart, and between them two of another in another namespace."""
    token = shared.token(account=ELSEWHERE)
    shared.define(FAILING, token)
    shared.define(OTHER_FAILING, token)
    shared.outside.will("https://api.example.com/gone", answer(404))
    for number in range(5):
        shared.clock.advance(HOUR)
        workflow, namespace = (("failing", "user_123"), ("other_failing", "user_456"))[number % 2]
        shared.start(workflow, namespace=namespace, token=shared.token(account=ELSEWHERE))
        shared.drain()
    return shared


def test_errors_of_all_workflows_come_newest_first_with_a_summary(failed: Deployment) -> None:
    found = errors(failed).data
    assert [each["workflow_name"] for each in found["errors"]] == ["failing", "other_failing"] * 2 + ["failing"]
    times = [each["timestamp"] for each in found["errors"]]
    assert times == sorted(times, reverse=True)
    first = found["errors"][0]
    assert set(first) == {
        "id", "instance_id", "workflow_name", "version_id", "namespace", "thread", "state", "error_code", "error",
        "timestamp",
    }  # fmt: skip
    assert (first["error_code"], first["state"], first["thread"]) == ("script_error", "begin", "thread_main")
    assert "broken" in first["error"]
    assert found["summary"] == {
        "total": 5,
        "by_code": {"script_error": 3, "http_error": 2},
        "by_workflow": {"failing": 3, "other_failing": 2},
        "complete": True,
    }
    path = f"/workflows/instances/{first['instance_id']}/events/{first['id']}"
    event = failed.call("GET", path, token=failed.token(account=ELSEWHERE)).data
    assert (event["code"], event["timestamp"]) == (first["error_code"], first["timestamp"])


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_errors_are_paged(failed: Deployment, limit: int) -> None:
    whole = errors(failed).data["errors"]
    found: list[Any] = []
    page = errors(failed, f"limit={limit}").data
    assert page["summary"]["total"] == 5
    while True:
        found += page["errors"]
        cursor = page["pagination"]["next_cursor"]
        if cursor is None:
            break
        page = errors(failed, f"limit={limit}&cursor={cursor}").data
        assert "summary" not in page
    assert found == whole


def test_errors_are_chosen_by_time_workflow_and_code(failed: Deployment) -> None:
    whole = errors(failed).data["errors"]
    some = errors(failed, "workflow_name=failing").data
    assert some["errors"] == whole[::2]
    assert some["summary"] == {
        "total": 3, "by_code": {"script_error": 3}, "by_workflow": {"failing": 3}, "complete": True
    }  # fmt: skip
    assert errors(failed, "error_code=http_error").data["errors"] == whole[1::2]
    assert errors(failed, "error_code=http_error&workflow_name=failing").data["errors"] == []
    oldest, newest = whole[3]["timestamp"], whole[1]["timestamp"]
    within = errors(failed, f"since={oldest}&until={newest}").data
    assert within["errors"] == whole[2:4]
    assert within["summary"]["total"] == 2


@pytest.mark.parametrize(
    ("since", "until"),
    [(1, 2), (1, 1), (-1, -2), (-2, -1), (2000, 1000), (1000, 2000), (1, 1000), (-1, 1)],
)
def test_a_time_without_errors_is_an_empty_list(failed: Deployment, since: int, until: int) -> None:
    def check(params: Any, **_: Any) -> None:
        values = params["ExpressionAttributeValues"]
        assert ":b" not in values or values[":a"]["S"] <= values[":b"]["S"], "DynamoDB refuses such bounds"

    events = failed.clients["dynamodb"].meta.events
    events.register("before-parameter-build.dynamodb.Query", check)
    try:
        now = failed.clock()
        found = errors(failed, f"since={iso(now - since * HOUR)}&until={iso(now - until * HOUR)}").data
    finally:
        events.unregister("before-parameter-build.dynamodb.Query", check)
    assert found["errors"] == []
    assert found["summary"]["total"] == 0


def test_errors_are_those_of_the_tokens_namespaces_and_account(failed: Deployment) -> None:
    token = failed.token(account=ELSEWHERE, namespaces=("user_456",))
    found = errors(failed, token=token).data
    assert {each["namespace"] for each in found["errors"]} == {"user_456"}
    assert found["summary"]["total"] == 2
    assert errors(failed, token=failed.token(account="acc_2")).data["errors"] == []


@pytest.mark.parametrize(("query", "field"), [("since=x", "since"), ("until=1", "until"), ("limit=0", "limit")])
def test_wrong_parameters_of_the_errors_are_named(failed: Deployment, query: str, field: str) -> None:
    refused = errors(failed, query)
    assert refused.refusal == (400, "validation_error")
    assert [each["field"] for each in refused.error["details"]] == [field]


def test_an_error_that_on_error_took_care_of_is_listed_too_for_thirty_days(deployment: Deployment) -> None:
    deployment.define(one(script("throw 1", on_error={"target": "done"})))
    assert deployment.start("flow")["status"] == "completed"
    (found,) = deployment.call("GET", "/workflows/errors").data["errors"]
    assert found["error_code"] == "script_error"
    assert deployment.start("flow")["status"] == "completed"
    cursor = deployment.call("GET", "/workflows/errors?limit=1").data["pagination"]["next_cursor"]
    older = deployment.call("GET", f"/workflows/errors?limit=1&cursor={cursor}").data["errors"]
    assert older == [found]
    deployment.clock.advance(30 * DAY - MINUTE)
    assert deployment.call("GET", "/workflows/errors").data["errors"][1:] == [found]
    deployment.clock.advance(MINUTE)
    assert deployment.call("GET", "/workflows/errors").data["errors"] == []
    late = deployment.call("GET", f"/workflows/errors?limit=1&cursor={cursor}").data
    assert (late["errors"], late["pagination"]["has_more"]) == ([], False)
