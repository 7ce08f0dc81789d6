"""Forks and joins through the API (rulings 19 and 20)."""

from typing import Any

import pytest

from tests.integration import shapes
from tests.integration.definitions import halting, http, one, script
from tests.integration.deployment import Deployment

URL = "https://api.example.com/check"


def review(policy: Any = "all", name: str = "review", **more: Any) -> dict[str, Any]:
    fork = {
        "threads": {"finance": {"target": "await_finance"}, "legal": {"target": "await_legal"}},
        "join": {"target": "decide", "policy": policy},
    }
    return one(
        {"type": "action", "fork": fork, **more},
        name=name,
        await_finance=halting(transitions=[{"target": "finance_done"}]),
        await_legal=halting(transitions=[{"target": "legal_done"}]),
        finance_done={"type": "terminal"},
        legal_done={"type": "terminal"},
        decide=halting(),
    )


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
    assert answer.error["details"] == {"threads": ["thread_finance", "thread_legal"]}


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
