"""What an endpoint does not know is refused and named, never passed over: query parameters, members, answers (rulings
16 and 22).
"""

import json
from typing import Any

import pytest

from interactor.core import limits
from tests.support.deployed.deployment import API, NO_TOKEN, Answer, Deployment, handler
from tests.support.deployed.requests import ENDPOINTS, NOT_FOUND, WITH_BODY, WRONG_DEFINITION, Endpoint, things
from tests.support.template import declared_functions, router
from tests.support.workflows.definitions import halting, one

DEFINED = [each for each in WITH_BODY if each.path in ("/workflows", "/workflows/validate", "/workflows/{name}")]
DEFINED += [each for each in WITH_BODY if each.path == "/workflows/{name}/versions"]
OBJECTS = [each for each in ENDPOINTS if each.method != "GET" and each not in DEFINED]
PUBLIC = ["//oauth/jwks", "/oauth/jwks", "/openapi.json", "/openapi.yaml", "/docs", "/schemas/workflow-definition.json"]
FORM = {
    "type": "form",
    "title": "Decide",
    "fields": [
        {"name": "approved", "type": "boolean", "label": "Approve?", "default": True},
        {"name": "comment", "type": "string", "label": "Comment"},
    ],
}
DECISIONS = [
    {"target": "yes", "condition": {"field": "approved", "equals": True}},
    {"target": "done"},
]
ASK = one(halting(presentation=FORM, transitions=DECISIONS), name="ask", yes={"type": "terminal"})
FREE = one(
    halting(presentation=FORM, transitions=DECISIONS, additional_input=True), name="free", yes=ASK["states"]["yes"]
)


@pytest.fixture(scope="module")
def api(shared: Deployment) -> Deployment:
    shared.define(ASK)
    shared.define(FREE)
    return shared


@pytest.fixture(scope="module")
def there(api: Deployment) -> dict[str, str]:
    return things(api, api.token())


def named(answer: Answer) -> dict[str, str]:
    """What a refusal says, by the field it names."""
    assert answer.refusal == (400, "validation_error"), answer.raw
    assert answer.error["details"]
    return {each["field"]: each["message"] for each in answer.error["details"]}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
def test_a_query_parameter_that_an_endpoint_does_not_have_is_refused_and_changes_nothing(
    api: Deployment, there: dict[str, str], endpoint: Endpoint
) -> None:
    before = api.items()
    answer = api.call(endpoint.method, endpoint.at(there) + "?namespce=team_a&x=1", endpoint.body)
    wrong = named(answer)
    assert wrong.keys() == {"namespce", "x"}
    if endpoint.path == "/workflows/instances":
        assert wrong["namespce"] == "is no query parameter here: did you mean 'namespace'?"
    assert api.items() == before


NO_VALUES = {
    "limit": "0",
    "cursor": "x",
    "strict": "perhaps",
    "format": "png",
    "include_data": "perhaps",
    "types": "gossip",
    "since": "yesterday",
    "until": "tomorrow",
    "status": "asleep",
    "event": "gossip",
    "namespace": "a%20b",
    "memberships": "perhaps",
    "view": "yours",
    "priority": "utmost",
    "label": "north",
    "due_before": "soon",
}
"""A value of each query parameter that it cannot have, where there is one."""
ANYTHING_GOES = {"workflow_name", "workflow", "thread", "state", "error_code", "key"}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
def test_a_wrong_query_is_refused_before_anything_is_read(api: Deployment, endpoint: Endpoint) -> None:
    path = endpoint.at(dict.fromkeys((*NOT_FOUND, "new_group", "new_person"), "x"))
    match = router().match(endpoint.method, API + path)
    assert match is not None
    known: Any = handler(match.route.function)
    assert set(known.query) <= NO_VALUES.keys() | ANYTHING_GOES
    wrong = {name: value for name, value in NO_VALUES.items() if name in known.query} | {"x": "1"}
    read: list[str] = []
    calls = api.clients["dynamodb"].meta.events

    def note(params: Any, **_: Any) -> None:
        read.append(str(params))

    calls.register("before-parameter-build.dynamodb", note)
    try:
        for name, value in wrong.items():
            answer = api.call(endpoint.method, f"{path}?{name}={value}", endpoint.body)
            assert answer.status == 400, name
            code = "invalid_cursor" if name == "cursor" else "validation_error"
            assert answer.refusal == (400, code), name
    finally:
        calls.unregister("before-parameter-build.dynamodb", note)
    assert [each for each in read if "#R'" not in each] == [], "the list of revoked tokens belongs to the token"


