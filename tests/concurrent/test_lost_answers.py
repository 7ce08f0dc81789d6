"""Invariant 1 where DynamoDB does not answer, or answers that it would not: one effect, and the truth is told."""

import io
import json
from collections import Counter

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError
from botocore.retries.standard import ExponentialBackoff

from tests.support.events import REGION
from tests.support.outside import Outside
from tests.support.workers.faults import NO_ANSWER, Once, lose_answer, refuse
from tests.support.workers.place import MAIN
from tests.support.workflows.flows import APPROVAL, DECISION, end, flow, form, http, script

CALL = flow(call=http("/act", "done"), done=end())


@pytest.fixture
def wire(place, endpoint, monkeypatch):
    """Makes workers whose requests to DynamoDB meet ``meddle(operation, request, send)`` below boto3's own tries."""
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0)

    def make(clock, meddle, **more):
        client = boto3.client(
            "dynamodb",
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"mode": "standard", "total_max_attempts": 3}),
        )
        session = client._endpoint.http_session
        client.meta.events.register(
            "before-send.dynamodb",
            lambda request, event_name, **_: meddle(event_name.rpartition(".")[2], lambda: session.send(request)),
        )
        worker = place.worker(clock, **more)
        worker.services.aws.table._client = client
        return worker

    return make


def _failure(code, status=400):
    body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "injected"}).encode()
    answer = AWSResponse("http://dynamodb", status, {"content-type": "application/x-amz-json-1.0"}, io.BytesIO(body))
    answer._content = body
    return answer


class Meddler:
    """Meets the first requests of one operation with what it is given; ``sent`` counts all of them."""

    def __init__(self, operation, *instead):
        self.operation, self.instead, self.sent = operation, list(instead), 0

    def __call__(self, operation, send):
        if operation != self.operation:
            return None
        self.sent += 1
        return self.instead.pop(0)(send) if self.instead else None


def _lost(send):
    send()
    raise ReadTimeoutError(endpoint_url="http://dynamodb")


def _answer(code, status=400):
    return lambda send: _failure(code, status)


@pytest.mark.parametrize("error", NO_ANSWER, ids=lambda error: type(error).__name__)
def test_a_create_whose_answer_is_lost_is_one_instance_and_told_as_made(place, clock, error):
    name = place.worker(clock).define(APPROVAL)
    namespace = f"lost-{type(error).__name__}"
    worker = place.worker(clock, Once("transact_write_items", lose_answer(error)))
    made = worker.create(name, namespace=namespace)
    assert (made.status, made.data["status"]) == (201, "halted")
    assert place.kinds(made.data["id"]) == ["created", "completed", "state_change", "waiting"]
    assert place.counted(namespace) == place.active(namespace) == 1


@pytest.mark.parametrize("error", NO_ANSWER, ids=lambda error: type(error).__name__)
def test_a_resume_whose_answer_is_lost_has_happened_once_and_is_told_as_done(place, clock, error):
    instance = place.worker(clock).started(DECISION)
    worker = place.worker(clock, Once("transact_write_items", lose_answer(error)))
    assert worker.resume(instance, {"approved": True}).data["status"] == "completed"
    assert Counter(place.kinds(instance)) == Counter(["created", "waiting", "resumed", "state_change", "completed"])


@pytest.mark.parametrize("error", NO_ANSWER, ids=lambda error: type(error).__name__)
def test_a_lease_whose_answer_is_lost_is_held_and_its_work_done_once(place, clock, error):
    outside = Outside()
    instance = place.worker(clock).started(CALL)
    (message,) = place.receive()
    assert place.worker(clock, Once("update_item", lose_answer(error)), outside).step(message)
    assert len(outside.requests) == 1
    assert place.worker(clock).get(instance)["status"] == "completed"
    assert place.kinds(instance).count("completed") == 2, "the step and the instance"


def test_a_lost_answer_is_asked_for_again_with_the_same_token_and_has_one_effect(place, clock, wire):
    name = place.worker(clock).define(APPROVAL)
    meddler = Meddler("TransactWriteItems", _lost, _lost)
    made = wire(clock, meddler).create(name, namespace="wire-create")
    assert (made.status, meddler.sent) == (201, 3)
    assert place.counted("wire-create") == place.active("wire-create") == 1
    meddler = Meddler("TransactWriteItems", _lost)
    resumed = wire(clock, meddler).resume(made.data["id"], {"approved": True})
    assert resumed.data["status"] == "completed"
    assert place.kinds(made.data["id"]).count("resumed") == 1
    assert place.counted("wire-create") == place.active("wire-create") == 0


def test_a_commit_that_is_repeated_when_its_token_was_forgotten_finds_itself(place, clock):
    """AWS forgets request tokens after ten minutes: a repeat is refused then, by what it wrote itself."""

    def twice(operation, arguments, call):
        call()
        arguments["ClientRequestToken"] = "forgotten"
        return call()

    name = place.worker(clock).define(APPROVAL)
    made = place.worker(clock, Once("transact_write_items", twice)).create(name, namespace="forgotten")
    assert (made.status, place.counted("forgotten")) == (201, 1)
    resumed = place.worker(clock, Once("transact_write_items", twice)).resume(made.data["id"], {"approved": True})
    assert (resumed.status, resumed.data["status"]) == (200, "completed")
    assert place.kinds(made.data["id"]).count("resumed") == 1
    assert place.counted("forgotten") == 0


