"""Subscriptions after they were made: looked at, changed, switched, given new secrets, tested."""

import base64
import json
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from interactor.core.times import DAY, HOUR, SECOND, iso
from interactor.webhooks.rules.events import EVENT_TYPES
from tests.support import events
from tests.support.deployed.deployment import ACCOUNT, Deployment
from tests.support.deployed.hooks import (
    DISABLED,
    HALTED,
    SUBSCRIPTIONS,
    URL,
    arrived,
    delivery,
    headers,
    log,
    post,
    subscribe,
)
from tests.support.outside import answer
from tests.support.workflows.definitions import halting, one

OLD = "whsec_" + base64.b64encode(b"the old secret of a subscription").decode()
NEW = "whsec_" + base64.b64encode(b"the new secret of a subscription").decode()
NO_RATES = (0, -1, 10_001, 10**30, 60.5, "100", "", True, [60], {})


@pytest.fixture
def api(deployment: Deployment) -> Deployment:
    deployment.define(one(halting()))
    return deployment


@pytest.fixture(scope="module")
def quiet(shared: Deployment) -> Deployment:
    """A deployment in which nothing runs."""
    return shared


def verifies(secret: str, request: Any) -> bool:
    """Whether the library of the Standard Webhooks project takes a request; its clock is not ours."""
    sent = {name.lower(): value for name, value in request.headers.items()}
    webhook = Webhook(secret)
    webhook._Webhook__verify_timestamp = lambda stamp: stamp  # type: ignore[attr-defined]  # the tests' time stands still
    from datetime import UTC, datetime

    at = datetime.fromtimestamp(int(sent["webhook-timestamp"]), UTC)
    signature = webhook.sign(sent["webhook-id"], at, request.body.decode())
    return signature in sent["webhook-signature"].split(" ")


def test_a_subscription_is_shown_by_its_id_without_its_secret(quiet: Deployment) -> None:
    made = quiet.call("POST", SUBSCRIPTIONS, {"url": URL, "events": [HALTED], "secret": OLD}).data
    shown = quiet.call("GET", f"{SUBSCRIPTIONS}/{made['id']}")
    assert shown.data == made
    assert "secret" not in made


def test_another_accounts_subscription_does_not_exist(quiet: Deployment) -> None:
    subscription = subscribe(quiet)
    theirs = quiet.token("acc_2")
    for method, path in (
        ("GET", ""),
        ("PATCH", ""),
        ("POST", "/enable"),
        ("POST", "/disable"),
        ("POST", "/rotate-secret"),
        ("POST", "/test"),
        ("POST", "/replay"),
        ("GET", "/deliveries"),
        ("GET", "/deliveries/del_01kfdmdagy7t3m9b5w0r6k2z4x"),
        ("POST", "/deliveries/del_01kfdmdagy7t3m9b5w0r6k2z4x/replay"),
    ):
        refused = quiet.call(method, f"{SUBSCRIPTIONS}/{subscription}{path}", {} if method != "GET" else None, theirs)
        assert refused.refusal == (404, "subscription_not_found"), path


def test_a_change_changes_what_it_names_and_nothing_else(quiet: Deployment) -> None:
    subscription = subscribe(quiet, namespace_filter="user_1")
    before = quiet.call("GET", f"{SUBSCRIPTIONS}/{subscription}").data
    path = f"{SUBSCRIPTIONS}/{subscription}"
    changes: tuple[Any, ...] = (
        {"rate_per_minute": 10_000},
        {"rate_per_minute": 1},
        {"url": "https://yourapp.com/other"},
        {"events": ["workflow.instance.failed"]},
        {"namespace_filter": None},
        {"namespace_filter": "user_2"},
    )
    for change in changes:
        after = quiet.call("PATCH", path, change).data
        assert after == {**before, **change}
        before = quiet.call("GET", path).data
        assert before == after


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "http://yourapp.com/"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": ""}, "url"),
        ({"events": []}, "events"),
        ({"events": ["nonsense"]}, "events"),
        ({"status": "asleep"}, "status"),
        ({"namespace_filter": "a#b"}, "namespace_filter"),
        *(({"rate_per_minute": each}, "rate_per_minute") for each in NO_RATES),
    ],
)
def test_a_wrong_change_names_its_field_and_changes_nothing(quiet: Deployment, change: Any, field: str) -> None:
    subscription = subscribe(quiet)
    before = quiet.call("GET", f"{SUBSCRIPTIONS}/{subscription}").data
    refused = quiet.call("PATCH", f"{SUBSCRIPTIONS}/{subscription}", {"url": "https://a.example.com/", **change})
    assert refused.refusal == (400, "validation_error")
    assert [each["field"] for each in refused.error["details"]] == [field]
    assert quiet.call("GET", f"{SUBSCRIPTIONS}/{subscription}").data == before


def test_a_subscription_has_the_rate_it_asks_for_and_else_the_default(quiet: Deployment) -> None:
    wanted = {"url": URL, "events": [HALTED]}
    for given, rate in (({}, 1_000), ({"rate_per_minute": None}, 1_000), ({"rate_per_minute": 1}, 1)):
        made = quiet.call("POST", SUBSCRIPTIONS, wanted | given).data
        assert made["rate_per_minute"] == rate
        path = f"{SUBSCRIPTIONS}/{made['id']}"
        assert quiet.call("GET", path).data["rate_per_minute"] == rate
        listed = quiet.call("GET", SUBSCRIPTIONS).data["subscriptions"]
        assert next(each for each in listed if each["id"] == made["id"])["rate_per_minute"] == rate
        assert quiet.call("PATCH", path, {"rate_per_minute": None}).data["rate_per_minute"] == 1_000
        quiet.call("DELETE", path)


@pytest.mark.parametrize("rate", NO_RATES)
def test_a_rate_that_is_none_makes_no_subscription(quiet: Deployment, rate: Any) -> None:
    before = quiet.call("GET", SUBSCRIPTIONS).data["subscriptions"]
    refused = quiet.call("POST", SUBSCRIPTIONS, {"url": URL, "events": [HALTED], "rate_per_minute": rate})
    assert refused.refusal == (400, "validation_error")
    (wrong,) = refused.error["details"]
    assert wrong == {"field": "rate_per_minute", "message": "must be a whole number from 1 to 10,000"}
    assert quiet.call("GET", SUBSCRIPTIONS).data["subscriptions"] == before


def test_a_filter_stays_within_the_namespaces_of_the_token_that_made_it(quiet: Deployment) -> None:
    subscription = subscribe(quiet, token=quiet.token(namespaces=("user_1", "user_2")))
    path = f"{SUBSCRIPTIONS}/{subscription}"
    assert quiet.call("PATCH", path, {"namespace_filter": "user_2"}).status == 200
    assert quiet.call("PATCH", path, {"namespace_filter": "user_3"}).refusal == (400, "validation_error")
    narrow = quiet.token(namespaces=("user_1",))
    assert quiet.call("PATCH", path, {"namespace_filter": "user_1"}, narrow).refusal == (404, "subscription_not_found")


def test_a_disabled_subscription_hears_nothing_until_it_is_enabled(api: Deployment) -> None:
    subscription = subscribe(api)
    disabled = post(api, subscription, "disable").data
    assert (disabled["status"], disabled["disabled_reason"]) == ("disabled", "requested")
    api.start("flow")
    api.drain()
    assert arrived(api) == []
    assert post(api, subscription, "enable").data["status"] == "active"
    assert api.call("PATCH", f"{SUBSCRIPTIONS}/{subscription}", {"status": "disabled"}).data["status"] == "disabled"
    assert "disabled_at" not in api.call("PATCH", f"{SUBSCRIPTIONS}/{subscription}", {"status": "active"}).data
    api.start("flow")
    api.drain()
    assert len(arrived(api)) == 1


