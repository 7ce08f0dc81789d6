"""The client's requests: tokens kept and renewed, patience with what passes, none with what does not."""

import json
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter

from interactor.access.rules.actors import read_name
from interactor_client import ApiError, Client, ConnectionLostError

URL = "https://api.test/api/v1"


class Script(BaseAdapter):
    """Answers requests from a list; tokens as they are asked for. ``asked`` are the others."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[Any] = []
        self.asked: list[requests.PreparedRequest] = []
        self.grants: list[dict[str, Any]] = []
        self.refresh_works = True

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        if request.path_url.endswith("/oauth/token"):
            grant = json.loads(request.body or "{}")
            self.grants.append(grant)
            if grant["grant_type"] == "refresh_token" and not self.refresh_works:
                return made(request, 401, {"error": {"code": "unauthorized", "message": "No", "details": None}})
            number = len(self.grants)
            token = {"access_token": f"t{number}", "refresh_token": f"r{number}", "expires_in": 3600}
            return made(request, 200, {"data": token})
        self.asked.append(request)
        given = self.answers.pop(0)
        if isinstance(given, Exception):
            raise given
        return made(request, *given)

    def close(self) -> None:
        pass


def made(request: Any, status: int, body: Any = None, headers: Any = None) -> requests.Response:
    answer = requests.Response()
    answer.status_code, answer.request, answer.url = status, request, request.url
    answer.headers.update(headers or {})
    answer._content = b"" if body is None else json.dumps(body).encode()
    return answer


def refusal(status: int, code: str, **headers: str) -> tuple[int, Any, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, {"error": {"code": code, "message": "Why", "details": [1], "request_id": "req_1"}}, named


class Api:
    """A client with a script, a clock, and what it waited."""

    def __init__(self, *answers: Any, **options: Any) -> None:
        self.script, self.now, self.waited = Script(), 0.0, list[float]()
        self.script.answers = list(answers)
        session = requests.Session()
        session.mount("https://", self.script)
        self.client = Client(
            URL, "local", "s3", session=session, sleep=self.sleep, clock=lambda: self.now, chance=lambda: 0.0, **options
        )

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += seconds

    @property
    def keys(self) -> list[Any]:
        return [request.headers.get("Idempotency-Key") for request in self.script.asked]


OK = (200, {"data": {"id": "inst_1", "status": "completed", "current_state": "end"}})


def test_one_token_serves_many_calls_and_is_refreshed_a_minute_early() -> None:
    api = Api(OK, OK, OK)
    api.client.get_instance("inst_1")
    api.client.get_instance("inst_1")
    assert len(api.script.grants) == 1
    api.now += 3540
    api.client.get_instance("inst_1")
    assert api.script.grants[1] == {"grant_type": "refresh_token", "refresh_token": "r1", "client_id": "local"}
    assert api.script.asked[2].headers["Authorization"] == "Bearer t2"


def test_where_the_refresh_is_refused_the_secret_helps() -> None:
    api = Api(OK, OK)
    api.client.get_instance("inst_1")
    api.now += 3600
    api.script.refresh_works = False
    api.client.get_instance("inst_1")
    assert [each["grant_type"] for each in api.script.grants[1:]] == ["refresh_token", "client_credentials"]


def test_a_token_that_was_revoked_is_replaced_once() -> None:
    api = Api(refusal(401, "unauthorized"), OK)
    assert api.client.get_instance("inst_1")["id"] == "inst_1"
    api = Api(refusal(401, "unauthorized"), refusal(401, "unauthorized"))
    with pytest.raises(ApiError) as refused:
        api.client.get_instance("inst_1")
    assert (refused.value.status, refused.value.code) == (401, "unauthorized")


def test_what_passes_is_waited_for_as_long_as_the_api_says_with_one_key() -> None:
    api = Api(refusal(429, "rate_limited", Retry_After="7"), refusal(503, "x"), requests.ConnectionError("gone"), OK)
    api.client.create_instance("flow", {"a": 1})
    assert api.waited == [7.0, 1.0, 2.0]
    assert len(set(api.keys)) == 1
    assert api.keys[0]


def test_a_callers_own_key_is_sent_and_every_call_without_one_has_another() -> None:
    api = Api(OK, OK, OK)
    api.client.create_instance("flow", idempotency_key="order_123")
    api.client.cancel("inst_1")
    api.client.cancel("inst_1")
    assert api.keys[0] == "order_123"
    assert len(set(api.keys)) == 3


@pytest.mark.parametrize(
    "name", ["maya@example.com", "Ada Lovelace", "Łukasz", "李雷", "50% Joe", "Lovelace, Ada", "é"]
)
def test_a_persons_name_goes_through_a_header_whatever_its_script(name: str) -> None:
    api = Api(OK)
    api.client.cancel("inst_1", actor=name)
    sent = api.script.asked[0].headers["X-Interactor-Actor"]
    assert read_name(sent) == name
    assert sent.isascii()
    assert sent == name or not name.isascii() or "%" in name or "," in name, "what can be read is sent as it reads"


@pytest.mark.parametrize(("status", "code"), [(400, "invalid_transition"), (404, "instance_not_found"), (409, "x"),
                                              (429, "namespace_quota_exceeded")])  # fmt: skip
def test_what_stays_is_told_at_once(status: int, code: str) -> None:
    api = Api(refusal(status, code, X_Request_Id="req_1"))
    with pytest.raises(ApiError) as refused:
        api.client.cancel("inst_1")
    assert (refused.value.code, refused.value.details, refused.value.request_id) == (code, [1], "req_1")
    assert api.waited == []


def test_patience_has_an_end() -> None:
    api = Api(*[refusal(500, "internal_error")] * 3, retries=2)
    with pytest.raises(ApiError, match="internal_error"):
        api.client.get_instance("inst_1")
    api = Api(*[requests.ConnectionError("gone")] * 3, retries=2)
    with pytest.raises(ConnectionLostError):
        api.client.get_instance("inst_1")


def test_an_answer_that_something_else_wrote_is_an_error_too() -> None:
    api = Api((404, None), retries=0)
    with pytest.raises(ApiError, match="unknown"):
        api.client.get_instance("inst_1")


def test_ids_cannot_leave_their_place_in_the_path() -> None:
    api = Api(OK)
    api.client.get_instance("../x?y#z")
    assert api.script.asked[0].path_url == "/api/v1/workflows/instances/..%2Fx%3Fy%23z"


def test_pages_are_read_on_as_they_are_needed() -> None:
    def page(ids: str, cursor: str | None) -> Any:
        return 200, {"data": {"instances": list(ids), "pagination": {"has_more": True, "next_cursor": cursor}}}

    api = Api(page("ab", "c1"), page("c", None))
    assert list(api.client.list_instances(status="halted")) == ["a", "b", "c"]
    assert [request.path_url.partition("?")[2] for request in api.script.asked] == [
        "status=halted", "status=halted&cursor=c1",
    ]  # fmt: skip


def test_waiting_for_the_end_asks_more_and_more_rarely_and_gives_up() -> None:
    def running() -> Any:
        return 200, {"data": {"id": "inst_1", "status": "halted", "current_state": "await_approval"}}

    api = Api(running(), running(), OK)
    assert api.client.wait_for_completion("inst_1")["status"] == "completed"
    assert api.waited == [0.2, pytest.approx(0.3)]
    api = Api(*[running()] * 50)
    with pytest.raises(TimeoutError, match="halted in await_approval"):
        api.client.wait_for_completion("inst_1", timeout=10)
    assert api.now <= 10


def test_a_delete_whose_answer_was_lost_may_find_nothing_left() -> None:
    api = Api(requests.ConnectionError("gone"), refusal(404, "subscription_not_found"))
    api.client.delete_subscription("whsub_1")
    api = Api(refusal(404, "subscription_not_found"))
    with pytest.raises(ApiError, match="subscription_not_found"):
        api.client.delete_subscription("whsub_1")


def test_signing_out_revokes_what_is_held_and_the_next_call_asks_for_new() -> None:
    api = Api(OK, (200, {"data": {}}), (200, {"data": {}}), OK)
    api.client.get_instance("inst_1")
    api.client.sign_out()
    assert [json.loads(each.body or b"") for each in api.script.asked[1:3]] == [{"token": "r1"}, {"token": "t1"}]
    api.client.get_instance("inst_1")
    assert [each["grant_type"] for each in api.script.grants] == ["client_credentials"] * 2


def test_what_needs_no_token_asks_for_none() -> None:
    api = Api((200, {"openapi": "3.1.0"}))
    assert api.client.openapi() == {"openapi": "3.1.0"}
    assert api.script.grants == []


def test_a_wait_ends_at_a_halt_too_where_that_is_asked_for() -> None:
    api = Api((200, {"data": {"id": "inst_1", "status": "halted", "current_state": "await_approval"}}))
    assert api.client.wait_for_completion("inst_1", or_halt=True)["status"] == "halted"