def test_a_lease_that_boto3_repeats_finds_its_own_work(place, clock, wire):
    outside = Outside()
    instance = place.worker(clock).started(CALL)
    (message,) = place.receive()
    meddler = Meddler("UpdateItem", _lost)
    assert wire(clock, meddler, outside=outside).step(message)
    assert (meddler.sent, len(outside.requests)) == (2, 1)
    assert place.worker(clock).get(instance)["status"] == "completed"


def test_a_commit_whose_answer_is_lost_is_known_even_when_another_came_after_it(place, clock):
    instance = place.worker(clock).started(flow(one=form("two"), two=form("done"), done=end()))
    other = place.worker(clock)

    def lost_and_overtaken(operation, arguments, call):
        call()
        assert other.resume(instance, {"note": "after"}).status == 200
        raise NO_ANSWER[2]

    worker = place.worker(clock, Once("transact_write_items", lost_and_overtaken))
    answer = worker.resume(instance, {"note": "before"})
    assert answer.status == 200, answer.raw
    assert place.kinds(instance).count("resumed") == 2
    assert place.worker(clock).get(instance)["status"] == "completed"


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize(
    "failure", [("ThrottlingException", 400), ("InternalServerError", 500)], ids=lambda each: each[0]
)
def test_a_call_that_is_refused_for_the_moment_is_made_again(place, clock, wire, failure, times):
    name = place.worker(clock).define(DECISION)
    namespace = f"{failure[0]}-{times}"
    failing = [_answer(*failure)] * times
    made = wire(clock, Meddler("TransactWriteItems", *failing)).create(name, namespace=namespace)
    assert made.status == 201
    instance = made.data["id"]
    assert wire(clock, Meddler("Query", *failing)).resume(instance, {"approved": True}).status == 200
    assert place.kinds(instance).count("resumed") == 1
    assert place.counted(namespace) == place.active(namespace) == 0


@pytest.mark.parametrize("times", [1, 6])
def test_transactions_in_each_others_way_are_tried_again(place, clock, times):
    name = place.worker(clock).define(DECISION)
    namespace = f"conflict-{times}"
    conflict = refuse("TransactionConflict")
    made = place.worker(clock, Once("transact_write_items", conflict, times)).create(name, namespace=namespace)
    assert made.status == 201
    instance = made.data["id"]
    worker = place.worker(clock, Once("transact_write_items", conflict, times))
    assert worker.resume(instance, {"approved": True}).data["status"] == "completed"
    assert Counter(place.kinds(instance))["resumed"] == 1
    assert place.counted(namespace) == place.active(namespace) == 0


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServerError", "TransactionConflict"])
@pytest.mark.parametrize("operation", ["query", "update_item", "transact_write_items"])
def test_a_step_that_the_table_refuses_comes_again_and_takes_effect_once(place, clock, operation, code):
    outside = Outside()
    instance = place.worker(clock).started(CALL)
    (message,) = place.receive()
    if (operation, code) == ("query", "TransactionConflict"):
        code = "RequestLimitExceeded"
    worker = place.worker(clock, Once(operation, refuse(code), times=1), outside)
    done = worker.step(message)
    for received in range(2, 5):
        if not done:
            clock.advance(70_000)
            done = worker.step(message, received)
    assert done
    assert place.worker(clock).get(instance)["status"] == "completed"
    assert place.kinds(instance).count("completed") == 2
    assert {request.headers["Idempotency-Key"] for request in outside.requests} == {f"{instance}:{MAIN}:1"}


def test_a_request_that_the_table_keeps_refusing_changes_nothing(place, clock):
    instance = place.worker(clock).started(APPROVAL)
    name = place.worker(clock).define(APPROVAL)
    before = place.scan()
    for code in ("ThrottlingException", "InternalServerError", "TransactionConflict"):
        worker = place.worker(clock, Once("transact_write_items", refuse(code), times=1_000))
        assert worker.resume(instance, {"approved": True}).status >= 500
        assert worker.cancel(instance).status >= 500
        assert worker.create(name).status >= 500
    assert place.scan() == before


def test_what_is_refused_changes_nothing(place, clock):
    worker = place.worker(clock)
    instance = worker.started(
        flow(wait=form({"target": "done", "condition": {"field": "approved", "equals": True}}), done=end())
    )
    ended = worker.started(flow(go=script("return {}", "done"), done=end()))
    one = place.worker(clock, NAMESPACE_QUOTA="1")
    full = one.create(one.define(DECISION), namespace="full").data
    before = place.scan()
    path = f"/workflows/instances/{instance}/resume"
    assert worker.resume(instance, {"approved": "perhaps"}).refusal == (400, "validation_error")
    assert worker.resume(instance, {"approved": False}).refusal == (400, "invalid_transition")
    assert worker.call("POST", path, {"input": {}, "expected_state": "done"}).refusal == (
        409,
        "concurrent_modification",
    )
    assert worker.resume(instance, {}, "thread_other").refusal == (404, "thread_not_found")
    assert worker.resume(ended).refusal == (400, "instance_not_halted")
    assert worker.cancel(ended).refusal == (400, "instance_not_active")
    crowded = one.create(full["workflow_name"], namespace="full")
    assert crowded.refusal == (429, "namespace_quota_exceeded")
    assert place.scan() == before


def test_a_commit_that_loses_the_guard_changes_nothing(place, clock):
    instance = place.worker(clock).started(DECISION)
    seen = {}

    def overtaken(operation, arguments, call):
        assert place.worker(clock).cancel(instance).status == 200
        seen["before"] = place.scan()
        return call()

    worker = place.worker(clock, Once("transact_write_items", overtaken))
    assert worker.resume(instance, {"approved": True}, at=clock.now).status in (400, 409)
    assert place.scan() == seen["before"]
