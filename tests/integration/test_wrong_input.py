"""Wrong input to every endpoint: the documented status and code, never 500, and nothing changed."""

import base64
import hmac
import json
import re
from typing import Any

import pytest

from interactor.access.rules.principal import SCOPES, covers
from interactor.api.openapi.operations import OPERATIONS
from interactor.api.operations import ANY_SCOPE
from interactor.api.routes import ROUTES
from interactor.core.names import RESERVED_NAMES
from tests.support import events
from tests.support.deployed.deployment import API, NO_TOKEN, Deployment
from tests.support.deployed.requests import (
    ENDPOINTS,
    FLOW,
    HOOK,
    NOT_FOUND,
    WITH_BODY,
    WRONG_DEFINITION,
    Endpoint,
    things,
)
from tests.support.template import router

NOT_JSON: dict[str, str | bytes] = {
    "text": "hello",
    "half an object": '{"name": "x"',
    "two documents": "{} {}",
    "single quotes": "{'a': 1}",
    "a key twice": '{"name": "a", "name": "b"}',
    "a key twice, deep": '{"input": {"a": {"b": 1, "b": 2}}}',
    "NaN": '{"input": {"a": NaN}}',
    "Infinity": '{"input": {"a": -Infinity}}',
    "a number beyond doubles": '{"input": {"a": 1e999}}',
    "an integer beyond doubles": '{"input": {"a": 1%s}}' % ("0" * 400),
    "3,000 deep": '{"input": ' + "[" * 3_000 + "]" * 3_000 + "}",
    "half a surrogate pair": '{"input": {"a": "\\ud800"}}',
    "half a surrogate pair as key": '{"input": {"\\udc00": 1}}',
    "not UTF-8": b'{"input": {"a": "\xff\xfe"}}',
    "UTF-16": '{"input": {}}'.encode("utf-16"),
    "a NUL byte": b'{"input": {"a": 1}}\x00',
    "two byte order marks": b"\xef\xbb\xbf\xef\xbb\xbf{}",
    "a comment": '{"a": 1} // yes',
}
PLACES = {
    # name of a body above: what the answer says about where it is wrong
    "half an object": "line 1, column 13",
    "a key twice": "name",
    "a key twice, deep": "input.a.b",
    "NaN": "input.a",
    "Infinity": "input.a",
    "a number beyond doubles": "input.a",
    "an integer beyond doubles": "input.a",
    "3,000 deep": "line 1, column 110",
    "half a surrogate pair": "input.a",
    "half a surrogate pair as key": "udc00",
    "not UTF-8": "byte 17",
    "a comment": "line 1, column 10",
}
OTHER_TYPES = (
    "text/plain",
    "text/plain; charset=utf-8",
    "application/x-www-form-urlencoded",
    "application/xml",
    "multipart/form-data; boundary=x",
    "application/jsonp",
    "text/json",
    "json",
    "application/json, text/plain",
    "*/*",
)
NO_OBJECT = {
    "array": "[]",
    "array of objects": '[{"input": {}}]',
    "number": "5",
    "null": "null",
    "string": '"{}"',
    "true": "true",
}
HUGE = json.dumps({"input": {"a": "x" * 2_000_000}, "name": "huge", "secret": "x" * 10})
ODD_IDS = (
    "inst_01kfdmdagyy4rdc3yf0jys7smn",
    "v_01kfdmdagyy4rdc3yf0jys7smn",
    "INST_01KFDMDAGYY4RDC3YF0JYS7SMN",
    "x",
    "..",
    "%2e%2e",
    "a%23b",
    "%23",
    "M",
    "A%23acc_1",
    "%00",
    "%0a",
    "%20",
    "%F0%9F%98%80",
    "%FF",
    "%ED%A0%80",
    "%25",
    "%2F",
    "a%2Fb",
    "%7Bname%7D",
    "*",
    "'%22;--",
    "x" * 3000,
    "a%23N%23user_123%23halted",
)
WITH_IDS = [endpoint for endpoint in ENDPOINTS if endpoint.ids]


