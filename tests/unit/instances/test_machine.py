"""How one thread moves (rulings 5 to 16), by the core alone."""

import pytest

from interactor.core.errors import InvalidRequestError, InvalidTransitionError, WorkflowDataTooLargeError
from interactor.core.logic import Failed, Succeeded
from interactor.instances.rules.instance import MAIN, Phase
from interactor.instances.rules.machine import Advance
from tests.support.workflows.runner import Runner, by_state, compiled

SCRIPT = {"type": "script", "code": "return {}"}
HTTP = {"type": "http", "method": "POST", "url": "https://example.com/x"}
END = {"type": "terminal"}


def to(target, **condition):
    return {"target": target, **({"condition": condition} if condition else {})}


def form(*names, **more):
    fields = [{"name": name, "type": "boolean", "label": name, **more} for name in names]
    return {"type": "form", "title": "Decide", "fields": fields}


def halting(*transitions, **more):
    return {"type": "halting", "presentation": form("approved"), "transitions": list(transitions), **more}


APPROVAL = {
    "ask": {"type": "action", "logic": SCRIPT, "transitions": [to("wait")]},
    "wait": halting(to("yes", field="approved", equals=True), to("no", field="approved", equals=False)),
    "yes": END,
    "no": END,
}


def test_an_instance_runs_to_its_first_halt_and_says_what_it_waits_for():
    run = Runner(compiled(APPROVAL), by_state({"ask": {"amount": 5}})).start({"amount": 5})
    assert run.instance.status == "halted"
    assert run.instance.main.state == "wait"
    assert run.instance.data == {"amount": 5}
    assert run.instance.main.halt.presentation["title"] == "Decide"
    assert [(event["type"], event["subtype"]) for event in run.events] == [
        ("lifecycle", "created"),
        ("step", "completed"),
        ("transition", "state_change"),
        ("halt", "waiting"),
    ]


def test_the_first_matching_transition_is_taken_and_the_end_completes_the_instance():
    run = Runner(compiled(APPROVAL)).start().resume({"approved": True})
    assert (run.instance.status, run.path()) == ("completed", ["ask", "wait", "yes"])
    assert run.named("halt", "resumed")[0]["by"] == "someone"
    assert run.named("transition", "state_change")[-1]["trigger"] == "input"


def test_a_refused_resume_changes_nothing():
    run = Runner(compiled({**APPROVAL, "wait": halting(to("yes", field="approved", equals=True))})).start()
    before = run.instance
    advance = Advance(run.definition, run.instance, MAIN)
    with pytest.raises(InvalidTransitionError):
        advance.resume({"approved": None}, None, "", run.now)
    for sent, field in (({"approved": "perhaps"}, "approved"), ({"aproved": True}, "aproved"), (None, "input")):
        with pytest.raises(InvalidRequestError) as caught:
            Advance(run.definition, run.instance, MAIN).resume(sent, None, "", run.now)
        assert caught.value.details[0]["field"] == field
    assert run.instance == before


def test_an_earlier_approval_does_not_approve_for_the_next_halt():
    states = {
        "manager": halting(to("vp", field="approved", equals=True), to("no")),
        "vp": halting(to("yes", field="approved", equals=True), to("no")),
        "yes": END,
        "no": END,
    }
    run = Runner(compiled(states)).start().resume({"approved": True}).resume({})
    assert run.path() == ["manager", "vp", "no"]
    assert run.instance.data == {"approved": False}


def test_input_that_would_make_the_data_too_large_is_refused():
    takes_more = {**APPROVAL, "wait": {**APPROVAL["wait"], "additional_input": True}}
    run = Runner(compiled(takes_more)).start()
    with pytest.raises(WorkflowDataTooLargeError):
        Advance(run.definition, run.instance, MAIN).resume({"approved": True, "text": "x" * 262_144}, None, "", run.now)


def test_results_that_make_the_data_too_large_fail_the_instance_without_them():
    states = {"a": {"type": "action", "logic": SCRIPT, "transitions": [to("end")], "on_error": to("end")}, "end": END}
    run = Runner(compiled(states), by_state({"a": {"text": "x" * 262_144}})).start()
    assert (run.instance.status, run.instance.failure.code) == ("failed", "workflow_data_too_large")
    assert run.instance.data == {}


def test_a_failed_script_fails_the_instance_with_its_code_and_state():
    run = Runner(compiled(APPROVAL), by_state({"ask": Failed("script_error", "boom at line 2")})).start()
    failure = run.instance.failure
    assert (run.instance.status, failure.code, failure.message, failure.state) == (
        "failed",
        "script_error",
        "boom at line 2",
        "ask",
    )
    kinds = [(event["type"], event["subtype"]) for event in run.events]
    assert kinds[1:] == [
        ("step", "failed"),
        ("error", "step_failed"),
        ("error", "instance_failed"),
        ("lifecycle", "failed"),
    ]


