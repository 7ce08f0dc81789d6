"""Webhooks after the first attempt: retries by the schedule, what ends them, and what stays the same."""

import json
from typing import Any

import pytest

from interactor.core.times import HOUR, MINUTE, SECOND
from interactor.outgoing import OutgoingError
from tests.support import events
from tests.support.deployed import samples, shapes
from tests.support.deployed.deployment import ACCOUNT, Deployment
from tests.support.memory.endpoint import throttled
from tests.support.outside import answer
from tests.support.workflows.definitions import halting, one, script

URL = "https://yourapp.com/api/webhooks/workflows"
SCHEDULE = [30 * SECOND, 2 * MINUTE, 8 * MINUTE, 30 * MINUTE, 2 * HOUR]
HALTED = "workflow.instance.halted"


@pytest.fixture
def api(deployment: Deployment) -> Deployment:
    deployment.define(one(halting()))
    return deployment


def subscribe(api: Deployment, *kinds: str, url: str = URL, **more: Any) -> str:
    names = [f"workflow.instance.{kind}" for kind in kinds or ("halted",)]
    subscription: str = api.call("POST", "/webhooks/subscriptions", {"url": url, "events": names, **more}).data["id"]
    return subscription


def headers(api: Deployment) -> list[dict[str, str]]:
    return [{name.lower(): value for name, value in request.headers.items()} for request in api.outside.to(URL)]


