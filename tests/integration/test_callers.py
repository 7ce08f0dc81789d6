"""Where an instance is made, and who is said to have moved it (rulings 26 to 28)."""

from typing import Any

import pytest

from interactor.core.times import SECOND
from tests.support.deployed.deployment import NO_TOKEN, Deployment
from tests.support.deployed.requests import ENDPOINTS, Endpoint
from tests.support.workflows.definitions import halting, http, one, script

PATH = "/workflows/flow/instances"


@pytest.fixture(scope="module")
def api(shared: Deployment) -> Deployment:
    shared.define(one(halting()))
    return shared


@pytest.mark.parametrize(
    ("held", "body", "header", "expected"),
    [
        (("*",), None, None, "default"),
        (("*",), "user_1", None, "user_1"),
        (("*",), None, "user_1", "user_1"),
        (("*",), "user_1", "user_1", "user_1"),
        (("user_1",), None, None, "user_1"),
        (("user_1", "user_2"), "user_2", None, "user_2"),
        (("user_1", "user_2"), None, None, (400, "validation_error")),
        (("*",), "user_1", "user_2", (400, "namespace_mismatch")),
        (("user_1",), "user_2", None, (403, "forbidden")),
        (("user_1",), None, "user_2", (403, "forbidden")),
        (("*",), "a#b", None, (400, "validation_error")),
        (("*",), "", None, (400, "validation_error")),
        (("*",), ["user_1"], None, (400, "validation_error")),
        (("*",), "x" * 129, None, (400, "validation_error")),
        (("*",), "é", None, (400, "validation_error")),
        (("*",), "-a", None, (400, "validation_error")),
        (("*",), "user_1\n", None, (400, "validation_error")),
    ],
)
def test_the_namespace_of_a_create(api: Deployment, held: Any, body: Any, header: str | None, expected: Any) -> None:
    headers = {} if header is None else {"X-Namespace": header}
    answer = api.call("POST", PATH, {} if body is None else {"namespace": body}, api.token(namespaces=held), headers)
    if isinstance(expected, str):
        assert (answer.status, answer.data["namespace"]) == (201, expected)
    else:
        assert answer.refusal == expected
    if expected == (400, "validation_error"):
        assert answer.error["details"][0]["field"] == "namespace"


@pytest.mark.parametrize("header", ["", "a#b", "x" * 129, "-a"])
def test_what_cannot_be_a_namespace_is_refused_before_the_workflow_is_looked_for(api: Deployment, header: str) -> None:
    refused = api.call("POST", "/workflows/none/instances", {}, headers={"X-Namespace": header})
    assert refused.refusal == (400, "validation_error")
    assert [each["field"] for each in refused.error["details"]] == ["X-Namespace"]


@pytest.mark.parametrize("body", [None, "", "{}", "  ", b""])
def test_a_create_without_a_body_has_no_input(api: Deployment, body: Any) -> None:
    answer = api.call("POST", PATH, body)
    assert answer.status == 201
    event = api.events_of(answer.data["id"])[0]
    assert event["input"] == {}


@pytest.mark.parametrize("body", [None, "{}", b""])
def test_a_cancel_needs_no_body(api: Deployment, body: Any) -> None:
    instance = api.start("flow")
    assert api.call("POST", f"/workflows/instances/{instance['id']}/cancel", body).status == 200


def test_the_one_who_resumes_is_the_tokens_subject(api: Deployment) -> None:
    instance = api.start("flow")
    token = api.token(namespaces=("user_123",), subject="user_789")
    shown = api.resume(instance["id"], {"a": 1}, token=token).data
    entry = shown["history"][0]
    assert (entry["input_received"], entry["resumed_by"]) == ({"a": 1}, "user_789")


def test_a_service_account_names_the_person(api: Deployment) -> None:
    instance = api.start("flow")
    shown = api.resume(instance["id"], headers={"X-Interactor-Actor": "Ada Lovelace"}).data
    assert shown["history"][0]["resumed_by"] == {"actor": "Ada Lovelace", "via": "client_1"}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
