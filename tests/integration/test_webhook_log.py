"""The log of deliveries: every attempt, filters and pages, replays of one and of a range."""

import json
from typing import Any

import pytest

from interactor.aws.dynamo.table import Table
from interactor.core.limits import RATE_PER_MINUTE_DEFAULT
from interactor.core.times import DAY, HOUR, MINUTE, SECOND, iso
from interactor.outgoing import OutgoingError
from interactor.webhooks.rules import account_concurrency, concurrency
from interactor.webhooks.store.concurrency import ConcurrencyStore
from tests.support import events
from tests.support.deployed.deployment import ACCOUNT, Deployment
from tests.support.deployed.hooks import HALTED, SUBSCRIPTIONS, URL, arrived, delivery, headers, log, post, subscribe
from tests.support.outside import answer
from tests.support.workflows.definitions import halting, one

OTHER = "https://other.example.com/hook"


@pytest.fixture
def api(deployment: Deployment) -> Deployment:
    deployment.define(one(halting()))
    return deployment


def test_every_attempt_is_in_the_log(api: Deployment) -> None:
    secret = "whsec_" + "s" * 40
    subscription = subscribe(api, secret=secret)
    echo = answer(500, f"no {secret} please".encode())
    api.outside.will(URL, echo, OutgoingError("timeout", "None", 30_000), answer(200, b"x" * 5000))
    instance = api.start("flow")
    api.drain()
    (listed,) = log(api, subscription)
    assert (listed["status"], listed["event"], listed["instance_id"]) == ("pending", HALTED, instance["id"])
    assert listed["next_attempt_at"] > iso(api.clock())
    api.wait(40 * SECOND)
    api.wait(3 * MINUTE)
    shown = delivery(api, subscription, listed["id"])
    assert shown["id"] == arrived(api)[0]["delivery_id"]
    assert (shown["status"], shown["attempts_made"], shown["next_attempt_at"]) == ("succeeded", 3, None)
    first, second, third = shown["attempts"]
    assert (first["number"], first["status"], first["response"]) == (1, 500, "no [secret] please")
    assert first["duration_ms"] == 7
    assert first["at"] < first["next_attempt_at"] <= second["at"] < second["next_attempt_at"] <= third["at"]
    assert (second["status"], second["error"], second["duration_ms"]) == (None, "timeout", 30_000)
    assert (third["response"], third["next_attempt_at"]) == ("x" * 2048, None)


def test_a_delivery_on_its_own_is_one_write_and_its_share_is_kept_for_the_next_ones(api: Deployment) -> None:
    subscribe(api)
    api.outside.will(URL, answer(200))
    writes: list[str] = []

    def note(params: Any, model: Any, **_: Any) -> None:
        if model.name in ("UpdateItem", "PutItem", "TransactWriteItems"):
            writes.append(params["Key"]["pk"]["S"].split("#")[2])

    client = api.clients["dynamodb"].meta.events
    for _ in range(3):
        api.start("flow")
        client.register("before-parameter-build.dynamodb", note)
        try:
            api.drain()
        finally:
            client.unregister("before-parameter-build.dynamodb", note)
        api.clock.advance(MINUTE)
    assert writes == ["G", "DL", "DL", "DL"], "the share, and the attempts"


def test_the_log_is_filtered_and_paged(api: Deployment) -> None:
    subscription = subscribe(api, HALTED, "workflow.instance.created")
    api.outside.will(URL, answer(200), answer(500))
    for _ in range(3):
        api.start("flow")
    api.drain()
    everything = log(api, subscription)
    assert len(everything) == 6
    assert [each["id"] for each in everything] == sorted((each["id"] for each in everything), reverse=True)
    assert len(log(api, subscription, "?status=succeeded")) == 1
    assert len(log(api, subscription, "?status=pending")) == 5
    created = log(api, subscription, "?event=workflow.instance.created")
    assert [each["event"] for each in created] == ["workflow.instance.created"] * 3
    paged, cursor = [], ""
    while True:
        page = api.call("GET", f"{SUBSCRIPTIONS}/{subscription}/deliveries?status=pending&limit=2{cursor}").data
        paged += page["deliveries"]
        assert len(page["deliveries"]) <= 2
        if not page["pagination"]["has_more"]:
            break
        cursor = f"&cursor={page['pagination']['next_cursor']}"
    assert [each["id"] for each in paged] == [each["id"] for each in everything if each["status"] == "pending"]
    for query in ("?status=lost", "?event=nonsense", "?cursor=x"):
        assert api.call("GET", f"{SUBSCRIPTIONS}/{subscription}/deliveries{query}").status == 400


