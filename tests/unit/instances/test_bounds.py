"""Bounds that several threads reach together, and rounds of the same fork (rulings 12, 14, 17, 19; invariant 9)."""

import pytest

from interactor.core import limits
from interactor.core.errors import HistoryLimitExceededError, WorkflowDataTooLargeError
from interactor.core.jsons import size
from interactor.core.logic import Failed, Succeeded
from interactor.core.times import DAY
from interactor.instances.rules import lifecycle
from interactor.instances.rules.instance import Phase
from interactor.instances.rules.lifetimes import Lifetimes, expires_at
from tests.support.workflows.runner import Runner, by_state, compiled

END = {"type": "terminal"}
SCRIPT = {"type": "script", "code": "return {}"}
HTTP = {"type": "http", "method": "POST", "url": "https://example.com/x"}


def action(target, **more):
    return {"type": "action", "transitions": [{"target": target}], **more}


def halting(target):
    return {"type": "halting", "presentation": {"type": "message", "message": "?"}, "transitions": [{"target": target}]}


def forking(join, policy="all", **threads):
    return {
        "type": "action",
        "fork": {
            "threads": {name: {"target": target} for name, target in threads.items()},
            "join": {"target": join, "policy": policy},
        },
    }


def test_threads_that_wait_for_their_join_count_to_the_data():
    names = [f"t{number}" for number in range(5)]
    states = {"f": forking("end", **{name: name for name in names})}
    states |= {name: action("done", logic=SCRIPT) for name in names} | {"done": END, "end": END}
    run = Runner(compiled(states, "f"), by_state({name: {name: "x" * 80_000} for name in names})).start()
    assert (run.instance.status, run.instance.failure.code) == ("failed", "workflow_data_too_large")
    assert size(run.instance.data) <= limits.WORKFLOW_DATA_BYTES


@pytest.mark.parametrize("failing", [False, True])
def test_a_fork_that_leads_to_itself_ends_at_a_thousand_transitions(failing):
    states = {"f": forking("f", a="t"), "t": END}
    if failing:
        states = {
            "f": forking("end", a="t") | {"on_error": {"target": "f"}},
            "t": action("end", logic=SCRIPT),
            "end": END,
        }
    run = Runner(compiled(states, "f"), by_state({"t": Failed("script_error", "boom")})).start()
    assert (run.instance.status, run.instance.failure.code) == ("failed", "loop_limit_exceeded")
    assert len(run.events) < 7_000


@pytest.mark.parametrize(
    "states",
    [
        pytest.param({"f": action("g"), "g": action("f")}, id="in a thread"),
        pytest.param({"f": forking("f", a="t"), "t": END}, id="at a join"),
    ],
)
def test_a_history_that_is_full_ends_the_instance(monkeypatch, states):
    monkeypatch.setattr(limits, "EVENTS_PER_INSTANCE", 200)
    run = Runner(compiled(states, "f"), by_state({})).start()
    assert (run.instance.status, run.instance.failure.code) == ("failed", "history_limit_exceeded")
    assert 195 <= len(run.events) < 210


def test_a_halt_in_a_thread_lets_its_fork_go_round_again():
    states = {"f": forking("f", a="w"), "w": halting("t"), "t": END}
    run = Runner(compiled(states, "f")).start()
    for _ in range(1_100):
        run.resume({}, "thread_a")
    assert run.instance.status == "halted"


def test_a_thread_of_the_next_round_knows_the_resume_of_the_last():
    states = {"f": forking("f", a="w"), "w": halting("t"), "t": END}
    run = Runner(compiled(states, "f")).start().resume({"round": 1}, "thread_a")
    assert run.instance.threads["thread_a"].phase is Phase.HALTED
    assert run.instance.threads["thread_a"].last_resume.input_hash == '{"round":1}'


def test_a_fork_waits_for_the_on_enter_of_its_earlier_round():
    states = {"f": forking("again", a="t"), "again": halting("f"), "t": {"type": "terminal", "on_enter": HTTP}}
    run = Runner(compiled(states, "f"), before="t").start()
    assert run.instance.threads["thread_a"].phase is Phase.ON_ENTER
    advance = run.advance()
    advance.resume({}, None, "", run.tick())
    advance.run_rules(run.tick())
    assert advance.waits(run.now)
    run.commit(advance)
    assert run.instance.threads["thread_a"].phase is Phase.ON_ENTER, "its on_enter is not lost"
    ended = run.advance("thread_a")
    ended.complete(Succeeded({"status": 200, "body": None}), run.tick())
    run.commit(ended)
    run.now = run.instance.main.due_at
    forked = run.advance()
    forked.run_rules(run.now)
    run.commit(forked)
    assert run.instance.main.phase is Phase.JOINING
    assert run.instance.threads["thread_a"].phase is Phase.ENTER