def test_a_client_that_may_not_speak_for_people_is_told_so_everywhere(api: Deployment, endpoint: Endpoint) -> None:
    there = dict.fromkeys((*endpoint.ids, "new_group", "new_person"), "x")
    named, nobody = {"X-Interactor-Actor": "maya"}, {"X-Interactor-Actor": "a\u202eb"}
    token = api.token(namespaces=("user_123",))
    answer = api.call(endpoint.method, endpoint.at(there), endpoint.body, token, named)
    assert answer.refusal == (403, "actor_not_allowed")
    # A name that is none is refused everywhere too, before anything is looked for.
    assert api.call(endpoint.method, endpoint.at(there), endpoint.body, None, nobody).refusal == (
        400,
        "validation_error",
    )
    assert api.call(endpoint.method, endpoint.at(there), endpoint.body, NO_TOKEN, named).status == 401


def test_a_client_that_was_given_the_right_names_the_person(deployment: Deployment) -> None:
    deployment.define(one(halting()))
    deployment.register("desk", "s", namespaces=["user_123"], acts_for_people=True)
    deployment.register("other", "s", namespaces=["user_123"])
    for client, expected in (("desk", 200), ("other", 403)):
        grant = {"grant_type": "client_credentials", "client_id": client, "client_secret": "s"}
        token = deployment.call("POST", "//oauth/token", grant, token=NO_TOKEN).data["access_token"]
        instance = deployment.start("flow", token=token)
        headers = {"X-Interactor-Actor": "%C5%81ukasz"}
        answer = deployment.resume(instance["id"], token=token, headers=headers)
        assert answer.status == expected
        by = deployment.get(instance["id"])["history"][0].get("resumed_by")
        assert by == ({"actor": "Łukasz", "via": "desk"} if expected == 200 else None)


def test_the_same_key_for_another_person_is_another_request(api: Deployment) -> None:
    instance = api.start("flow")
    maya, omar = ({"X-Interactor-Actor": each, "Idempotency-Key": "both"} for each in ("maya", "omar"))
    first = api.resume(instance["id"], headers=maya)
    assert (first.status, api.resume(instance["id"], headers=maya).raw) == (200, first.raw)
    assert api.resume(instance["id"], headers=omar).refusal == (409, "idempotency_conflict")


@pytest.mark.parametrize("name", ["", "x" * 129, "a\u200bb", "a\u202eb"])
def test_an_insane_person_is_refused(api: Deployment, name: str) -> None:
    instance = api.start("flow")
    answer = api.resume(instance["id"], headers={"X-Interactor-Actor": name})
    assert answer.refusal == (400, "validation_error")
    assert api.get(instance["id"]) == instance


def test_every_commit_by_a_person_records_who(api: Deployment) -> None:
    instance = api.start("flow", token=api.token(subject="user_1"))
    api.call("POST", f"/workflows/instances/{instance['id']}/cancel", token=api.token(subject="user_2"))
    found = api.events_of(instance["id"])
    assert (found[0]["by"], found[-1]["by"]) == ("user_1", "user_2")


def test_triggers_say_what_made_a_transition(deployment: Deployment) -> None:
    url = "https://api.example.com/x"
    deployment.define(
        one(
            script("return {}", "wait"),
            wait=halting(transitions=[{"target": "late"}]),
            late=halting(timeout={"after": "1s", "target": "call"}),
            call=http(url, "done") | {"on_error": {"target": "end"}},
            end={"type": "terminal"},
        )
    )
    from tests.support.outside import answer

    deployment.outside.will(url, answer(500))
    instance = deployment.start("flow")
    deployment.resume(instance["id"])
    deployment.clock.advance(2 * SECOND)
    deployment.tick()
    found = [event["trigger"] for event in deployment.events_of(instance["id"]) if event["subtype"] == "state_change"]
    assert found == ["automatic", "input", "timeout", "error"]


def test_the_history_keeps_the_last_hundred_entries(deployment: Deployment) -> None:
    count = "return { n: (workflow_data.n || 0) + 1 }"
    more = {"target": "begin", "condition": {"field": "n", "operator": "lt", "value": 120}}
    deployment.define(one(script(count, more, "wait"), wait=halting()))
    instance = deployment.start("flow")
    assert (instance["status"], instance["workflow_data"]) == ("halted", {"n": 120})
    assert len(instance["history"]) == 100
    assert instance["history_truncated"] is True
    assert instance["history"][-1]["state"] == "wait"
    deployment.define(one(halting(), name="short"))
    assert "history_truncated" not in deployment.start("short")
