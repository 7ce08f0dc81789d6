"""Secrets are found in the outgoing request, and nowhere else (invariant 10, ruling 31)."""

import base64
import html
import itertools
import json
import re
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from interactor.outgoing import OutgoingRequest, OutgoingResponse
from tests.support.deployed.deployment import Deployment
from tests.support.outside import answer
from tests.support.workflows.definitions import halting, http, one, script

VALUE = 'sk_live_"51H8x&/ü\\secret+value'
URL = "https://api.example.com/charge"
HOOK = "https://yourapp.com/hook"
EVENTS = [f"workflow.instance.{name}" for name in ("created", "halted", "resumed", "completed", "failed", "cancelled")]
FORMS = {VALUE, json.dumps(VALUE)[1:-1], json.dumps(VALUE, ensure_ascii=False)[1:-1], "51H8x"}


PARTS = ("/history", "/threads", "/diagram", "/diagram?format=mermaid")


@pytest.fixture
def api(deployment: Deployment) -> Deployment:
    deployment.set_secret("API_KEY", VALUE)
    deployment.set_secret("UNUSED", "another-secret-value")
    deployment.call("POST", "/webhooks/subscriptions", {"url": HOOK, "events": EVENTS})
    return deployment


def run(api: Deployment, definition: Any, given: Any = None) -> Any:
    """Run a workflow to its rest; answers it, once no trace of the secret is found anywhere it must not be."""
    api.define(definition)
    started = api.start(definition["name"], given)
    api.drain()
    found = api.get(started["id"])
    listed = api.call("GET", "/workflows/instances").raw or ""
    instance = f"/workflows/instances/{started['id']}"
    shown = {path: api.call("GET", path).raw or "" for path in ("/workflows/errors", *(instance + p for p in PARTS))}
    (subscription,) = api.call("GET", "/webhooks/subscriptions").data["subscriptions"]
    deliveries = f"/webhooks/subscriptions/{subscription['id']}/deliveries"
    shown[deliveries] = api.call("GET", deliveries).raw or ""
    for each in json.loads(shown[deliveries])["data"]["deliveries"]:
        shown[each["id"]] = api.call("GET", f"{deliveries}/{each['id']}").raw or ""
    told = "".join((request.body or b"").decode() for request in api.outside.to(HOOK))
    places = {
        "the table": api.stored_text(),
        "the answer": json.dumps(found, ensure_ascii=False) + json.dumps(found),
        "the first answer": json.dumps(started, ensure_ascii=False),
        "a list": listed,
        "the log": api.logs.getvalue(),
        "a webhook": told,
        "a message": json.dumps(api.sent, ensure_ascii=False),
        **shown,
    }
    for place, text in places.items():
        for form in FORMS:
            assert form not in text, f"the secret is in {place}"
    assert "answered" in places["the log"]
    assert found["id"] in places["the table"]
    return found


