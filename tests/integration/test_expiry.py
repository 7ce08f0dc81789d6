"""What only the clock starts: timeouts and expiry (rulings 4 and 24)."""

import json
from typing import Any

import pytest

from interactor.core.times import DAY, HOUR, MINUTE, SECOND, iso, parse_iso
from tests.support.deployed import shapes
from tests.support.deployed.deployment import Deployment
from tests.support.workflows.definitions import halting, http, one

URL = "https://api.example.com/slow"
REMINDED = one(
    halting(timeout={"after": "24h", "target": "escalated"}),
    escalated=halting(),
)


def test_a_timeout_resumes_a_halt_when_it_is_due(deployment: Deployment) -> None:
    deployment.define(REMINDED)
    hook = {"url": "https://yourapp.com/hook", "events": ["workflow.instance.halted"]}
    deployment.call("POST", "/webhooks/subscriptions", hook)
    instance = deployment.start("flow")
    (halt,) = deployment.call("GET", f"/workflows/instances/{instance['id']}/history?types=halt").data["events"]
    until = iso(parse_iso(halt["timestamp"]) + 24 * HOUR)
    deployment.drain()
    (told,) = (json.loads(request.body) for request in deployment.outside.requests)
    shown = [instance, deployment.get(instance["id"])]
    assert [each["timeout_at"] for each in (*shown, *shown[1]["threads"], halt, told["data"])] == [until] * 5
    deployment.clock.advance(24 * HOUR - SECOND)
    deployment.tick()
    assert deployment.get(instance["id"])["current_state"] == "begin"
    deployment.clock.advance(2 * SECOND)
    deployment.tick()
    moved = deployment.get(instance["id"])
    assert (moved["status"], moved["current_state"]) == ("halted", "escalated")
    assert "timeout_at" not in moved, "this one waits for ever"
    transition = next(event for event in deployment.events_of(instance["id"]) if event["subtype"] == "state_change")
    assert transition["trigger"] == "timeout"
    assert deployment.resume(instance["id"]).data["status"] == "completed"


def test_a_resume_that_commits_before_the_timeout_wins(deployment: Deployment) -> None:
    deployment.define(REMINDED)
    instance = deployment.start("flow")
    deployment.clock.advance(25 * HOUR)
    assert deployment.resume(instance["id"]).data["status"] == "completed"
    deployment.tick()
    assert deployment.get(instance["id"])["status"] == "completed"


def expired(deployment: Deployment, instance_id: str) -> Any:
    found = deployment.get(instance_id)
    shapes.check_instance(found)
    assert (found["status"], found["cancel_reason"]) == ("cancelled", "expired")
    assert shapes.is_time(found["cancelled_at"])
    return found


@pytest.mark.parametrize(("parameters", "days"), [({}, 90), ({"HaltedTtl": "2d"}, 2)], ids=["default", "set"])
def test_a_halted_instance_expires_counted_from_its_halt(deploy: Any, parameters: Any, days: int) -> None:
    deployment = deploy(**parameters)
    deployment.define(one(halting()))
    instance = deployment.start("flow")
    deployment.clock.advance(days * DAY - MINUTE)
    deployment.tick()
    assert deployment.get(instance["id"])["status"] == "halted"
    deployment.clock.advance(MINUTE + SECOND)
    deployment.tick()
    expired(deployment, instance["id"])
    assert deployment.resume(instance["id"]).refusal == (400, "instance_not_halted")


def test_a_running_instance_expires_counted_from_its_last_commit(deploy: Any) -> None:
    deployment = deploy(RunningTtl="1d")
    deployment.define(one(http(URL)))
    instance = deployment.start("flow")
    deployment.purge("StepsQueue")
    deployment.clock.advance(DAY + SECOND)
    deployment.tick()
    expired(deployment, instance["id"])
    assert deployment.outside.requests == []


def test_zero_is_no_limit(deploy: Any) -> None:
    deployment = deploy(HaltedTtl="0")
    deployment.define(one(halting()))
    instance = deployment.start("flow")
    deployment.clock.advance(1000 * DAY)
    deployment.tick()
    assert deployment.get(instance["id"])["status"] == "halted"


def test_threads_expire_together_and_subscribers_are_told(deployment: Deployment) -> None:
    fork = {"threads": {"a": {"target": "wait"}, "b": {"target": "wait"}}, "join": {"target": "done"}}
    deployment.define(
        one({"type": "action", "fork": fork}, wait=halting(transitions=[{"target": "end"}]), end={"type": "terminal"})
    )
    hook = {"url": "https://yourapp.com/hook", "events": ["workflow.instance.cancelled"]}
    deployment.call("POST", "/webhooks/subscriptions", hook)
    instance = deployment.start("flow")
    deployment.clock.advance(91 * DAY)
    deployment.tick()
    deployment.drain()
    found = expired(deployment, instance["id"])
    assert {thread["outcome"] for thread in found["threads"]} == {"cancelled"}
    (request,) = deployment.outside.to("https://yourapp.com/hook")
    import json

    data = json.loads(request.body or b"")["data"]
    assert (data["cancel_reason"], data["cancelled_at"]) == ("expired", found["cancelled_at"])


def test_a_cancel_names_the_action_in_flight(deployment: Deployment) -> None:
    deployment.define(one(http(URL)))
    instance = deployment.start("flow")

    def cancel_meanwhile(request: Any) -> Any:
        deployment.call("POST", f"/workflows/instances/{instance['id']}/cancel")
        from tests.support.outside import answer

        return answer(200)

    deployment.outside.will(URL, cancel_meanwhile)
    deployment.drain()
    found = deployment.get(instance["id"])
    assert (found["status"], found["cancel_reason"]) == ("cancelled", "requested")
    (request,) = deployment.outside.requests
    (event,) = [each for each in deployment.events_of(instance["id"]) if each["subtype"] == "cancelled"]
    (action,) = event["in_flight"]
    assert action["state"] == "begin"
    assert action["idempotency_key"] == request.headers["Idempotency-Key"]


def test_the_clock_does_nothing_twice_and_nothing_early(deployment: Deployment) -> None:
    deployment.define(REMINDED)
    deployment.start("flow")
    before = deployment.items()
    for _ in range(3):
        deployment.tick()
    assert deployment.items() == before


def test_a_resume_that_commits_before_the_expiry_wins(deploy: Any) -> None:
    deployment = deploy(HaltedTtl="2d")
    deployment.define(one(halting(transitions=[{"target": "second"}]), second=halting()))
    instance = deployment.start("flow")
    deployment.clock.advance(2 * DAY + SECOND)

    def resume_meanwhile() -> None:
        assert deployment.resume(instance["id"]).data["current_state"] == "second"

    with deployment.interposed("TransactWriteItems", resume_meanwhile):
        deployment.tick()
    found = deployment.get(instance["id"])
    assert (found["status"], found["current_state"]) == ("halted", "second")


def test_an_instance_that_is_due_by_an_old_rule_is_hinted_at_once_and_then_left_alone(deployment: Deployment) -> None:
    deployment.define(one(halting()))
    instance = deployment.start("flow")
    (head,) = [item for item in deployment.items() if item["sk"]["S"] == "M" and instance["id"] in item["pk"]["S"]]
    due = head["wake_at"]
    past = {"N": str(deployment.clock.now - HOUR)}
    deployment.clients["dynamodb"].put_item(TableName=deployment.table, Item={**head, "wake_at": past})
    deployment.tick()
    (after,) = [item for item in deployment.items() if item["sk"]["S"] == "M" and instance["id"] in item["pk"]["S"]]
    assert after["wake_at"] == due
    assert after["version"] == head["version"]
