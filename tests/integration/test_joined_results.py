"""What threads bring to their join, through the API: answers, results side by side, and what stops them (ruling 19)."""

import itertools
from typing import Any

import pytest

from tests.support.deployed import hooks
from tests.support.deployed.deployment import Answer, Deployment
from tests.support.outside import answer
from tests.support.workflows.definitions import halting, http, one, script

CREDIT, FRAUD = "https://api.example.com/credit", "https://api.example.com/fraud"
APPROVED = {"name": "approved", "type": "boolean", "label": "Approve?", "required": True}
END = {"type": "terminal"}
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def api(shared: Deployment) -> Deployment:
    shared.outside.will(CREDIT, answer(200, 700))
    shared.outside.will(FRAUD, answer(200, "low"))
    return shared


def fork(target: str, policy: Any = "all", on_error: str | None = None, **threads: str) -> dict[str, Any]:
    """A state that forks into threads by their first states."""
    first = {name: {"target": state} for name, state in threads.items()}
    caught = {"on_error": {"target": on_error}} if on_error else {}
    return {"type": "action", "fork": {"threads": first, "join": {"target": target, "policy": policy}}, **caught}


def asks(target: str, **more: Any) -> dict[str, Any]:
    return halting(presentation={"type": "form", "fields": [APPROVED]}, transitions=[{"target": target}], **more)


def calls(url: str, output: Any) -> dict[str, Any]:
    return {**http(url, "said"), "output": output}


def run(api: Deployment, definition: Any, given: Any = None) -> str:
    """Start an instance and do what is due; its id."""
    name = f"{definition['name']}_{next(_numbers)}"
    api.define({**definition, "name": name})
    instance_id: str = api.start(name, given)["id"]
    api.drain()
    return instance_id


def say(api: Deployment, instance_id: str, thread: str, given: Any) -> Answer:
    """Resume a thread with its present halt named."""
    path, name = f"/workflows/instances/{instance_id}/threads", f"thread_{thread}"
    threads = api.call("GET", path).data["threads"]
    halt_id = next(each for each in threads if each["id"] == name).get("halt_id")
    named = {"halt_id": halt_id} if halt_id else {}
    return api.call("POST", f"{path}/{name}/resume", {"input": given, **named})


@pytest.mark.parametrize("order", ["ab", "ba"])
@pytest.mark.parametrize(("a", "b"), [(True, True), (True, False), (False, True), (False, False)])
@pytest.mark.parametrize("before", [None, True, False])
def test_the_answers_of_two_approvers_are_counted_as_they_were_given(
    api: Deployment, order: str, a: bool, b: bool, before: bool | None
) -> None:
    definition = one(
        script("return input;", "both"),
        name="counted",
        both=fork("count", a="ask_a", b="ask_b"),
        ask_a=asks("note_a"),
        ask_b=asks("note_b"),
        note_a=script("return { a_said: workflow_data.approved };", "said"),
        note_b=script("return { b_said: workflow_data.approved };", "said"),
        said=END,
        count=script("return { yes: [workflow_data.a_said, workflow_data.b_said].filter(x => x === true).length };"),
    )
    instance_id = run(api, definition, {} if before is None else {"approved": before})
    for name in order:
        assert say(api, instance_id, name, {"approved": {"a": a, "b": b}[name]}).status == 200
    data = api.get(instance_id)["workflow_data"]
    assert (data["a_said"], data["b_said"], data["yes"]) == (a, b, a + b)
    assert data["approved"] is b, "b is written after a, whoever came first"


@pytest.mark.parametrize("held", [{}, {"old": 1}])
def test_results_of_services_at_neighbouring_paths_stay_side_by_side(api: Deployment, held: Any) -> None:
    definition = one(
        script("return { checks: input.checks };", "both"),
        name="neighbours",
        both=fork("done", a="credit", b="fraud"),
        credit=calls(CREDIT, "checks.credit"),
        fraud=calls(FRAUD, {"path": "checks.fraud", "extract": {"risk": "body"}}),
        said=END,
    )
    found = api.get(run(api, definition, {"checks": held}))
    assert found["status"] == "completed"
    checks = found["workflow_data"]["checks"]
    assert checks == {**held, "credit": {"status": 200, "body": 700}, "fraud": {"risk": "low"}}


def nested(policy: Any = "all", on_error: str | None = None, inner: Any = None) -> dict[str, Any]:
    """An outer fork of ``out`` and ``left``; ``left`` forks again into ``x`` and ``y``."""
    return one(
        fork("done", policy, on_error, out="wait", left="inner"),
        name="nested",
        wait=asks("said"),
        inner=inner or fork("inner_joined", x="credit", y="ask_y"),
        inner_joined=script("return { seen: workflow_data.checks };", "said"),
        credit=calls(CREDIT, "checks.credit"),
        ask_y=asks("fraud"),
        fraud=calls(FRAUD, "checks.fraud"),
        said=END,
        caught=END,
    )