def echo(request: OutgoingRequest) -> OutgoingResponse:
    """A service that answers with all it was sent."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    return answer(200, {"headers": headers, "body": (request.body or b"").decode(), "url": request.url})


def test_a_secret_reaches_the_service_and_its_echo_is_masked(api: Deployment) -> None:
    api.outside.will(URL, echo)
    body = {"key": "${secrets.API_KEY}", "text": "key=${secrets.API_KEY};"}
    found = run(api, one(http(URL, headers={"Authorization": "Bearer ${secrets.API_KEY}"}, body=body)))
    (request,) = api.outside.to(URL)
    assert request.headers["Authorization"] == f"Bearer {VALUE}"
    assert json.loads(request.body or b"") == {"key": VALUE, "text": f"key={VALUE};"}
    echoed = found["workflow_data"]["begin"]["body"]
    assert echoed["headers"]["authorization"] == "Bearer [secret API_KEY]"
    assert json.loads(echoed["body"]) == {"key": "[secret API_KEY]", "text": "key=[secret API_KEY];"}


def test_a_secret_in_a_url_is_encoded_and_masked(api: Deployment) -> None:
    found = run(api, one(http("https://api.example.com/v1?key=${secrets.API_KEY}", method="GET")))
    (request,) = (each for each in api.outside.requests if each.url != HOOK)
    assert request.url.startswith("https://api.example.com/v1?key=sk_live_%22")
    assert found["status"] == "completed"


@pytest.mark.parametrize("status", [200, 400, 404, 500])
def test_a_secret_in_an_error_of_the_service_is_masked(api: Deployment, status: int) -> None:
    api.outside.will(URL, answer(status, f"Invalid key {VALUE}".encode()))
    found = run(api, one(http(URL, headers={"Authorization": "${secrets.API_KEY}"})))
    assert found["status"] == ("completed" if status == 200 else "failed")
    told = json.dumps(found["workflow_data"]) if status == 200 else found["error"]
    assert "[secret API_KEY]" in told


ECHOES = {
    "base64": base64.b64encode(VALUE.encode()).decode(),
    "base64 of more": base64.b64encode(f"{VALUE}:".encode()).decode(),
    "base64 for URLs": base64.urlsafe_b64encode(VALUE.encode()).decode(),
    "HTML": html.escape(VALUE),
    "HTML text": html.escape(VALUE, quote=False),
    "JSON in JSON": json.dumps(json.dumps({"key": VALUE})),
    "JSON with escaped slashes": json.dumps(VALUE).replace("/", "\\/"),
    "JSON with large escapes": json.dumps(VALUE).replace("\\u00fc", "\\u00FC"),
    "percent": quote(VALUE, safe=""),
    "percent of a path": quote(VALUE),
    "small percent": re.sub("%..", lambda found: found[0].lower(), quote(VALUE, safe="")),
    "a form": quote_plus(VALUE),
}


@pytest.mark.parametrize(
    ("echoed", "status"), list(zip(ECHOES.values(), itertools.cycle((200, 403)), strict=False)), ids=ECHOES.keys()
)
def test_a_secret_that_a_service_echoes_in_another_form_is_masked(api: Deployment, echoed: str, status: int) -> None:
    api.outside.will(URL, answer(status, f"Invalid key <{echoed}>".encode()))
    found = run(api, one(http(URL, headers={"Authorization": "${secrets.API_KEY}"})))
    assert "[secret API_KEY]" in json.dumps(found)
    assert echoed.strip('"')[:20] not in json.dumps(found)
    assert "c2tfbGl2ZV8i" not in json.dumps(found), "its beginning in base64"


def test_any_secret_of_the_account_is_masked_though_another_was_used(api: Deployment) -> None:
    api.outside.will(URL, answer(200, {"said": "another-secret-value"}))
    found = run(api, one(http(URL, headers={"Authorization": "${secrets.API_KEY}"})))
    assert found["workflow_data"]["begin"]["body"] == {"said": "[secret UNUSED]"}


def test_data_that_is_no_secret_arrives_as_it_was_sent(api: Deployment) -> None:
    """Plain secrets that the definition does not mention decide nothing in it."""
    api.set_secret("STORE_ID", "1000")
    api.set_secret("STAGE", "prod")
    order = {"amount": 10000, "product": "desk", "note": "from production", "stage": "prod"}
    api.outside.will(URL, answer(200, order))
    above = {"target": "vp", "condition": {"field": "begin.body.amount", "operator": "gt", "value": 5000}}
    used = script("return { total: input.a * 10, a: input.a, t: secrets.STORE_ID, u: [secrets.STAGE, 'product'] }")
    found = run(api, one(http(URL, above, "done"), vp=used), {"a": 1000})
    assert found["workflow_data"]["begin"]["body"] == order
    kept = {"total": 10000, "a": 1000, "t": "[secret STORE_ID]", "u": ["[secret STAGE]", "product"]}
    assert found["workflow_data"].items() >= kept.items()


def test_a_secret_that_comes_back_later_is_masked_too(api: Deployment) -> None:
    """The second state mentions no secret; the service remembers the one that the first state sent."""
    api.outside.will(URL, answer(200), answer(200, {"stored": VALUE}))
    first = http(URL, "again", headers={"Authorization": "${secrets.API_KEY}"})
    found = run(api, one(first, again=http(URL)))
    assert found["workflow_data"]["again"]["body"] == {"stored": "[secret API_KEY]"}


def test_a_secret_of_several_lines_is_masked_in_an_error(api: Deployment) -> None:
    """An error shows the answer's beginning on one line: the line breaks of a key must not hide it."""
    key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\nEFAASCBKcwggSjAgEAAoIBAQ\n-----END PRIVATE KEY-----"
    api.set_secret("PEM", key)
    api.outside.will(URL, answer(403, f"Wrong key: {key}".encode()))
    found = run(api, one(http(URL, body="${secrets.PEM}")))
    assert found["status"] == "failed"
    assert "MIIEvQIBADANBgkqhkiG9w0BAQ" not in api.stored_text()


def test_a_secret_that_an_excerpt_cuts_is_not_shown_in_part(api: Deployment) -> None:
    long = "".join(f"{number:04d}-" for number in range(60))
    api.set_secret("LONG", long)
    api.outside.will(URL, answer(403, (f"Wrong key: {long}").encode()))
    found = run(api, one(http(URL, headers={"Authorization": "${secrets.LONG}"})))
    assert found["status"] == "failed"
    assert long[:20] not in api.stored_text()


def test_a_secret_that_the_cut_of_the_log_tears_is_not_shown_in_part(api: Deployment) -> None:
    long = "".join(f"{number:04d}-" for number in range(60))
    api.set_secret("LONG", long)
    code = "console.log('x'.repeat(8192 - 150) + secrets.LONG); console.log('x'.repeat(100) + secrets.LONG); return {}"
    run(api, one(script(code)))
    assert long[:20] not in api.stored_text()


@pytest.mark.parametrize(
    "code",
    [
        "return { key: secrets.API_KEY }",
        "return { deep: [{ key: 'x' + secrets.API_KEY + 'y' }] }",
        "return { [secrets.API_KEY]: 1 }",
        "console.log('using', secrets.API_KEY); return {}",
        "console.log(JSON.stringify({ key: secrets.API_KEY })); return {}",
        "throw new Error('bad key ' + secrets.API_KEY)",
        "throw { message: secrets.API_KEY }",
        "const e = new Error('x'); e.name = secrets.API_KEY; throw e",
    ],
)
def test_a_secret_that_a_script_shows_is_masked(api: Deployment, code: str) -> None:
    found = run(api, one(script(code, "wait"), wait=halting()))
    assert "[secret API_KEY]" in json.dumps(found)


def test_a_script_uses_a_secret_without_showing_it(api: Deployment) -> None:
    code = """return { api_key_present: !!secrets.API_KEY, length: secrets.API_KEY.length,
        frozen: Object.isFrozen(secrets), names: Object.keys(secrets) }"""
    found = run(api, one(script(code)))
    assert found["workflow_data"] == {
        "api_key_present": True,
        "length": len(VALUE),
        "frozen": True,
        "names": ["API_KEY"],
    }


@pytest.mark.parametrize("state", [script("return { x: secrets.MISSING }"), http(URL, body="${secrets.MISSING}")])
def test_a_secret_that_is_not_set_fails_the_state_by_name(api: Deployment, state: Any) -> None:
    found = run(api, one(state))
    assert found["status"] == "failed"
    assert "MISSING" in found["error"]
    assert api.outside.to(URL) == []


@pytest.mark.parametrize(
    "state",
    [
        halting(presentation={"type": "message", "message": "${secrets.API_KEY}"}),
        halting(
            presentation={
                "type": "form",
                "fields": [{"name": "a", "type": "string", "label": "A", "default": "${secrets.API_KEY}"}],
            }
        ),
        halting(
            presentation=None, halting_instructions={"type": "message", "config": {"message": "${secrets.API_KEY}"}}
        ),
    ],
)
def test_a_presentation_cannot_name_a_secret(api: Deployment, state: Any) -> None:
    state = {key: value for key, value in state.items() if value is not None}
    assert api.call("POST", "/workflows", one(state)).refusal == (400, "invalid_workflow")


def test_a_placeholder_that_comes_in_as_data_is_data(api: Deployment) -> None:
    api.outside.will(URL, echo)
    found = run(api, one(http(URL, body={"a": "${input.a}", "k": "${secrets.API_KEY}"})), {"a": "${secrets.UNUSED}"})
    (request,) = api.outside.to(URL)
    assert json.loads(request.body or b"")["a"] == "${secrets.UNUSED}"
    assert "another-secret-value" not in json.dumps(found)


def test_a_client_secret_and_a_webhook_secret_are_not_told(api: Deployment) -> None:
    api.register("client_1", "client-secret-value-1")
    wanted = {"grant_type": "client_credentials", "client_id": "client_1", "client_secret": "client-secret-value-1"}
    token = api.call("POST", "//oauth/token", wanted, token="").data["access_token"]
    secret = "whsec_" + base64.b64encode(b"0123456789abcdefghijklmn").decode()
    api.call("POST", "/webhooks/subscriptions", {"url": HOOK, "events": EVENTS, "secret": secret}, token)
    listed = api.call("GET", "/webhooks/subscriptions", token=token).raw or ""
    api.define(one(halting()))
    api.start("flow", token=token)
    api.drain()
    told = "".join((request.body or b"").decode() for request in api.outside.to(HOOK))
    for text in (listed, api.logs.getvalue(), told, json.dumps(api.sent)):
        assert "client-secret-value-1" not in text
        assert secret not in text
        assert token not in text
    assert "client-secret-value-1" not in api.stored_text()
    assert token not in api.stored_text()


def test_the_log_holds_no_bodies(api: Deployment) -> None:
    api.define(one(halting()))
    instance = api.start("flow", {"private": "a-persons-own-words"})
    api.resume(instance["id"], {"more": "a-persons-own-words"})
    api.drain()
    assert "a-persons-own-words" not in api.logs.getvalue()
