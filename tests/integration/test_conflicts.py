"""Resumes that meet: simultaneous ones, repeated ones, and the order in which errors are told (rulings 17, 18, 24)."""

from typing import Any

import pytest

from interactor.core.times import SECOND
from tests.support.deployed.deployment import NO_TOKEN, Answer, Deployment
from tests.support.memory.endpoint import throttled
from tests.support.workflows.definitions import example, halting, http, one

YES, NO = {"approved": True}, {"approved": False}
STAGES = one(halting(transitions=[{"target": "second"}]), second=halting())


@pytest.fixture(scope="module")
def api(shared: Deployment) -> Deployment:
    shared.define(example("approval_workflow"))
    shared.define(STAGES)
    return shared


def overtaken(api: Deployment, mine: Any, theirs: Any, **rest: Any) -> tuple[Any, Answer, Answer]:
    """Resume an instance, with another resume committing just before this one does."""
    instance = api.start("approval_workflow")
    answers: list[Answer] = []
    path = f"/workflows/instances/{instance['id']}/resume"

    def other() -> None:
        answers.append(api.call("POST", path, {"input": theirs}))

    with api.interposed("TransactWriteItems", other):
        lost = api.call("POST", path, {"input": mine, **rest})
    return instance, lost, answers[0]


def test_of_two_different_decisions_at_once_the_first_wins(api: Deployment) -> None:
    instance, lost, won = overtaken(api, NO, YES)
    assert won.data["current_state"] == "approved"
    assert lost.refusal == (409, "concurrent_modification")
    assert lost.error["message"].startswith("Instance was modified by another request: that halt was resumed by ")
    details = lost.error["details"]
    assert (details["current_state"], details["expected_state"]) == ("approved", "await_approval")
    assert (details["halt_id"], details["outcome"], details["decided_by"]) == (None, "resumed", "client_1")
    assert api.get(instance["id"]) == won.data
    resumes = [event for event in api.events_of(instance["id"]) if event["subtype"] == "resumed"]
    assert len(resumes) == 1


def test_of_two_equal_decisions_at_once_both_get_the_same_answer(api: Deployment) -> None:
    instance, lost, won = overtaken(api, {"approved": True, "comment": "a"}, {"comment": "a", "approved": True})
    assert lost.data == won.data
    assert len([event for event in api.events_of(instance["id"]) if event["subtype"] == "resumed"]) == 1


def test_a_decision_that_loses_to_a_cancel_is_a_conflict(api: Deployment) -> None:
    instance = api.start("approval_workflow")
    cancel = f"/workflows/instances/{instance['id']}/cancel"
    with api.interposed("TransactWriteItems", lambda: api.call("POST", cancel) and None):
        lost = api.resume(instance["id"], YES)
    assert lost.refusal == (409, "concurrent_modification")
    assert api.get(instance["id"])["status"] == "cancelled"


def test_a_cancel_that_loses_to_a_decision_tries_again(api: Deployment) -> None:
    instance = api.start("flow")
    with api.interposed("TransactWriteItems", lambda: api.resume(instance["id"]) and None):
        cancelled = api.call("POST", f"/workflows/instances/{instance['id']}/cancel")
    assert (cancelled.status, cancelled.data["status"], cancelled.data["current_state"]) == (200, "cancelled", "second")


def test_a_cancel_that_loses_to_the_end_says_so(api: Deployment) -> None:
    instance = api.start("approval_workflow")
    with api.interposed("TransactWriteItems", lambda: api.resume(instance["id"], YES) and None):
        answer = api.call("POST", f"/workflows/instances/{instance['id']}/cancel")
    assert answer.refusal == (400, "instance_not_active")


def test_a_request_that_arrived_before_the_winner_committed_is_simultaneous(api: Deployment) -> None:
    instance = api.start("flow")
    early = api.clock()
    won = api.resume(instance["id"], YES).data
    assert won["current_state"] == "second"
    assert api.resume(instance["id"], YES, at=early).data == won
    conflict = api.resume(instance["id"], NO, at=early)
    assert conflict.refusal == (409, "concurrent_modification")
    details = conflict.error["details"]
    assert (details["current_state"], details["expected_state"]) == ("second", "begin")
    assert details["halt_id"] == won["halt_id"]
    assert api.get(instance["id"]) == won


def test_a_request_that_arrived_after_the_commit_resumes_the_new_halt(api: Deployment) -> None:
    instance = api.start("flow")
    api.resume(instance["id"], YES)
    api.clock.advance(2 * SECOND)
    assert api.resume(instance["id"], YES).data["status"] == "completed"