@pytest.mark.parametrize("path", PUBLIC)
def test_what_needs_no_token_has_no_query_parameters_either(api: Deployment, path: str) -> None:
    assert named(api.call("GET", f"{path}?callback=x", token=NO_TOKEN)) == {
        "callback": "is no query parameter here: there is none"
    }


def test_no_endpoint_with_a_token_is_without_its_list_of_parameters() -> None:
    for name in declared_functions():
        made: Any = handler(name)
        if getattr(made, "scope", None) is not None:
            assert isinstance(made.query, tuple), name


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("status=halted&status=failed", {"status"}),
        ("namespace=a&namespace=b", {"namespace"}),
        ("workflow_name=a&workflow_name=a", {"workflow_name"}),
        ("limit=1&limit=2", {"limit"}),
        ("Status=halted", {"Status"}),
        ("status%20=halted", {"status "}),
        ("&".join(f"p{number}=1" for number in range(50)), {f"p{number}" for number in range(20)}),
    ],
)
def test_a_parameter_sent_twice_or_written_otherwise_is_refused(api: Deployment, query: str, fields: set[str]) -> None:
    assert named(api.call("GET", f"/workflows/instances?{query}")).keys() == fields


def test_types_of_events_may_be_sent_one_by_one_and_none_is_not_all(api: Deployment, there: dict[str, str]) -> None:
    path = f"/workflows/instances/{there['instance']}/history"
    found = api.call("GET", f"{path}?types=halt&types=lifecycle").data["events"]
    assert {each["type"] for each in found} == {"halt", "lifecycle"}
    assert named(api.call("GET", f"{path}?types=")).keys() == {"types"}


@pytest.mark.parametrize("endpoint", OBJECTS, ids=str)
def test_a_member_that_a_body_does_not_have_is_refused_and_changes_nothing(
    api: Deployment, there: dict[str, str], endpoint: Endpoint
) -> None:
    before = api.items()
    body = {**(endpoint.body or {}), "reasn": "x", "k" * 200: 1}
    wrong = named(api.call(endpoint.method, endpoint.at(there), body))
    assert wrong.keys() == {"reasn", "k" * 80}
    assert all("is not a member of this body" in message for message in wrong.values())
    assert api.items() == before


@pytest.mark.parametrize(
    ("path", "body", "name", "hint"),
    [
        ("/workflows/{name}/instances", {"namespce": "a"}, "namespce", "did you mean 'namespace'?"),
        ("/workflows/{name}/instances", {"inputs": {}}, "inputs", "did you mean 'input'?"),
        ("/workflows/{name}/instances", {"amount": 5}, "amount", "what the workflow is to have belongs in input"),
        ("/webhooks/subscriptions", {"uri": "x"}, "uri", "did you mean 'url'?"),
        ("/workflows/instances/{instance}/cancel", {"reason": "late"}, "reason", "it needs none"),
    ],
)
def test_the_nearest_member_is_named(
    api: Deployment, there: dict[str, str], path: str, body: Any, name: str, hint: str
) -> None:
    assert hint in named(api.call("POST", path.format(**there), body))[name]


def test_a_body_of_many_wrong_members_is_refused_in_short(api: Deployment, there: dict[str, str]) -> None:
    body = {f"m{number}": 1 for number in range(500)}
    assert len(named(api.call("POST", "/webhooks/subscriptions", body))) == 20
    assert len(named(api.call("POST", f"/workflows/instances/{there['instance']}/cancel", body))) == 20


