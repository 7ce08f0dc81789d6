"""What a thread writes: answers always, results at their paths, and never what nobody touched (ruling 19)."""

import itertools

import pytest

from interactor.core.logic import Succeeded
from interactor.core.paths import look_up
from interactor.instances.rules.layers import joined
from tests.support.workflows.runner import Runner, compiled

END = {"type": "terminal"}
HTTP = {"type": "http", "method": "GET", "url": "https://example.com/"}
SCRIPT = {"type": "script", "code": "return {}"}


def ask(*fields, target="said"):
    return {
        "type": "halting",
        "presentation": {"type": "form", "fields": list(fields)},
        "transitions": [{"target": target}],
    }


def call(output, target="said"):
    return {"type": "action", "logic": HTTP, "output": output, "transitions": [{"target": target}]}


def box(name="approved"):
    return {"name": name, "type": "boolean", "label": name, "required": True}


def forking(first, **branches):
    """``init`` writes ``first``, then a fork of branches that each are one state, and a join at ``end``."""
    threads = {name: {"target": f"in_{name}"} for name in branches}
    return compiled(
        {
            "init": {"type": "action", "logic": SCRIPT, "transitions": [{"target": "review"}]},
            "review": {"type": "action", "fork": {"threads": threads, "join": {"target": "end"}}},
            **{f"in_{name}": state for name, state in branches.items()},
            "said": END,
            "end": END,
        }
    ), {"init": first}


def running(definition, answers):
    def answer(step, advance):
        found = answers.get(step.state.name)
        if callable(found):
            found = found(advance.scope().workflow_data)
        return Succeeded({"status": 200, "body": found} if step.outside else found)

    return Runner(definition, answer).start()


@pytest.mark.parametrize("before", [{"approved": False}, {"approved": True}, {"approved": None}, {}])
@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
@pytest.mark.parametrize("answers", [(True, False), (False, True)])
def test_an_answer_counts_also_where_it_equals_what_was_there(before, order, answers):
    definition, first = forking(before, a=ask(box()), b=ask(box()))
    run = running(definition, first)
    said = dict(zip("ab", answers, strict=True))
    for name in order:
        run.resume({"approved": said[name]}, f"thread_{name}")
    assert run.instance.data["approved"] is said["b"], "b is written after a: later over earlier"


def test_a_box_that_is_not_sent_is_an_answer():
    definition, first = forking({"approved": False}, a=ask(box()), b=ask(box()))
    run = running(definition, first).resume({"approved": True}, "thread_a").resume({}, "thread_b")
    assert run.instance.data["approved"] is False


@pytest.mark.parametrize("sent", [{}, {"note": "draft"}], ids=["left out", "sent back as shown"])
def test_a_prefilled_field_that_nobody_touched_leaves_what_a_sibling_wrote(sent):
    note = {"name": "note", "type": "string", "label": "Note", "default": "${workflow_data.note}"}
    definition, first = forking({"note": "draft"}, a=ask({**note, "default": ""}), b=ask(note, box("ok")))
    run = running(definition, first).resume({"note": "final"}, "thread_a").resume({**sent, "ok": True}, "thread_b")
    assert run.instance.data["note"] == "final"


def test_a_script_that_hands_back_what_it_was_given_writes_only_what_it_changed():
    script = {"type": "action", "logic": SCRIPT, "transitions": [{"target": "said"}]}
    definition, first = forking({"approved": False, "n": 1}, a=ask(box()), b=script)
    run = running(definition, {**first, "in_b": lambda data: {**data, "n": 2}}).resume({"approved": True}, "thread_a")
    assert {"approved": True, "n": 2}.items() <= run.instance.data.items()


def test_results_at_paths_of_one_object_stay_side_by_side():
    definition, first = forking({"checks": {"old": 1}}, a=call("checks.credit"), b=call("checks.fraud"))
    run = running(definition, {**first, "in_a": 700, "in_b": "low"})
    assert run.instance.status == "completed"
    checks = run.instance.data["checks"]
    assert (checks["old"], checks["credit"]["body"], checks["fraud"]["body"]) == (1, 700, "low")


def test_what_a_path_leaves_behind_is_no_part_of_what_the_main_thread_holds():
    definition, first = forking({}, a=call("checks.credit"), b=call("checks.fraud"))
    run = running(definition, {**first, "in_a": 700, "in_b": "low"})
    assert not [name for name in run.instance.main.writers if not name.isprintable()]
    assert set(run.instance.data["checks"]) == {"credit", "fraud"}


@pytest.mark.parametrize("name", ["\0verdict\0x", "\0verdict\0", "\0", "\0verdict"])
def test_no_key_that_a_person_sends_takes_what_the_thread_wrote_before_from_the_join(name):
    fork = {"threads": {"a": {"target": "judge"}}, "join": {"target": "end"}}
    judge = {"type": "action", "logic": SCRIPT, "transitions": [{"target": "wait"}]}
    definition = compiled(
        {"f": {"type": "action", "fork": fork}, "judge": judge, "wait": ask(), "said": END, "end": END}
    )
    verdict = {"ok": False, "why": "late"}
    run = running(definition, {"judge": {"verdict": verdict}}).resume({name: 1}, "thread_a")
    assert run.instance.status == "completed"
    assert {"verdict": verdict, name: 1}.items() <= run.instance.data.items()


