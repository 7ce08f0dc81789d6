"""How changes become the next version of an instance: forks, joins, ends, numbers, waking (rulings 19, 20, 24)."""

from dataclasses import replace
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactor.core import ids, limits
from interactor.core.errors import InstanceNotActiveError, InstanceNotFailedError
from interactor.core.jsons import equal
from interactor.core.logic import Failed, Succeeded
from interactor.core.times import DAY, MINUTE
from interactor.instances.rules.events import apply, changes, undo
from interactor.instances.rules.instance import MAIN, Phase
from interactor.instances.rules.lifecycle import cancel, pause, retry, unpause
from interactor.instances.rules.lifetimes import Lifetimes, expires_at, wake_at
from interactor.instances.rules.settle import OvertakenError, settle
from interactor.instances.rules.snapshots import data_at
from tests.support.workflows.runner import Runner, by_state, compiled

END = {"type": "terminal"}
SCRIPT = {"type": "script", "code": "return {}"}


def halting(target, name="ok", **more):
    fields = [{"name": name, "type": "boolean", "label": name}]
    return {
        "type": "halting",
        "presentation": {"type": "form", "fields": fields},
        "transitions": [{"target": target}],
        **more,
    }


def review(policy="all", names=("finance", "legal", "security"), **fork_state):
    states = {
        "review": {
            "type": "action",
            "fork": {
                "threads": {name: {"target": f"await_{name}"} for name in names},
                "join": {"target": "decide", "policy": policy},
            },
            **fork_state,
        }
    }
    for name in names:
        states[f"await_{name}"] = halting(f"{name}_done", f"{name}_ok")
        states[f"{name}_done"] = END
    states["decide"] = {"type": "action", "transitions": [{"target": "end"}]}
    return states | {"end": END}


def outcomes(run):
    return {name.removeprefix("thread_"): thread.outcome for name, thread in run.instance.threads.items()}


def test_a_fork_halts_in_every_thread_and_joins_when_all_are_done():
    run = Runner(compiled(review())).start()
    assert run.instance.status == "halted"
    assert run.instance.main.phase is Phase.JOINING
    run.resume({"finance_ok": True}, "thread_finance").resume({"legal_ok": False}, "thread_legal")
    assert run.instance.status == "halted"
    run.resume({"security_ok": True}, "thread_security")
    assert run.instance.status == "completed"
    assert run.path() == ["review", "decide", "end"]
    assert run.instance.data == {
        "finance_ok": True,
        "legal_ok": False,
        "security_ok": True,
        "threads": {"finance": "finance_done", "legal": "legal_done", "security": "security_done"},
    }


@pytest.mark.parametrize(("policy", "needed"), [("any", 1), ({"count": 2}, 2), ("all", 3)])
def test_the_rest_is_cancelled_in_the_commit_that_completes_the_join(policy, needed):
    run = Runner(compiled(review(policy))).start()
    names = ["legal", "finance", "security"]
    for name in names[:needed]:
        run.resume({f"{name}_ok": True}, f"thread_{name}")
    joining = next(
        settled for settled in run.settled if any(event["subtype"] == "join" for event in settled.events)
    ).instance
    ended = {name: joining.threads[f"thread_{name}"].outcome for name in names}
    assert ended == {name: "completed" if name in names[:needed] else "cancelled" for name in names}
    finals = run.instance.data["threads"]
    assert finals == {name: f"{name}_done" if name in names[:needed] else None for name in names}
    assert run.instance.status == "completed"


def test_later_threads_win_over_earlier_ones_whichever_ends_first():
    states = review(names=("one", "two"))
    for name in ("one", "two"):
        states[f"await_{name}"] = {
            "type": "action",
            "logic": SCRIPT,
            "transitions": [{"target": f"{name}_done"}],
        }
    run = Runner(compiled(states), by_state({"await_one": {"x": 1}, "await_two": {"x": 2}})).start()
    assert run.instance.data["x"] == 2


def test_a_thread_sees_the_data_at_the_fork_and_not_what_its_siblings_write():
    seen = {}
    states = review(names=("one", "two"))
    for name in ("one", "two"):
        states[f"await_{name}"] = {"type": "action", "logic": SCRIPT, "transitions": [{"target": f"{name}_done"}]}

    def answer(step, advance):
        seen[step.state.name] = dict(advance.scope().workflow_data)
        return Succeeded({step.state.name: True})

    run = Runner(
        compiled({"begin": {"type": "action", "logic": SCRIPT, "transitions": [{"target": "review"}]}} | states), answer
    )
    run.start()
    assert seen["await_one"] == seen["await_two"] == {"begin": True}
    assert run.instance.data["await_one"]
    assert run.instance.data["await_two"]


