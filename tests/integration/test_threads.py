"""Forks and joins through the API (rulings 19 and 20)."""

from typing import Any

import pytest

from tests.support.deployed import hooks, shapes
from tests.support.deployed.deployment import Deployment
from tests.support.outside import answer
from tests.support.workflows.definitions import halting, http, one, script

URL = "https://api.example.com/check"
ENDS = {"thread_1": "department_approved", "thread_2": "finance_approved"}
WAITS = {"thread_1": "await_department_approval", "thread_2": "await_finance_approval"}


def review(policy: Any = "all", name: str = "review", on_error: Any = None, **states: Any) -> dict[str, Any]:
    fork = {
        "threads": {"finance": {"target": "await_finance"}, "legal": {"target": "await_legal"}},
        "join": {"target": "decide", "policy": policy},
    }
    usual = {
        "await_finance": halting(transitions=[{"target": "finance_done"}]),
        "await_legal": halting(transitions=[{"target": "legal_done"}]),
        "finance_done": {"type": "terminal"},
        "legal_done": {"type": "terminal"},
        "decide": halting(),
    }
    begin = {"type": "action", "fork": fork} | ({"on_error": on_error} if on_error else {})
    return one(begin, name=name, **{**usual, **states})


@pytest.fixture(scope="module")
def api(shared: Deployment) -> Deployment:
    shared.define(review())
    shared.define(review("any", "any_of"))
    return shared


def resume(api: Deployment, instance: Any, thread: str, given: Any) -> Any:
    return api.call("POST", f"/workflows/instances/{instance['id']}/threads/{thread}/resume", {"input": given})


def shown(instance: Any) -> dict[str, Any]:
    return {
        each["id"].removeprefix("thread_"): (each["status"], each.get("outcome"), each["current_state"])
        for each in instance["threads"]
    }


def test_several_halted_threads_need_a_name(api: Deployment) -> None:
    instance = api.start("review")
    assert "halting_presentation" not in instance
    assert all("halting_presentation" in thread for thread in instance["threads"][1:])
    answer = api.resume(instance["id"])
    assert answer.refusal == (400, "thread_required")
    assert answer.error["details"]["threads"] == ["thread_finance", "thread_legal"]
    halts = [each["halt_id"] for each in instance["threads"] if "halt_id" in each]
    assert [each["halt_id"] for each in answer.error["details"]["halts"]] == halts


def test_layers_join_in_the_order_they_are_written(api: Deployment) -> None:
    instance = api.start("review", {})
    last = resume(api, instance, "thread_legal", {"who": "legal", "note": "l"}).data
    assert shown(last)["legal"] == ("completed", "completed", "legal_done")
    assert (last["status"], "halting_presentation" in last) == ("halted", True)
    assert last["workflow_data"] == {}, "a layer is a thread's own until the join"
    joined = resume(api, instance, "thread_finance", {"who": "finance"}).data
    shapes.check_instance(joined)
    assert joined["workflow_data"] == {
        "who": "legal",
        "note": "l",
        "threads": {"finance": "finance_done", "legal": "legal_done"},
    }
    assert shown(joined)["main"] == ("halted", None, "decide")
    assert api.resume(instance["id"]).data["status"] == "completed"


def test_any_cancels_the_rest_at_the_join(api: Deployment) -> None:
    instance = api.start("any_of")
    joined = resume(api, instance, "thread_legal", {}).data
    assert shown(joined) == {
        "main": ("halted", None, "decide"),
        "finance": ("completed", "cancelled", "await_finance"),
        "legal": ("completed", "completed", "legal_done"),
    }
    assert joined["workflow_data"]["threads"] == {"finance": None, "legal": "legal_done"}
    late = resume(api, instance, "thread_finance", {})
    assert late.refusal == (400, "instance_not_halted")


def test_two_threads_resumed_at_once_both_succeed(api: Deployment) -> None:
    instance = api.start("review")
    with api.interposed("TransactWriteItems", lambda: resume(api, instance, "thread_legal", {"l": 1}) and None):
        answer = resume(api, instance, "thread_finance", {"f": 1})
    assert answer.status == 200
    data = api.get(instance["id"])["workflow_data"]
    assert (data["l"], data["f"]) == (1, 1)
    numbers = [event["number"] for event in api.events_of(instance["id"])]
    assert numbers == list(range(1, len(numbers) + 1))


def test_an_unknown_thread_is_not_found(api: Deployment) -> None:
    instance = api.start("review")
    assert resume(api, instance, "thread_none", {}).refusal == (404, "thread_not_found")
    assert resume(api, instance, "thread_main", {}).refusal == (400, "instance_not_halted")