@pytest.fixture(scope="module")
def api(shared: Deployment) -> Deployment:
    return shared


@pytest.fixture(scope="module")
def there(api: Deployment) -> dict[str, str]:
    return things(api, api.token())


def test_every_operation_that_needs_a_token_is_among_the_endpoints_with_its_scope() -> None:
    def form(path: str) -> str:
        return re.sub(r"{\w+}", "{}", path)

    described = {(each.method, form(each.path), each.scope) for each in OPERATIONS if each.scope is not None}
    assert described == {(each.method, form(f"{API}{each.path}"), each.scope) for each in ENDPOINTS}


@pytest.mark.parametrize("endpoint", WITH_BODY, ids=str)
def test_what_is_no_json_is_refused_and_changes_nothing(
    api: Deployment, there: dict[str, str], endpoint: Endpoint
) -> None:
    before = api.items()
    for name, body in NOT_JSON.items():
        answer = api.call(endpoint.method, endpoint.at(there), body)
        assert answer.refusal == (endpoint.bad_body or WRONG_DEFINITION), name
        said = json.dumps([answer.error["message"], answer.error["details"]], ensure_ascii=False)
        assert PLACES.get(name, "") in said
        (detail,) = answer.error["details"]
        assert detail["message"]
    assert api.items() == before


@pytest.mark.parametrize("endpoint", WITH_BODY, ids=str)
def test_a_body_that_says_it_is_something_else_is_refused_and_changes_nothing(
    api: Deployment, there: dict[str, str], endpoint: Endpoint
) -> None:
    before = api.items()
    for name in OTHER_TYPES:
        answer = api.call(
            endpoint.method, endpoint.at(there), json.dumps(endpoint.body), headers={"Content-Type": name}
        )
        assert answer.refusal == (endpoint.bad_body or WRONG_DEFINITION), name
        assert "Content-Type" in json.dumps(answer.error["details"])
    assert api.items() == before


@pytest.mark.parametrize("endpoint", WITH_BODY, ids=str)
def test_a_body_that_is_no_base64_though_it_says_so_is_refused_and_changes_nothing(
    api: Deployment, there: dict[str, str], endpoint: Endpoint
) -> None:
    before = api.items()
    match = router().match(endpoint.method, API + endpoint.at(there))
    assert match is not None
    for body in ("{}", "====", "e30=\n!", "é"):
        event = events.http(
            endpoint.method, API + endpoint.at(there), route=match.route.key, parameters=match.variables, body=body,
            headers={"authorization": f"Bearer {api.token()}"},
        )  # fmt: skip
        answer = api.request(match.route.function, {**event, "isBase64Encoded": True})
        assert answer.refusal == (endpoint.bad_body or WRONG_DEFINITION), body
    assert api.items() == before


@pytest.mark.parametrize(
    "kind", [None, "application/json", "Application/JSON; charset=UTF-8", "application/merge-patch+json", ""]
)
@pytest.mark.parametrize("encode", [str, str.encode], ids=["text", "base64"])
def test_json_is_taken_under_its_own_name_or_none(api: Deployment, kind: str | None, encode: Any) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    assert api.call("POST", "/workflows/validate", encode(json.dumps(FLOW)), headers=headers).data["valid"] is True


@pytest.mark.parametrize("endpoint", WITH_BODY, ids=str)
def test_what_is_no_object_is_refused_and_changes_nothing(
    api: Deployment, there: dict[str, str], endpoint: Endpoint
) -> None:
    before = api.items()
    for name, body in NO_OBJECT.items():
        answer = api.call(endpoint.method, endpoint.at(there), body)
        if endpoint.bad_body is None:
            assert answer.data["valid"] is False, name
            assert [each["path"] for each in answer.data["errors"]] == [""], name
        else:
            assert answer.refusal == endpoint.bad_body, name
    assert api.items() == before