def test_the_log_forgets_after_thirty_days(api: Deployment) -> None:
    subscription = subscribe(api)
    api.start("flow")
    api.drain()
    (kept,) = log(api, subscription)
    api.clock.advance(30 * DAY)
    assert log(api, subscription) == []
    gone = api.call("GET", f"{SUBSCRIPTIONS}/{subscription}/deliveries/{kept['id']}")
    assert gone.refusal == (404, "delivery_not_found")


@pytest.mark.parametrize("made_up", ["del_01kfdmdagy7t3m9b5w0r6k2z4x", "nonsense", "evt_01kfdmdagy7t3m9b5w0r6k2z4x"])
def test_an_unknown_delivery_is_not_found(api: Deployment, made_up: str) -> None:
    subscription = subscribe(api)
    path = f"{SUBSCRIPTIONS}/{subscription}/deliveries/{made_up}"
    assert api.call("GET", path).refusal == (404, "delivery_not_found")
    assert api.call("POST", f"{path}/replay").refusal == (404, "delivery_not_found")


def test_a_replay_has_its_own_id_and_the_same_key(api: Deployment) -> None:
    subscription = subscribe(api)
    api.start("flow")
    api.drain()
    (first,) = log(api, subscription)
    key = {"Idempotency-Key": "again"}
    made = post(api, subscription, f"deliveries/{first['id']}/replay", headers=key)
    assert made.status == 202
    repeated = post(api, subscription, f"deliveries/{first['id']}/replay", headers=key)
    assert repeated.raw == made.raw
    api.drain()
    one_, two = arrived(api)
    assert one_["idempotency_key"] == two["idempotency_key"]
    assert two["delivery_id"] == made.body["data"]["delivery_id"] != one_["delivery_id"]
    assert {**two, "delivery_id": ""} == {**one_, "delivery_id": ""}
    assert headers(api)[1]["x-interactor-retry-count"] == "0"
    assert delivery(api, subscription, two["delivery_id"])["replay_of"] == first["id"]


def test_a_range_replays_what_did_not_arrive_and_only_that(deploy: Any) -> None:
    api: Deployment = deploy(WebhookRetryDelays="0,1")
    api.define(one(halting()))
    subscription = subscribe(api)
    api.outside.will(URL, answer(500))
    before = api.start("flow")
    api.drain()
    api.wait(3 * SECOND)
    since = api.clock()
    lost = {api.start("flow")["id"] for _ in range(2)}
    api.drain()
    api.wait(3 * SECOND)
    until = api.clock()
    api.outside.will(URL, answer(200))
    fine = api.start("flow")
    api.drain()
    assert {each["status"] for each in log(api, subscription)} == {"exhausted", "succeeded"}
    api.outside.requests.clear()
    made = post(api, subscription, "replay", {"since": iso(since), "until": iso(until)})
    assert made.status == 202
    assert made.body["data"]["replay_id"].startswith("replay_")
    api.drain()
    told = [each["data"]["instance_id"] for each in arrived(api)]
    assert sorted(told) == sorted(lost)
    assert before["id"] not in told
    assert fine["id"] not in told


def test_a_long_range_goes_on_page_by_page_and_a_step_twice_sends_nothing_twice(
    api: Deployment, monkeypatch: Any
) -> None:
    monkeypatch.setattr("interactor.webhooks.replays.STEP", 2)
    subscription = subscribe(api)
    for _ in range(5):
        api.start("flow")
    api.drain()
    api.outside.requests.clear()
    api.sent.clear()
    post(api, subscription, "replay", {"since": "2026-01-01", "status": "succeeded"})
    api.drain()
    assert len(arrived(api)) == 5
    steps = [message for queue, message, _ in api.sent if queue == "WebhooksQueue" and "replay" in message]
    assert len(steps) == 3
    again = api.invoke("deliver_webhooks", events.sqs("webhooks", steps))
    assert again == {"batchItemFailures": []}
    api.drain()
    assert len(arrived(api)) == 5