def test_the_same_input_within_ten_seconds_of_the_end_gets_the_same_answer(api: Deployment) -> None:
    instance = api.start("approval_workflow")
    won = api.resume(instance["id"], YES).data
    api.clock.advance(9 * SECOND)
    assert api.resume(instance["id"], YES).data == won
    assert api.resume(instance["id"], NO).refusal == (400, "instance_not_halted")
    api.clock.advance(2 * SECOND)
    late = api.resume(instance["id"], YES)
    assert late.refusal == (400, "instance_not_halted")
    assert late.error["details"]["current_state"] == "approved"


def test_the_expected_state_decides_before_simultaneity(api: Deployment) -> None:
    instance = api.start("flow")
    early = api.clock()
    api.resume(instance["id"], YES)
    path = f"/workflows/instances/{instance['id']}/resume"
    answer = api.call("POST", path, {"input": YES, "expected_state": "begin"}, at=early)
    assert answer.refusal == (409, "concurrent_modification")
    never = api.call("POST", path, {"input": YES, "expected_state": "third"}, at=early)
    assert "thread 'thread_main' is at 'second', not at 'third'" in never.error["message"], "nobody modified anything"
    assert api.call("POST", path, {"input": NO, "expected_state": "second"}, at=early).status == 200


def test_a_running_instance_cannot_be_resumed(api: Deployment) -> None:
    api.define(one(http("https://api.example.com/x"), name="outside"))
    instance = api.start("outside")
    assert api.resume(instance["id"]).refusal == (400, "instance_not_halted")


def test_a_commit_whose_answer_was_lost_is_found_again(api: Deployment) -> None:
    instance = api.start("approval_workflow")
    with api.answer_lost("TransactWriteItems"):
        answer = api.resume(instance["id"], YES)
    assert answer.data["current_state"] == "approved"
    assert len([event for event in api.events_of(instance["id"]) if event["subtype"] == "resumed"]) == 1


def test_a_create_whose_answer_was_lost_makes_one_instance(deployment: Deployment) -> None:
    deployment.define(STAGES)
    with deployment.answer_lost("TransactWriteItems"):
        made = deployment.call("POST", "/workflows/flow/instances", {"namespace": "user_123"})
    assert made.status == 201
    listed = deployment.call("GET", "/workflows/instances").data["instances"]
    assert [each["id"] for each in listed] == [made.data["id"]]


def test_a_commit_that_the_table_refused_for_now_changes_nothing_or_is_made_again(api: Deployment) -> None:
    instance = api.start("approval_workflow")
    with api.interposed("TransactWriteItems", throttled):
        answer = api.resume(instance["id"], YES)
    assert answer.data["current_state"] == "approved"


class TestPrecedence:
    """401, 403, 404, 400 for the body, 400 or 409 for the state (ruling 18)."""

    GONE = "/workflows/instances/inst_01kfdmdagyy4rdc3yf0jys7smn/resume"

    def test_who_asks_comes_before_everything(self, api: Deployment) -> None:
        assert api.call("POST", self.GONE, "{", token=NO_TOKEN).refusal == (401, "unauthorized")

    def test_the_scope_comes_before_what_exists(self, api: Deployment) -> None:
        token = api.token(scopes=("workflows:read", "workflows:write"))
        assert api.call("POST", self.GONE, "{", token=token).refusal == (403, "forbidden")
        made = api.call("POST", "/workflows/none/instances", {}, token=token)
        assert made.refusal == (403, "forbidden"), "workflows:write alone does not start instances"

    def test_what_exists_comes_before_the_body(self, api: Deployment) -> None:
        assert api.call("POST", self.GONE, "{").refusal == (404, "instance_not_found")
        assert api.call("POST", "/workflows/none/instances", "{").refusal == (404, "workflow_not_found")
        assert api.call("PUT", "/workflows/none", "{").refusal == (404, "workflow_not_found")
        assert api.call("POST", "/workflows/none/versions", "{").refusal == (404, "workflow_not_found")

    def test_a_thread_that_does_not_exist_comes_before_the_body(self, api: Deployment) -> None:
        path = f"/workflows/instances/{api.start('flow')['id']}/threads/thread_none/resume"
        assert api.call("POST", path, {}).refusal == (404, "thread_not_found")
        assert api.call("POST", path, "{").refusal == (404, "thread_not_found")

    def test_the_body_comes_before_the_state(self, api: Deployment) -> None:
        instance = api.start("flow")
        api.call("POST", f"/workflows/instances/{instance['id']}/cancel")
        path = f"/workflows/instances/{instance['id']}/resume"
        assert api.call("POST", path, {"input": 5}).refusal == (400, "validation_error")
        assert api.call("POST", path, {"input": {}}).refusal == (400, "instance_not_halted")