@pytest.mark.parametrize("endpoint", WITH_BODY, ids=str)
def test_no_depth_breaks_the_reader(api: Deployment, there: dict[str, str], endpoint: Endpoint) -> None:
    before = api.items()
    for deep in ("[" * 10_000 + "]" * 10_000, '{"a":' * 100_000 + "1" + "}" * 100_000, "[" * 200_000):
        answer = api.call(endpoint.method, endpoint.at(there), '{"input": ' + deep + "}")
        assert answer.refusal in ((413, "payload_too_large"), endpoint.bad_body or WRONG_DEFINITION)
    assert api.items() == before


@pytest.mark.parametrize("endpoint", WITH_BODY, ids=str)
def test_two_megabytes_are_too_much_everywhere(api: Deployment, there: dict[str, str], endpoint: Endpoint) -> None:
    before = api.items()
    answer = api.call(endpoint.method, endpoint.at(there), HUGE)
    assert answer.refusal == (413, "payload_too_large")
    assert [each["field"] for each in answer.error["details"]] == ["body"]
    assert api.items() == before


@pytest.mark.parametrize("path", ["/workflows", "/workflows/validate", "/workflows/{name}/versions"])
@pytest.mark.parametrize(("size", "status"), [(2**20, (200, 201)), (2**20 + 1, (413,))])
def test_a_definition_has_1_mb_and_no_byte_more(
    api: Deployment, there: dict[str, str], path: str, size: int, status: tuple[int, ...]
) -> None:
    definition = {**FLOW, "name": "large" if path == "/workflows" else "flow", "note": ""}
    definition["note"] = "x" * (size - len(json.dumps(definition)))
    assert api.call("POST", path.format(**there), definition).status in status


@pytest.mark.parametrize("path", ["/workflows", "/workflows/{name}/versions"])
@pytest.mark.parametrize("body", [None, "", "  ", "{}"])
def test_a_definition_must_be_there(api: Deployment, there: dict[str, str], path: str, body: Any) -> None:
    before = api.items()
    answer = api.call("POST", path.format(**there), body)
    assert answer.refusal == (400, "invalid_workflow")
    assert answer.error["details"]
    assert api.items() == before


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("/workflows/{name}/instances", {"input": []}, {"input"}),
        ("/workflows/{name}/instances", {"input": "x"}, {"input"}),
        ("/workflows/{name}/instances", {"input": 1}, {"input"}),
        ("/workflows/{name}/instances", {"namespace": 5}, {"namespace"}),
        ("/workflows/{name}/instances", {"namespace": {}}, {"namespace"}),
        ("/workflows/instances/{instance}/resume", {"input": []}, {"input"}),
        ("/workflows/instances/{instance}/resume", {"input": {}, "choice": 5}, {"choice"}),
        (
            "/workflows/instances/{instance}/resume",
            {"selected_option": {}, "expected_state": 1},
            {"selected_option", "expected_state"},
        ),
        ("/workflows/instances/{instance}/threads/{thread}/resume", {"input": "x"}, {"input"}),
        ("/webhooks/subscriptions", {}, {"url", "events"}),
        ("/webhooks/subscriptions", {**HOOK, "url": 5}, {"url"}),
        ("/webhooks/subscriptions", {**HOOK, "url": "http://yourapp.com/"}, {"url"}),
        ("/webhooks/subscriptions", {**HOOK, "url": "https://127.0.0.1/"}, {"url"}),
        ("/webhooks/subscriptions", {**HOOK, "url": "https://169.254.169.254/latest"}, {"url"}),
        ("/webhooks/subscriptions", {**HOOK, "url": "https://localhost/"}, {"url"}),
        ("/webhooks/subscriptions", {**HOOK, "url": "https://[::1]/"}, {"url"}),
        ("/webhooks/subscriptions", {**HOOK, "url": "https://u:p@yourapp.com/"}, {"url"}),
        ("/webhooks/subscriptions", {**HOOK, "url": "javascript:alert(1)"}, {"url"}),
        ("/webhooks/subscriptions", {**HOOK, "url": "https://yourapp.com/\r\nX: y"}, {"url"}),
        ("/webhooks/subscriptions", {**HOOK, "events": []}, {"events"}),
        ("/webhooks/subscriptions", {**HOOK, "events": "workflow.instance.halted"}, {"events"}),
        ("/webhooks/subscriptions", {**HOOK, "events": ["nonsense"]}, {"events"}),
        ("/webhooks/subscriptions", {**HOOK, "secret": "short"}, {"secret"}),
        ("/webhooks/subscriptions", {**HOOK, "secret": 5}, {"secret"}),
        ("/webhooks/subscriptions", {**HOOK, "namespace_filter": "a#b"}, {"namespace_filter"}),
        ("/webhooks/subscriptions", {**HOOK, "namespace_filter": 5}, {"namespace_filter"}),
        ("/webhooks/subscriptions", {**HOOK, "events": [], "url": "x"}, {"url", "events"}),
    ],
)
def test_wrong_members_are_named(
    api: Deployment, there: dict[str, str], path: str, body: Any, fields: set[str]
) -> None:
    before = api.items()
    answer = api.call("POST", path.format(**there), body)
    assert answer.refusal == (400, "validation_error")
    named = {each["field"].split(".")[0] for each in answer.error["details"]}
    assert named == fields, answer.error
    assert api.items() == before


