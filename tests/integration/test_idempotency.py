"""``Idempotency-Key``: a request that is sent again has one effect and one answer (ruling 23)."""

import itertools
import json
import random
import string
from collections.abc import Callable
from typing import Any

import pytest

from interactor.api import idempotency
from interactor.aws.dynamo import items
from interactor.core.times import DAY, SECOND
from tests.support.deployed.deployment import Answer, Deployment
from tests.support.workflows.definitions import halting, http, one, script

HOOK = {"url": "https://yourapp.com/hook", "events": ["workflow.instance.halted"]}
STAGES = one(halting(transitions=[{"target": "second"}]), name="stages", second=halting())
FAILING = one(script("throw new Error('no')"), name="failing")
_FORK = {"threads": {"a": {"target": "work"}, "b": {"target": "wait"}}, "join": {"target": "done"}}
FORKING = one(
    {"type": "action", "fork": _FORK},
    name="forking",
    work=script("return { worked: true }", "end"),
    wait=halting(transitions=[{"target": "end"}]),
    end={"type": "terminal"},
)
OTHERS = {"failing": FAILING, "forking": FORKING}
OF_ONE_CLIENT = "/webhooks/subscriptions"
"""Where a key counts for its client only, since the answer may show a secret."""
_numbers = itertools.count(1)


@pytest.fixture
def api(deployment: Deployment) -> Deployment:
    deployment.define(STAGES)
    return deployment


def new_key() -> str:
    return f"key-{next(_numbers)}"


def post(api: Deployment, path: str, body: Any = None, key: str = "", **rest: Any) -> Answer:
    return api.call("POST", path, body, headers={"Idempotency-Key": key}, **rest)


def replayed(answer: Answer) -> bool:
    return answer.headers.get("Idempotency-Replayed") == "true"


def stored(api: Deployment) -> list[Any]:
    """What is stored, without the keys and the counters of requests."""
    return [item for item in api.items() if "#K#" not in item["pk"]["S"] and not item["pk"]["S"].endswith("#L")]


Wanted = tuple[str, Any]
"""A path and a body."""


def of_instance(change: str, workflow: str = "stages", first: str | None = None) -> Callable[[Deployment], Wanted]:
    def prepare(api: Deployment) -> Wanted:
        if workflow != "stages":
            api.define(OTHERS[workflow])
        path = f"/workflows/instances/{api.start(workflow)['id']}"
        if first is not None:
            assert api.call("POST", f"{path}/{first}").status == 200
        return f"{path}/{change}", {"input": {"a": 1}} if change.endswith("resume") else None

    return prepare


def draft(api: Deployment) -> Wanted:
    made = api.call("PUT", "/workflows/stages", STAGES).data
    return f"/workflows/stages/versions/{made['version_id']}/publish", None


def start_of(workflow: str) -> Callable[[Deployment], Wanted]:
    def prepare(api: Deployment) -> Wanted:
        api.define(OTHERS[workflow])
        return f"/workflows/{workflow}/instances", {"namespace": "user_123"}

    return prepare


POSTS: dict[str, Callable[[Deployment], Wanted]] = {
    "create a workflow": lambda _: ("/workflows", {**STAGES, "name": f"new_{next(_numbers)}"}),
    "create a version": lambda _: ("/workflows/stages/versions", STAGES),
    "publish": draft,
    "start": lambda _: ("/workflows/stages/instances", {"namespace": "user_123", "input": {"a": 1}}),
    "start threads": start_of("forking"),
    "resume": of_instance("resume"),
    "resume a thread": of_instance("threads/thread_b/resume", "forking"),
    "cancel": of_instance("cancel"),
    "pause": of_instance("pause"),
    "pause what is paused": of_instance("pause", first="pause"),
    "unpause": of_instance("unpause", first="pause"),
    "retry": of_instance("retry", "failing"),
    "subscribe": lambda _: ("/webhooks/subscriptions", HOOK),
}
every_post = pytest.mark.parametrize("prepare", POSTS.values(), ids=POSTS.keys())
STORES = ("create a workflow", "create a version", "publish", "start threads", "resume", "pause", "retry", "subscribe")


@every_post
def test_a_request_sent_again_has_the_same_answer_and_no_second_effect(
    api: Deployment, prepare: Callable[[Deployment], Wanted]
) -> None:
    path, body = prepare(api)
    key = new_key()
    first = post(api, path, body, key)
    assert first.status in (200, 201), first.raw
    assert not replayed(first)
    before = stored(api)
    api.clock.advance(SECOND)
    again = post(api, path, body, key)
    assert (again.status, again.raw) == (first.status, first.raw)
    assert replayed(again)
    assert stored(api) == before