def test_a_failing_thread_cancels_its_siblings_and_fails_the_instance():
    states = review()
    states["await_legal"] = {"type": "action", "logic": SCRIPT, "transitions": [{"target": "legal_done"}]}
    run = Runner(compiled(states), by_state({"await_legal": Failed("script_error", "boom")})).start()
    assert (run.instance.status, run.instance.failure.state) == ("failed", "await_legal")
    assert outcomes(run) == {"main": "failed", "finance": "cancelled", "legal": "failed", "security": "cancelled"}


def test_a_fork_s_on_error_takes_the_instance_on():
    states = review(on_error={"target": "end"})
    states["await_legal"] = {"type": "action", "logic": SCRIPT, "transitions": [{"target": "legal_done"}]}
    run = Runner(compiled(states), by_state({"await_legal": Failed("script_error", "boom")})).start()
    assert run.instance.status == "completed"
    assert run.instance.data["error"] == {"code": "script_error", "message": "boom", "state": "await_legal"}


def test_a_fork_within_a_fork_joins_from_the_inside():
    states = review(names=("outer", "other"))
    states["await_outer"] = {
        "type": "action",
        "fork": {
            "threads": {"left": {"target": "await_left"}, "right": {"target": "await_right"}},
            "join": {"target": "outer_done", "policy": "all"},
        },
    }
    for name in ("left", "right"):
        states |= {f"await_{name}": halting(f"{name}_done", f"{name}_ok"), f"{name}_done": END}
    run = Runner(compiled(states)).start()
    for name in ("left", "other", "right"):
        run.resume({f"{name}_ok": True}, f"thread_{name}")
    assert run.instance.status == "completed"
    data = run.instance.data
    assert {name: data[f"{name}_ok"] for name in ("left", "right", "other")} == dict.fromkeys(
        ("left", "right", "other"), True
    )


@pytest.mark.parametrize("how", ["join", "on_error"])
def test_threads_that_a_cancelled_thread_had_forked_are_cancelled_with_it(how):
    states = review("any", names=("finance", "legal"), on_error={"target": "end"})
    states["await_finance"] = {
        "type": "action",
        "fork": {"threads": {"tax": {"target": "ask_tax"}, "cash": {"target": "ask_cash"}}, "join": {"target": "paid"}},
    }
    states |= {name: halting("asked") for name in ("ask_tax", "ask_cash")} | {"asked": END, "paid": halting("asked")}
    if how == "on_error":
        states["await_legal"] = halting("check")
        states["check"] = {"type": "action", "logic": SCRIPT, "transitions": [{"target": "legal_done"}]}
    results = {"check": Failed("script_error", "no")}
    run = Runner(compiled(states), by_state(results)).start().resume({}, "thread_legal")
    assert run.instance.status == "completed"
    ended = {name: outcome for name, outcome in outcomes(run).items() if name in ("finance", "tax", "cash")}
    assert ended == dict.fromkeys(("finance", "tax", "cash"), "cancelled")
    told = [event["cancelled"] for event in run.events if "cancelled" in event]
    assert [sorted(names) for names in told] == [["thread_cash", "thread_finance", "thread_tax"]]


def test_a_change_that_another_thread_overtook_is_settled_on_the_new_head():
    run = Runner(compiled(review())).start()
    first, second = run.advance("thread_finance"), run.advance("thread_legal")
    first.resume({"finance_ok": True}, None, "a", run.tick())
    second.resume({"legal_ok": True}, None, "b", run.tick())
    run.commit(first)
    run.commit(second)
    numbers = [event["number"] for event in run.events]
    assert numbers == list(range(1, len(numbers) + 1))
    sequences = [thread.sequence for thread in run.instance.threads.values()]
    assert len(set(sequences)) == len(sequences)
    assert max(sequences) < run.instance.next_sequence
    run.resume({"security_ok": True}, "thread_security")
    assert run.instance.status == "completed"


def test_a_change_of_a_thread_that_moved_is_void():
    run = Runner(compiled(review())).start()
    first, second = run.advance("thread_finance"), run.advance("thread_finance")
    for advance in (first, second):
        advance.resume({"finance_ok": True}, None, "a", run.tick())
    run.commit(first)
    before = run.instance
    with pytest.raises(OvertakenError):
        run.commit(second)
    assert run.instance == before


def test_a_cancel_voids_what_was_under_way():
    run = Runner(compiled(review())).start()
    advance = run.advance("thread_finance")
    advance.resume({"finance_ok": True}, None, "a", run.tick())
    settled = cancel(run.instance, "requested", "someone", None, run.now, b"\0" * 16)
    assert settled.instance.status == "cancelled"
    assert {thread.outcome for thread in settled.instance.threads.values()} == {"cancelled"}
    with pytest.raises(OvertakenError):
        settle(run.definition, settled.instance, advance.change(), run.now, b"\0" * 16)


def test_every_event_has_an_id_that_carries_its_number():
    run = Runner(compiled(review())).start()
    assert [ids.event_number(event["id"]) for event in run.events] == [event["number"] for event in run.events]


def test_an_expiry_counts_from_entering_the_halt_and_from_the_last_commit_while_running():
    lifetimes = Lifetimes()
    run = Runner(compiled(review())).start()
    halted_since = run.instance.status_since
    assert expires_at(run.instance, lifetimes) == halted_since + 90 * DAY
    run.resume({"finance_ok": True}, "thread_finance")
    assert run.instance.status_since >= halted_since
    running = replace(run.instance, status="running")
    assert expires_at(running, lifetimes) == running.updated_at + 30 * DAY


def test_nothing_unfinished_is_without_a_wake_up():
    lifetimes = Lifetimes()
    run = Runner(compiled({"wait": halting("end", timeout={"after": "2m", "target": "end"}), "end": END})).start()
    assert wake_at(run.instance, lifetimes) == run.instance.main.halt.timeout_at
    http = {"type": "http", "method": "GET", "url": "https://example.com/"}
    states = {
        "call": {"type": "action", "logic": http, "transitions": [{"target": "end"}]},
        "end": END | {"on_enter": http},
    }
    waiting = Runner(compiled(states), before="call").start()
    assert wake_at(waiting.instance, lifetimes) == waiting.instance.updated_at + 2 * MINUTE
    advance = waiting.advance()
    advance.complete(Failed("http_error", "busy", retryable=True), waiting.tick(), retry_at=waiting.now + 5 * MINUTE)
    waiting.commit(advance)
    assert wake_at(waiting.instance, lifetimes) == waiting.now + 7 * MINUTE
    waiting.before = "end"
    advance = waiting.advance()
    advance.complete(Succeeded({"status": 200, "body": None}), waiting.tick())
    waiting.commit(advance)
    assert waiting.instance.ended
    assert wake_at(waiting.instance, lifetimes) == waiting.instance.updated_at + 2 * MINUTE
    waiting.before = None
    waiting.rest()
    assert wake_at(waiting.instance, lifetimes) == waiting.instance.ended_at + 30 * DAY


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
documents = st.dictionaries(st.sampled_from("abcdef"), json_values, max_size=5)


@given(documents, documents)
def test_a_change_leads_forth_and_back(before, after):
    assert equal(undo(after, changes(before, after)), before)
    assert equal(apply(before, changes(before, after)), after)


@given(documents, documents)
def test_no_change_is_told_where_there_is_none(before, after):
    assert (changes(before, after) == {}) == equal(before, after)


@settings(max_examples=60)
@given(st.lists(documents, min_size=1, max_size=6))
def test_the_data_at_every_event_can_be_told_from_its_record(results):
    names = [f"s{number}" for number in range(len(results))]
    states = {
        name: {"type": "action", "logic": SCRIPT, "transitions": [{"target": after}]}
        for name, after in zip(names, [*names[1:], "end"], strict=True)
    } | {"end": END}
    run = Runner(compiled(states, names[0]), by_state(dict(zip(names, results, strict=True)))).start()
    data: dict[str, object] = {}
    for settled in run.settled:
        for event in settled.events:
            if (event["type"], event["subtype"]) == ("step", "completed"):
                data = {**data, **results[names.index(event["state"])]}
            assert equal(data_at(run.records_of(event["number"]), event["number"]), data)
    assert equal(run.instance.view(MAIN), data)


@pytest.mark.parametrize("records_per_snapshot", [1, 3, 50])
def test_the_data_of_every_thread_is_told_from_the_last_snapshot_on(records_per_snapshot):
    """Large data is not copied into every record: what lies between two snapshots is folded."""
    with (
        patch.object(limits, "SNAPSHOT_SMALL_BYTES", 0),
        patch.object(limits, "RECORDS_PER_SNAPSHOT", records_per_snapshot),
    ):
        large = {f"k{number}": "x" * 50 for number in range(40)}
        states = {"begin": {"type": "action", "logic": SCRIPT, "transitions": [{"target": "review"}]}} | review()
        states |= {n: {**state, "additional_input": True} for n, state in states.items() if state["type"] == "halting"}
        run = Runner(compiled(states), by_state({"begin": large})).start()
        for name in ("legal", "security", "finance"):
            run.resume({f"{name}_ok": True, "k1": name}, f"thread_{name}")
    assert run.instance.status == "completed"
    taken = [settled.snapshot is not None for settled in run.settled]
    assert taken[0]
    assert all(taken) == (records_per_snapshot == 1)
    for settled in run.settled:
        last = settled.events[-1]
        records = run.records_of(last["number"])
        assert len(records) <= records_per_snapshot
        assert data_at(records, last["number"]) == settled.instance.view(last["thread"])
    finance_ends = max(event["number"] for event in run.events if event["thread"] == "thread_finance")
    seen = data_at(run.records_of(finance_ends), finance_ends)
    assert seen["finance_ok"] is True
    assert "legal_ok" not in seen, "a thread does not see what its siblings wrote, even in the commit of the join"


