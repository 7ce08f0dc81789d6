"""What an instance does between its halts: scripts, requests, retries, on_enter, failures (rulings 7 and 10 to 13)."""

import json
from typing import Any

import pytest

from interactor.core.times import MINUTE, SECOND
from interactor.instances.quota import LOOKS_AGAIN, QuotaShards
from interactor.outgoing import OutgoingError
from tests.support import events
from tests.support.deployed import shapes
from tests.support.deployed.deployment import Deployment
from tests.support.memory.endpoint import throttled
from tests.support.outside import answer
from tests.support.workflows.definitions import halting, http, one, script

URL = "https://api.example.com/orders"
CALLBACK = "https://yourapp.com/callback"
NOTE = {"type": "http", "method": "POST", "url": CALLBACK, "body": {"state": "${context.state_name}"}}
RETRY = {"attempts": 3, "backoff": "exponential"}


def attempts(deployment: Deployment) -> list[dict[str, str]]:
    return [{name.lower(): value for name, value in each.headers.items()} for each in deployment.outside.to(URL)]


def delays(deployment: Deployment) -> list[int]:
    return [delay for queue, _, delay in deployment.sent if queue == "StepsQueue"]


def test_what_needs_no_outside_call_runs_at_once(deployment: Deployment) -> None:
    deployment.define(
        one(script("return { n: input.n + 1 }", "more"), more=script("return { m: workflow_data.n * 2 }"))
    )
    instance = deployment.start("flow", {"n": 1})
    assert (instance["status"], instance["workflow_data"]) == ("completed", {"n": 2, "m": 4})
    assert shapes.is_time(instance["completed_at"])
    assert deployment.sent == []


def test_an_outside_call_goes_through_the_queue(deployment: Deployment) -> None:
    deployment.define(one(http(URL, body={"id": "${input.id}"})))
    deployment.outside.will(URL, answer(201, {"made": 7}))
    instance = deployment.start("flow", {"id": "o_1"})
    assert (instance["status"], instance["current_state"]) == ("running", "begin")
    assert deployment.outside.requests == []
    deployment.drain()
    ended = deployment.get(instance["id"])
    assert ended["status"] == "completed"
    assert ended["workflow_data"] == {"begin": {"status": 201, "body": {"made": 7}}}
    (request,) = deployment.outside.requests
    assert json.loads(request.body or b"") == {"id": "o_1"}
    assert request.timeout_ms == 30_000


def test_every_call_says_who_calls_and_which_action_it_is(deployment: Deployment) -> None:
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    deployment.define(one(http(URL)))
    made = deployment.call("POST", "/workflows/flow/instances", {}, headers={"traceparent": traceparent})
    deployment.drain()
    (headers,) = attempts(deployment)
    instance, thread, sequence = headers["idempotency-key"].split(":")
    assert (instance, thread) == (made.data["id"], "thread_main")
    assert sequence.isdigit()
    assert headers["traceparent"].split("-")[1] == traceparent.split("-")[1]


def test_a_call_carries_a_traceparent_even_where_none_came_in(deployment: Deployment) -> None:
    deployment.define(one(http(URL)))
    deployment.start("flow")
    deployment.drain()
    (headers,) = attempts(deployment)
    assert len(headers["traceparent"]) == 55


@pytest.mark.parametrize(
    ("backoff", "expected"), [("exponential", [1, 2, 4, 8]), ("linear", [1, 2, 3, 4])], ids=["exponential", "linear"]
)
def test_failing_calls_are_retried_through_the_queue(deployment: Deployment, backoff: str, expected: list[int]) -> None:
    deployment.define(one(http(URL, retry={"attempts": 5, "backoff": backoff})))
    trouble = [answer(503), answer(429), answer(408), OutgoingError("timeout", "No answer")]
    deployment.outside.will(URL, *trouble, answer(200, {"ok": 1}))
    instance = deployment.start("flow")
    deployment.drain()
    for number, seconds in enumerate(expected, 1):
        assert len(attempts(deployment)) == number
        deployment.wait(seconds * SECOND - 1)
        assert len(attempts(deployment)) == number, "it waits its whole time, in the queue"
        deployment.wait(1)
    assert delays(deployment) == [0, *expected]
    assert len({each["idempotency-key"] for each in attempts(deployment)}) == 1
    ended = deployment.get(instance["id"])
    assert (ended["status"], ended["workflow_data"]["begin"]["body"]) == ("completed", {"ok": 1})
    steps = [event for event in deployment.events_of(instance["id"]) if event["type"] == "step"]
    assert [(each["subtype"], each["attempt"]) for each in steps] == [
        *[("failed", number) for number in (1, 2, 3, 4)],
        ("completed", 5),
    ]