def test_results_beside_taken_names_stay_side_by_side():
    states = {"a": {**call("x"), "on_enter": None}, "b": call("x")}
    for state in states.values():
        state.pop("output", None)
        state.pop("on_enter", None)
    definition, first = forking({"in_a": "taken", "in_b": "taken"}, **states)
    run = running(definition, {**first, "in_a": 1, "in_b": 2})
    assert {name: each["body"] for name, each in run.instance.data["results"].items()} == {"in_a": 1, "in_b": 2}


@pytest.mark.parametrize("first", ["a", "b"])
def test_a_result_never_takes_the_place_of_what_a_person_answered_in_another_thread(first):
    threads = {"a": {"target": "ask"}, "b": {"target": "approved"}}
    fork = {
        "threads": {name: threads[name] for name in sorted(threads, reverse=first == "b")},
        "join": {"target": "end"},
    }
    http = {"type": "action", "logic": HTTP, "transitions": [{"target": "said"}]}
    states = {"f": {"type": "action", "fork": fork}, "ask": ask(box()), "approved": http, "said": END, "end": END}
    run = running(compiled(states), {"approved": "yes"}).resume({"approved": False}, "thread_a")
    assert run.instance.data["approved"] is False
    beside = {"approved": {"status": 200, "body": "yes"}}
    assert run.instance.data.get("results") == (beside if first == "a" else None)
    # A retry of the state would find its own result there, and the answer where it is.
    assert run.instance.main.writers["approved"] == "input"


def test_a_result_that_gives_way_leaves_the_other_results_where_they_are():
    merged, writers = joined(
        {"results": {"old": 1}},
        [
            ({"x": 1, "results": {"old": 1, "y": 2}}, {"x": "input", "results": "state:y", "\0results\0y": "state:y"}),
            ({"x": 3}, {"x": "state:x"}),
        ],
        {"x", "y"},
    )
    assert merged == {"x": 1, "results": {"old": 1, "y": 2, "x": 3}}
    assert (writers["x"], writers["\0results\0x"]) == ("input", "state:x")
    assert joined({"results": 5}, [({"x": 1}, {"x": "input"}), ({"x": 3}, {"x": "state:x"})], {"x"})[0] == {"x": 1}


def test_merged_and_extracted_results_stay_side_by_side():
    merge = {"path": "order", "mode": "merge"}
    a = call({**merge, "extract": {"price": "body"}})
    b = call({**merge, "extract": {"stock": "body"}})
    definition, first = forking({"order": {"id": 7}}, a=a, b=b)
    run = running(definition, {**first, "in_a": 5, "in_b": 9})
    assert run.instance.data["order"] == {"id": 7, "price": 5, "stock": 9}


def test_one_path_written_by_two_threads_is_the_later_ones():
    definition, first = forking({}, a=call("c.x"), b=call("c.x"))
    run = running(definition, {**first, "in_a": 1, "in_b": 2})
    assert run.instance.data["c"]["x"]["body"] == 2


def test_a_script_that_changes_the_object_writes_the_whole_of_it():
    rewrite = {"type": "action", "logic": SCRIPT, "transitions": [{"target": "said"}]}
    definition, first = forking({"checks": {"old": 1}}, a=call("checks.credit"), b=rewrite)
    run = running(definition, {**first, "in_a": 700, "in_b": {"checks": {"new": 1}}})
    assert run.instance.data["checks"] == {"new": 1}


def test_paths_of_a_fork_within_a_fork_stay_beside_those_outside():
    inner = {"type": "action", "fork": {"threads": {"x": {"target": "in_x"}}, "join": {"target": "said"}}}
    definition = compiled(
        {
            "review": {
                "type": "action",
                "fork": {"threads": {"a": {"target": "in_a"}, "b": {"target": "inner"}}, "join": {"target": "end"}},
            },
            "in_a": call("checks.credit"),
            "inner": inner,
            "in_x": call("checks.fraud", target="ended"),
            "ended": END,
            "said": END,
            "end": END,
        }
    )
    run = running(definition, {"in_a": 700, "in_x": "low"})
    assert set(run.instance.data["checks"]) == {"credit", "fraud"}


def test_layers_of_the_release_before_are_joined_as_it_did():
    merged, _ = joined(
        {"c": {"o": 1}}, [({"c": {"o": 1, "x": 1}}, {"c": "state:a"}), ({"c": {"o": 1, "y": 2}}, {"c": "state:b"})]
    )
    assert merged == {"c": {"o": 1, "y": 2}}


def test_any_three_paths_are_all_there_whichever_thread_writes_them():
    for paths in itertools.permutations(("c.x", "c.y.z", "c.y.w")):
        definition, first = forking({}, **{name: call(path) for name, path in zip("abc", paths, strict=True)})
        run = running(definition, {**first, "in_a": 1, "in_b": 2, "in_c": 3})
        found = [look_up(run.instance.data, path.split("."))["body"] for path in paths]
        assert found == [1, 2, 3]


def test_an_action_whose_result_has_no_place_fails_before_its_call():
    definition, first = forking({"a": 5}, a=call("a.b"))
    run = Runner(definition, lambda step, advance: Succeeded(first.get(step.state.name)), before="in_a").start()
    advance = run.advance("thread_a")
    assert advance.refuse(run.tick())
    run.commit(advance)
    assert run.rest().instance.failure.code == "http_error"
    assert "nothing was sent" in run.instance.failure.message
