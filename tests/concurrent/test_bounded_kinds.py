"""Bounds on how many things an account has, for all that are made at one moment (attack: a quota passed by a race)."""

from typing import Any

import pytest

from interactor.core import limits
from tests.support.workers.faults import Barrier, together
from tests.support.workflows.flows import DECISION

HOOK = {"url": "https://hooks.example/in", "events": ["workflow.instance.completed"]}


def _refusals(answers: list[Any]) -> list[tuple[int, str]]:
    return [answer.refusal for answer in answers if answer.status != 201]


@pytest.mark.parametrize("there", [0, 2])
def test_subscriptions_made_at_one_moment_are_no_more_than_allowed(make_place, clock, monkeypatch, there):
    place = make_place()
    monkeypatch.setattr(limits, "SUBSCRIPTIONS_PER_ACCOUNT", 5)
    for _ in range(there):
        assert place.worker(clock).call("POST", "/webhooks/subscriptions", HOOK).status == 201
    gate = Barrier("transact_write_items", 5 - there + 3)
    workers = [place.worker(clock, gate) for _ in range(5 - there + 3)]
    answers = together(len(workers), lambda number: workers[number].call("POST", "/webhooks/subscriptions", HOOK))
    assert _refusals(answers) == [(400, "subscription_quota_exceeded")] * 3
    listed = place.worker(clock).call("GET", "/webhooks/subscriptions").data["subscriptions"]
    assert len(listed) == 5
    gone = listed[0]["id"]
    assert place.worker(clock).call("DELETE", f"/webhooks/subscriptions/{gone}").status == 204
    assert place.worker(clock).call("POST", "/webhooks/subscriptions", HOOK).status == 201


def test_workflows_made_at_one_moment_are_no_more_than_allowed(make_place, clock):
    place = make_place()
    gate = Barrier("transact_write_items", 6)
    workers = [place.worker(clock, gate, WORKFLOWS_PER_ACCOUNT="4") for _ in range(6)]

    def make(number: int) -> Any:
        return workers[number].call("POST", "/workflows", {**DECISION, "name": f"flow_{number}"})

    assert _refusals(together(6, make)) == [(429, "workflow_quota_exceeded")] * 2
    worker = place.worker(clock, WORKFLOWS_PER_ACCOUNT="4")
    names = [each["name"] for each in worker.call("GET", "/workflows").data["workflows"]]
    assert len(names) == 4
    again = worker.call("POST", "/workflows", {**DECISION, "name": names[0]})
    assert again.refusal == (409, "workflow_exists"), "that it exists is told first"
    assert (
        place.worker(clock, WORKFLOWS_PER_ACCOUNT="0").call("POST", "/workflows", {**DECISION, "name": "free"}).status
        == 201
    )


def test_versions_made_at_one_moment_are_no_more_than_allowed(make_place, clock):
    place = make_place()
    limited = {"VERSIONS_PER_WORKFLOW": "3"}
    assert place.worker(clock, **limited).call("POST", "/workflows", {**DECISION, "name": "flow"}).status == 201
    gate = Barrier("transact_write_items", 4)
    workers = [place.worker(clock, gate, **limited) for _ in range(4)]
    together(4, lambda number: workers[number].call("POST", "/workflows/flow/versions", DECISION))
    for _ in range(4):
        last = place.worker(clock, **limited).call("POST", "/workflows/flow/versions", DECISION)
    assert last.refusal == (429, "version_quota_exceeded")
    versions = place.worker(clock).call("GET", "/workflows/flow/versions").data["versions"]
    assert len(versions) == 3
    assert (
        place.worker(clock, VERSIONS_PER_WORKFLOW="0").call("POST", "/workflows/flow/versions", DECISION).status == 201
    )
