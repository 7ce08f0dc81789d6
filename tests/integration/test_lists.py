"""Lists, page by page, and the cursors that lead through them (rulings 21 and 22)."""

import base64
import hashlib
from typing import Any

import pytest

from tests.support.deployed.deployment import ACCOUNT, API, Deployment
from tests.support.workflows.definitions import halting, one

COUNT = 5
OTHER = "acc_2"


@pytest.fixture(scope="module")
def api(shared: Deployment) -> Deployment:
    """Five of everything in one account, and one of everything in another."""
    for account, count in ((ACCOUNT, COUNT), (OTHER, 1)):
        token = shared.token(account)
        for number in range(count):
            shared.call("POST", "/workflows", one(halting(), name=f"flow_{number}"), token)
            wanted = {"url": "https://example.com/hook", "events": ["workflow.instance.halted"]}
            shared.call("POST", "/webhooks/subscriptions", wanted, token)
        versions = [
            shared.call("PUT", "/workflows/flow_0", one(halting(), name="flow_0"), token) for _ in range(count - 1)
        ]
        last = versions[-1] if versions else shared.call("GET", "/workflows/flow_0", token=token)
        shared.call("POST", f"/workflows/flow_0/versions/{last.data['version_id']}/publish", token=token)
        for number in range(count):
            shared.start("flow_0", token=token, namespace=f"user_{number % 2}")
    return shared


LISTS = {
    "workflows": ("/workflows", "workflows", "name"),
    "versions": ("/workflows/flow_0/versions", "versions", "version_id"),
    "instances of the account": ("/workflows/instances", "instances", "id"),
    "instances of a workflow": ("/workflows/instances?workflow_name=flow_0", "instances", "id"),
    "instances of a status": ("/workflows/instances?status=halted", "instances", "id"),
    "instances of a namespace": ("/workflows/instances?namespace=user_0&status=halted", "instances", "id"),
    "instances of all statuses": ("/workflows/instances?namespace=user_0", "instances", "id"),
    "subscriptions": ("/webhooks/subscriptions", "subscriptions", "id"),
}


def page(api: Deployment, path: str, **query: Any) -> Any:
    more = "&".join(f"{name}={value}" for name, value in query.items() if value is not None)
    return api.call("GET", path + ("&" if "?" in path else "?") + more)


@pytest.mark.parametrize("which", LISTS)
@pytest.mark.parametrize("limit", [1, 2, 100_000])
def test_pages_of_any_length_give_the_whole_list_once(api: Deployment, which: str, limit: int) -> None:
    path, name, key = LISTS[which]
    whole = [each[key] for each in api.call("GET", path).data[name]]
    assert len(whole) == (3 if "namespace=user_0" in path else COUNT)
    found: list[str] = []
    cursor = None
    for _ in range(20):
        data = page(api, path, limit=limit, cursor=cursor).data
        assert len(data[name]) <= limit
        found += [each[key] for each in data[name]]
        cursor = data["pagination"]["next_cursor"]
        assert data["pagination"]["has_more"] == (cursor is not None)
        if cursor is None:
            break
    assert found == whole
    if key == "id":
        assert found == sorted(found, reverse=True), "newest first"


def test_a_token_of_some_namespaces_sees_theirs(api: Deployment) -> None:
    token = api.token(namespaces=("user_0",))
    found = api.call("GET", "/workflows/instances", token=token).data["instances"]
    assert {each["namespace"] for each in found} == {"user_0"}
    assert len(found) == 3
    both = api.call("GET", "/workflows/instances", token=api.token(namespaces=("user_0", "user_1"))).data["instances"]
    assert len(both) == COUNT
    none = api.call("GET", "/workflows/instances?namespace=user_1", token=token).data
    assert none == {"instances": [], "pagination": {"has_more": False, "next_cursor": None}}


@pytest.mark.parametrize("which", LISTS)
def test_a_limit_that_is_no_number_from_one_is_refused(api: Deployment, which: str) -> None:
    for limit in ("0", "-1", "x", "1.5", "", "%D9%A1", "1e2"):
        assert page(api, LISTS[which][0], limit=limit).refusal == (400, "validation_error"), limit


@pytest.mark.parametrize("which", LISTS)
def test_garbage_is_no_cursor(api: Deployment, which: str) -> None:
    for cursor in ("", "x", "garbage!", "AAAA", "%00", "a" * 5000, "%F0%9F%98%80", "e30", "../.."):
        assert page(api, LISTS[which][0], cursor=cursor).refusal == (400, "invalid_cursor"), cursor


def forged(path: str, position: str) -> str:
    """A cursor as anybody could make it of an earlier release, where its mark was a plain hash."""
    bound_to = repr((ACCOUNT, f"{API}{path}", []))
    mark = hashlib.sha256(f"{bound_to}\0{position}".encode()).digest()[:9]
    return base64.urlsafe_b64encode(mark + position.encode()).decode().rstrip("=")


@pytest.mark.parametrize("position", ["1", "abc", "_", "1_0", "9" * 10, "-1", ""])
def test_a_cursor_that_somebody_else_marked_is_none(api: Deployment, position: str) -> None:
    instance = api.call("GET", "/workflows/instances").data["instances"][0]["id"]
    for path in (f"/workflows/instances/{instance}/history", "/workflows/instances", "/workflows/errors"):
        assert page(api, path, cursor=forged(path, position)).refusal == (400, "invalid_cursor")


@pytest.mark.parametrize("which", LISTS)
def test_a_cursor_shows_nothing_and_none_of_its_bits_can_be_another(api: Deployment, which: str) -> None:
    path, name, key = LISTS[which]
    first = page(api, path, limit=1).data
    cursor = first["pagination"]["next_cursor"]
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    shown = str(first[name][0][key]).encode()
    assert shown not in raw
    assert shown[-10:] not in raw
    for place in range(len(raw)):
        other = bytearray(raw)
        other[place] ^= 1
        changed = base64.urlsafe_b64encode(other).decode().rstrip("=")
        assert page(api, path, cursor=changed).refusal == (400, "invalid_cursor"), place


@pytest.mark.parametrize("which", LISTS)
def test_a_cursor_holds_for_its_account_and_its_query_only(api: Deployment, which: str) -> None:
    path, name, _ = LISTS[which]
    cursor = page(api, path, limit=1).data["pagination"]["next_cursor"]
    assert len(page(api, path, cursor=cursor, limit=2).data[name]) == 2, "another limit is the same query"
    elsewhere = api.call("GET", path + ("&" if "?" in path else "?") + f"cursor={cursor}", token=api.token(OTHER))
    assert elsewhere.refusal == (400, "invalid_cursor")
    for other, _, _ in LISTS.values():
        if other != path:
            assert page(api, other, cursor=cursor).refusal == (400, "invalid_cursor")
    flipped = ("A" if cursor[0] != "A" else "B") + cursor[1:]
    assert page(api, path, cursor=flipped).refusal == (400, "invalid_cursor")


@pytest.mark.parametrize(
    "query", ["status=done", "status=", "status=Halted", "namespace=a%23b", "namespace=", "namespace=..%2F"]
)
def test_unknown_filters_are_refused(api: Deployment, query: str) -> None:
    assert api.call("GET", f"/workflows/instances?{query}").refusal == (400, "validation_error")


@pytest.mark.parametrize("name", ["none", "FLOW_0", "flow_0%23", "..", "", "%00", "%F0%9F%98%80", "x" * 3000])
def test_a_workflow_that_does_not_exist_has_no_instances(api: Deployment, name: str) -> None:
    assert api.call("GET", f"/workflows/instances?workflow_name={name}").data["instances"] == []