def test_a_long_replay_goes_no_faster_than_its_subscription_is_served(api: Deployment) -> None:
    subscription = subscribe(api, HALTED, "workflow.instance.created")
    for _ in range(30):
        api.start("flow")
    api.drain()
    api.sent.clear()
    post(api, subscription, "replay", {"since": "2026-01-01", "status": "succeeded"})
    api.drain()
    assert [delay for _, message, delay in api.sent if "replay" in message] == [0, 3], "fifty in three seconds"
    api.wait(3 * SECOND)
    assert len(arrived(api)) == 120


@pytest.fixture
def lost(deploy: Any) -> tuple[Deployment, str, str]:
    """A deployment with two subscriptions whose deliveries are exhausted after one attempt."""
    api: Deployment = deploy(WebhookRetryDelays="0")
    api.define(one(halting()))
    subscription, other = subscribe(api), subscribe(api, url=OTHER)
    for url in (URL, OTHER):
        api.outside.will(url, answer(500))
    api.start("flow")
    api.start("flow")
    api.drain()
    assert len(api.bodies("ExhaustedQueue")) == 4
    api.outside.requests.clear()
    return api, subscription, other


def test_a_replay_takes_what_it_replayed_out_of_the_exhausted_queue_and_nothing_else(lost: Any) -> None:
    api, subscription, other = lost
    url = api.stack.reference("ExhaustedQueue")
    api.clients["sqs"].send_message(QueueUrl=url, MessageBody='"not ours"')
    api.outside.will(URL, answer(200))
    post(api, subscription, "replay", {"since": "2026-01-01"})
    api.drain()
    assert len(arrived(api)) == 2
    api.wait(2 * MINUTE)
    left = api.bodies("ExhaustedQueue")
    left.remove("not ours")
    assert [each["subscription_id"] for each in left] == [other, other]
    assert sorted(each["status"] for each in log(api, subscription)) == ["exhausted"] * 2 + ["succeeded"] * 2


def test_one_delivery_that_is_replayed_leaves_the_exhausted_queue(lost: Any) -> None:
    api, subscription, _ = lost
    chosen, stays = log(api, subscription)
    made = post(api, subscription, f"deliveries/{chosen['id']}/replay").body["data"]["delivery_id"]
    shown = delivery(api, subscription, made)
    assert (shown["status"], shown["attempts_made"], shown["event_id"]) == ("pending", 0, chosen["event_id"])
    assert delivery(api, subscription, chosen["id"])["replayed_by"] == made
    api.drain()
    api.wait(2 * MINUTE)
    held = [each["delivery_id"] for each in api.bodies("ExhaustedQueue") if each["subscription_id"] == subscription]
    assert sorted(held) == sorted([stays["id"], made]), "the replay failed as well"


def test_what_another_draining_holds_is_removed_a_little_later(lost: Any) -> None:
    api, subscription, _ = lost
    held = api.clients["sqs"].receive_message(
        QueueUrl=api.stack.reference("ExhaustedQueue"), MaxNumberOfMessages=10, VisibilityTimeout=50
    )["Messages"]
    assert len(held) == 4
    api.outside.will(URL, answer(200))
    post(api, subscription, "replay", {"since": "2026-01-01"})
    api.drain()
    api.wait(MINUTE)
    api.wait(10 * SECOND)
    api.clock.advance(MINUTE)
    assert all(each["subscription_id"] != subscription for each in api.bodies("ExhaustedQueue"))


def test_a_range_that_is_replayed_again_sends_what_still_did_not_arrive_and_that_once(lost: Any) -> None:
    api, subscription, _ = lost
    wanted = {"since": "2026-01-01", "until": iso(api.clock()), "status": "exhausted"}
    post(api, subscription, "replay", wanted)
    api.drain()
    assert len(arrived(api)) == 2
    api.clock.advance(SECOND)
    api.outside.will(URL, answer(500), answer(200))
    post(api, subscription, "replay", wanted)
    api.drain()
    assert len(arrived(api)) == 4, "the replays failed, and are replayed"
    api.clock.advance(SECOND)
    api.outside.requests.clear()
    post(api, subscription, "replay", wanted)
    api.drain()
    (body,) = arrived(api)
    api.outside.requests.clear()
    post(api, subscription, "replay", wanted)
    api.drain()
    assert arrived(api) == [], "everything has arrived"
    api.wait(2 * MINUTE)
    assert all(each["subscription_id"] != subscription for each in api.bodies("ExhaustedQueue"))
    assert delivery(api, subscription, body["delivery_id"])["status"] == "succeeded"