@every_post
def test_of_two_at_once_the_loser_answers_what_the_winner_was_answered(
    api: Deployment, prepare: Callable[[Deployment], Wanted]
) -> None:
    path, body = prepare(api)
    key = new_key()
    answers: list[tuple[Answer, list[Any]]] = []

    def rival() -> None:
        answers.append((post(api, path, body, key), stored(api)))

    with api.interposed("TransactWriteItems", rival):
        lost = post(api, path, body, key)
    won, before = answers[0]
    assert won.status in (200, 201), won.raw
    assert not replayed(won)
    assert (lost.status, lost.raw, replayed(lost)) == (won.status, won.raw, True)
    assert stored(api) == before


@pytest.mark.parametrize("late", [False, True], ids=["within its time", "when it must be dead"])
def test_a_request_whose_threads_run_on_answers_what_a_rival_did_not_wait_for(api: Deployment, late: bool) -> None:
    """The rival comes after the commit that takes the key, and before the threads behind it have come to rest."""
    api.define(FORKING)
    key, answers = new_key(), []

    def rival() -> None:
        api.clock.advance(idempotency.OPEN if late else 0)
        answers.append(post(api, "/workflows/forking/instances", {}, key))

    with api.interposed("TransactWriteItems", rival, after=1):
        won = post(api, "/workflows/forking/instances", {}, key)
    assert (won.status, won.raw) == (answers[0].status, answers[0].raw)
    again = post(api, "/workflows/forking/instances", {}, key)
    assert (again.raw, replayed(again)) == (won.raw, True)


@pytest.mark.parametrize("prepare", [POSTS[each] for each in STORES], ids=STORES)
def test_a_commit_whose_answer_was_lost_is_remembered(api: Deployment, prepare: Callable[[Deployment], Wanted]) -> None:
    path, body = prepare(api)
    key = new_key()
    with api.answer_lost("TransactWriteItems"):
        first = post(api, path, body, key)
    assert first.status in (200, 201), first.raw
    before = stored(api)
    again = post(api, path, body, key)
    assert (again.status, again.raw) == (first.status, first.raw)
    assert replayed(again)
    assert stored(api) == before


def test_a_rival_with_the_key_and_another_body_is_a_conflict(api: Deployment) -> None:
    path, body = of_instance("resume")(api)
    key = new_key()

    def rival() -> None:
        assert post(api, path, {"input": {"a": 2}}, key).status == 200

    with api.interposed("TransactWriteItems", rival):
        lost = post(api, path, body, key)
    assert lost.refusal == (409, "idempotency_conflict")


CREATE = {"namespace": "user_123", "input": {"a": 1, "b": {"c": 2, "d": 3}}}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/workflows/stages/instances", {**CREATE, "input": {"a": 2}}),
        ("POST", "/workflows/stages/instances", {**CREATE, "more": None}),
        ("POST", "/workflows/failing/instances", CREATE),
        ("POST", "/workflows/stages/instances", {**CREATE, "input": 5}),
    ],
    ids=["other body", "more in the body", "other path", "wrong body"],
)
def test_a_key_of_another_request_is_a_conflict(api: Deployment, method: str, path: str, body: Any) -> None:
    key = new_key()
    api.define(FAILING)
    assert post(api, "/workflows/stages/instances", CREATE, key).status == 201
    before = stored(api)
    answer = api.call(method, path, body, headers={"Idempotency-Key": key})
    assert answer.refusal == (409, "idempotency_conflict")
    assert stored(api) == before


def test_a_key_of_one_instance_is_not_that_of_another(api: Deployment) -> None:
    key = new_key()
    one_, other = (of_instance("cancel")(api)[0] for _ in range(2))
    assert post(api, one_, None, key).status == 200
    assert post(api, other, None, key).refusal == (409, "idempotency_conflict")


@pytest.mark.parametrize(
    "body",
    [
        '{"input": {"b": {"d": 3, "c": 2}, "a": 1}, "namespace": "user_123"}',
        '{"namespace":"user_123","input":{"a":1,"b":{"c":2,"d":3}}}',
    ],
    ids=["order", "space"],
)
def test_how_the_json_is_written_does_not_matter(api: Deployment, body: str) -> None:
    key = new_key()
    first = post(api, "/workflows/stages/instances", CREATE, key)
    assert post(api, "/workflows/stages/instances", body, key).raw == first.raw