@pytest.mark.parametrize(
    "path",
    [
        "/workflows/{name}/instances",
        "/workflows/instances/{instance}/resume",
        "/workflows/instances/{instance}/threads/{thread}/resume",
    ],
)
def test_an_input_over_64_kb_is_too_large(api: Deployment, there: dict[str, str], path: str) -> None:
    before = api.items()
    answer = api.call("POST", path.format(**there), {"input": {"a": "x" * 65_536}})
    assert answer.refusal == (413, "payload_too_large")
    assert [each["field"] for each in answer.error["details"]] == ["input"]
    assert api.items() == before


def test_escapes_and_white_space_do_not_count(api: Deployment) -> None:
    api.define({**FLOW, "name": "spacious"})
    body = '{"namespace": "user_123", ' + " " * 100_000 + '"input": {"a": "' + "\\u00e9" * 30_000 + '"}}'
    assert api.call("POST", "/workflows/spacious/instances", body).status == 201


@pytest.mark.parametrize("endpoint", WITH_IDS, ids=str)
def test_unknown_and_odd_ids_are_not_found(api: Deployment, there: dict[str, str], endpoint: Endpoint) -> None:
    before = api.items()
    for parameter in endpoint.ids:
        for odd in ODD_IDS:
            path = endpoint.at({**there, parameter: odd})
            answer = api.call(endpoint.method, path, endpoint.body)
            assert answer.refusal == NOT_FOUND[parameter], f"{parameter}: {odd[:40]}"
            assert len(answer.raw or "") < 8_000
    assert api.items() == before


