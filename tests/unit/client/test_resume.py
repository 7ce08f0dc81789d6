"""The client's resume: a decision names the halt that was shown (ruling 16)."""

import json
from typing import Any

import pytest

from tests.unit.client.test_transport import OK, Api

WAITS = {"halted_at_state": "vp", "halt_id": "halt_1"}
MAIN = {"id": "thread_main", "status": "halted", "current_state": "vp", **WAITS}
HALTED: Any = {"id": "inst_1", "status": "halted", **WAITS, "threads": [MAIN]}
FORKED: Any = {
    "id": "inst_1",
    "status": "halted",
    "threads": [
        {"id": "thread_main", "status": "running"},
        {"id": "thread_a", "status": "halted", "halt_id": "halt_a"},
        {"id": "thread_b", "status": "halted", "halt_id": "halt_b"},
        {"id": "thread_c", "status": "completed"},
    ],
}


def sent(api: Api) -> list[tuple[str, Any]]:
    return [
        (request.path_url.removeprefix("/api/v1/workflows/instances/inst_1"), json.loads(request.body or "null"))
        for request in api.script.asked
    ]


def test_an_instance_as_it_was_shown_is_decided_without_another_look() -> None:
    api = Api(OK)
    api.client.resume(HALTED, {"approved": True}, expected_state="vp")
    body = {"input": {"approved": True}, "halt_id": "halt_1", "expected_state": "vp"}
    assert sent(api) == [("/resume", body)]


def test_a_thread_is_decided_by_its_own_halt() -> None:
    api = Api(OK, OK, (200, {"data": FORKED}), OK)
    api.client.resume(FORKED, {}, thread_id="thread_b")
    api.client.resume(FORKED, {}, halt_id="halt_a")
    api.client.resume("inst_1", {}, thread_id="thread_a")
    assert [(path, body and body["halt_id"]) for path, body in sent(api)] == [
        ("/threads/thread_b/resume", "halt_b"),
        ("/resume", "halt_a"),
        ("", None),
        ("/threads/thread_a/resume", "halt_a"),
    ]


def test_of_an_id_the_instance_is_read_first() -> None:
    api = Api((200, {"data": HALTED}), OK)
    api.client.resume("inst_1", {})
    assert sent(api) == [("", None), ("/resume", {"input": {}, "halt_id": "halt_1"})]


@pytest.mark.parametrize("found", [FORKED, {**HALTED, "halt_id": None}, {"id": "inst_1", "status": "completed"}])
def test_what_is_not_halted_is_the_apis_to_refuse(found: Any) -> None:
    found = {name: value for name, value in found.items() if value is not None}
    api = Api((200, {"data": found}), OK)
    api.client.resume("inst_1", {})
    assert sent(api)[1] == ("/resume", {"input": {}})


def test_with_the_callers_own_key_the_same_call_is_the_same_request() -> None:
    api = Api(OK, OK)
    api.client.resume("inst_1", {}, idempotency_key="k")
    api.client.resume("inst_1", {}, halt_id="halt_1", idempotency_key="k2")
    assert sent(api) == [("/resume", {"input": {}}), ("/resume", {"input": {}, "halt_id": "halt_1"})]


@pytest.mark.parametrize(
    ("shown", "thread", "told"),
    [
        (FORKED, None, "name one of its halted threads: thread_a, thread_b"),
        (FORKED, "thread_c", "not halted in thread_c"),
        (FORKED, "thread_x", "not halted in thread_x"),
        ({"id": "inst_1", "status": "running", "threads": []}, None, "is not halted: read it again"),
    ],
)
def test_what_was_not_shown_is_not_decided(shown: Any, thread: str | None, told: str) -> None:
    api = Api()
    with pytest.raises(ValueError, match=told):
        api.client.resume(shown, {}, thread_id=thread)
    assert sent(api) == []