def test_the_last_attempt_fails_the_instance(deployment: Deployment) -> None:
    deployment.define(one(http(URL, retry=RETRY)))
    deployment.outside.will(URL, answer(502, b"bad gateway"))
    instance = deployment.start("flow")
    for _ in range(6):
        deployment.wait(10 * SECOND)
    ended = deployment.get(instance["id"])
    assert len(attempts(deployment)) == 3
    assert (ended["status"], ended["error_code"], ended["failed_state"]) == ("failed", "http_error", "begin")
    assert "502" in ended["error"]
    assert shapes.is_time(ended["failed_at"])


def test_retry_after_is_honoured_up_to_a_minute(deployment: Deployment) -> None:
    deployment.define(one(http(URL, retry=RETRY)))
    deployment.outside.will(URL, answer(429, retry_after="20"), answer(503, retry_after="86400"), answer(200))
    deployment.start("flow")
    for _ in range(5):
        deployment.wait(61 * SECOND)
    assert delays(deployment) == [0, 20, 60]


@pytest.mark.parametrize("status", [301, 400, 401, 404, 409, 422])
def test_other_answers_fail_at_once(deployment: Deployment, status: int) -> None:
    deployment.define(one(http(URL, retry=RETRY)))
    deployment.outside.will(URL, answer(status, location="https://elsewhere.example.com/"))
    instance = deployment.start("flow")
    deployment.wait(MINUTE)
    assert len(deployment.outside.requests) == 1
    assert deployment.get(instance["id"])["error_code"] == "http_error"


def test_without_retry_there_is_one_attempt(deployment: Deployment) -> None:
    deployment.define(one(http(URL)))
    deployment.outside.will(URL, OutgoingError("timeout", "No complete answer within 30000 ms"))
    instance = deployment.start("flow")
    deployment.wait(MINUTE)
    assert len(attempts(deployment)) == 1
    assert deployment.get(instance["id"])["error_code"] == "http_timeout"


def test_a_repeated_or_late_hint_makes_no_second_call(deployment: Deployment) -> None:
    deployment.define(one(http(URL)))
    instance = deployment.start("flow")
    deployment.drain()
    ((_, hint, _),) = [each for each in deployment.sent if each[0] == "StepsQueue"]
    before = deployment.items()
    deployment.invoke("advance_steps", events.sqs("steps", [hint], received=3))
    deployment.invoke("advance_steps", events.sqs("steps", [{**hint, "sequence": 99}]))
    deployment.invoke(
        "advance_steps", events.sqs("steps", [{**hint, "instance_id": "inst_01kfdmdagyy4rdc3yf0jys7smn"}])
    )
    assert len(attempts(deployment)) == 1
    assert deployment.items() == before
    assert deployment.get(instance["id"])["status"] == "completed"


def test_a_lost_hint_is_found_by_the_clock(deployment: Deployment) -> None:
    deployment.define(one(http(URL)))
    instance = deployment.start("flow")
    deployment.purge("StepsQueue")
    deployment.drain()
    deployment.tick()
    assert deployment.get(instance["id"])["status"] == "running", "not yet overdue"
    deployment.clock.advance(3 * MINUTE)
    deployment.tick()
    assert deployment.get(instance["id"])["status"] == "completed"


def test_a_step_that_the_table_interrupted_comes_again(deployment: Deployment) -> None:
    deployment.define(one(http(URL)))
    instance = deployment.start("flow")
    deployment.errors_expected = True
    with deployment.interposed("Query", throttled):
        assert deployment.work("StepsQueue") == 1
    assert deployment.get(instance["id"])["status"] == "running"
    deployment.wait(71 * SECOND)
    assert deployment.get(instance["id"])["status"] == "completed", "the message must come again, without the clock"


def test_a_failing_script_is_told_in_the_answer_of_the_create(deployment: Deployment) -> None:
    deployment.define(one(script("\nconst a = 1;\nreturn foo.bar", "done")))
    made = deployment.call("POST", "/workflows/flow/instances", {})
    assert made.status == 201
    shapes.check_instance(made.data)
    assert (made.data["status"], made.data["error_code"], made.data["failed_state"]) == (
        "failed",
        "script_error",
        "begin",
    )
    assert made.data["error"] == "ReferenceError: foo is not defined at line 3"