@pytest.fixture(scope="module")
def no_good(api: Deployment) -> dict[str, str]:
    """Authorization headers of nobody; the verifier's own tests have many more."""
    good, jwk = api.token(), api.signer.public_jwks()["keys"][0]
    head, body, signature = good.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))

    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    def keyed(secret: str) -> str:
        signed = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': jwk['kid']})}.{body}"
        mac = hmac.digest(secret.encode(), signed.encode(), "sha256")
        return f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"

    def claiming(**changes: Any) -> str:
        return api.signer.sign({name: each for name, each in {**claims, **changes}.items() if each is not None})

    tokens = {
        "a forged signature": f"{head}.{body}.{signature[:-6]}AAAAAA",
        "no signature": f"{head}.{body}.",
        "alg none": f"{part({'alg': 'none'})}.{body}.",
        "alg NONE": f"{part({'alg': 'NONE', 'kid': jwk['kid']})}.{body}.",
        "HS256 with the public key": keyed(json.dumps(jwk)),
        "HS256 with its modulus": keyed(jwk["n"]),
        "an embedded key": f"{part({'alg': 'RS256', 'kid': jwk['kid'], 'jwk': jwk})}.{body}.{signature}",
        "a jku": f"{part({'alg': 'RS256', 'kid': 'x', 'jku': 'https://evil.example.com/'})}.{body}.{signature}",
        "a path as kid": f"{part({'alg': 'RS256', 'kid': '../../etc/passwd'})}.{body}.{signature}",
        "another issuer": claiming(iss="https://evil.example.com"),
        "another audience": claiming(aud="another"),
        "expired": claiming(exp=claims["iat"] - 1),
        "not yet good": claiming(nbf=claims["exp"] * 2),
        "no account": claiming(account_id=None),
        "no end": claiming(exp=None),
        "huge": claiming(more="x" * 9_000),
        "rubbish": "x",
    }
    return {
        **{name: f"Bearer {token}" for name, token in tokens.items()},
        "none": "", "no token": "Bearer", "another scheme": "Basic dTpw", "an unknown scheme": f"Token {good}",
    }  # fmt: skip


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
def test_without_a_good_token_nothing_is_told(
    api: Deployment, there: dict[str, str], no_good: dict[str, str], endpoint: Endpoint
) -> None:
    before = api.items()
    for name, given in no_good.items():
        headers = {"authorization": given} if given else None
        answer = api.call(endpoint.method, endpoint.at(there), endpoint.body, NO_TOKEN, headers)
        assert answer.refusal == (401, "unauthorized"), name
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert len(answer.error["message"]) < 200
    assert api.items() == before


@pytest.mark.parametrize("endpoint", [each for each in ENDPOINTS if each.scope != ANY_SCOPE], ids=str)
def test_without_its_scope_an_endpoint_is_forbidden(api: Deployment, there: dict[str, str], endpoint: Endpoint) -> None:
    before = api.items()
    others = tuple(each for each in SCOPES if not covers(each, endpoint.scope))
    answer = api.call(endpoint.method, endpoint.at(there), endpoint.body, api.token(scopes=others))
    assert answer.refusal == (403, "forbidden")
    assert endpoint.scope.split(":")[0] in answer.error["message"]
    assert api.items() == before


def test_its_own_scope_is_enough(deployment: Deployment) -> None:
    there = things(deployment, deployment.token())
    # A cancelled instance resumes no more, and what is deleted is gone: these come last.
    last = [each for each in ENDPOINTS if each.method == "DELETE" or each.path.endswith("/resume")]
    for endpoint in [each for each in ENDPOINTS if each not in last] + last:
        fresh = endpoint.method == "POST" and "instance" in endpoint.ids
        ids = {**there, "instance": deployment.start("flow")["id"]} if fresh else there
        token = deployment.token(scopes=() if endpoint.scope == ANY_SCOPE else (endpoint.scope,))
        headers = {name: value.format(**ids) for name, value in endpoint.headers.items()}
        answer = deployment.call(endpoint.method, endpoint.at(ids), endpoint.body, token, headers)
        assert answer.status in (200, 201, 202, 204), f"{endpoint}: {answer.raw}"


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "//", (404, "not_found")),
        ("GET", "//api/v1", (404, "not_found")),
        ("GET", "//api/v2/workflows", (404, "not_found")),
        ("GET", "/workflows/flow/versions/v/w", (404, "not_found")),
        ("GET", "/workflows/", (404, "not_found")),
        ("GET", "//favicon.ico", (404, "not_found")),
        ("POST", "//%2e%2e/%00", (404, "not_found")),
        ("DELETE", "/workflows", (405, "method_not_allowed")),
        ("PATCH", "/workflows/flow", (405, "method_not_allowed")),
        ("GET", "/workflows/instances/x/resume", (405, "method_not_allowed")),
        ("PUT", "/webhooks/subscriptions", (405, "method_not_allowed")),
        ("GET", "//oauth/token", (405, "method_not_allowed")),
    ],
)
def test_routes_that_do_not_exist(api: Deployment, method: str, path: str, expected: Any) -> None:
    assert api.call(method, path).refusal == expected