def test_on_error_takes_the_thread_on_with_the_error_in_its_data():
    states = {
        "a": {"type": "action", "logic": SCRIPT, "transitions": [to("end")], "on_error": {"target": "mend"}},
        "mend": halting(to("end")),
        "end": END,
    }
    run = Runner(compiled(states), by_state({"a": Failed("script_error", "boom")})).start()
    assert run.path() == ["a", "mend"]
    assert run.instance.data == {"error": {"code": "script_error", "message": "boom", "state": "a"}}
    assert run.named("transition", "state_change")[0]["trigger"] == "error"


def _too_large(target):
    presentation = {"type": "message", "message": "${input.big}${input.big}"}
    return {**halting(to("end")), "presentation": presentation, "on_error": {"target": target}}


@pytest.mark.parametrize(
    "start",
    [
        _too_large("other"),
        {**halting(to("end")), "timeout": {"after": "1s", "target": "other"}},
        {"type": "action", "logic": SCRIPT, "transitions": [to("end")], "on_error": {"target": "other"}},
    ],
    ids=["create", "timeout", "failed script"],
)
def test_failures_on_arrival_that_lead_to_one_another_end_at_a_thousand_transitions(start):
    states = {"begin": start, "other": _too_large("third"), "third": _too_large("other"), "end": END}
    big = {"big": "x" * 40_000}
    run = Runner(compiled(states), by_state({"begin": Failed("script_error", "boom")})).start(big)
    if run.instance.status == "halted":
        run.time_out()
    assert run.instance.failure.code == "loop_limit_exceeded"
    assert len(run.named("transition", "state_change")) == 1_000
    assert max(len(settled.events) for settled in run.settled) <= 110


def test_an_action_whose_transitions_all_refuse_fails_with_invalid_transition():
    states = {"a": {"type": "action", "transitions": [to("end", field="x", equals=1)]}, "end": END}
    run = Runner(compiled(states)).start()
    assert run.instance.failure.code == "invalid_transition"


def test_a_loop_without_a_halt_ends_at_a_thousand_transitions():
    states = {"a": {"type": "action", "transitions": [to("b")]}, "b": {"type": "action", "transitions": [to("a")]}}
    states["end"] = END
    run = Runner(compiled(states)).start()
    assert run.instance.failure.code == "loop_limit_exceeded"
    assert len(run.named("transition", "state_change")) == 1_000
    assert max(len(settled.events) for settled in run.settled) <= 110


def test_a_halt_sets_the_count_of_transitions_back():
    states = {"wait": halting(to("a")), "a": {"type": "action", "transitions": [to("wait")]}, "end": END}
    run = Runner(compiled(states)).start()
    for _ in range(600):
        run.resume({})
    assert run.instance.status == "halted"


def test_a_timeout_leaves_the_halt_for_its_target():
    states = {"wait": halting(to("yes"), timeout={"after": "24h", "target": "late"}), "yes": END, "late": END}
    run = Runner(compiled(states)).start()
    assert run.instance.main.halt.timeout_at == run.instance.main.halt.since + 24 * 3_600_000
    run.time_out()
    assert run.path() == ["wait", "late"]
    assert run.named("transition", "state_change")[0]["trigger"] == "timeout"


def escalating(after, **more):
    return {"wait": halting(to("yes"), timeout={"after": after, "target": "late"}, **more), "yes": END, "late": END}


@pytest.mark.parametrize(("days", "seconds"), [(2, 172_800), (2.0, 172_800), ("3", 259_200)])
def test_a_timeout_is_filled_as_the_halt_begins(days, seconds):
    run = Runner(compiled(escalating("${input.days}d"))).start({"days": days})
    assert run.instance.main.halt.timeout_at == run.instance.main.halt.since + seconds * 1000
    assert run.time_out().path() == ["wait", "late"]


@pytest.mark.parametrize("days", [None, "", 0, -1, 1.5, "soon", 10_000_000_000, [1], True])
def test_a_timeout_that_is_filled_with_no_duration_fails_the_state(days):
    failed = Runner(compiled(escalating("${input.days}d"))).start({"days": days}).instance
    assert (failed.status, failed.failure.code, failed.failure.state) == ("failed", "template_error", "wait")
    assert "timeout of state 'wait'" in failed.failure.message
    caught = Runner(compiled(escalating("${input.days}d", on_error={"target": "late"}))).start({"days": days})
    assert caught.path() == ["wait", "late"]


def test_on_enter_runs_before_the_logic_and_leaves_its_result_in_the_history_only():
    states = {"a": {"type": "action", "on_enter": SCRIPT, "logic": SCRIPT, "transitions": [to("end")]}, "end": END}
    order = []

    def answer(step, advance):
        order.append((step.phase, step.sequence))
        return Succeeded({"phase": str(step.phase)})

    run = Runner(compiled(states), answer).start()
    assert [phase for phase, _ in order] == [Phase.ON_ENTER, Phase.LOGIC]
    assert order[0][1] != order[1][1]
    assert run.instance.data == {"phase": "logic"}
    assert run.named("step", "completed")[0]["result"] == {"phase": "on_enter"}