def test_no_matching_transition_fails_or_goes_to_on_error(deployment: Deployment) -> None:
    never = {"target": "done", "condition": {"field": "x", "equals": 1}}
    deployment.define(one(script("return {}", never)))
    assert deployment.start("flow")["error_code"] == "invalid_transition"
    caught = script("return {}", never, on_error={"target": "done"})
    deployment.define(one(caught, name="caught"))
    ended = deployment.start("caught")
    assert (ended["status"], ended["current_state"]) == ("completed", "done")
    error = ended["workflow_data"]["error"]
    assert (error["code"], error["state"]) == ("invalid_transition", "begin")


def test_on_error_takes_a_failed_request_on(deployment: Deployment) -> None:
    deployment.define(one(http(URL, on_error=None) | {"on_error": {"target": "wait"}}, wait=halting()))
    deployment.outside.will(URL, answer(500))
    instance = deployment.start("flow")
    deployment.drain()
    halted = deployment.get(instance["id"])
    assert (halted["status"], halted["current_state"]) == ("halted", "wait")
    assert halted["workflow_data"]["error"]["code"] == "http_error"


def test_on_enter_of_an_end_follows_the_completion(deployment: Deployment) -> None:
    deployment.define(
        {
            **one(script("return { a: 1 }")),
            "states": {
                "begin": script("return { a: 1 }"),
                "done": {"type": "terminal", "on_enter": NOTE},
            },
        }
    )
    instance = deployment.start("flow")
    assert instance["status"] == "completed"
    assert deployment.outside.requests == []
    deployment.drain()
    assert [json.loads(each.body or b"") for each in deployment.outside.to(CALLBACK)] == [{"state": "done"}]
    ended = deployment.get(instance["id"])
    assert (ended["status"], ended["workflow_data"]) == ("completed", {"a": 1}), "its result goes to the history only"
    step = next(event for event in deployment.events_of(instance["id"]) if event.get("phase") == "on_enter")
    assert step["result"] == {"status": 200, "body": {"ok": True}}


def test_a_failing_on_enter_of_an_end_is_an_error_event_only(deployment: Deployment) -> None:
    definition = one(script("return {}"))
    definition["states"]["done"] = {"type": "terminal", "on_enter": NOTE}
    deployment.define(definition)
    deployment.outside.will(CALLBACK, answer(500))
    instance = deployment.start("flow")
    deployment.drain()
    assert deployment.get(instance["id"])["status"] == "completed"
    assert deployment.events_of(instance["id"])[-1]["type"] == "error"


def test_on_enter_elsewhere_comes_first_and_its_failure_is_the_states(deployment: Deployment) -> None:
    deployment.define(one(http(URL) | {"on_enter": NOTE}))
    instance = deployment.start("flow")
    deployment.drain()
    assert [each.url for each in deployment.outside.requests] == [CALLBACK, URL]
    keys = {each.headers["Idempotency-Key"] for each in deployment.outside.requests}
    assert len(keys) == 2, "on_enter and logic have a sequence each"
    assert "result" not in deployment.get(instance["id"])["workflow_data"]
    deployment.outside.will(CALLBACK, answer(500))
    failed = deployment.start("flow")
    deployment.drain()
    found = deployment.get(failed["id"])
    assert (found["status"], found["failed_state"]) == ("failed", "begin")


def test_on_enter_of_a_halting_state_runs_before_the_halt(deployment: Deployment) -> None:
    deployment.define(one(halting(on_enter=NOTE)))
    instance = deployment.start("flow")
    assert instance["status"] == "running"
    deployment.drain()
    assert deployment.get(instance["id"])["status"] == "halted"
    assert len(deployment.outside.to(CALLBACK)) == 1


def test_a_result_never_takes_a_name_that_somebody_else_wrote(deployment: Deployment) -> None:
    definition = one(script("return { approved: false }", "approved"), approved=http(URL))
    deployment.define(definition)
    deployment.outside.will(URL, answer(200, {"approved": True}))
    instance = deployment.start("flow")
    deployment.drain()
    data = deployment.get(instance["id"])["workflow_data"]
    assert data == {"approved": False, "results": {"approved": {"status": 200, "body": {"approved": True}}}}