def test_what_an_inner_fork_wrote_goes_on_to_the_outer_join(api: Deployment) -> None:
    instance_id = run(api, nested())
    assert say(api, instance_id, "y", {"approved": True}).status == 200
    api.drain()
    between = api.get(instance_id)
    assert between["status"] == "halted"
    assert "checks" not in between["workflow_data"], "the outer join is not reached"
    ended = say(api, instance_id, "out", {"approved": False}).data
    data = ended["workflow_data"]
    assert (ended["status"], set(data["checks"])) == ("completed", {"credit", "fraud"})
    assert data["seen"] == data["checks"], "the inner join saw both"
    assert data["approved"] is True, "left is written after out"


def test_an_inner_fork_that_fails_cancels_the_outer_threads_and_fails_the_instance(api: Deployment) -> None:
    inner = fork("inner_joined", x="bad", y="ask_y")
    definition = nested(inner=inner)
    definition["states"]["bad"] = script("throw new Error('no')", "said")
    failed = api.get(run(api, definition))
    outcomes = {each["id"]: each.get("outcome") for each in failed["threads"]}
    assert (failed["status"], failed["failed_state"]) == ("failed", "bad")
    assert outcomes == {
        "thread_main": "failed",
        "thread_out": "cancelled",
        "thread_left": "failed",
        "thread_x": "failed",
        "thread_y": "cancelled",
    }


def test_an_inner_fork_that_catches_leaves_the_outer_threads_alone(api: Deployment) -> None:
    inner = fork("inner_joined", on_error="said", x="bad", y="ask_y")
    definition = nested(inner=inner)
    definition["states"]["bad"] = script("throw new Error('no')", "said")
    instance_id = run(api, definition)
    assert api.get(instance_id)["status"] == "halted"
    ended = say(api, instance_id, "out", {"approved": True}).data
    assert ended["status"] == "completed"
    assert ended["workflow_data"]["threads"] == {"out": "said", "left": "said"}
    assert ended["workflow_data"]["error"]["state"] == "bad"


def test_a_pause_in_the_middle_keeps_what_was_given_and_lets_nothing_be_given(api: Deployment) -> None:
    instance_id = run(api, nested())
    path = f"/workflows/instances/{instance_id}"
    assert say(api, instance_id, "out", {"approved": False}).status == 200
    assert api.call("POST", f"{path}/pause").status == 200
    assert say(api, instance_id, "y", {"approved": True}).refusal == (409, "instance_paused")
    api.drain()
    assert api.call("POST", f"{path}/unpause").status == 200
    assert say(api, instance_id, "y", {"approved": True}).status == 200
    api.drain()
    ended = api.get(instance_id)
    assert (ended["status"], set(ended["workflow_data"]["checks"])) == ("completed", {"credit", "fraud"})


def test_a_thread_that_a_join_cancelled_says_so_to_whoever_resumes_it(api: Deployment) -> None:
    instance_id = run(api, nested("any"))
    late = api.call("GET", f"/workflows/instances/{instance_id}/threads").data["threads"]
    halt_id = next(each["halt_id"] for each in late if each["id"] == "thread_y")
    assert say(api, instance_id, "out", {"approved": True}).data["status"] == "completed"
    path = f"/workflows/instances/{instance_id}/threads/thread_y/resume"
    named = api.call("POST", path, {"input": {"approved": True}, "halt_id": halt_id})
    assert named.refusal == (409, "concurrent_modification")
    assert named.error["details"]["outcome"] == "cancelled"
    plain = api.call("POST", path, {"input": {"approved": True}})
    assert plain.refusal == (400, "instance_not_halted")
    assert "cancelled" in plain.error["message"]
    assert "approved" not in api.get(instance_id)["history"][-1].get("input_received", {}), "nothing was taken in"


def test_webhooks_of_threads_carry_the_numbers_of_their_own_events(api: Deployment) -> None:
    kinds = [f"workflow.instance.{name}" for name in ("halted", "resumed", "completed")]
    hooks.subscribe(api, *kinds)
    instance_id = run(api, nested())
    for thread in ("out", "y"):
        assert say(api, instance_id, thread, {"approved": True}).status == 200
    api.drain()
    told = [body for body in hooks.arrived(api) if body["data"]["instance_id"] == instance_id]
    numbers = [body["data"]["sequence"] for body in told]
    assert len(set(numbers)) == len(numbers) == 5
    events = {event["number"]: event for event in api.events_of(instance_id)}
    for body in told:
        event, data = events[body["data"]["sequence"]], body["data"]
        assert data.get("thread_id") == (None if event["thread"] == "thread_main" else event["thread"])
    own = [
        (body["data"]["thread_id"], body["event"].rpartition(".")[2]) for body in told if "thread_id" in body["data"]
    ]
    assert sorted(own) == [
        ("thread_out", "halted"),
        ("thread_out", "resumed"),
        ("thread_y", "halted"),
        ("thread_y", "resumed"),
    ]
