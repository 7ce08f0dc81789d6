"""Every code that an answer or a failed instance can carry, reached through the handlers (invariant 9; ruling 32).

``ANSWERS`` and ``FAILURES`` have one row for each code. They are held against the error tree and the codes that logic
can fail with, which other tests hold against docs/errors.md and the API's description: a new code without a row fails.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from interactor.api.response import ALWAYS
from interactor.core import limits
from interactor.core.times import SECOND
from interactor.outgoing import OutgoingError
from interactor.sandbox import Sandbox
from tests.docs.test_errors_page import all_errors, failure_codes
from tests.support.deployed.deployment import NO_TOKEN, Answer, Deployment, deployed
from tests.support.deployed.fixtures import Aws
from tests.support.deployed.hooks import HALTED, SUBSCRIPTIONS, URL, subscribe
from tests.support.memory.endpoint import refused_by_dynamodb, throttled
from tests.support.outside import answer
from tests.support.workflows.definitions import halting, http, one, script

OUTSIDE = "https://api.example.com/orders"
FLOW = one(halting())
GRANT = {"grant_type": "client_credentials", "client_id": "local", "client_secret": "wrong"}
WORKFLOWS = 19
FATE = {"outcome", "decided_by", "decided_at", "reason"}
FORKED = one(
    {
        "type": "action",
        "fork": {"threads": {"a": {"target": "wait"}, "b": {"target": "wait"}}, "join": {"target": "done"}},
    },
    name="forked",
    wait=halting(),
)
CHOOSY = one(halting(transitions=[{"target": "done", "condition": {"field": "x", "equals": 1}}]), name="choosy")
PICKY = one(halting(presentation={"type": "form", "fields": [{"name": "n", "type": "number", "label": "N"}]}), "picky")


def _assigned(name: str, **assignment: Any) -> Any:
    return one(
        halting(assignment={"users": ["ann", "bo"], "watchers": ["eve"], "exclude": ["zed"], **assignment}), name
    )


TASK, TO_CLAIM = _assigned("task"), _assigned("to_claim", claim={"required": True})
OPEN = _assigned("open", delegation="anyone")
TWO = _assigned("two", quorum={"responses": 2})
TWO["states"]["begin"]["presentation"] = PICKY["states"]["begin"]["presentation"]
NEVER = {
    "task": "task_01kfdmdagyy4rdc3yf0jys7smn_2",
    "instance": "inst_01kfdmdagyy4rdc3yf0jys7smn",
    "version": "v_01kfdmdagyy4rdc3yf0jys7smn",
    "event": "evt_01kfdmdagy000000g1x5c8n2qa",
    "subscription": "whsub_01kfdmdagyy4rdc3yf0jys7smn",
    "file": "file_01kfdmdagyy4rdc3yf0jys7smn",
    "delivery": "del_01kfdmdagy7t3m9b5w0r6k2z4x",
}


@dataclass
class Bench:
    """A deployment with small quotas, and what each test makes in a namespace of its own."""

    api: Deployment
    namespaces: Iterator[int]

    def get(self, path: str, **rest: Any) -> Answer:
        return self.api.call("GET", path, **rest)

    def post(self, path: str, body: Any = None, **rest: Any) -> Answer:
        return self.api.call("POST", path, body, **rest)

    def start(self, definition: Any = FLOW, given: Any = None) -> str:
        """The path of a new instance."""
        path = self.api.start(definition["name"], given, namespace=self.namespace())["id"]
        return f"/workflows/instances/{path}"

    def namespace(self) -> str:
        return f"user_{next(self.namespaces)}"


@pytest.fixture(scope="module")
def bench(aws: Aws, sandbox: Sandbox) -> Iterator[Bench]:
    quotas = {"NamespaceQuota": "1", "RateLimitSource": "1"}
    quotas |= {"WorkflowsPerAccount": str(WORKFLOWS), "VersionsPerWorkflow": "2"}
    with deployed("codes", aws, sandbox, **quotas) as api:
        for definition in (FLOW, FORKED, CHOOSY, PICKY, TASK, TO_CLAIM, TWO, OPEN):
            api.define(definition)
        yield Bench(api, iter(range(10_000)))


def _too_large_a_resume(bench: Bench) -> Answer:
    near = one(script("return { a: 'x'.repeat(250000) }", "wait"), name="near", wait=halting())
    bench.api.define(near)
    return bench.post(f"{bench.start(near)}/resume", {"input": {"b": "x" * 20_000}})


def _too_large_an_instance(bench: Bench) -> Answer:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "HEAD_BYTES", 500)
        return bench.post("/workflows/flow/instances", {"namespace": bench.namespace()})


def _twice(bench: Bench, path: str, first: Any, second: Any, **rest: Any) -> Answer:
    assert bench.post(path, first, **rest).status < 300
    return bench.post(path, second, **rest)


def _quota(bench: Bench) -> Answer:
    given = {"namespace": bench.namespace()}
    return _twice(bench, "/workflows/flow/instances", given, given)


def _token_twice(bench: Bench) -> Answer:
    assert bench.post("//oauth/token", GRANT, token=NO_TOKEN).status == 401
    return bench.post("//oauth/token", GRANT, token=NO_TOKEN)


def _substitutes(bench: Bench) -> Answer:
    body = {"from": "2026-01-20T00:00:00Z", "until": "2099-01-01T00:00:00Z", "substitute": "bo"}
    return [bench.api.call("PUT", f"/people/p{number}/away", body) for number in range(11)][-1]


def _subscriptions(bench: Bench) -> Answer:
    token = bench.api.token("acc_full")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "SUBSCRIPTIONS_PER_ACCOUNT", 1)
        return _twice(bench, SUBSCRIPTIONS, *[{"url": URL, "events": [HALTED]}] * 2, token=token)


def _workflows(bench: Bench) -> Answer:
    token = bench.api.token("acc_workflows")
    for number in range(WORKFLOWS):
        assert bench.post("/workflows", {**FLOW, "name": f"flow_{number}"}, token=token).status == 201
    return bench.post("/workflows", {**FLOW, "name": "one_more"}, token=token)


def _versions(bench: Bench) -> Answer:
    token = bench.api.token("acc_versions")
    assert bench.post("/workflows", {**FLOW, "name": "many"}, token=token).status == 201
    versions = [{**FLOW, "name": "many"}] * 2
    return _twice(bench, "/workflows/many/versions", *versions, token=token)


def _disabled(bench: Bench) -> Answer:
    path = f"{SUBSCRIPTIONS}/{subscribe(bench.api)}"
    assert bench.post(f"{path}/disable").status == 200
    return bench.post(f"{path}/replay", {"since": "2026-01-20T00:00:00Z"})


def _draft(bench: Bench) -> Answer:
    assert bench.post("/workflows", {**FLOW, "name": "draft"}).status == 201
    return bench.post("/workflows/draft/instances", {"namespace": bench.namespace()})


def _published_twice(bench: Bench) -> Answer:
    path = f"/workflows/again/versions/{bench.api.define({**FLOW, 'name': 'again'})}/publish"
    return bench.post(path)


def _as(bench: Bench, person: str, method: str, path: str, body: Any = None) -> Answer:
    return bench.api.call(method, path, body, headers={"X-Interactor-Actor": person})


def _after(bench: Bench, definition: Any, first: Any, person: str, act: str, body: Any = None) -> Answer:
    """An act at a new task, after another one."""
    instance = bench.start(definition).rpartition("/")[2]
    listed = _as(bench, "ann", "GET", "/tasks").data["tasks"]
    path = f"/tasks/{next(each['id'] for each in listed if each['instance_id'] == instance)}"
    if first is not None:
        who, does, *given = first
        assert _as(bench, who, "POST", f"{path}/{does}", *given).status == 200
    return _as(bench, person, "POST", f"{path}/{act}", body)


def _closed(bench: Bench) -> Answer:
    return _after(bench, TASK, ("ann", "respond", {"input": {}}), "bo", "respond", {"input": {}})


def _many_questions(bench: Bench) -> Answer:
    given = _after(bench, TASK, None, "ann", "ask", {"question": "?", "of": "eve"})
    for _ in range(limits.TASK_QUESTIONS):
        given = _as(bench, "ann", "POST", f"/tasks/{given.data['id']}/ask", {"question": "?", "of": "eve"})
    return given


def _ended(bench: Bench, action: str) -> Answer:
    path = bench.start()
    assert bench.post(f"{path}/cancel").status == 200
    return bench.post(f"{path}/{action}")


def _paused(bench: Bench) -> Answer:
    path = bench.start()
    assert bench.post(f"{path}/pause").status == 200
    return bench.post(f"{path}/resume")


def _full_of_events(bench: Bench) -> Answer:
    path = bench.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "EVENTS_PER_INSTANCE", 3)
        return bench.post(f"{path}/pause")


def _broken(bench: Bench) -> Answer:
    """The table answers what nobody expects, and names itself."""
    gone = refused_by_dynamodb("ResourceNotFoundException", f"arn:aws:dynamodb:::table/{bench.api.table} is gone")
    bench.api.errors_expected = True
    with bench.api.interposed("Query", lambda: gone):
        return bench.get("/workflows")


def _throttled(bench: Bench) -> Answer:
    """The table keeps throttling a read."""
    bench.api.errors_expected = True
    with bench.api.interposed("Query", throttled):
        return bench.get("/workflows")


@dataclass(frozen=True)
class Row:
    """What is answered with a code: by whom it is asked for, its HTTP status, and what ``details`` is or holds.

    ``details``: None where there is nothing to say; names of an object's members; or those of a list's members.
    """

    status: int
    ask: Callable[[Bench], Answer]
    details: set[str] | list[str] | None = None


FIELDS = ["field", "message"]
PROBLEMS = ["path", "message"]
ANSWERS: dict[str, Row] = {
    "unauthorized": Row(401, lambda b: b.get("/workflows", token=NO_TOKEN)),
    "actor_not_allowed": Row(
        403,
        lambda b: b.get(
            "/workflows", token=b.api.token(namespaces=("user_1",)), headers={"X-Interactor-Actor": "maya"}
        ),
    ),
    "forbidden": Row(403, lambda b: b.get("/workflows", token=b.api.token(scopes=("webhooks:read",)))),
    "rate_limited": Row(429, _token_twice, {"retry_after"}),
    "internal_error": Row(500, _broken),
    "service_unavailable": Row(503, _throttled, {"retry_after"}),
    "not_found": Row(404, lambda b: b.get("/nothing/here/at/all")),
    "method_not_allowed": Row(405, lambda b: b.api.call("DELETE", "/workflows")),
    "validation_error": Row(400, lambda b: b.post(f"{b.start(PICKY)}/resume", {"input": {"n": "x"}}), FIELDS),
    "payload_too_large": Row(413, lambda b: b.post(f"{b.start()}/resume", {"input": {"a": "x" * 65_536}}), FIELDS),
    "invalid_workflow": Row(400, lambda b: b.post("/workflows", {"name": "x"}), PROBLEMS),
    "workflow_exists": Row(409, lambda b: b.post("/workflows", FLOW)),
    "workflow_not_found": Row(404, lambda b: b.get("/workflows/none/versions")),
    "version_not_found": Row(404, lambda b: b.post(f"/workflows/flow/versions/{NEVER['version']}/publish")),
    "already_published": Row(400, _published_twice),
    "workflow_not_published": Row(400, _draft),
    "namespace_quota_exceeded": Row(429, _quota),
    "workflow_quota_exceeded": Row(429, _workflows),
    "version_quota_exceeded": Row(429, _versions),
    "namespace_mismatch": Row(
        400, lambda b: b.post("/workflows/flow/instances", {"namespace": "user_1"}, headers={"X-Namespace": "user_2"})
    ),
    "instance_not_found": Row(404, lambda b: b.get(f"/workflows/instances/{NEVER['instance']}")),
    "instance_not_halted": Row(400, lambda b: _ended(b, "resume"), {"status", "current_state", *FATE}),
    "instance_not_active": Row(400, lambda b: _ended(b, "cancel"), {"status"}),
    "instance_not_failed": Row(400, lambda b: b.post(f"{b.start()}/retry"), {"status"}),
    "instance_paused": Row(409, _paused),
    "history_limit_exceeded": Row(409, _full_of_events),
    "invalid_transition": Row(400, lambda b: b.post(f"{b.start(CHOOSY)}/resume"), {"targets", "current_state"}),
    "concurrent_modification": Row(
        409,
        lambda b: b.post(f"{b.start()}/resume", {"expected_state": "done"}),
        {"current_state", "expected_state", "halt_id", "halts", *FATE},
    ),
    "workflow_data_too_large": Row(400, _too_large_a_resume),
    "instance_too_large": Row(400, _too_large_an_instance, {"bytes", "most"}),
    "thread_required": Row(400, lambda b: b.post(f"{b.start(FORKED)}/resume"), {"threads", "halts"}),
    "thread_not_found": Row(404, lambda b: b.post(f"{b.start()}/threads/thread_x/resume")),
    "file_not_found": Row(404, lambda b: b.get(f"{b.start()}/files/{NEVER['file']}")),
    "event_not_found": Row(404, lambda b: b.get(f"{b.start()}/events/{NEVER['event']}")),
    "invalid_cursor": Row(400, lambda b: b.get("/workflows?cursor=AAAA")),
    "idempotency_conflict": Row(
        409, lambda b: _twice(b, "/workflows/flow/instances", {"namespace": "user_k"},
                              {"namespace": "user_k", "input": {"a": 1}}, headers={"Idempotency-Key": "k"})
    ),
    "task_not_found": Row(404, lambda b: _as(b, "ann", "GET", f"/tasks/{NEVER['task']}")),
    "task_closed": Row(409, _closed, {"outcome", "decided_by", "decided_at", "current_state"}),
    "task_claimed": Row(409, lambda b: _after(b, TASK, ("ann", "claim"), "bo", "claim"), {"owner"}),
    "claim_required": Row(409, lambda b: _after(b, TO_CLAIM, None, "ann", "respond", {"input": {}})),
    "claim_not_applicable": Row(409, lambda b: _after(b, TWO, None, "ann", "claim")),
    "already_responded": Row(
        409,
        lambda b: _after(b, TWO, ("ann", "respond", {"input": {"n": 1}}), "ann", "respond", {"input": {"n": 2}}),
        {"outcome", "on_behalf_of"},
    ),
    "not_assignee": Row(403, lambda b: _after(b, TASK, None, "eve", "respond", {"input": {}})),
    "separation_of_duties": Row(403, lambda b: _after(b, TASK, None, "zed", "respond", {"input": {}})),
    "delegation_refused": Row(403, lambda b: _after(b, TASK, None, "ann", "reassign", {"to": "cy"})),
    "presentation_changed": Row(
        409, lambda b: _after(b, TASK, None, "ann", "respond", {"input": {}, "seen": "other"}), {"shown"}
    ),
    "reassign_cycle": Row(
        400, lambda b: _after(b, OPEN, ("ann", "reassign", {"to": "cy"}), "cy", "reassign", {"to": "ann"})
    ),
    "assignment_too_large": Row(400, _many_questions),
    "reminded_recently": Row(429, lambda b: _after(b, TASK, ("ann", "remind"), "ann", "remind"), {"retry_after"}),
    "group_not_found": Row(404, lambda b: b.get("/groups/nobodys")),
    "person_not_found": Row(404, lambda b: b.get("/people/nobody")),
    "substitute_quota_exceeded": Row(409, _substitutes, {"substitute", "most"}),
    "subscription_not_found": Row(404, lambda b: b.get(f"{SUBSCRIPTIONS}/{NEVER['subscription']}")),
    "subscription_disabled": Row(400, _disabled),
    "subscription_quota_exceeded": Row(400, _subscriptions),
    "delivery_not_found": Row(
        404, lambda b: b.get(f"{SUBSCRIPTIONS}/{subscribe(b.api)}/deliveries/{NEVER['delivery']}")
    ),
}  # fmt: skip


def test_every_code_of_the_tree_has_a_row() -> None:
    assert {(kind.code, kind.status) for kind in all_errors() if hasattr(kind, "code")} == {
        (code, row.status) for code, row in ANSWERS.items()
    }


@pytest.mark.parametrize("code", ANSWERS)
def test_a_code_is_answered_with_its_status_and_the_documented_body(bench: Bench, code: str) -> None:
    row = ANSWERS[code]
    given = row.ask(bench)
    assert given.refusal == (row.status, code)
    error = given.error
    assert set(error) == {"code", "message", "details", "request_id"}
    assert error["request_id"] == given.headers["X-Request-Id"]
    if isinstance(row.details, list):
        assert error["details"]
        assert all(set(each) == set(row.details) for each in error["details"])
    else:
        assert (None if error["details"] is None else set(error["details"])) == row.details
    assert ("Retry-After" in given.headers) == (code in ("rate_limited", "reminded_recently", "service_unavailable"))
    assert ("WWW-Authenticate" in given.headers) == (code == "unauthorized")
    assert given.headers.items() >= ALWAYS.items()
    for internal in ("arn:", "dynamodb", "Traceback", "botocore", bench.api.table, bench.api.stack.name + "-"):
        assert internal not in (given.raw or "")


ROUND = {"type": "action", "transitions": [{"target": "begin"}, {"target": "done", "condition": {"and": []}}]}


def _start(definition: Any, *answers: Any, given: Any = None) -> Callable[[Deployment, pytest.MonkeyPatch], str]:
    def make(api: Deployment, _: pytest.MonkeyPatch) -> str:
        api.outside.will(OUTSIDE, *answers)
        api.define(definition)
        instance: str = api.start("flow", given)["id"]
        api.drain()
        return instance

    return make


def _timeout(api: Deployment, _: pytest.MonkeyPatch) -> str:
    api.define(one(script("for (;;) {}")))
    with Sandbox(timeout_ms=100) as hasty:
        api.services("create_instance").logic.sandbox = hasty
        instance: str = api.start("flow")["id"]
    return instance


def _unavailable(api: Deployment, _: pytest.MonkeyPatch) -> str:
    api.errors_expected = True
    api.define(one(script("return {}")))
    with Sandbox(needed=(frozenset({"a lock that no system has"}),)) as closed:
        api.services("create_instance").logic.sandbox = closed
        instance: str = api.start("flow")["id"]
    api.drain()
    assert '"workflow.script.unavailable":[1.0]' in api.logs.getvalue()
    return instance


def _long_history(api: Deployment, patch: pytest.MonkeyPatch) -> str:
    patch.setattr(limits, "EVENTS_PER_INSTANCE", 12)
    api.define(one(halting(transitions=[{"target": "begin"}, {"target": "done", "condition": {"or": []}}])))
    instance: str = api.start("flow")["id"]
    for _ in range(12):
        if api.resume(instance).status != 200:
            break
    return instance


def _large(api: Deployment, patch: pytest.MonkeyPatch) -> str:
    """A step that cannot be stored fails its instance, and its ``on_error`` catches nothing."""
    api.outside.will(OUTSIDE, answer(200, {"text": "".join(map(chr, range(0x4E00, 0x4E00 + 15_000)))}))
    api.define(one(http(OUTSIDE) | {"on_error": {"target": "done"}}))
    instance: str = api.start("flow")["id"]
    patch.setattr(limits, "COMMIT_BYTES", 20_000)
    api.drain()
    return instance


def _deadly(api: Deployment, _: pytest.MonkeyPatch) -> str:
    """The process that runs the step ends each time, before it can say anything."""

    def die(_: Any) -> Any:
        raise RuntimeError("as if killed")

    api.outside.will(OUTSIDE, die)
    api.errors_expected = True
    api.define(one(http(OUTSIDE)))
    instance: str = api.start("flow")["id"]
    for _ in range(10):
        api.wait(130 * SECOND)
    return instance


def _forks(names: str, target: str) -> Any:
    threads = {each: {"target": target.format(each)} for each in names.split()}
    return {"type": "action", "fork": {"threads": threads, "join": {"target": "done"}}}


CROWD = one(
    _forks("a b c d e f", "more_{}"),
    wait=halting(),
    **{f"more_{each}": _forks(f"{each}1 {each}2", "wait") for each in "abcdef"},
)
LONG = halting(presentation={"type": "message", "message": "${workflow_data.a}"})
FAILURES: dict[str, Callable[[Deployment, pytest.MonkeyPatch], str]] = {
    "script_error": _start(one(script("return foo.bar"))),
    "script_timeout": _timeout,
    "script_unavailable": _unavailable,
    "http_error": _start(one(http(OUTSIDE)), answer(404)),
    "http_timeout": _start(one(http(OUTSIDE)), OutgoingError("timeout", "No answer within 30 s")),
    "invalid_transition": _start(one(script("return {}", {"target": "done", "condition": {"or": []}}))),
    "assignment_invalid": _start(
        one(halting(assignment={"users": ["${input.who}"]}), wait=halting()), given={"who": {}}
    ),
    "no_assignee": _start(one(halting(assignment={"users": ["${input.who}"]}))),
    "quorum_impossible": _start(
        one(halting(assignment={"users": ["ann"], "quorum": {"responses": "${input.n}"}})), given={"n": 2}
    ),
    "group_unknown": _start(one(halting(assignment={"groups": ["x"], "quorum": {"responses": "all"}}))),
    "assignment_too_large": _start(
        one(halting(assignment={"users": "${input.many}"})), given={"many": [f"p{n}" for n in range(31)]}
    ),
    "presentation_too_large": _start(one(script("return {a: 'x'.repeat(70000)}", "wait"), wait=LONG)),
    "loop_limit_exceeded": _start(one(ROUND)),
    "workflow_data_too_large": _start(one(script("return {a: 'x'.repeat(262144)}"))),
    "instance_too_large": _large,
    "thread_limit_exceeded": _start(CROWD),
    "history_limit_exceeded": _long_history,
    "internal_error": _deadly,
}
NOT_OF_A_CHECKED_DEFINITION = {"template_error"}
"""What only a definition that ``POST /workflows`` refuses could come to."""


def test_every_code_that_an_instance_can_fail_with_has_a_row() -> None:
    assert failure_codes() == FAILURES.keys() | NOT_OF_A_CHECKED_DEFINITION


@pytest.mark.parametrize("code", FAILURES)
def test_an_instance_fails_with_a_code_and_answers_say_so(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    failed = deployment.get(FAILURES[code](deployment, monkeypatch))
    assert (failed["status"], failed["error_code"]) == ("failed", code)
    assert isinstance(failed["error"], str)
    assert failed["error"]
    assert failed["failed_state"]
    (listed,) = deployment.call("GET", "/workflows/errors").data["errors"]
    assert (listed["error_code"], listed["error"], listed["instance_id"]) == (code, failed["error"], failed["id"])
    assert deployment.call("GET", "/workflows/instances?status=failed").data["instances"][0]["id"] == failed["id"]