def test_on_enter_of_a_terminal_state_follows_the_end_and_its_failure_fails_nothing():
    states = {"a": {"type": "action", "transitions": [to("end")]}, "end": {"type": "terminal", "on_enter": HTTP}}
    run = Runner(compiled(states), by_state({"end": Failed("http_error", "refused")})).start()
    kinds = [(event["type"], event["subtype"]) for event in run.events]
    assert kinds.index(("lifecycle", "completed")) < kinds.index(("step", "failed"))
    assert kinds[-1] == ("error", "step_failed")
    assert run.instance.status == "completed"
    assert run.instance.main.phase is Phase.ENDED


def test_a_failed_attempt_keeps_its_sequence_and_counts_up():
    states = {"call": {"type": "action", "logic": HTTP, "transitions": [to("end")]}, "end": END}
    run = Runner(compiled(states), before="call").start()
    first = run.instance.main
    advance = run.advance()
    advance.complete(Failed("http_timeout", "late", retryable=True), run.tick(), retry_at=run.now + 2_000)
    settled = run.commit(advance)
    thread = settled.instance.main
    assert (thread.sequence, thread.attempt, thread.due_at) == (first.sequence, 2, run.now + 2_000)
    assert settled.events[-1]["retry_at"] == run.now + 2_000
    again = run.advance()
    again.complete(Succeeded({"status": 200, "body": "ok"}), run.tick())
    run.commit(again)
    assert run.instance.status == "completed"


@pytest.mark.parametrize(
    ("before", "output", "place"),
    [
        ({}, None, {"call": {"status": 200, "body": {"x": {"y": 1}}}}),
        ({"call": "mine"}, None, {"call": "mine", "results": {"call": {"status": 200, "body": {"x": {"y": 1}}}}}),
        ({}, "a.b", {"a": {"b": {"status": 200, "body": {"x": {"y": 1}}}}}),
        ({"a": {"c": 1}}, "a.b", {"a": {"c": 1, "b": {"status": 200, "body": {"x": {"y": 1}}}}}),
        ({}, {"path": "a", "extract": {"n": "body.x.y", "gone": "body.z"}}, {"a": {"n": 1, "gone": None}}),
        ({"a": {"c": 1}}, {"path": "a", "mode": "merge", "extract": {"n": "body.x.y"}}, {"a": {"c": 1, "n": 1}}),
    ],
)  # fmt: skip
def test_where_an_http_result_goes(before, output, place):
    states = {
        "first": {"type": "action", "logic": SCRIPT, "transitions": [to("call")]},
        "call": {"type": "action", "logic": HTTP, "transitions": [to("end")]},
        "end": END,
    }
    if output is not None:
        states["call"]["output"] = output
    result = {"status": 200, "body": {"x": {"y": 1}}}
    run = Runner(compiled(states), by_state({"first": before, "call": result})).start()
    assert run.instance.data == place


def test_an_http_result_never_lands_on_a_value_that_leads_nowhere():
    states = {
        "first": {"type": "action", "logic": SCRIPT, "transitions": [to("call")]},
        "call": {"type": "action", "logic": HTTP, "transitions": [to("end")]},
        "end": END,
    }
    answers = {"first": {"call": 1, "results": "no object"}, "call": {"status": 200, "body": 1}}
    run = Runner(compiled(states), by_state(answers)).start()
    assert run.instance.failure.code == "http_error"


def test_a_state_may_overwrite_its_own_result_on_the_next_round():
    states = {
        "call": {"type": "action", "logic": HTTP, "transitions": [to("wait")]},
        "wait": halting(to("call", field="approved", equals=True), to("end")),
        "end": END,
    }
    count = iter(range(10))
    run = Runner(compiled(states), lambda step, advance: Succeeded({"status": 200, "body": next(count)})).start()
    run.resume({"approved": True})
    assert run.instance.data["call"]["body"] == 1


def test_a_chosen_key_decides_in_selection_mode():
    states = {
        "wait": {
            "type": "halting",
            "transition_mode": "selection",
            "transitions": [{"key": "approve", "to": "yes"}, {"key": "reject", "to": "no"}],
        },
        "yes": END,
        "no": END,
    }
    run = Runner(compiled(states)).start()
    assert [choice["key"] for choice in run.instance.main.halt.options["choices"]] == ["approve", "reject"]
    run.resume({}, option="reject")
    assert run.path() == ["wait", "no"]
    assert run.instance.data == {"choice": "reject"}
    assert run.named("transition", "state_change")[0]["key"] == "reject"


def test_a_presentation_that_grows_too_large_fails_the_halt():
    states = {"ask": {"type": "action", "logic": SCRIPT, "transitions": [to("wait")]}, "end": END}
    states["wait"] = {
        "type": "halting",
        "presentation": {"type": "message", "message": "${text}"},
        "transitions": [to("end")],
    }
    run = Runner(compiled(states), by_state({"ask": {"text": "x" * 70_000}})).start()
    assert run.instance.failure.code == "presentation_too_large"
