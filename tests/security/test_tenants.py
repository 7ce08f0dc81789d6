"""Tenants: nothing of another account or namespace is read, changed, or told from what never existed (invariant 6)."""

import json
from typing import Any

import pytest

from tests.support.deployed.deployment import Answer, Deployment
from tests.support.deployed.requests import ENDPOINTS, FLOW, HOOK, NOT_FOUND, Endpoint, things
from tests.support.workflows.definitions import halting, http, one

MINE, THEIRS = "acc_1", "acc_2"
NEVER = {
    "name": "nope",
    "version": "v_01kfdmdagyy4rdc3yf0jys7smn",
    "draft": "v_01kfdmdagyy4rdc3yf0jys7smn",
    "instance": "inst_01kfdmdagyy4rdc3yf0jys7smn",
    "failed": "inst_01kfdmdagyy4rdc3yf0jys7smn",
    "event": "evt_01kfdmdagy000000g1x5c8n2qa",
    "paper": "inst_01kfdmdagyy4rdc3yf0jys7smn",
    "file": "file_01kfdmdagyy4rdc3yf0jys7smn",
    "subscription": "whsub_01kfdmdagyy4rdc3yf0jys7smn",
    "delivery": "del_01kfdmdagy7t3m9b5w0r6k2z4x",
    "task": "task_01kfdmdagyy4rdc3yf0jys7smn_2",
    "second_task": "task_01kfdmdagyy4rdc3yf0jys7smn_2",
    "group": "nobodys",
    "person": "nobody",
}
SHARED = {"name", "thread"}
"""What every account calls the same: a workflow by its own choice, the threads of any instance."""
OF_NAMESPACE = {"instance", "failed", "subscription"}
NAMED = [pytest.param(endpoint, each, id=f"{endpoint} {each}") for endpoint in ENDPOINTS for each in endpoint.ids]
NAMING = [endpoint for endpoint in ENDPOINTS if endpoint.ids]
OF_NAMESPACES = [endpoint for endpoint in NAMING if {"instance", "paper", "subscription"} & set(endpoint.ids)]


def without_ids(answer: Answer, *ids: str) -> tuple[int, Any, str]:
    """An answer with its request id, and the ids that were asked for, taken out."""
    raw = (answer.raw or "").replace(answer.headers["X-Request-Id"], "REQUEST")
    for each in ids:
        raw = raw.replace(f"'{each}'", "'ID'")
    headers = {name: value for name, value in answer.headers.items() if name != "X-Request-Id"}
    return answer.status, headers, raw


@pytest.fixture(scope="module")
def api(shared: Deployment) -> Deployment:
    return shared


@pytest.fixture(scope="module")
def there(api: Deployment) -> dict[str, str]:
    """One of everything in the other account."""
    return things(api, api.token(THEIRS))


@pytest.fixture(scope="module")
def mine(api: Deployment) -> dict[str, str]:
    """One of everything in the account that asks, under the same names."""
    return things(api, api.token(MINE))


def test_every_id_that_a_path_can_name_is_tried() -> None:
    assert {name for endpoint in ENDPOINTS for name in endpoint.ids} <= NEVER.keys() | SHARED


@pytest.mark.parametrize(("endpoint", "parameter"), NAMED)
def test_another_accounts_id_answers_as_one_that_never_existed(
    api: Deployment, mine: dict[str, str], there: dict[str, str], endpoint: Endpoint, parameter: str
) -> None:
    if parameter in SHARED:
        return  # each account's own: see below
    before = api.items()
    for others in (mine, there):
        # With the rest of the path one's own, and with all of it theirs.
        if endpoint.ids[0] != parameter and others is there and endpoint.ids[0] not in SHARED:
            continue  # the first id of the path is refused already
        paths = [endpoint.at({**others, parameter: each}) for each in (there[parameter], NEVER[parameter])]
        theirs, never = (api.call(endpoint.method, path, endpoint.body, api.token(MINE)) for path in paths)
        assert theirs.refusal == NOT_FOUND[parameter]
        assert without_ids(theirs, there[parameter]) == without_ids(never, NEVER[parameter])
    assert api.items() == before


@pytest.fixture(scope="module")
def newcomer(api: Deployment, there: dict[str, str]) -> str:
    """A token of an account that has nothing."""
    return api.token("acc_3")