def test_a_subscription_hears_of_the_next_event_after_it_was_made_though_the_relay_has_just_looked(
    api: Deployment,
) -> None:
    """All at one moment, in one process of the relay."""
    api.start("flow")
    api.drain()
    subscription = subscribe(api)
    api.start("flow")
    api.drain()
    assert len(arrived(api)) == 1
    post(api, subscription, "disable")
    api.start("flow")
    api.drain()
    assert len(arrived(api)) == 1
    post(api, subscription, "enable")
    api.start("flow")
    api.drain()
    assert len(arrived(api)) == 2
    api.call("DELETE", f"{SUBSCRIPTIONS}/{subscription}")
    api.start("flow")
    api.drain()
    assert len(arrived(api)) == 2


def test_what_is_under_way_when_a_subscription_is_disabled_is_in_the_log_to_be_replayed(api: Deployment) -> None:
    subscription = subscribe(api)
    api.start("flow")
    api.relay()
    post(api, subscription, "disable")
    api.drain()
    assert arrived(api) == []
    (kept,) = log(api, subscription)
    assert (kept["status"], kept["reason"], kept["attempts_made"]) == ("failed", "subscription_disabled", 0)
    assert post(api, subscription, f"deliveries/{kept['id']}/replay").refusal == (400, "subscription_disabled")
    post(api, subscription, "enable")
    assert post(api, subscription, f"deliveries/{kept['id']}/replay").status == 202
    api.drain()
    assert len(arrived(api)) == 1


def test_all_event_types_are_listed_with_what_they_mean(quiet: Deployment) -> None:
    types = quiet.call("GET", "/webhooks/event-types").data["event_types"]
    assert [each["name"] for each in types] == list(EVENT_TYPES)
    assert all(each["description"] for each in types)


def test_state_changes_are_told(api: Deployment) -> None:
    subscribe(api, "workflow.instance.state_changed")
    instance = api.start("flow", {"a": 1})
    api.resume(instance["id"], {"b": 2})
    api.drain()
    (told,) = arrived(api)
    data = told["data"]
    assert (data["from_state"], data["to_state"], data["current_state"]) == ("begin", "done", "done")
    assert data["workflow_data"] == {"b": 2}
    assert data["thread_id"] == "thread_main"


def test_both_secrets_sign_for_a_day_and_the_new_one_alone_after_that(api: Deployment) -> None:
    subscription = subscribe(api, secret=OLD)
    rotated = post(api, subscription, "rotate-secret", {"secret": NEW}).data
    assert rotated["previous_secret_expires_at"] == iso(api.clock() + DAY)
    assert "secret" not in rotated
    api.start("flow")
    api.drain()
    api.clock.advance(DAY)
    api.start("flow")
    api.drain()
    first, second = api.outside.to(URL)
    assert [verifies(secret, first) for secret in (OLD, NEW)] == [True, True]
    assert [verifies(secret, second) for secret in (OLD, NEW)] == [False, True]
    assert len(headers(api)[0]["webhook-signature"].split(" ")) == 2


def test_a_secret_rotated_between_attempts_signs_the_next_one(api: Deployment) -> None:
    subscription = subscribe(api, secret=OLD)
    api.outside.will(URL, answer(500), answer(200))
    api.start("flow")
    api.drain()
    post(api, subscription, "rotate-secret", {"secret": NEW})
    api.wait(40 * SECOND)
    first, second = api.outside.to(URL)
    assert [verifies(NEW, each) for each in (first, second)] == [False, True]
    assert first.body == second.body