def test_output_puts_a_result_where_it_says(deployment: Deployment) -> None:
    output = {"path": "order.payment", "mode": "replace", "extract": {"paid": "body.status", "gone": "body.x.y"}}
    deployment.define(one(http(URL) | {"output": output}))
    deployment.outside.will(URL, answer(200, {"status": "ok"}))
    instance = deployment.start("flow", {})
    deployment.drain()
    assert deployment.get(instance["id"])["workflow_data"] == {"order": {"payment": {"paid": "ok", "gone": None}}}


def test_logs_and_durations_are_in_the_history(deployment: Deployment) -> None:
    deployment.define(one(script("console.log('Processing request', input.id); return {}")))
    entry = deployment.start("flow", {"id": "req_456"})["history"][0]
    assert entry["logs"] == ["Processing request req_456"]
    assert isinstance(entry["duration_ms"], int)


def test_endless_transitions_end(deployment: Deployment) -> None:
    deployment.define(
        one(
            {"type": "action", "transitions": [{"target": "again"}]},
            again={
                "type": "action",
                "transitions": [{"target": "begin"}, {"target": "done", "condition": {"field": "x", "equals": 1}}],
            },
        )
    )
    instance = deployment.start("flow")
    deployment.drain()
    assert deployment.get(instance["id"])["error_code"] == "loop_limit_exceeded"


def test_data_over_its_bound_fails_and_a_resume_over_it_is_refused(deployment: Deployment) -> None:
    fill = "return { a: 'x'.repeat(%d) }"
    deployment.define(one(script(fill % (256 * 1024))))
    assert deployment.start("flow")["error_code"] == "workflow_data_too_large"
    deployment.define(one(script(fill % (250 * 1024), "wait"), name="near", wait=halting()))
    instance = deployment.start("near")
    refused = deployment.resume(instance["id"], {"b": "x" * 7000})
    assert refused.refusal == (400, "workflow_data_too_large")
    assert deployment.get(instance["id"]) == instance


def test_a_presentation_over_its_bound_fails_the_instance(deployment: Deployment) -> None:
    wait = halting(presentation={"type": "message", "message": "${workflow_data.a}"})
    deployment.define(one(script("return { a: 'x'.repeat(70000) }", "wait"), wait=wait))
    assert deployment.start("flow")["error_code"] == "presentation_too_large"


def test_input_that_does_not_fit_the_schema_is_refused(deployment: Deployment) -> None:
    schema = {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "number"}}}
    deployment.define({**one(script("return input")), "input_schema": schema})
    refused = deployment.call("POST", "/workflows/flow/instances", {"input": {"amount": "5"}})
    assert refused.refusal == (400, "validation_error")
    assert refused.error["details"]
    assert deployment.start("flow", {"amount": 5})["status"] == "completed"


def test_running_instances_go_on_under_their_version(deployment: Deployment) -> None:
    deployment.define(one(halting()))
    instance = deployment.start("flow")
    second = one(halting(transitions=[{"target": "other"}]), other={"type": "terminal"})
    version = deployment.call("PUT", "/workflows/flow", second).data["version_id"]
    deployment.call("POST", f"/workflows/flow/versions/{version}/publish")
    assert deployment.resume(instance["id"]).data["current_state"] == "done"
    assert deployment.start("flow")["version_id"] == version


def test_a_quota_that_was_lowered_counts_what_began_under_the_old_one(deploy: Any) -> None:
    deployment = deploy(NamespaceQuota="3200")
    deployment.define(one(halting()))
    started = [deployment.start("flow") for _ in range(5)]
    lowered = deployment.services("create_instance").instances.engine
    lowered._quota_shards = QuotaShards(lowered.world, lowered.instances, 4)
    path, body = "/workflows/flow/instances", {"namespace": "user_123"}
    for number in (0, 1):
        assert deployment.call("POST", path, body).refusal == (429, "namespace_quota_exceeded")
        deployment.resume(started[number]["id"])
    deployment.clock.advance(LOOKS_AGAIN)
    assert deployment.call("POST", path, body).status == 201
    assert deployment.call("POST", path, body).refusal == (429, "namespace_quota_exceeded")


def test_the_quota_of_a_namespace_counts_what_is_active(deploy: Any) -> None:
    deployment = deploy(NamespaceQuota="2")
    deployment.define(one(halting()))
    first, _ = deployment.start("flow"), deployment.start("flow")
    path, body = "/workflows/flow/instances", {"namespace": "user_123"}
    assert deployment.call("POST", path, body).refusal == (429, "namespace_quota_exceeded")
    assert deployment.call("POST", path, {"namespace": "user_456"}).status == 201
    deployment.resume(first["id"])
    assert deployment.call("POST", path, body).status == 201
