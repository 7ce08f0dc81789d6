"""Whose a subscription is: every endpoint of one, with tokens that hold its namespaces and tokens that do not."""

from typing import Any

import pytest

from interactor.aws.dynamo.table import Table
from interactor.webhooks.store.subscriptions import SubscriptionStore
from tests.support.deployed.deployment import ACCOUNT, Answer, Deployment
from tests.support.deployed.hooks import HALTED, SUBSCRIPTIONS, subscribe

NO_DELIVERY = "del_" + "0" * 26
ENDPOINTS: list[tuple[str, str, Any, int]] = [
    ("GET", "", None, 200),
    ("PATCH", "", {"url": "https://changed.example/"}, 200),
    ("POST", "/disable", None, 200),
    ("POST", "/enable", None, 200),
    ("POST", "/rotate-secret", {}, 200),
    ("POST", "/test", {}, 202),
    ("GET", "/deliveries", None, 200),
    ("GET", f"/deliveries/{NO_DELIVERY}", None, 404),
    ("POST", f"/deliveries/{NO_DELIVERY}/replay", None, 404),
    ("POST", "/replay", {"since": "2026-01-20T12:00:00Z"}, 202),
    ("DELETE", "", None, 204),
]
"""Method, path below the subscription, body, and the status for who may see it."""
NOT_FOUND = (404, "subscription_not_found")
OURS = ("n1", "n2")
BLIND: list[dict[str, Any]] = [
    {"namespaces": ("n1",)},
    {"namespaces": ("n3",)},
    {"namespaces": ("n2", "n3")},
    {"namespaces": ("n1.n2",)},
    {"account": "acc_2", "namespaces": OURS},
    {"account": "acc_2"},
]
SEEING: list[dict[str, Any]] = [
    {"namespaces": OURS, "subject": "another_client"},
    {"namespaces": ("n2", "n3", "n1")},
    {"namespaces": ("*",)},
]


@pytest.fixture(scope="module")
def quiet(shared: Deployment) -> Deployment:
    return shared


def call(api: Deployment, subscription: str, endpoint: tuple[str, str, Any, int], token: str) -> Answer:
    method, below, body, _ = endpoint
    return api.call(method, f"{SUBSCRIPTIONS}/{subscription}{below}", body, token)


def listed(api: Deployment, token: str) -> list[str]:
    return [each["id"] for each in api.call("GET", SUBSCRIPTIONS, token=token).data["subscriptions"]]


@pytest.mark.parametrize("rights", BLIND, ids=str)
def test_who_does_not_hold_all_its_namespaces_finds_it_nowhere_and_changes_nothing(
    quiet: Deployment, rights: Any
) -> None:
    subscription, stranger = subscribe(quiet, token=quiet.token(namespaces=OURS)), quiet.token(**rights)
    before, messages = SubscriptionStore(_table(quiet)).get(ACCOUNT, subscription), len(quiet.sent)
    assert subscription not in listed(quiet, stranger)
    for endpoint in ENDPOINTS:
        assert call(quiet, subscription, endpoint, stranger).refusal == NOT_FOUND, endpoint
    assert SubscriptionStore(_table(quiet)).get(ACCOUNT, subscription) == before
    assert len(quiet.sent) == messages


@pytest.mark.parametrize("rights", SEEING, ids=str)
def test_who_holds_all_its_namespaces_may_do_everything_to_it_whoever_made_it(quiet: Deployment, rights: Any) -> None:
    subscription, token = subscribe(quiet, token=quiet.token(namespaces=OURS)), quiet.token(**rights)
    assert subscription in listed(quiet, token)
    for endpoint in ENDPOINTS:
        assert call(quiet, subscription, endpoint, token).status == endpoint[3], endpoint
    assert subscription not in listed(quiet, token)


def test_a_service_accounts_subscription_is_seen_by_service_accounts_only(quiet: Deployment) -> None:
    """Also where its filter is a namespace of the other token: it belongs to all, and could be widened to all."""
    subscription = subscribe(quiet, namespace_filter="n1")
    narrow = quiet.token(namespaces=("n1",))
    assert subscription not in listed(quiet, narrow)
    for endpoint in ENDPOINTS:
        assert call(quiet, subscription, endpoint, narrow).refusal == NOT_FOUND, endpoint


def test_nobody_subscribes_to_a_namespace_that_the_token_does_not_hold(quiet: Deployment) -> None:
    wanted = {"url": "https://example.com/", "events": [HALTED], "namespace_filter": "n3"}
    assert quiet.call("POST", SUBSCRIPTIONS, wanted, quiet.token(namespaces=OURS)).refusal == (403, "forbidden")


def test_who_made_it_is_kept_and_is_not_changed_by_who_changes_it(quiet: Deployment) -> None:
    subscription = subscribe(quiet, token=quiet.token(namespaces=OURS, subject="maker"))
    other = quiet.token(namespaces=OURS, subject="other")
    assert quiet.call("PATCH", f"{SUBSCRIPTIONS}/{subscription}", {"events": [HALTED]}, other).status == 200
    kept = SubscriptionStore(_table(quiet)).get(ACCOUNT, subscription)
    assert kept is not None
    assert kept.created_by == "maker"


def _table(api: Deployment) -> Table:
    return Table(api.clients["dynamodb"], api.table)