def test_the_instance_runs_while_a_thread_does(deployment: Deployment) -> None:
    definition = review()
    definition["states"]["await_legal"] = http(URL, "legal_done")
    deployment.define(definition)
    instance = deployment.start("review")
    assert (instance["status"], shown(instance)["finance"][0]) == ("running", "halted")
    deployment.drain()
    assert deployment.get(instance["id"])["status"] == "halted"


def test_a_failing_thread_cancels_its_siblings_and_fails_the_instance(deployment: Deployment) -> None:
    definition = review()
    definition["states"]["await_legal"] = script("throw new Error('no')", "legal_done")
    deployment.define(definition)
    failed = deployment.start("review")
    shapes.check_instance(failed)
    assert (failed["status"], failed["error_code"], failed["failed_state"]) == ("failed", "script_error", "await_legal")
    assert shown(failed)["finance"][:2] == ("completed", "cancelled")
    assert shown(failed)["legal"][:2] == ("completed", "failed")
    definition = {**definition, "name": "caught"}
    definition["states"]["begin"]["on_error"] = {"target": "decide"}
    deployment.define(definition)
    caught = deployment.start("caught")
    assert (caught["status"], caught["current_state"]) == ("halted", "decide")
    assert caught["workflow_data"]["error"]["state"] == "await_legal"


def test_on_enter_of_a_threads_end_does_not_hold_the_join(deployment: Deployment) -> None:
    definition = review()
    definition["states"]["legal_done"]["on_enter"] = {"type": "http", "method": "POST", "url": URL}
    deployment.define(definition)
    instance = deployment.start("review")
    resume(deployment, instance, "thread_legal", {})
    joined = resume(deployment, instance, "thread_finance", {}).data
    assert joined["current_state"] == "decide"
    deployment.drain()
    assert len(deployment.outside.to(URL)) == 1
    assert deployment.get(instance["id"])["current_state"] == "decide"


def test_cancelling_ends_all_threads_in_one_commit(api: Deployment) -> None:
    instance = api.start("review")
    cancelled = api.call("POST", f"/workflows/instances/{instance['id']}/cancel").data
    assert {outcome for _, outcome, _ in shown(cancelled).values()} == {"cancelled"}
    events = api.events_of(instance["id"])
    assert [event["subtype"] for event in events].count("cancelled") == 1


def departments() -> dict[str, Any]:
    """The documented example: two departments decide, each for itself."""
    fork = {
        "threads": {"1": {"target": "await_department_approval"}, "2": {"target": "await_finance_approval"}},
        "join": {"target": "decide"},
    }
    field = {"name": "department_approved", "type": "boolean", "label": "Approve?", "required": True}
    by = {"name": "by", "type": "string", "label": "Who?"}
    asked = {"presentation": {"type": "form", "fields": [field, by]}}
    return one(
        {"type": "action", "fork": fork},
        name="departments",
        await_department_approval=halting(**asked, transitions=[{"target": "department_approved"}]),
        await_finance_approval=halting(**asked, transitions=[{"target": "finance_approved"}]),
        department_approved={"type": "terminal"},
        finance_approved={"type": "terminal"},
        decide=script("return { decided: true }"),
    )


class TestTwoDepartments:
    """The documented example: one first, the other first, both at once; what each of them is told."""

    @pytest.fixture
    def api(self, deployment: Deployment) -> Deployment:
        deployment.define(departments())
        hooks.subscribe(deployment, *(f"workflow.instance.{name}" for name in ("halted", "resumed", "completed")))
        return deployment

    @pytest.mark.parametrize("order", [("thread_1", "thread_2"), ("thread_2", "thread_1")])
    def test_one_after_the_other(self, api: Deployment, order: tuple[str, str]) -> None:
        first, second = order
        instance = api.start("departments")
        answered = resume(api, instance, first, {"department_approved": True, "by": first}).data
        assert answered["status"] == "halted", "nothing runs any more, so that the inbox finds it (ruling 20)"
        told = {each["id"]: (each["status"], each["current_state"]) for each in answered["threads"]}
        assert told[first] == ("completed", ENDS[first])
        assert told[second] == ("halted", WAITS[second])
        assert answered["workflow_data"] == {}
        assert answered["halted_at_state"] == WAITS[second], "the only one that waits is at the top level too"
        ended = api.resume(instance["id"], {"department_approved": False, "by": second}).data
        assert ended["status"] == "completed"
        assert ended["workflow_data"] == {
            "department_approved": first == "thread_2",
            "by": "thread_2",
            "threads": {"1": "department_approved", "2": "finance_approved"},
            "decided": True,
        }, "later over earlier as they are written, whoever came first"
        self._is_told(api, instance, order)

    def test_both_at_once(self, api: Deployment) -> None:
        instance = api.start("departments")
        given = {"department_approved": True}
        with api.interposed("TransactWriteItems", lambda: resume(api, instance, "thread_2", given) and None):
            answered = resume(api, instance, "thread_1", given)
        assert (answered.status, answered.data["status"]) == (200, "completed")
        self._is_told(api, instance, ("thread_2", "thread_1"))

    def _is_told(self, api: Deployment, instance: Any, order: tuple[str, str]) -> None:
        events = api.events_of(instance["id"])
        happened = [(event["thread"], event["subtype"]) for event in events]
        main = [subtype for thread, subtype in happened if thread == "thread_main"]
        assert main == ["created", "fork", "join", "state_change", "completed", "state_change", "completed"]
        for thread in order:
            own = [subtype for each, subtype in happened if each == thread]
            assert own == ["state_change", "waiting", "resumed", "state_change"]
        assert [thread for thread, subtype in happened if subtype == "resumed"] == list(order)
        (join,) = (event for event in events if event["subtype"] == "join")
        assert join["threads"] == ["thread_1", "thread_2"]
        assert not join.keys() & {"cancelled", "in_flight"}
        api.drain()
        bodies = {body["data"]["sequence"]: body for body in hooks.arrived(api)}
        kinds = [bodies[number]["event"].rpartition(".")[2] for number in sorted(bodies)]
        assert kinds == ["halted", "halted", "resumed", "resumed", "completed"]
        resumed = [bodies[number]["data"] for number in sorted(bodies)][2:4]
        assert [data["thread_id"] for data in resumed] == list(order)
        assert [data["current_state"] for data in resumed] == [WAITS[thread] for thread in order]
        assert all("threads" not in data["workflow_data"] for data in resumed), "as it was right after each"
        ended = bodies[max(bodies)]["data"]
        assert ended["workflow_data"] == api.get(instance["id"])["workflow_data"]


