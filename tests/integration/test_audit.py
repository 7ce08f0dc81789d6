"""An audit of an ended instance from ``GET .../history`` alone: who decided what, when, on which data, under what."""

from dataclasses import dataclass
from typing import Any

import pytest

from interactor.core.times import HOUR, iso
from tests.support.deployed.deployment import Deployment
from tests.support.workflows.definitions import example

ORDER = {"id": "PO-1", "amount": 15_000, "requester": "john@example.com", "description": "Laptops"}


@dataclass(frozen=True)
class Decision:
    """What an auditor writes down about one of them."""

    state: str
    asked: list[str]
    amount: Any
    """What the data said that they decided on."""
    who: Any
    when: str
    said: Any
    led_to: str


def audit(api: Deployment, instance: str) -> tuple[dict[str, Any], list[Any], list[Decision]]:
    """What stands above the events, the events, and the decisions; nothing else is asked."""
    pages: list[Any] = []
    cursor = ""
    while not pages or pages[-1]["pagination"]["has_more"]:
        pages.append(api.call("GET", f"/workflows/instances/{instance}/history?include_data=true&limit=4{cursor}").data)
        cursor = f"&cursor={pages[-1]['pagination']['next_cursor']}"
    events = [event for page in pages for event in page["events"]]
    decisions = []
    for place, event in enumerate(events):
        if event["subtype"] != "resumed":
            continue
        own = [each for each in events if each["thread"] == event["thread"]]
        before, after = own[: own.index(event)], events[place + 1 :]
        shown = next(each for each in reversed(before) if each["subtype"] == "waiting")
        led = next(each for each in after if each["thread"] == event["thread"] and each["subtype"] == "state_change")
        assert led["trigger"] == "input"
        decisions.append(
            Decision(
                event["state"],
                [field["name"] for field in shown["halting_presentation"]["fields"]],
                shown["workflow_data"]["amount"],
                event["by"],
                event["timestamp"],
                event["input"],
                led["to_state"],
            )
        )
    return pages[0], events, decisions


@pytest.fixture
def api(deployment: Deployment) -> Deployment:
    deployment.define(example("purchase_approval"))
    return deployment


def decide(api: Deployment, instance: str, who: str, given: Any) -> str:
    """Decide for a person, an hour later; answers when."""
    api.clock.advance(HOUR)
    assert api.resume(instance, given, headers={"x-interactor-actor": who}).status == 200
    return iso(api.clock())


def test_two_approvers_are_found_with_what_they_knew_and_said(api: Deployment) -> None:
    version = api.call("GET", "/workflows/purchase_approval").data["version_id"]
    headers = {"x-interactor-actor": "john"}
    body = {"namespace": "user_123", "input": ORDER}
    instance = api.call("POST", "/workflows/purchase_approval/instances", body, headers=headers).data["id"]
    manager, vp = {"approved": True, "comment": "Needed"}, {"approved": True, "budget_code": "B-7"}
    at_manager = decide(api, instance, "mary", manager)
    later = api.call("POST", "/workflows/purchase_approval/versions", example("purchase_approval")).data["version_id"]
    api.call("POST", f"/workflows/purchase_approval/versions/{later}/publish")
    at_vp = decide(api, instance, "victor", vp)
    api.drain()

    above, events, decisions = audit(api, instance)

    def by(person: str) -> dict[str, str]:
        return {"actor": person, "via": "client_1"}

    assert above["status"] == "completed"
    assert (above["workflow_name"], above["version_id"], above["namespace"]) == (
        "purchase_approval", version, "user_123",
    )  # fmt: skip
    assert [event["number"] for event in events] == list(range(1, len(events) + 1))
    created = events[0]
    assert (created["by"], created["input"], created["version_id"]) == (by("john"), ORDER, version)
    ask = example("purchase_approval")["states"]

    def fields(state: str) -> list[str]:
        return [field["name"] for field in ask[state]["presentation"]["fields"]]

    assert decisions == [
        Decision(
            "manager_approval", fields("manager_approval"), 15_000, by("mary"), at_manager, manager, "vp_approval"
        ),
        Decision("vp_approval", fields("vp_approval"), 15_000, by("victor"), at_vp, vp, "approved"),
    ]
    (told,) = (event for event in events if event.get("logic") == "http")
    (request,) = api.outside.requests
    assert (told["http_status"], told["idempotency_key"]) == (200, request.headers["Idempotency-Key"])
    assert events[-1]["subtype"] == "completed"
    assert events[-1]["workflow_data"] == api.get(instance)["workflow_data"]


def test_what_the_second_approver_knew_has_what_the_first_one_said(api: Deployment) -> None:
    instance = api.start("purchase_approval", ORDER)["id"]
    decide(api, instance, "mary", {"approved": True, "comment": "Needed"})
    _, events, _ = audit(api, instance)
    waits = [event["workflow_data"] for event in events if event["subtype"] == "waiting"]
    assert [data.get("comment") for data in waits] == [None, "Needed"]


def test_who_stepped_in_is_found_too(api: Deployment) -> None:
    instance = api.start("purchase_approval", ORDER)["id"]
    for act, person in (("pause", "olga"), ("unpause", "omar"), ("cancel", "carl")):
        headers = {"x-interactor-actor": person}
        assert api.call("POST", f"/workflows/instances/{instance}/{act}", headers=headers).status == 200
    _, events, decisions = audit(api, instance)
    assert decisions == []
    acts = [(event["subtype"], event["by"]["actor"]) for event in events[1:] if event["type"] == "lifecycle"]
    assert acts == [("paused", "olga"), ("unpaused", "omar"), ("cancelled", "carl")]
