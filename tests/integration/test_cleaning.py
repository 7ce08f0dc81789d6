"""What becomes of an instance after its end: hidden at its date, then removed with its history (ruling 24)."""

from typing import Any

import pytest

from interactor.core.times import DAY, MINUTE, SECOND
from tests.support.deployed.deployment import Deployment
from tests.support.outside import answer
from tests.support.workflows.definitions import halting, http, one, script

URL = "https://api.example.com/x"
GONE = (404, "instance_not_found")


def of(api: Deployment, instance_id: str) -> list[str]:
    """The sort keys of what is stored of an instance."""
    return [each["sk"]["S"] for each in api.items() if each["pk"]["S"].endswith(f"#I#{instance_id}")]


def ended(api: Deployment, how: str) -> str:
    api.define(one(halting(transitions=[{"target": "call"}]), call=http(URL)))
    api.outside.will(URL, answer(404) if how == "failed" else answer(200))
    instance: str = api.start("flow")["id"]
    if how == "cancelled":
        api.call("POST", f"/workflows/instances/{instance}/cancel")
    else:
        api.resume(instance)
    api.drain()
    assert api.get(instance)["status"] == how
    return instance


@pytest.mark.parametrize(
    ("how", "parameters", "days"),
    [("completed", {}, 30), ("cancelled", {"RetentionAfterEnd": "2d"}, 2), ("failed", {"RetentionAfterEnd": "2d"}, 2)],
)
def test_an_ended_instance_is_hidden_at_its_date_and_then_removed(
    deploy: Any, how: str, parameters: Any, days: int
) -> None:
    deployment: Deployment = deploy(**parameters)
    instance = ended(deployment, how)
    event = deployment.events_of(instance)[0]["id"]
    deployment.clock.advance(days * DAY - MINUTE)
    deployment.tick()
    assert deployment.get(instance)["status"] == how
    listed = deployment.call("GET", "/workflows/instances").data["instances"]
    assert [each["id"] for each in listed] == [instance]
    deployment.clock.advance(MINUTE + SECOND)
    path = f"/workflows/instances/{instance}"
    for tail in ("", "/history", f"/events/{event}", "/threads", "/diagram"):
        assert deployment.call("GET", path + tail).refusal == GONE, tail
    for tail in ("/resume", "/cancel", "/pause", "/unpause", "/retry", "/threads/thread_main/resume"):
        assert deployment.call("POST", path + tail, {"input": {}} if "resume" in tail else None).refusal == GONE, tail
    for query in ("", f"?status={how}", "?workflow_name=flow", "?namespace=user_123"):
        assert deployment.call("GET", f"/workflows/instances{query}").data["instances"] == [], query
    assert of(deployment, instance)
    deployment.tick()
    assert of(deployment, instance) == []


def test_what_has_not_ended_stays(deploy: Any) -> None:
    deployment: Deployment = deploy(RetentionAfterEnd="1d")
    deployment.define(one(halting()))
    instance = deployment.start("flow")["id"]
    deployment.clock.advance(10 * DAY)
    deployment.tick()
    assert deployment.get(instance)["status"] == "halted"


def test_a_failed_instance_can_be_retried_until_its_date_which_is_then_forgotten(deploy: Any) -> None:
    deployment: Deployment = deploy(RetentionAfterEnd="2d")
    instance = ended(deployment, "failed")
    deployment.clock.advance(2 * DAY - MINUTE)
    deployment.outside.will(URL, answer(200))
    assert deployment.call("POST", f"/workflows/instances/{instance}/retry").status == 200
    deployment.drain()
    deployment.clock.advance(DAY)
    deployment.tick()
    assert deployment.get(instance)["status"] == "completed"
    deployment.clock.advance(DAY)
    deployment.tick()
    assert of(deployment, instance) == []


LARGE = "let t = ''; while (t.length < 9000) { t += 'x' + Math.random().toString(36) } return { t }"


def large(api: Deployment, resumes: int) -> str:
    """An instance with one record for each resume, and with its data apart from its head."""
    api.define(one(script(LARGE, "wait"), wait=halting(transitions=[{"target": "again"}]), again=halting(
        transitions=[{"target": "done", "condition": {"field": "end", "equals": True}}, {"target": "again"}]
    )))  # fmt: skip
    instance: str = api.start("flow")["id"]
    for _ in range(resumes - 1):
        assert api.resume(instance).status == 200
    assert api.resume(instance, {"end": True}).data["status"] == "completed"
    assert any(each.startswith("L#") for each in of(api, instance))
    return instance


@pytest.mark.parametrize("each_time", [1, 5, 6, 100])
def test_a_long_history_is_removed_over_several_messages(
    deploy: Any, monkeypatch: pytest.MonkeyPatch, each_time: int
) -> None:
    monkeypatch.setattr("interactor.instances.store.due.REMOVED_PER_CALL", each_time)
    deployment: Deployment = deploy(RetentionAfterEnd="1d")
    instance = large(deployment, 4)
    records = sum(each.startswith("H#") for each in of(deployment, instance))
    deployment.clock.advance(DAY + SECOND)
    deployment.sent.clear()
    deployment.tick()
    assert of(deployment, instance) == []
    assert len(deployment.sent) == records // each_time + 1


def test_a_removal_that_broke_off_is_taken_up_again(deploy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interactor.instances.store.due.REMOVED_PER_CALL", 2)
    deployment: Deployment = deploy(RetentionAfterEnd="1d")
    instance = large(deployment, 4)
    deployment.clock.advance(DAY + SECOND)
    deployment.invoke("tick_clock", {})
    deployment.work("StepsQueue")
    deployment.purge("StepsQueue")
    assert 0 < len(of(deployment, instance)) < 7
    assert deployment.call("GET", f"/workflows/instances/{instance}").refusal == GONE
    deployment.tick()
    assert of(deployment, instance) == []


def test_the_parts_of_a_large_record_are_removed_with_it(deploy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interactor.aws.dynamo.items.CHUNK_BYTES", 2_000)
    deployment: Deployment = deploy(RetentionAfterEnd="1d")
    instance = large(deployment, 2)
    assert sum(each.startswith("G#") for each in of(deployment, instance)) > 1
    assert sum(each.startswith("L#") for each in of(deployment, instance)) > 1
    deployment.clock.advance(DAY + SECOND)
    deployment.tick()
    assert of(deployment, instance) == []


def test_what_other_things_the_namespace_has_stays(deploy: Any) -> None:
    deployment: Deployment = deploy(RetentionAfterEnd="1d")
    gone = ended(deployment, "completed")
    kept = deployment.start("flow")["id"]
    before = [each for each in deployment.items() if not each["pk"]["S"].endswith((gone, "#L"))]
    deployment.clock.advance(DAY + SECOND)
    deployment.tick()
    assert [each for each in deployment.items() if not each["pk"]["S"].endswith("#L")] == before
    assert deployment.get(kept)["status"] == "halted"