@pytest.mark.parametrize(
    ("method", "path", "has"),
    [
        ("DELETE", "/workflows/instances", "GET"),
        ("PUT", "/workflows/instances", "GET"),
        ("PUT", "/workflows/instan%63es", "GET"),
        ("POST", "/workflows/instances", "GET"),
        ("PUT", "/workflows/errors", "GET"),
        ("GET", "/workflows/validate", "POST"),
        ("PUT", "/workflows/validate", "POST"),
        ("POST", "/workflows/instances/versions", "GET"),
        ("POST", "/workflows/instances/instances", "GET"),
        ("GET", "/workflows/event-types", None),
        ("PUT", "/workflows/subscriptions", None),
        ("POST", "/workflows/errors/instances", None),
        ("GET", "/workflows/validate/versions", None),
        ("GET", "/workflows/instances/versions/v_01kfdmdaga4g43zmhbj0qrj60r", None),
        ("GET", "/workflows/instances/versions/v_01kfdmdaga4g43zmhbj0qrj60r/diagram", None),
        ("POST", "/workflows/instances/versions/v_01kfdmdaga4g43zmhbj0qrj60r/publish", None),
    ],
)
def test_a_reserved_word_is_no_workflows_name(api: Deployment, method: str, path: str, has: str | None) -> None:
    answer = api.call(method, path, FLOW)
    assert answer.refusal == ((404, "not_found") if has is None else (405, "method_not_allowed"))
    assert has is None or answer.error["message"].endswith(f"it has {has}")


def test_every_reserved_word_is_refused_as_a_name_and_in_its_place(api: Deployment) -> None:
    for word in RESERVED_NAMES:
        assert api.call("POST", "/workflows", {**FLOW, "name": word}).refusal == (400, "invalid_workflow")
        assert api.call("PUT", f"/workflows/{word}", FLOW).error["code"] in ("not_found", "method_not_allowed")
    words = {path.split("/")[4] for path in ROUTES if path.startswith("/api/v1/workflows/") and "{" not in path}
    assert words <= RESERVED_NAMES


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        (None, {}, (400, "validation_error")),
        ("{", {}, (400, "validation_error")),
        ("[]", {}, (400, "validation_error")),
        ("x" * 2_000_000, {}, (413, "payload_too_large")),
        ({"grant_type": "password"}, {}, (400, "validation_error")),
        ({"grant_type": "client_credentials"}, {}, (400, "validation_error")),
        ({"grant_type": "client_credentials", "client_id": 5, "client_secret": "x"}, {}, (400, "validation_error")),
        ({"grant_type": "client_credentials", "client_id": "none", "client_secret": "x"}, {}, (401, "unauthorized")),
        (
            {"grant_type": "client_credentials", "client_id": "a#b", "client_secret": "\u0000"},
            {},
            (401, "unauthorized"),
        ),
        (
            "grant_type=client_credentials&grant_type=x",
            {"content-type": "application/x-www-form-urlencoded"},
            (400, "validation_error"),
        ),
        (b"\xff\xfe", {"content-type": "application/x-www-form-urlencoded"}, (400, "validation_error")),
        ("&".join(["a=1"] * 100), {"content-type": "application/x-www-form-urlencoded"}, (400, "validation_error")),
        ({"grant_type": "client_credentials"}, {"authorization": "Basic !"}, (401, "unauthorized")),
    ],
    ids=range(13),
)
def test_wrong_token_requests(api: Deployment, body: Any, headers: Any, expected: Any) -> None:
    assert api.call("POST", "//oauth/token", body, NO_TOKEN, headers).refusal == expected


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "a\nb", "\u00e9", "<script>", "id#1"])
def test_an_insane_request_id_is_replaced(api: Deployment, given: str) -> None:
    answer = api.call("GET", "/workflows/none", headers={"X-Request-Id": given})
    assert answer.error["request_id"].startswith("req_")