class TestAnswersToAForm:
    """Ruling 16: what is malformed is no answer, and the instance stays as it was."""

    @pytest.mark.parametrize(
        ("body", "fields"),
        [
            (None, {"input"}),
            ({}, {"input"}),
            ({"approved": True}, {"approved"}),
            ({"data": {"approved": True}}, {"data"}),
            ({"inptu": {"approved": True}}, {"inptu"}),
            ({"input": {"aproved": True}}, {"aproved"}),
            ({"input": {"approved": True, "note": "a"}}, {"note"}),
            ({"input": {}, "approved": True}, {"approved"}),
            ({"input": {"input": {"approved": True}}}, {"input"}),
            ({"selected_option": "yes"}, {"input"}),
            ({"input": {"approved": True}, "selected_option": "yes"}, {"selected_option"}),
            ({"input": None}, {"input"}),
        ],
    )
    @pytest.mark.parametrize("place", ["resume", "threads/thread_main/resume"])
    def test_what_is_malformed_never_decides(self, api: Deployment, body: Any, fields: set[str], place: str) -> None:
        instance = api.start("ask")
        before = api.items()
        path = f"/workflows/instances/{instance['id']}/{place}"
        answer = api.call("POST", path, body, headers={"Idempotency-Key": instance["id"]})
        assert named(answer).keys() == fields
        assert api.items() == before
        # What was refused is not remembered under its key.
        decided = api.call("POST", path, {"input": {"approved": True}}, headers={"Idempotency-Key": instance["id"]})
        assert decided.data["current_state"] == "yes"

    def test_where_answers_belong_is_told(self, api: Deployment) -> None:
        instance = api.start("ask")["id"]
        said = named(api.call("POST", f"/workflows/instances/{instance}/resume", {"approved": True}))["approved"]
        assert said == 'is not a member of this body: answers belong in input, as {"input": {"approved": true}}'
        said = named(api.resume(instance, {"aproved": True}))["aproved"]
        assert said == "'aproved' is no field of this form: did you mean 'approved'?"

    @pytest.mark.parametrize(
        ("sent", "state", "data"),
        [
            ({}, "done", {"approved": False}),
            ({"comment": ""}, "done", {"approved": False, "comment": None}),
            ({"approved": "on", "comment": ""}, "yes", {"approved": True, "comment": None}),
            ({"approved": None}, "done", {"approved": False}),
        ],
    )
    def test_a_browser_that_leaves_the_box_out_has_said_no(
        self, api: Deployment, sent: Any, state: str, data: Any
    ) -> None:
        instance = api.start("ask")
        assert instance["halting_presentation"]["fields"][0]["default"] is True
        answered = api.resume(instance["id"], sent).data
        assert (answered["current_state"], answered["workflow_data"]) == (state, data)

    def test_a_state_that_takes_more_keeps_it(self, api: Deployment) -> None:
        instance = api.start("free")
        answered = api.resume(instance["id"], {"approved": True, "source": {"page": 2}}).data
        assert answered["workflow_data"] == {"approved": True, "source": {"page": 2}}

    @pytest.mark.usefixtures("there")
    def test_a_message_takes_a_body_without_anything(self, api: Deployment) -> None:
        for body in (None, {}, {"input": {}}, {"input": {"anything": 1}}):
            instance = api.start("flow")["id"]
            assert api.call("POST", f"/workflows/instances/{instance}/resume", body).data["status"] == "completed"


class TestJson:
    @pytest.mark.parametrize("endpoint", DEFINED, ids=str)
    def test_a_definition_that_is_broken_json_is_no_workflow_wherever_it_is_sent(
        self, api: Deployment, there: dict[str, str], endpoint: Endpoint
    ) -> None:
        for body in ("{", "", "\ufeff\ufeff{}"):
            answer = api.call(endpoint.method, endpoint.at(there), body)
            assert answer.refusal == WRONG_DEFINITION
            assert [each["path"] for each in answer.error["details"]] == [""]

    def test_a_byte_order_mark_is_passed_over_and_not_kept(self, api: Deployment, there: dict[str, str]) -> None:
        marked = b"\xef\xbb\xbf" + json.dumps({**ASK, "name": "marked"}).encode()
        assert api.call("POST", "/workflows/validate", marked).data == {"valid": True}
        assert api.call("POST", "/workflows", marked).status == 201
        assert api.call("GET", "/workflows/marked").data["definition"]["name"] == "marked"
        instance = api.start("ask")["id"]
        answer = api.call("POST", f"/workflows/instances/{instance}/resume", b"\xef\xbb\xbf" + b'{"input": {}}')
        assert answer.data["current_state"] == "done"