@pytest.mark.parametrize("endpoint", [each for each in ENDPOINTS if each.ids[:1] == ("name",)], ids=str)
def test_another_accounts_workflow_answers_as_one_that_never_existed(
    api: Deployment, there: dict[str, str], newcomer: str, endpoint: Endpoint
) -> None:
    before = api.items()
    theirs = api.call(endpoint.method, endpoint.at(there), endpoint.body, newcomer)
    never = api.call(endpoint.method, endpoint.at({**there, "name": "nope"}), endpoint.body, newcomer)
    assert theirs.refusal == (404, "workflow_not_found")
    assert without_ids(theirs, "flow") == without_ids(never, "nope")
    assert api.items() == before


@pytest.mark.parametrize(("endpoint", "parameter"), NAMED)
def test_another_namespaces_id_answers_as_one_that_never_existed(
    api: Deployment, there: dict[str, str], endpoint: Endpoint, parameter: str
) -> None:
    if parameter not in OF_NAMESPACE:
        return  # the account's, or below one that is tried
    before = api.items()
    paths = [endpoint.at({**there, parameter: each}) for each in (there[parameter], NEVER[parameter])]
    token = api.token(THEIRS, namespaces=("user_456",))
    theirs, never = (api.call(endpoint.method, path, endpoint.body, token) for path in paths)
    assert theirs.refusal == NOT_FOUND[parameter]
    assert without_ids(theirs, there[parameter]) == without_ids(never, NEVER[parameter])
    assert api.items() == before


@pytest.mark.parametrize("endpoint", [each for each in ENDPOINTS if each.method == "GET" and not each.ids], ids=str)
def test_lists_show_nothing_of_others(api: Deployment, there: dict[str, str], endpoint: Endpoint) -> None:
    for token in (api.token(MINE), api.token("acc_3"), api.token(THEIRS, namespaces=("user_456",))):
        raw = api.call(endpoint.method, endpoint.path, token=token).raw or ""
        for hidden in ("instance", "failed", "subscription", "delivery"):
            assert there[hidden] not in raw
    assert there["version"] not in (api.call(endpoint.method, endpoint.path, token=api.token(MINE)).raw or "")


@pytest.mark.parametrize(
    "query", ["namespace=user_123", "status=halted", "workflow_name=flow", "namespace=user_123&status=halted"]
)
def test_filters_do_not_reach_across(api: Deployment, there: dict[str, str], query: str) -> None:
    for token in (api.token(MINE), api.token(THEIRS, namespaces=("user_456",))):
        assert there["instance"] not in (api.call("GET", f"/workflows/instances?{query}", token=token).raw or "")
    assert there["instance"] in (api.call("GET", f"/workflows/instances?{query}", token=api.token(THEIRS)).raw or "")


def test_a_cursor_of_one_account_is_none_of_another(api: Deployment) -> None:
    for account in (MINE, THEIRS):
        api.call("POST", "/workflows", {**FLOW, "name": "more"}, api.token(account))
    cursor = api.call("GET", "/workflows?limit=1", token=api.token(THEIRS)).data["pagination"]["next_cursor"]
    assert cursor
    answer = api.call("GET", f"/workflows?cursor={cursor}", token=api.token(MINE))
    assert answer.refusal == (400, "invalid_cursor")


def test_a_cursor_of_one_namespace_shows_nothing_to_a_token_of_another(deployment: Deployment) -> None:
    deployment.define(FLOW)
    for number in range(4):
        deployment.start("flow", namespace="user_1" if number % 2 else "user_2")
    first, second = (deployment.token(namespaces=(name,)) for name in ("user_1", "user_2"))
    cursor = deployment.call("GET", "/workflows/instances?limit=1", token=first).data["pagination"]["next_cursor"]
    answer = deployment.call("GET", f"/workflows/instances?cursor={cursor}", token=second)
    seen = answer.data["instances"] if answer.status == 200 else []
    assert {each["namespace"] for each in seen} <= {"user_2"}


def test_the_same_name_in_two_accounts_is_two_workflows(deployment: Deployment) -> None:
    mine, theirs = deployment.token(MINE), deployment.token(THEIRS)
    deployment.define(one(halting(transitions=[{"target": "mine"}]), mine={"type": "terminal"}), mine)
    deployment.define(one(halting(transitions=[{"target": "theirs"}]), theirs={"type": "terminal"}), theirs)
    for token, state in ((mine, "mine"), (theirs, "theirs")):
        instance = deployment.start("flow", token=token)
        assert deployment.resume(instance["id"], token=token).data["current_state"] == state