@pytest.mark.parametrize(("one_", "other"), [("[1, 2]", "[2, 1]"), ("1", "1.0"), ("1", '"1"'), ("{}", "null")])
def test_but_what_it_says_does(api: Deployment, one_: str, other: str) -> None:
    key = new_key()
    bodies = (f'{{"namespace": "user_123", "input": {{"x": {value}}}}}' for value in (one_, other))
    first, second = (post(api, "/workflows/stages/instances", body, key) for body in bodies)
    assert first.status == 201
    assert second.refusal == (409, "idempotency_conflict")


def test_a_request_that_was_refused_takes_no_key(api: Deployment) -> None:
    key = new_key()
    path = of_instance("resume")(api)[0]
    assert post(api, path, {"input": 5}, key).refusal == (400, "validation_error")
    assert post(api, path, {"input": {}, "expected_state": "second"}, key).refusal[0] == 409
    corrected = post(api, path, {"input": {"a": 1}}, key)
    assert (corrected.status, replayed(corrected)) == (200, False)
    assert corrected.data["current_state"] == "second"


def test_a_refusal_is_judged_anew(api: Deployment) -> None:
    key = new_key()
    path = f"/workflows/instances/{api.start('stages')['id']}/retry"
    for _ in range(2):
        answer = post(api, path, None, key)
        assert answer.refusal == (400, "instance_not_failed")
        assert not replayed(answer)


def test_a_key_belongs_to_its_namespace_and_account(api: Deployment) -> None:
    key = new_key()
    path = "/workflows/stages/instances"
    made = [post(api, path, {"namespace": name}, key) for name in ("user_123", "user_456")]
    other = api.token(account="acc_2")
    api.define(STAGES, other)
    made.append(post(api, path, {"namespace": "user_123"}, key, token=other))
    assert [(each.status, replayed(each)) for each in made] == [(201, False)] * 3
    assert len({each.data["id"] for each in made}) == 3


def test_another_token_of_the_account_finds_the_key(api: Deployment) -> None:
    key = new_key()
    path, body = POSTS["start"](api)
    first = post(api, path, body, key)
    second = post(api, path, body, key, token=api.token(namespaces=("user_123",)))
    assert (second.raw, replayed(second)) == (first.raw, True)


@every_post
def test_nobody_is_answered_what_another_did(api: Deployment, prepare: Callable[[Deployment], Wanted]) -> None:
    key = new_key()
    path, body = prepare(api)
    first = post(api, path, body, key)
    assert post(api, path, body, key).raw == first.raw
    other = post(api, path, body, key, token=api.token(subject="client_2"))
    assert not replayed(other)
    if path != OF_ONE_CLIENT:
        assert other.refusal == (409, "idempotency_conflict")


def test_a_person_is_not_answered_what_a_client_did_in_nobodys_name(api: Deployment) -> None:
    path, body = POSTS["start"](api)
    named = {"Idempotency-Key": (key := new_key()), "X-Interactor-Actor": "maya"}
    assert post(api, path, body, key).status == 201
    assert api.call("POST", path, body, headers=named).refusal == (409, "idempotency_conflict")


def test_who_may_not_is_told_so_whatever_the_key(api: Deployment) -> None:
    key = new_key()
    path, body = POSTS["start"](api)
    made = post(api, path, body, key).data
    assert post(api, path, body, key, token=api.token(scopes=("workflows:read",))).refusal == (403, "forbidden")
    assert post(api, path, body, key, token=api.token(namespaces=("user_456",))).refusal == (403, "forbidden")
    cancel = f"/workflows/instances/{made['id']}/cancel"
    cancelled = new_key()
    assert post(api, cancel, None, cancelled).status == 200
    stranger = api.token(namespaces=("user_456",))
    assert post(api, cancel, None, cancelled, token=stranger).refusal == (404, "instance_not_found")


def test_after_a_day_a_key_is_free_though_its_item_is_still_there(deployment: Deployment) -> None:
    deployment.define(STAGES)
    path, body = POSTS["start"](deployment)
    first = post(deployment, path, body, "daily")
    deployment.clock.advance(DAY - 2 * SECOND)
    assert post(deployment, path, body, "daily").raw == first.raw
    deployment.clock.advance(2 * SECOND)
    assert any("#K#" in item["pk"]["S"] for item in deployment.items())
    second = post(deployment, path, {**body, "input": {}}, "daily")
    assert (second.status, replayed(second)) == (201, False)
    assert second.data["id"] != first.data["id"]
    assert replayed(post(deployment, path, {**body, "input": {}}, "daily"))