class TestBounds:
    """The last byte that is taken, and the first that is not."""

    @pytest.mark.parametrize(("more", "status"), [(0, 201), (1, 413)])
    def test_an_input_has_64_kb(self, api: Deployment, there: dict[str, str], more: int, status: int) -> None:
        text = "\u00e9" * ((limits.INPUT_BYTES - len('{"a":""}')) // 2) + "x" * more
        sent = {"a": text}
        assert len(json.dumps(sent, ensure_ascii=False, separators=(",", ":")).encode()) == limits.INPUT_BYTES + more
        assert api.call("POST", f"/workflows/{there['name']}/instances", {"input": sent}).status == status

    @pytest.mark.usefixtures("there")
    @pytest.mark.parametrize(("more", "status"), [(0, 200), (1, 413)])
    def test_an_answer_has_64_kb(self, api: Deployment, more: int, status: int) -> None:
        instance = api.start("flow")["id"]
        sent = {"a": "x" * (limits.INPUT_BYTES - len('{"a":""}') + more)}
        assert api.resume(instance, sent).status == status

    @pytest.mark.parametrize(("more", "status"), [(0, 200), (1, 413)])
    @pytest.mark.parametrize(
        ("path", "body", "most"),
        [
            ("/workflows/instances/{instance}/pause", "{}", limits.BODY_BYTES),
            ("/webhooks/subscriptions/{subscription}/rotate-secret", "{}", limits.BODY_BYTES),
            ("/workflows/instances/{own}/resume", '{"input": {}}', 512 * limits.KILOBYTE),
        ],
    )
    def test_a_body_has_its_bound(
        self, api: Deployment, there: dict[str, str], path: str, body: str, most: int, more: int, status: int
    ) -> None:
        own = api.start("flow")["id"] if "{own}" in path else ""
        sent = body + " " * (most - len(body) + more)
        assert api.call("POST", path.format(**there, own=own), sent).status == status


@pytest.mark.parametrize(("more", "status"), [(0, 401), (1, 413)])
@pytest.mark.parametrize("form", [False, True])
def test_a_token_request_has_its_bound(api: Deployment, form: bool, more: int, status: int) -> None:
    known = {"grant_type": "client_credentials", "client_id": "none", "client_secret": "x", "pad": ""}
    body = "&".join(f"{name}={value}" for name, value in known.items()) if form else json.dumps(known)
    padding = "x" * (limits.BODY_BYTES - len(body) + more)
    body = body + padding if form else body.replace('"pad": "', f'"pad": "{padding}')
    headers = {"content-type": "application/x-www-form-urlencoded"} if form else {}
    assert api.call("POST", "//oauth/token", body, NO_TOKEN, headers).status == status


@pytest.mark.parametrize("form", [False, True])
def test_token_requests_pass_over_what_they_do_not_know(api: Deployment, form: bool) -> None:
    """RFC 6749, 3.2: unrecognized request parameters are to be ignored."""
    headers = {"content-type": "application/x-www-form-urlencoded"} if form else {}
    known = {"grant_type": "client_credentials", "client_id": "none", "client_secret": "x", "audience": "api"}
    body = "&".join(f"{name}={value}" for name, value in known.items()) if form else known
    assert api.call("POST", "//oauth/token?tenant=1", body, NO_TOKEN, headers).refusal == (401, "unauthorized")
    revoked = "token=none&x=1" if form else {"token": "none", "x": 1}
    assert api.call("POST", "//oauth/revoke?tenant=1", revoked, NO_TOKEN, headers).status == 200