def test_the_library_of_standard_webhooks_takes_what_arrives_now(api: Deployment, monkeypatch: Any) -> None:
    made = api.call("POST", SUBSCRIPTIONS, {"url": URL, "events": [HALTED]}).data
    api.start("flow")
    api.drain()
    (request,) = api.outside.to(URL)
    sent = {name.lower(): value for name, value in request.headers.items()}
    assert verifies(made["secret"], request)
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(made["secret"]).verify(request.body or b"", sent)


def test_a_generated_secret_is_shown_once_and_again_only_to_the_same_key(api: Deployment) -> None:
    key = {"Idempotency-Key": "k-1"}
    wanted = {"url": URL, "events": [HALTED]}
    made = api.call("POST", SUBSCRIPTIONS, wanted, headers=key)
    again = api.call("POST", SUBSCRIPTIONS, wanted, headers=key)
    assert again.raw == made.raw
    path = made.data["id"]
    rotated = post(api, path, "rotate-secret", headers={"Idempotency-Key": "k-2"})
    assert post(api, path, "rotate-secret", headers={"Idempotency-Key": "k-2"}).raw == rotated.raw
    stored = api.stored_text()
    for secret in (made.data["secret"], rotated.data["secret"]):
        assert secret.startswith("whsec_")
        assert secret not in stored
        assert secret not in api.logs.getvalue()
        assert secret not in (api.call("GET", f"{SUBSCRIPTIONS}/{path}").raw or "")


@pytest.mark.parametrize(
    "other",
    [{"namespaces": ("n2",)}, {"namespaces": ("n1", "n2")}, {"namespaces": ("*",)}, {"subject": "another_client"}],
    ids=str,
)
def test_a_key_answers_a_secret_only_to_the_caller_and_namespaces_that_used_it(quiet: Deployment, other: Any) -> None:
    key = {"Idempotency-Key": f"shared-{other}"}
    wanted = {"url": URL, "events": [HALTED]}
    first = quiet.token(namespaces=("n1",), subject="one_client")
    second = quiet.token(**{"namespaces": ("n1",), "subject": "one_client"} | other)
    made = quiet.call("POST", SUBSCRIPTIONS, wanted, first, key)
    theirs = quiet.call("POST", SUBSCRIPTIONS, wanted, second, key)
    assert (made.status, theirs.status) == (201, 201)
    assert theirs.data["id"] != made.data["id"]
    assert theirs.data["secret"] != made.data["secret"]
    assert quiet.call("POST", SUBSCRIPTIONS, wanted, first, key).raw == made.raw, "the same caller's repeat"
    path = f"{SUBSCRIPTIONS}/{made.data['id']}/rotate-secret"
    rotated = quiet.call("POST", path, {}, first, key | {"Idempotency-Key": f"rotate-{other}"})
    again = quiet.call("POST", path, {}, second, key | {"Idempotency-Key": f"rotate-{other}"})
    assert rotated.data["secret"] not in (again.raw or "")


def test_a_given_secret_is_sealed_at_rest(quiet: Deployment) -> None:
    subscribe(quiet, secret=OLD)
    assert OLD not in quiet.stored_text()
    assert "the old secret" not in quiet.stored_text()


@pytest.mark.parametrize("event", EVENT_TYPES)
def test_a_test_sends_a_sample_of_any_event_through_the_real_path(quiet: Deployment, event: str) -> None:
    url = f"https://yourapp.com/samples/{event}"
    subscription = subscribe(quiet, url=url)
    made = post(quiet, subscription, "test", {"event": event})
    assert made.status == 202
    quiet.drain()
    (body,) = arrived(quiet, url)
    assert (body["event"], body["test"], body["delivery_id"]) == (event, True, made.body["data"]["delivery_id"])
    shown = delivery(quiet, subscription, body["delivery_id"])
    assert (shown["status"], shown["test"], shown["attempts"][0]["status"]) == ("succeeded", True, 200)
    assert quiet.call("DELETE", f"{SUBSCRIPTIONS}/{subscription}").status == 204


def test_a_test_has_one_attempt_and_its_failure_counts_for_nothing(api: Deployment) -> None:
    subscription = subscribe(api)
    post(api, subscription, "disable")
    api.outside.will(URL, answer(410))
    post(api, subscription, "test")
    api.drain()
    api.wait(HOUR)
    assert len(arrived(api)) == 1
    assert "failing_since" not in api.call("GET", f"{SUBSCRIPTIONS}/{subscription}").data
    assert api.bodies("ExhaustedQueue") == []


def test_days_of_failures_disable_a_subscription_once_and_the_others_are_told(api: Deployment) -> None:
    watcher = "https://ops.example.com/hook"
    narrow = "https://narrow.example.com/hook"
    subscription = subscribe(api)
    subscribe(api, DISABLED, url=watcher)
    subscribe(api, DISABLED, url=narrow, token=api.token(namespaces=("user_1",)))
    api.outside.will(URL, answer(500))
    api.start("flow")
    api.drain()
    since = api.call("GET", f"{SUBSCRIPTIONS}/{subscription}").data["failing_since"]
    api.purge("WebhooksQueue")
    api.clock.advance(5 * DAY)
    api.sent.clear()
    for _ in range(2):
        api.start("flow")
    api.relay()
    for message in [message for _, message, _ in api.sent if message.get("subscription_id") == subscription]:
        api.invoke("deliver_webhooks", events.sqs("webhooks", [message]))
    api.purge("WebhooksQueue")
    api.drain()
    shown = api.call("GET", f"{SUBSCRIPTIONS}/{subscription}").data
    assert (shown["status"], shown["disabled_reason"]) == ("disabled", "failing")
    (told,) = arrived(api, watcher)
    assert told["event"] == DISABLED
    assert told["data"]["subscription_id"] == subscription
    assert (told["data"]["reason"], told["data"]["failing_since"]) == ("failing", since)
    assert arrived(api, narrow) == [], "it does not see the other's namespaces"
    assert post(api, subscription, "enable").data.get("failing_since") is None


def test_a_success_while_the_last_attempt_fails_keeps_a_subscription_active(api: Deployment) -> None:
    """Both are under way at once: the one that fails knows only what was true before the other succeeded."""
    subscription = subscribe(api)
    api.outside.will(URL, answer(500))
    api.start("flow")
    api.drain()
    api.purge("WebhooksQueue")
    api.clock.advance(5 * DAY)
    store = api.services("deliver_webhooks").webhooks.subscription_store

    def fails_while_another_succeeds(_: Any) -> Any:
        found = store.get(ACCOUNT, subscription)
        assert found is not None
        store.mark(found, None)
        return answer(500)

    api.outside.will(URL, fails_while_another_succeeds)
    api.start("flow")
    api.drain()
    assert api.call("GET", f"{SUBSCRIPTIONS}/{subscription}").data["status"] == "active"


def test_one_success_makes_all_failures_before_it_forgotten(api: Deployment) -> None:
    subscription = subscribe(api)
    api.outside.will(URL, answer(500), answer(200), answer(500))
    for days in (0, 4, 4):
        api.purge("WebhooksQueue")
        api.clock.advance(days * DAY)
        api.start("flow")
        api.drain()
    shown = api.call("GET", f"{SUBSCRIPTIONS}/{subscription}").data
    assert shown["status"] == "active"
    assert shown["failing_since"] > iso(api.clock() - SECOND)


def test_an_endpoint_that_is_gone_is_told_to_the_others(api: Deployment) -> None:
    watcher = "https://ops.example.com/hook"
    subscription = subscribe(api)
    subscribe(api, DISABLED, url=watcher)
    api.outside.will(URL, answer(410))
    api.start("flow")
    api.drain()
    (told,) = arrived(api, watcher)
    assert (told["data"]["subscription_id"], told["data"]["reason"]) == (subscription, "gone")
    assert json.loads(json.dumps(told["namespace"])) is None