def test_the_item_of_a_key_leaves_the_table_by_its_ttl(deployment: Deployment) -> None:
    deployment.define(STAGES)
    path, body = POSTS["start"](deployment)
    post(deployment, path, body, "one")
    (item,) = (each for each in deployment.items() if "#K#" in each["pk"]["S"])
    assert int(item["expires_at"]["N"]) == (deployment.clock() + DAY) // SECOND


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_what_is_no_key_is_refused(api: Deployment, key: str) -> None:
    before = stored(api)
    answer = post(api, "/workflows/stages/instances", CREATE, key)
    assert answer.refusal == (400, "validation_error")
    assert [each["field"] for each in answer.error["details"]] == ["Idempotency-Key"]
    assert stored(api) == before


@pytest.mark.parametrize("key", ["k" * 255, "ключ 🔑 a/b#c|d"], ids=["longest", "signs"])
def test_any_text_is_a_key(api: Deployment, key: str) -> None:
    first = post(api, "/workflows/stages/instances", CREATE, key)
    assert first.status == 201
    assert post(api, "/workflows/stages/instances", CREATE, key).raw == first.raw
    assert post(api, "/workflows/stages/instances", CREATE, f"{key}x"[-255:]).data["id"] != first.data["id"]


def test_a_resume_is_answered_again_after_the_instance_has_moved_on(api: Deployment) -> None:
    path, body = of_instance("resume")(api)
    key = new_key()
    first = post(api, path, body, key)
    assert first.data["current_state"] == "second"
    assert api.call("POST", path, body).data["status"] == "completed"
    api.clock.advance(60 * SECOND)
    again = post(api, path, body, key)
    assert (again.status, again.raw, replayed(again)) == (200, first.raw, True)
    assert again.data["status"] == "halted"


def test_a_wrong_body_under_a_known_key_is_a_conflict_first(api: Deployment) -> None:
    path, body = of_instance("resume")(api)
    key = new_key()
    assert post(api, path, body, key).status == 200
    assert post(api, path, "{", key).refusal == (409, "idempotency_conflict")


WARNED = {**STAGES, "name": "warned", "no_such_property": 1}


def test_another_query_makes_another_request(api: Deployment) -> None:
    key = new_key()
    assert post(api, "/workflows", WARNED, key).status == 201
    assert post(api, "/workflows?strict=true", WARNED, key).refusal == (409, "idempotency_conflict")
    strict = {**STAGES, "name": "strict"}
    other = new_key()
    first = post(api, "/workflows?strict=true", strict, other)
    assert first.status == 201
    assert post(api, "/workflows?strict=true", strict, other).raw == first.raw
    assert post(api, "/workflows", strict, other).refusal == (409, "idempotency_conflict")


def test_a_parameter_that_there_is_not_is_no_repeat_of_anything(api: Deployment) -> None:
    path, body = of_instance("resume")(api)
    key = new_key()
    assert post(api, path, body, key).status == 200
    assert post(api, f"{path}?strict=true", body, key).refusal == (400, "validation_error")