def test_a_dead_endpoint_is_tried_six_times_by_the_schedule_and_then_set_aside(api: Deployment) -> None:
    subscribe(api)
    api.outside.will(URL, answer(500), OutgoingError("timeout", "None"), answer(302), answer(404), answer(429))
    api.start("flow")
    api.drain()
    for number, delay in enumerate(SCHEDULE, 1):
        assert len(headers(api)) == number
        api.wait(delay - SECOND)
        assert len(headers(api)) == number, "never early"
        for _ in range(6):  # jitter adds up to a tenth
            if len(headers(api)) == number:
                api.wait(delay // 50 + SECOND)
    assert [each["x-interactor-retry-count"] for each in headers(api)] == [str(number) for number in range(6)]
    assert len({request.body for request in api.outside.to(URL)}) == 1, "the same bytes on every attempt"
    assert len({each["webhook-id"] for each in headers(api)}) == 1
    assert len({each["x-interactor-delivery"] for each in headers(api)}) == 1
    stamps = [int(each["x-interactor-timestamp"]) for each in headers(api)]
    assert stamps == sorted(set(stamps)), "every attempt is signed anew"
    assert len({each["x-interactor-signature"] for each in headers(api)}) == 6
    (exhausted,) = api.bodies("ExhaustedQueue")
    assert json.loads(exhausted["body"])["event"] == HALTED
    api.wait(10 * HOUR)
    assert len(headers(api)) == 6


def test_no_message_waits_longer_than_a_queue_can_hold_it(api: Deployment) -> None:
    subscribe(api)
    api.outside.will(URL, answer(500))
    api.start("flow")
    for _ in range(20):
        api.wait(15 * MINUTE)
    waits = [delay for queue, _, delay in api.sent if queue == "WebhooksQueue"]
    assert max(waits) <= 900
    assert len(headers(api)) == 6


def test_the_first_delay_counts_from_the_event_and_every_number_is_an_attempt(deploy: Any) -> None:
    api: Deployment = deploy(WebhookRetryDelays="2000,5,0,1")
    api.define(one(halting()))
    subscribe(api)
    api.outside.will(URL, answer(500))
    api.start("flow")
    api.clock.advance(100 * SECOND)
    api.drain()
    assert max(delay for queue, _, delay in api.sent if queue == "WebhooksQueue") == 900, "as long as a queue can"
    for waits, attempts in ((900, 0), (900, 0), (99, 0), (2, 1), (3, 1), (3, 2), (1, 3), (1, 4), (3600, 4)):
        api.wait(waits * SECOND)
        assert len(headers(api)) >= attempts, waits
        assert attempts > 0 or not headers(api), "never early"
    assert [each["x-interactor-retry-count"] for each in headers(api)] == ["0", "1", "2", "3"]
    assert len(api.bodies("ExhaustedQueue")) == 1


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_ends_it(api: Deployment, status: int) -> None:
    subscribe(api)
    api.outside.will(URL, answer(status))
    api.start("flow")
    api.drain()
    api.wait(10 * HOUR)
    assert len(headers(api)) == 1


def test_gone_disables_the_subscription(api: Deployment) -> None:
    subscription = subscribe(api)
    api.outside.will(URL, answer(410))
    api.start("flow")
    api.drain()
    (shown,) = api.call("GET", "/webhooks/subscriptions").data["subscriptions"]
    assert (shown["id"], shown["status"]) == (subscription, "disabled")
    api.start("flow")
    api.wait(10 * HOUR)
    assert len(headers(api)) == 1


def test_a_deleted_subscription_is_not_tried_again(api: Deployment) -> None:
    subscription = subscribe(api)
    api.outside.will(URL, answer(500))
    api.start("flow")
    api.drain()
    api.call("DELETE", f"/webhooks/subscriptions/{subscription}")
    api.wait(HOUR)
    assert len(headers(api)) == 1


def test_a_record_relayed_twice_is_one_delivery(api: Deployment) -> None:
    subscribe(api)
    api.start("flow")
    api.drain()
    api.relayed.clear()
    api.drain()
    assert len(api.outside.to(URL)) == 1, "the log knows that it was delivered"


def test_two_subscriptions_hear_of_one_event_under_two_keys(api: Deployment) -> None:
    subscribe(api)
    subscribe(api)
    api.start("flow")
    api.drain()
    first, second = (json.loads(request.body or b"") for request in api.outside.to(URL))
    assert first["id"] == second["id"]
    assert first["idempotency_key"] != second["idempotency_key"]
    assert first["delivery_id"] != second["delivery_id"]


def test_what_was_not_subscribed_to_is_not_told(api: Deployment) -> None:
    subscribe(api, "completed", namespace_filter="user_456")
    for namespace in ("user_123", "user_456"):
        api.resume(api.start("flow", namespace=namespace)["id"])
    api.drain()
    told = [json.loads(request.body or b"") for request in api.outside.to(URL)]
    assert [(each["event"], each["namespace"]) for each in told] == [("workflow.instance.completed", "user_456")]


def test_failed_and_cancelled_say_why(api: Deployment) -> None:
    subscribe(api, "failed", "cancelled")
    api.define(one(script("throw new Error('broken')"), name="broken"))
    failed, cancelled = api.start("broken"), api.start("flow")
    api.call("POST", f"/workflows/instances/{cancelled['id']}/cancel")
    api.drain()
    told = {body["event"]: body["data"] for body in (json.loads(each.body or b"") for each in api.outside.to(URL))}
    data = told["workflow.instance.failed"]
    assert (data["error"], data["error_code"], data["failed_state"]) == (failed["error"], "script_error", "begin")
    assert data["current_state"] == "begin"
    data = told["workflow.instance.cancelled"]
    assert data["cancel_reason"] == "requested"
    assert shapes.is_time(data["cancelled_at"])
    assert data["current_state"] == "begin"


def test_every_body_has_the_fields_all_have(api: Deployment) -> None:
    subscribe(api, "created", "halted", "resumed", "completed")
    instance = api.start("flow", {"a": 1})
    api.resume(instance["id"], {"b": 2})
    api.drain()
    common = {"instance_id", "workflow_name", "version_id", "namespace", "current_state", "workflow_data", "sequence"}
    bodies = sorted(
        (json.loads(each.body or b"") for each in api.outside.to(URL)), key=lambda each: each["data"]["sequence"]
    )
    extra = [set(each["data"]) - common for each in bodies]
    assert extra[0] == {"input"}
    assert extra[1] == {"halting_presentation", "halted_options", "thread_id", "halt_id"}
    assert extra[2] == {"thread_id", "resumed_by", "halt_id"}
    assert all(common <= set(each["data"]) for each in bodies)
    assert [each["data"]["workflow_data"] for each in bodies] == [{}, {}, {"b": 2}, {"b": 2}]


def test_a_record_that_cannot_be_relayed_waits_in_the_retry_queue_and_blocks_nobody(api: Deployment) -> None:
    subscribe(api)
    first, second = api.start("flow"), api.start("flow")
    api.errors_expected = True
    with api.interposed("Query", throttled):
        api.relay()
    api.drain()
    told = [json.loads(each.body or b"")["data"]["instance_id"] for each in api.outside.to(URL)]
    assert sorted(told) == sorted([first["id"], second["id"]])


def test_a_message_that_cannot_be_read_comes_again_alone(api: Deployment) -> None:
    subscription = subscribe(api)
    api.errors_expected = True
    good = {
        "account": ACCOUNT,
        "subscription_id": subscription,
        "delivery_id": samples.DELIVERY,
        "instance_id": api.start("flow")["id"],
        "number": 2,
        "attempt": 0,
    }
    batch = events.sqs("webhooks", ["not json", good])
    answered = api.invoke("deliver_webhooks", batch)
    assert answered == {"batchItemFailures": [{"itemIdentifier": batch["Records"][0]["messageId"]}]}
    assert len(headers(api)) == 1


def test_a_large_body_is_made_again_and_is_the_same(api: Deployment) -> None:
    api.define(one(script("return { a: 'x'.repeat(100000) }", "wait"), name="large", wait=halting()))
    subscribe(api)
    api.outside.will(URL, answer(500), answer(200))
    api.start("large")
    api.drain()
    api.wait(MINUTE)
    first, second = api.outside.to(URL)
    assert first.body == second.body
    assert len(json.loads(first.body or b"")["data"]["workflow_data"]["a"]) == 100_000
    assert all("body" not in message for queue, message, _ in api.sent if queue == "WebhooksQueue")