def test_webhooks_and_secrets_stay_with_their_account(deployment: Deployment) -> None:
    deployment.set_secret("API_KEY", "mine-is-a-secret", MINE)
    url = "https://api.example.com/x"
    flow = one(http(url, headers={"X-Key": "${secrets.API_KEY}"}))
    events = {"url": "https://theirs.example.com/hook", "events": ["workflow.instance.created"]}
    deployment.call("POST", "/webhooks/subscriptions", events, deployment.token(THEIRS))
    deployment.define(flow, deployment.token(MINE))
    deployment.start("flow", token=deployment.token(MINE))
    deployment.drain()
    assert [request.url for request in deployment.outside.requests] == [url]
    deployment.outside.requests.clear()
    deployment.define(flow, deployment.token(THEIRS))
    instance = deployment.start("flow", token=deployment.token(THEIRS))
    deployment.drain()
    failed = deployment.get(instance["id"], deployment.token(THEIRS))
    assert (failed["status"], failed["error"]) == ("failed", "The secret 'API_KEY' is not set")
    assert [request.url for request in deployment.outside.requests] == ["https://theirs.example.com/hook"]


def test_a_subscription_hears_of_the_namespaces_of_its_token_only(deployment: Deployment) -> None:
    deployment.define(FLOW)
    deployment.call("POST", "/webhooks/subscriptions", HOOK, deployment.token(namespaces=("user_1",)))
    deployment.start("flow", namespace="user_1")
    deployment.start("flow", namespace="user_2")
    deployment.drain()
    told = [json.loads(request.body or b"")["namespace"] for request in deployment.outside.to(HOOK["url"])]
    assert told == ["user_1"]


def test_a_filter_on_a_namespace_one_does_not_hold_is_forbidden(api: Deployment) -> None:
    token = api.token(namespaces=("user_1",))
    answer = api.call("POST", "/webhooks/subscriptions", {**HOOK, "namespace_filter": "user_2"}, token)
    assert answer.refusal == (403, "forbidden")


@pytest.mark.parametrize(
    "name",
    [
        "a#b",
        "..",
        "../x",
        "A",
        "flow#M",
        "wf_01kfdmdagyy4rdc3yf0jys7smn",
        "instances",
        "errors",
        "é",
        "a\u0000",
        "a" * 65,
        "",
        " flow",
        "flow\n",
    ],
)
def test_names_that_could_be_keys_or_paths_are_refused(api: Deployment, name: str) -> None:
    before = api.items()
    answer = api.call("POST", "/workflows", {**FLOW, "name": name})
    assert answer.refusal == (400, "invalid_workflow")
    assert "name" in [each["path"] for each in answer.error["details"]]
    assert api.items() == before


STRANGE_KEYS = {
    "#": 1,
    "A#acc_2#I#x": 2,
    "..": 3,
    "__proto__": {"polluted": True},
    "constructor": {"prototype": 1},
    "": 4,
    "é\u202e\U0001f600": 5,
    "a\u0000b": "c\u0000d",
    "a.b": {"c": 6},
    "$ref": "x",
    "${secrets.KEY}": "${secrets.KEY}",
}


def test_strange_keys_of_an_input_arrive_as_they_are(deployment: Deployment) -> None:
    deployment.define(one(halting()))
    instance = deployment.start("flow", STRANGE_KEYS)
    resumed = deployment.resume(instance["id"], STRANGE_KEYS).data
    assert resumed["workflow_data"] == STRANGE_KEYS
    assert deployment.get(instance["id"])["history"][0]["input_received"] == STRANGE_KEYS


@pytest.mark.parametrize("account", ["a#b", "", "acc_1#I", "é", "x" * 65, 5, None, ["acc_1"]])
def test_a_signed_token_of_an_impossible_account_is_no_token(api: Deployment, account: Any) -> None:
    answer = api.call("GET", "/workflows", token=api.token(account))
    assert answer.refusal == (401, "unauthorized")


@pytest.mark.parametrize("namespaces", [[], ["a#b"], ["*", "user_1"], "user_1", ["user_1"] * 101 + ["x"], [5], None])
def test_a_signed_token_of_impossible_namespaces_is_no_token(api: Deployment, namespaces: Any) -> None:
    token = api.signer.sign({**_claims(api.token()), "namespaces": namespaces})
    assert api.call("GET", "/workflows", token=token).refusal == (401, "unauthorized")


def _claims(token: str) -> dict[str, Any]:
    import jwt

    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims
