"""Halts by their ids: derived, never given twice, and what is told of those that are over (rulings 16 and 17)."""

from dataclasses import replace

import pytest

from interactor.core import ids
from interactor.core.logic import Failed
from interactor.instances.rules import halts
from interactor.instances.rules.instance import MAIN
from interactor.instances.rules.lifecycle import cancel, retry
from interactor.instances.rules.settle import settle
from interactor.instances.rules.stored import Record
from interactor.webhooks.rules.events import body
from tests.support.workflows.runner import Runner, by_state, compiled
from tests.unit.instances.test_settle import END, SCRIPT, halting, review

ENVELOPE = {"namespace": "ns", "workflow_name": "sample", "version_id": "v_1", "by": None}
LOOP = {"ask": halting("ask"), "never": END}


def records(run: Runner, old: bool = False) -> list[Record]:
    """The history; ``old``: as releases wrote it that told no ids of halts."""
    found = []
    for each in run.settled:
        events = each.events
        if old:
            events = tuple({k: v for k, v in event.items() if k != "halt_id"} for event in events)
        found.append(Record("acc", "inst_1", events, each.snapshot, 1, {"by": each.by}))
    return found


def fate(run: Runner, thread: str, halt_id: str, old: bool = False) -> halts.Fate | None:
    return halts.fate_of(run.instance, records(run, old), run.instance.threads[thread], halt_id)


def present(run: Runner, thread: str = MAIN) -> str:
    found = halts.present(run.instance, run.instance.threads[thread])
    assert found is not None
    return found


def test_every_halt_has_an_id_of_its_own_that_says_where_it_is():
    run = Runner(compiled(LOOP)).start()
    seen = [present(run)]
    for _ in range(20):
        seen.append(present(run.resume({})))
    assert len(set(seen)) == len(seen)
    assert all(ids.is_id(each, "halt") for each in seen)
    assert [event["halt_id"] for event in run.named("halt", "waiting")] == seen
    assert [event["halt_id"] for event in run.named("halt", "resumed")] == seen[:-1]
    for each in seen:
        assert halts.thread_of(run.instance, each) is run.instance.main
    assert halts.thread_of(replace(run.instance, id="inst_2"), seen[0]) is None
    assert halts.thread_of(run.instance, seen[0][:-1] + ("0" if seen[0][-1] != "0" else "1")) is None


def test_equal_forms_of_two_threads_are_two_halts():
    run = Runner(compiled(review())).start()
    found = {name: present(run, name) for name in ("thread_finance", "thread_legal", "thread_security")}
    assert len(set(found.values())) == 3
    assert {name: halts.thread_of(run.instance, each).id for name, each in found.items()} == {n: n for n in found}


def test_a_thread_of_the_next_round_is_not_in_the_halts_of_the_one_before():
    states = review("any", ("finance", "legal"))
    states["decide"] = {"type": "action", "transitions": [{"target": "review"}]}
    run = Runner(compiled(states)).start()
    legal = present(run, "thread_legal")
    run.resume({}, "thread_finance")
    assert present(run, "thread_legal") != legal
    (join,) = run.named("transition", "join")
    for old in (False, True):
        assert fate(run, "thread_legal", legal, old) == halts.Fate("cancelled", "someone", join["at"], "join")
    run.adopt(cancel(run.instance, "requested", "operator", [], run.tick(), b"\0" * 16))
    assert halts.latest(run.instance, records(run), run.instance.threads["thread_legal"]).reason == "requested"


@pytest.mark.parametrize("old", [False, True])
def test_a_halt_is_not_told_the_end_of_the_next_one_of_its_thread(old):
    inner = review("all", ("a", "b"))
    inner["await_a"] = halting("check", "a_ok")
    inner["check"] = {"type": "action", "logic": SCRIPT, "transitions": [{"target": "a_done"}]}
    outer = review("all", ("c", "d"), on_error={"target": "outer"})
    outer["await_c"], inner["decide"] = inner.pop("review"), {"type": "action", "transitions": [{"target": "c_done"}]}
    states = {"outer": outer.pop("review"), **outer, "join": outer["decide"], **inner}
    states["outer"]["fork"]["join"]["target"] = "join"
    run = Runner(compiled(states), by_state({"check": Failed("script_error", "no")})).start()
    first = present(run, "thread_b")
    run.resume({}, "thread_a")
    second = present(run, "thread_b")
    assert first != second, "the failure of a leads to another round, in which b halts anew"
    run.resume({}, "thread_b")
    assert fate(run, "thread_b", second, old).outcome == "resumed"
    ended = fate(run, "thread_b", first, old)
    assert ended is None or ended.outcome == "cancelled"


@pytest.mark.parametrize("old", [False, True])
def test_what_became_of_each_halt_is_told_from_the_history(old):
    run = Runner(compiled({"ask": halting("ask", timeout={"after": "1h", "target": "ask"}), "never": END})).start()
    seen = [present(run)]
    for act in (lambda: run.resume({}), run.time_out, lambda: run.resume({})):
        act()
        seen.append(present(run))
    told = [fate(run, MAIN, each, old) for each in seen[:-1]]
    assert [each.outcome for each in told] == ["resumed", "timed_out", "resumed"]
    assert [each.by for each in told] == ["someone", None, "someone"]
    assert [each.at for each in told] == sorted(each.at for each in told)
    assert fate(run, MAIN, present(run), old) is None


def test_a_halt_from_before_the_records_that_were_read_is_told_as_far_as_the_thread_knows():
    run = Runner(compiled(LOOP)).start()
    first = present(run)
    second = present(run.resume({}))
    latest = run.instance.main.last_resume
    assert halts.fate_of(run.instance, (), run.instance.main, first) == halts.Fate(
        "resumed", None, latest.at, state="ask"
    )
    run.resume({})
    assert halts.fate_of(run.instance, (), run.instance.main, first) is None
    ends = records(run)[-1:]
    assert halts.fate_of(run.instance, ends, run.instance.main, second).by == "someone", "its end names it"


@pytest.mark.parametrize("old", [False, True])
def test_what_a_failure_ended_stands_again_after_a_retry_under_its_id(old):
    states = review("all", ("finance", "legal"))
    states["await_finance"] = halting("check")
    states["check"] = {"type": "action", "logic": SCRIPT, "transitions": [{"target": "finance_done"}]}
    run = Runner(compiled(states), by_state({"check": Failed("script_error", "no")})).start()
    finance, legal = present(run, "thread_finance"), present(run, "thread_legal")
    run.resume({}, "thread_finance")
    assert run.instance.status == "failed"
    assert fate(run, "thread_finance", finance, old).outcome == "resumed"
    assert halts.latest(run.instance, records(run, old), run.instance.threads["thread_finance"]).outcome == "failed"
    assert (fate(run, "thread_legal", legal, old).outcome, fate(run, "thread_legal", legal, old).reason) == (
        "cancelled",
        "failure",
    )
    run.answer = by_state({})
    run.adopt(retry(run.definition, run.instance, "operator", run.tick(), b"\0" * 16, 0))
    assert present(run, "thread_legal") == legal
    run.resume({}, "thread_legal")
    assert fate(run, "thread_legal", legal, old).outcome == "resumed"


@pytest.mark.parametrize(
    ("policy", "reason", "by"), [("any", "join", "someone"), ("all", "requested", "operator")], ids=["join", "cancel"]
)
def test_a_thread_that_others_ended_says_by_what(policy, reason, by):
    run = Runner(compiled(review(policy))).start()
    legal = present(run, "thread_legal")
    run.resume({}, "thread_finance")
    if policy == "all":
        run.adopt(cancel(run.instance, "requested", "operator", [], run.tick(), b"\0" * 16))
    thread = run.instance.threads["thread_legal"]
    for found in (halts.latest(run.instance, records(run), thread), fate(run, "thread_legal", legal)):
        assert (found.outcome, found.reason, found.by) == ("cancelled", reason, by)
    completed = run.instance.threads["thread_finance"]
    assert halts.latest(run.instance, records(run), completed).outcome == "resumed"


def test_the_id_in_the_history_is_that_of_the_commit_not_of_the_computation():
    more = {"await_finance": halting("more"), "more": halting("finance_done")}
    more |= {"await_legal": halting("later"), "later": halting("legal_done")}
    run = Runner(compiled(review("all", ("finance", "legal")) | more)).start()
    behind = run.advance("thread_finance")
    behind.resume({}, None, "hash", run.tick())
    run.resume({}, "thread_legal")
    settled = settle(run.definition, run.instance, behind.change(), run.tick(), b"\0" * 16)
    shown = halts.present(settled.instance, settled.instance.threads["thread_finance"])
    (waiting,) = (event for event in settled.events if event["subtype"] == "waiting")
    assert waiting["halt_id"] == shown
    assert settled.instance.threads["thread_finance"].sequence != behind.change().after.sequence


def test_webhooks_name_the_halt_and_those_of_earlier_releases_stay_as_they_were():
    run = Runner(compiled(LOOP)).start()
    first = present(run)
    run.resume({})
    for old in (False, True):
        for record in records(run, old):
            for event in (each for each in record.events if each["type"] == "halt" and each["number"] < 4):
                shown = body([replace(record, envelope=ENVELOPE)], event["number"], "whsub_1")["data"]
                assert shown.get("halt_id") == (None if old else first)