class TestCutOff:
    """Threads that are no longer waited for, with an action under way: its effect may have happened (ruling 24)."""

    def _meanwhile(self, api: Deployment, definition: Any, given: Any) -> tuple[Any, str]:
        """Resume ``thread_finance`` while the worker makes the action of ``thread_legal``; instance and key."""
        keys: list[str] = []
        api.define(definition)
        instance = api.start(definition["name"])

        def answered(request: Any) -> Any:
            keys.append(request.headers["Idempotency-Key"])
            assert resume(api, instance, "thread_finance", given).status == 200
            return answer(200, {})

        api.outside.will(URL, answered)
        api.drain()
        (key,) = keys
        return api.get(instance["id"]), key

    def test_a_join_names_the_action_that_it_cut_off(self, deployment: Deployment) -> None:
        definition = review("any", "raced", await_legal=http(URL, "legal_done"))
        found, key = self._meanwhile(deployment, definition, {})
        assert (found["current_state"], shown(found)["legal"][1]) == ("decide", "cancelled")
        expected = [{"state": "await_legal", "thread": "thread_legal", "idempotency_key": key}]
        (event,) = (each for each in deployment.events_of(found["id"]) if each["subtype"] == "join")
        assert event["in_flight"] == expected
        listed = deployment.call("GET", f"/workflows/instances/{found['id']}/history?types=transition").data["events"]
        assert [each["in_flight"] for each in listed if "in_flight" in each] == [expected]

    @pytest.mark.parametrize("caught", [True, False])
    def test_a_failure_names_the_actions_that_it_cut_off(self, deployment: Deployment, caught: bool) -> None:
        states = {"await_legal": http(URL, "legal_done"), "finance_done": script("throw 1", "legal_done")}
        definition = review(name="failing", on_error={"target": "decide"} if caught else None, **states)
        hooks.subscribe(deployment, "workflow.instance.failed")
        found, key = self._meanwhile(deployment, definition, {})
        expected = [{"state": "await_legal", "thread": "thread_legal", "idempotency_key": key}]
        if caught:
            events = [each for each in deployment.events_of(found["id"]) if each["subtype"] == "step_failed"]
            assert [each["in_flight"] for each in events if "in_flight" in each] == [expected]
        else:
            (event,) = (each for each in deployment.events_of(found["id"])[-1:] if each["type"] == "lifecycle")
            assert event["in_flight"] == expected
            (body,) = hooks.arrived(deployment)
            assert body["data"]["in_flight"] == expected

    def test_a_thread_of_the_same_name_does_not_wait_for_the_lease_of_the_one_before(
        self, deployment: Deployment
    ) -> None:
        again = halting(transitions=[{"target": "begin"}])
        definition = review("any", "again", await_legal=http(URL, "legal_done"), decide=again)
        found, first = self._meanwhile(deployment, definition, {})
        deployment.outside.will(URL, answer(200, {}))
        deployment.resume(found["id"])
        deployment.drain()
        keys = [request.headers["Idempotency-Key"] for request in deployment.outside.to(URL)]
        assert len(keys) == 2
        assert keys[0] == first != keys[1]