def test_a_resume_that_is_too_large_only_together_with_another_is_refused_and_harms_nobody():
    states = {"f": forking("end", a="wa", b="wb"), "wa": halting("t"), "wb": halting("t"), "t": END, "end": END}
    run = Runner(compiled(states, "f")).start()
    first, second = run.advance("thread_a"), run.advance("thread_b")
    for advance, name in ((first, "a"), (second, "b")):
        advance.resume({name: "x" * 150_000}, None, name, run.tick())
    run.commit(first)
    with pytest.raises(WorkflowDataTooLargeError):
        run.commit(second)
    assert run.instance.status == "halted"


def test_nested_forks_that_start_at_once_stay_within_ten_threads():
    inner = {f"n{number}": "t" for number in range(8)}
    states = {
        "f": forking("end", a="wa", b="wb"),
        "wa": halting("fa"),
        "wb": halting("fb"),
        "fa": forking("t", **{f"a_{name}": "w" for name in inner}),
        "fb": forking("t", **{f"b_{name}": "w" for name in inner}),
        "w": halting("t"),
        "t": END,
        "end": END,
    }
    run = Runner(compiled(states, "f")).start()
    first, second = run.advance("thread_a"), run.advance("thread_b")
    for advance in (first, second):
        advance.resume({}, None, "", run.tick())
    run.commit(first)
    run.commit(second)
    assert run.instance.failure.code == "thread_limit_exceeded"


def test_an_outer_join_keeps_what_inner_joins_said_of_their_threads():
    states = {"f": forking("end", out="g"), "g": forking("t", one="t", two="t"), "t": END, "end": END}
    run = Runner(compiled(states, "f")).start()
    assert run.instance.data["threads"] == {"one": "t", "two": "t", "out": "t"}


def test_a_join_tells_which_threads_it_cut_off():
    states = {"f": forking("end", "any", a="wa", b="wb"), "wa": halting("t"), "wb": halting("t"), "t": END, "end": END}
    run = Runner(compiled(states, "f")).start().resume({}, "thread_a")
    assert run.named("transition", "join")[0]["cancelled"] == ["thread_b"]


def test_what_finished_threads_held_is_let_go():
    states = {"f": forking("w", a="wa"), "wa": halting("t"), "w": halting("end"), "t": END, "end": END}
    run = Runner(compiled(states, "f")).start({"big": "x" * 1_000}).resume({"y": 1}, "thread_a").resume({})
    thread = run.instance.threads["thread_a"]
    assert (thread.layer, thread.input, thread.halt) == ({}, {}, None)


def test_an_instance_in_steady_use_does_not_expire():
    states = {"w": halting("w"), "end": END}
    states["w"]["transitions"] = [{"target": "end", "condition": {"field": "stop", "equals": True}}, {"target": "w"}]
    run = Runner(compiled(states, "w")).start()
    run.now += 9 * DAY
    run.resume({})
    assert expires_at(run.instance, Lifetimes(halted=10 * DAY)) == run.instance.main.halt.since + 10 * DAY
    assert run.instance.main.halt.since > 9 * DAY


def test_a_full_history_can_be_cancelled_failed_and_unpaused_but_neither_paused_nor_retried(monkeypatch):
    """What protects stays possible; what could be repeated for ever does not (invariant 9)."""
    definition = compiled({"w": halting("t"), "t": END}, "w")
    run = Runner(definition).start()
    waiting = run.instance
    last = waiting.next_event - 1
    monkeypatch.setattr(limits, "EVENTS_PER_INSTANCE", last + 2)
    paused = lifecycle.pause(waiting, None, run.now, bytes(16)).instance
    unpaused = lifecycle.unpause(paused, None, run.now, bytes(16)).instance
    assert unpaused.next_event == last + 3
    with pytest.raises(HistoryLimitExceededError):
        lifecycle.pause(unpaused, None, run.now, bytes(16))
    monkeypatch.setattr(limits, "EVENTS_PER_INSTANCE", last + 1)
    with pytest.raises(HistoryLimitExceededError):
        lifecycle.pause(waiting, None, run.now, bytes(16))
    monkeypatch.setattr(limits, "EVENTS_PER_INSTANCE", last)
    assert lifecycle.cancel(waiting, "requested", None, [], run.now, bytes(16)).instance.status == "cancelled"
    failed = lifecycle.give_up(waiting, [], run.now, bytes(16)).instance
    assert failed.status == "failed"
    with pytest.raises(HistoryLimitExceededError):
        lifecycle.retry(definition, failed, None, run.now, bytes(16), 0)
    monkeypatch.setattr(limits, "EVENTS_PER_INSTANCE", failed.next_event)
    assert lifecycle.retry(definition, failed, None, run.now, bytes(16), 0).instance.status == "halted"