def test_one_range_of_a_subscription_is_replayed_at_a_time(lost: Any) -> None:
    """What another replay holds, and never lets go of, is free after some minutes."""
    api, subscription, _ = lost
    store = ConcurrencyStore(Table(api.clients["dynamodb"], api.table))
    assert store.enter(ACCOUNT, subscription, "replay_of_another", api.clock(), api.clock() + 3 * MINUTE)
    post(api, subscription, "replay", {"since": "2026-01-01"})
    for _ in range(17):
        api.wait(10 * SECOND)
    assert arrived(api) == []
    api.wait(MINUTE)
    assert len(arrived(api)) == 2
    assert store.enter(ACCOUNT, subscription, "the_next", api.clock(), api.clock()), "it has left"


def test_what_is_moved_from_the_exhausted_queue_to_the_webhooks_queue_is_delivered_again_once(lost: Any) -> None:
    api, subscription, _ = lost
    api.outside.will(URL, answer(200))
    moved = [each for each in api.bodies("ExhaustedQueue") if each["subscription_id"] == subscription]
    for _ in range(2):
        api.invoke("deliver_webhooks", events.sqs("webhooks", moved))
        api.drain()
    told = arrived(api)
    assert len(told) == 2
    assert {delivery(api, subscription, each["delivery_id"])["replay_of"] for each in told} == {
        each["delivery_id"] for each in moved
    }


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "since"),
        ({"since": "yesterday"}, "since"),
        ({"since": "0001-01-01"}, "since"),
        ({"since": "2026-01-02", "until": "2026-01-01"}, "until"),
        ({"since": "2026-01-02", "until": 5}, "until"),
        ({"since": "2026-01-02", "status": "lost"}, "status"),
    ],
)
def test_a_wrong_range_names_its_field(api: Deployment, body: Any, field: str) -> None:
    refused = post(api, subscribe(api), "replay", body)
    assert refused.refusal == (400, "validation_error")
    assert [each["field"] for each in refused.error["details"]] == [field]


def test_retry_after_is_honoured_within_the_schedule(api: Deployment) -> None:
    subscribe(api)
    api.outside.will(URL, answer(503, retry_after="300"), answer(200))
    api.start("flow")
    api.drain()
    api.wait(299 * SECOND)
    assert len(arrived(api)) == 1
    api.wait(2 * SECOND)
    assert len(arrived(api)) == 2


def test_a_message_that_comes_again_after_its_attempt_only_goes_on(api: Deployment) -> None:
    """The worker died after the attempt was noted, and before the next message was sent."""
    subscription = subscribe(api)
    api.outside.will(URL, answer(500))
    api.start("flow")
    api.relay()
    (message,) = (message for queue, message, _ in api.sent if queue == "WebhooksQueue")
    api.drain()
    api.purge("WebhooksQueue")
    batch = events.sqs("webhooks", [message])
    assert api.invoke("deliver_webhooks", batch) == {"batchItemFailures": []}
    assert len(arrived(api)) == 1
    api.outside.will(URL, answer(200))
    api.wait(40 * SECOND)
    assert [each["x-interactor-retry-count"] for each in headers(api)] == ["0", "1"]
    (kept,) = log(api, subscription)
    assert (kept["status"], kept["attempts_made"]) == ("succeeded", 2)


def test_a_deleted_subscription_ends_what_is_under_way_at_any_point(api: Deployment) -> None:
    subscription = subscribe(api)
    api.outside.will(URL, answer(500))
    api.start("flow")
    api.drain()
    post(api, subscription, "test")
    post(api, subscription, "replay", {"since": "2026-01-01", "status": "pending"})
    api.call("DELETE", f"{SUBSCRIPTIONS}/{subscription}")
    api.drain()
    api.wait(HOUR)
    assert len(arrived(api)) == 1
    assert api.bodies("WebhooksDeadLetterQueue") == []