@pytest.mark.parametrize("query", ["", "?strict=true"])
def test_what_the_release_before_remembered_is_answered_again(
    api: Deployment, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = items.pack
    with monkeypatch.context() as before:
        before.setattr(
            items, "pack", lambda document: pack({k: v for k, v in document.items() if k not in ("query", "caller")})
        )
        key, body = new_key(), {**STAGES, "name": f"old_{next(_numbers)}"}
        first = post(api, f"/workflows{query}", body, key)
    assert first.status == 201
    again = post(api, f"/workflows{query}", body, key)
    assert (again.raw, replayed(again)) == (first.raw, True)


def test_a_pause_that_changed_nothing_does_not_take_effect_later(api: Deployment) -> None:
    path = f"/workflows/instances/{api.start('stages')['id']}"
    api.call("POST", f"{path}/pause")
    key = new_key()
    first = post(api, f"{path}/pause", None, key)
    api.call("POST", f"{path}/unpause")
    assert post(api, f"{path}/pause", None, key).raw == first.raw
    assert "paused" not in api.call("GET", path).data


def test_a_resume_that_another_had_made_does_not_take_effect_later(api: Deployment) -> None:
    path, body = of_instance("resume")(api)
    early = api.clock()
    api.call("POST", path, body)
    key = new_key()
    first = post(api, path, body, key, at=early)
    assert first.data["current_state"] == "second"
    api.clock.advance(60 * SECOND)
    assert post(api, path, body, key).raw == first.raw
    assert api.call("GET", path.removesuffix("/resume")).data["current_state"] == "second"


def test_an_answer_too_large_to_keep_is_told_from_the_instance_as_it_stands(deployment: Deployment) -> None:
    deployment.define(one(halting(transitions=[{"target": "begin"}])))
    signs = random.Random(23)  # noqa: S311 - tests want it predictable
    path = f"/workflows/instances/{deployment.start('flow')['id']}/resume"
    answers = []
    for name in ("a", "b", "c", "d"):
        text = "".join(signs.choices(string.ascii_letters + string.digits + ".-_~!*+", k=60_000))
        answers.append(post(deployment, path, {"input": {name: text}}, name))
    assert len(json.dumps(answers[-1].data)) > 350_000
    (kept,) = (len(each) for each in _bodies_of_keys(deployment) if each == max(_bodies_of_keys(deployment), key=len))
    assert kept < 350_000
    again = post(deployment, path, {"input": {"d": answers[-1].data["workflow_data"]["d"]}}, "d")
    assert (again.status, replayed(again)) == (200, True)
    assert again.data == answers[-1].data
    assert deployment.resume(answers[0].data["id"], {"e": 1}).status == 200
    latest = post(deployment, path, {"input": {"d": answers[-1].data["workflow_data"]["d"]}}, "d")
    assert latest.data == deployment.get(answers[0].data["id"])
    assert latest.data["workflow_data"]["e"] == 1
    assert post(deployment, path, {"input": {}}, "d").refusal == (409, "idempotency_conflict")


def _bodies_of_keys(deployment: Deployment) -> list[bytes]:
    return [item["doc"]["B"] for item in deployment.items() if "#K#" in item["pk"]["S"]]


def test_the_secret_of_a_subscription_is_shown_again_and_does_not_rest_in_the_clear(deployment: Deployment) -> None:
    first = post(deployment, "/webhooks/subscriptions", HOOK, "hook")
    again = post(deployment, "/webhooks/subscriptions", HOOK, "hook")
    assert again.raw == first.raw
    assert first.data["secret"].startswith("whsec_")
    assert first.data["secret"].removeprefix("whsec_") not in deployment.stored_text()


def test_secrets_that_a_request_brought_or_used_do_not_rest_under_its_key(deployment: Deployment) -> None:
    own = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    deployment.set_secret("API_KEY", "sk-very-secret-1")
    deployment.define(
        one(
            script("return { used: 'x' + secrets.API_KEY }", "call"),
            call=http("https://api.example.com/${secrets.API_KEY}"),
        )
    )
    assert post(deployment, "/webhooks/subscriptions", {**HOOK, "secret": own}, "hook").status == 201
    made = post(deployment, "/workflows/flow/instances", {"namespace": "user_123"}, "flow")
    assert made.status == 201
    text = deployment.stored_text()
    assert own not in text
    assert "sk-very-secret-1" not in text
    assert "sk-very-secret-1" not in (made.raw or "")


def test_where_a_read_has_a_key_it_means_nothing(api: Deployment) -> None:
    path = f"/workflows/instances/{api.start('stages')['id']}"
    key = new_key()
    first = api.call("GET", path, headers={"Idempotency-Key": key})
    api.call("POST", f"{path}/cancel")
    second = api.call("GET", path, headers={"Idempotency-Key": key})
    assert first.data["status"] == "halted"
    assert second.data["status"] == "cancelled"


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_what_cannot_be_a_key_is_refused_before_anything_is_read(deployment: Deployment, key: str) -> None:
    """As a wrong query is: whether the thing that is asked for exists does not matter then."""
    for path in ("/workflows/none/instances", "/workflows/instances/inst_01kfdmdagyy4rdc3yf0jys7smn/cancel"):
        refused = deployment.call("POST", path, headers={"Idempotency-Key": key})
        assert refused.refusal == (400, "validation_error")
        assert [each["field"] for each in refused.error["details"]] == ["Idempotency-Key"]