def test_a_retry_goes_on_from_the_failed_step_with_its_sequence():
    states = {
        "a": {"type": "action", "logic": SCRIPT, "transitions": [{"target": "b"}]},
        "b": {"type": "action", "logic": SCRIPT, "transitions": [{"target": "end"}]},
        "end": END,
    }
    ran = []

    def answer(step, advance):
        ran.append((step.state.name, step.sequence))
        return (
            Failed("script_error", "boom") if ran.count(("b", step.sequence)) == 1 else Succeeded({step.state.name: 1})
        )

    run = Runner(compiled(states), answer).start()
    assert run.instance.status == "failed"
    settled = retry(run.definition, run.instance, "operator", run.tick(), b"\0" * 16, 0)
    run.adopt(settled).rest()
    assert run.instance.status == "completed"
    assert [name for name, _ in ran] == ["a", "b", "b"]
    assert ran[1] == ran[2]
    assert run.instance.failure is None
    assert run.named("lifecycle", "retried")[0]["by"] == "operator"


def test_a_retry_brings_back_the_threads_that_the_failure_cut_off():
    states = review()
    states["await_legal"] = {"type": "action", "logic": SCRIPT, "transitions": [{"target": "legal_done"}]}
    failing = [True]

    def answer(step, advance):
        return Failed("script_error", "boom") if failing else Succeeded({"legal_ok": True})

    run = Runner(compiled(states), answer).start()
    assert run.instance.status == "failed"
    failing.clear()
    run.adopt(retry(run.definition, run.instance, None, run.tick(), b"\0" * 16, 0)).rest()
    assert run.instance.status == "halted"
    assert outcomes(run) == {"main": None, "finance": None, "legal": "completed", "security": None}
    for name in ("finance", "security"):
        run.resume({f"{name}_ok": True}, f"thread_{name}")
    assert run.instance.status == "completed"


def test_a_retry_of_what_a_bound_stopped_at_its_join_goes_on_from_the_join():
    fork = {"threads": {"a": {"target": "done"}, "b": {"target": "ask"}}, "join": {"target": "again", "policy": "any"}}
    rounds = {"field": "rounds", "equals": 1}
    states = {
        "split": {"type": "action", "fork": fork},
        "ask": {
            "type": "halting",
            "presentation": {"type": "message", "message": "?"},
            "transitions": [{"target": "done"}],
        },
        "done": END,
        "again": {
            "type": "action",
            "logic": SCRIPT,
            "transitions": [{"target": "end", "condition": rounds}, {"target": "split"}],
        },
        "end": END,
    }
    data = {}
    run = Runner(compiled(states), lambda step, advance: Succeeded(dict(data))).start()
    assert (run.instance.failure.code, run.instance.main.state) == ("loop_limit_exceeded", "split")
    data["rounds"] = 1
    run.adopt(retry(run.definition, run.instance, None, run.tick(), b"\0" * 16, 0)).rest()
    assert (run.instance.status, run.instance.main.state) == ("completed", "end")
    assert outcomes(run) == {"main": "completed", "a": "completed", "b": "cancelled"}


def test_only_a_failed_instance_can_be_retried_and_only_an_active_one_paused():
    run = Runner(compiled(review())).start()
    with pytest.raises(InstanceNotFailedError):
        retry(run.definition, run.instance, None, run.now, b"\0" * 16, 0)
    ended = cancel(run.instance, "requested", None, None, run.now, b"\0" * 16).instance
    with pytest.raises(InstanceNotActiveError):
        pause(ended, None, run.now, b"\0" * 16)


def test_a_paused_instance_takes_no_resume_and_wakes_only_to_expire():
    run = Runner(compiled(review())).start()
    advance = run.advance("thread_finance")
    advance.resume({"finance_ok": True}, None, "a", run.tick())
    run.adopt(pause(run.instance, "operator", run.tick(), b"\0" * 16))
    with pytest.raises(OvertakenError):
        run.commit(advance)
    assert wake_at(run.instance, Lifetimes()) == expires_at(run.instance, Lifetimes())
    run.adopt(unpause(run.instance, "operator", run.tick(), b"\0" * 16))
    run.resume({"finance_ok": True}, "thread_finance")
    assert run.instance.threads["thread_finance"].outcome == "completed"
    assert [event["subtype"] for event in run.events if event["type"] == "lifecycle"] == [
        "created",
        "paused",
        "unpaused",
    ]