def test_more_than_twenty_at_once_wait_and_use_no_attempt(api: Deployment) -> None:
    """Two other workers hold all shares of the subscription, and never give them back."""
    subscription = subscribe(api)
    store = ConcurrencyStore(Table(api.clients["dynamodb"], api.table))

    usage = store.get(ACCOUNT, subscription)
    for worker in ("one", "another"):
        taken = concurrency.take(usage, RATE_PER_MINUTE_DEFAULT, worker, 10, api.clock())
        usage = taken.usage
        store.put(ACCOUNT, subscription, usage, api.clock())
    assert usage.under_way == concurrency.AT_ONCE
    api.outside.requests.clear()
    subscribe(api, url=OTHER)
    api.start("flow")
    api.drain()
    assert arrived(api) == []
    assert len(arrived(api, OTHER)) == 1, "another subscription is not held up"
    for _ in range(6):
        api.wait(10 * SECOND)
    (body,) = arrived(api)
    assert headers(api)[0]["x-interactor-retry-count"] == "0"
    assert delivery(api, subscription, body["delivery_id"])["attempts_made"] == 1


def test_more_than_a_thousand_in_a_minute_wait_for_the_next(api: Deployment) -> None:
    subscription = subscribe(api)
    store = ConcurrencyStore(Table(api.clients["dynamodb"], api.table))
    most = concurrency.counted_per_minute(RATE_PER_MINUTE_DEFAULT)
    store.put(ACCOUNT, subscription, concurrency.Usage(1, api.clock() // MINUTE, most - 1), api.clock())
    for _ in range(3):
        api.start("flow")
    api.drain()
    assert len(arrived(api)) == 1
    api.wait(MINUTE + 5 * SECOND)
    assert len(arrived(api)) == 3
    assert {each["x-interactor-retry-count"] for each in headers(api)} == {"0"}
    assert len({json.dumps(each) for each in arrived(api)}) == 3


def test_a_subscription_with_a_rate_of_its_own_gets_as_many_a_minute_and_the_rest_later(api: Deployment) -> None:
    slow = subscribe(api, rate_per_minute=2)
    subscribe(api, url=OTHER)
    for _ in range(5):
        api.start("flow")
    api.drain()
    assert (len(arrived(api)), len(arrived(api, OTHER))) == (2, 5), "another subscription is not held up"
    api.wait(MINUTE + 5 * SECOND)
    assert len(arrived(api)) == 4
    api.call("PATCH", f"{SUBSCRIPTIONS}/{slow}", {"rate_per_minute": None})
    api.wait(MINUTE)
    assert len({json.dumps(each) for each in arrived(api)}) == 5
    assert {each["x-interactor-retry-count"] for each in headers(api)} == {"0"}


def test_a_replay_goes_no_faster_than_the_rate_of_its_subscription(api: Deployment) -> None:
    subscription = subscribe(api)
    for _ in range(30):
        api.start("flow")
    api.drain()
    api.sent.clear()
    api.call("PATCH", f"{SUBSCRIPTIONS}/{subscription}", {"rate_per_minute": 10})
    post(api, subscription, "replay", {"since": "2026-01-01", "status": "succeeded"})
    api.drain()
    assert [delay for _, message, delay in api.sent if "replay" in message] == [0, 60], "ten in a minute"


def test_an_account_with_a_slow_receiver_is_watched_and_what_has_no_room_waits_and_uses_no_attempt(
    api: Deployment,
) -> None:
    subscription = subscribe(api)
    api.outside.will(URL, OutgoingError("timeout", "it hangs", 30_000), answer(200))
    api.start("flow")
    api.drain()
    store = ConcurrencyStore(Table(api.clients["dynamodb"], api.table))
    watch = store.watch(ACCOUNT)
    assert watch.is_on(api.clock())
    for other in range(50):
        watch, _ = account_concurrency.take(watch, "another worker", {f"sub_{other}": 1}, api.clock(), 50)
    store.put_watch(ACCOUNT, watch, api.clock())
    api.outside.requests.clear()
    api.start("flow")
    for _ in range(3):
        api.wait(10 * SECOND)
    assert arrived(api) == []
    for _ in range(6):
        api.wait(10 * SECOND)
    assert {each["x-interactor-retry-count"] for each in headers(api)} == {"0", "1"}
    assert {each["status"] for each in log(api, subscription)} == {"succeeded"}
    assert store.watch(ACCOUNT).parts == (), "all was given back"
