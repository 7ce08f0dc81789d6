"""Pause, unpause and retry (ruling 29)."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from interactor.core.times import DAY, HOUR, MINUTE, SECOND
from tests.support.deployed import shapes
from tests.support.deployed.deployment import Answer, Deployment
from tests.support.outside import answer
from tests.support.workflows.definitions import halting, http, one, script

FIRST, SECOND_URL = "https://api.example.com/first", "https://api.example.com/second"
WAIT = one(halting(timeout={"after": "24h", "target": "late"}), name="wait", late=halting())
CALLS = one(http(FIRST, "count"), name="calls", count=script("return { n: 1 }", "last"), last=http(SECOND_URL))


def act(api: Deployment, change: str, instance: Any, **rest: Any) -> Answer:
    answered = api.call("POST", f"/workflows/instances/{instance['id']}/{change}", **rest)
    if answered.status == 200:
        shapes.check_instance(answered.data)
    return answered


def rival(change: Callable[[], Answer]) -> Callable[[], None]:
    """A request that comes first, for ``interposed``."""

    def call() -> None:
        assert change().status == 200

    return call


def subtypes(api: Deployment, instance: Any) -> Counter[str]:
    return Counter(event["subtype"] for event in api.events_of(instance["id"]))


def active(api: Deployment, namespace: str = "user_123") -> int:
    """What the counters of a namespace say."""
    return sum(int(each["active"]["N"]) for each in api.items() if each["pk"]["S"] == f"A#acc_1#Q#{namespace}")


class TestPaused:
    """Nothing new starts."""

    def test_a_paused_instance_says_so_and_is_not_resumed(self, deployment: Deployment) -> None:
        deployment.define(WAIT)
        instance = deployment.start("wait")
        paused = act(deployment, "pause", instance).data
        assert (paused["status"], paused["paused"]) == ("halted", True)
        refused = deployment.resume(instance["id"], {"a": 1})
        assert refused.refusal == (409, "instance_paused")
        path = f"/workflows/instances/{instance['id']}/threads/thread_main/resume"
        assert deployment.call("POST", path, {"input": {}}).refusal == (409, "instance_paused")
        assert deployment.get(instance["id"]) == paused
        again = act(deployment, "unpause", instance).data
        assert "paused" not in again
        assert deployment.resume(instance["id"], {"a": 1}).data["status"] == "completed"

    def test_who_paused_is_in_the_history(self, deployment: Deployment) -> None:
        deployment.define(WAIT)
        instance = deployment.start("wait")
        act(deployment, "pause", instance, headers={"X-Interactor-Actor": "maya"})
        act(deployment, "unpause", instance)
        found = [each for each in deployment.events_of(instance["id"]) if "paused" in each["subtype"]]
        assert [(each["subtype"], each["type"]) for each in found] == [
            ("paused", "lifecycle"),
            ("unpaused", "lifecycle"),
        ]
        assert [each["by"] for each in found] == [{"actor": "maya", "via": "client_1"}, "client_1"]

    def test_pausing_twice_is_pausing_once(self, deployment: Deployment) -> None:
        deployment.define(WAIT)
        instance = deployment.start("wait")
        first = act(deployment, "pause", instance).data
        assert act(deployment, "pause", instance).data == first
        act(deployment, "unpause", instance)
        last = act(deployment, "unpause", instance).data
        assert deployment.get(instance["id"]) == last
        found = subtypes(deployment, instance)
        assert (found["paused"], found["unpaused"]) == (1, 1)

    def test_an_action_that_was_not_begun_does_not_begin(self, deployment: Deployment) -> None:
        deployment.define(CALLS)
        instance = deployment.start("calls")
        act(deployment, "pause", instance)
        deployment.drain()
        deployment.wait(HOUR)
        deployment.tick()
        assert deployment.outside.requests == []
        assert deployment.get(instance["id"])["status"] == "running"
        act(deployment, "unpause", instance)
        deployment.drain()
        assert deployment.get(instance["id"])["status"] == "completed"
        assert len(deployment.outside.requests) == 2

    def test_an_action_in_flight_commits_its_result_and_the_next_does_not_begin(self, deployment: Deployment) -> None:
        deployment.define(CALLS)
        instance = deployment.start("calls")

        def pause_meanwhile(_: Any) -> Any:
            assert act(deployment, "pause", instance).status == 200
            return answer(200, {"ok": 1})

        deployment.outside.will(FIRST, pause_meanwhile)
        deployment.drain()
        deployment.tick()
        paused = deployment.get(instance["id"])
        assert paused["paused"] is True
        assert paused["status"] == "running"
        assert paused["workflow_data"]["begin"] == {"status": 200, "body": {"ok": 1}}
        assert deployment.outside.to(SECOND_URL) == []
        act(deployment, "unpause", instance)
        deployment.drain()
        assert deployment.get(instance["id"])["status"] == "completed"
        assert (len(deployment.outside.to(FIRST)), len(deployment.outside.to(SECOND_URL))) == (1, 1)

    def test_a_retry_of_an_action_that_comes_due_waits_for_the_unpause(self, deployment: Deployment) -> None:
        deployment.define(one(http(FIRST, retry={"attempts": 2})))
        deployment.outside.will(FIRST, answer(503), answer(200))
        instance = deployment.start("flow")
        deployment.drain()
        act(deployment, "pause", instance)
        deployment.wait(MINUTE)
        deployment.tick()
        assert len(deployment.outside.requests) == 1
        act(deployment, "unpause", instance)
        deployment.drain()
        assert deployment.get(instance["id"])["status"] == "completed"
        assert len({request.headers["Idempotency-Key"] for request in deployment.outside.requests}) == 1

    def test_a_timeout_that_came_due_meanwhile_fires_at_the_unpause(self, deployment: Deployment) -> None:
        deployment.define(WAIT)
        instance = deployment.start("wait")
        act(deployment, "pause", instance)
        deployment.clock.advance(25 * HOUR)
        deployment.tick()
        assert deployment.get(instance["id"])["current_state"] == "begin"
        act(deployment, "unpause", instance)
        deployment.drain()
        assert deployment.get(instance["id"])["current_state"] == "late"
        assert subtypes(deployment, instance)["timed_out"] == 1

    def test_a_timeout_that_is_not_due_at_the_unpause_fires_at_its_time(self, deployment: Deployment) -> None:
        deployment.define(WAIT)
        instance = deployment.start("wait")
        act(deployment, "pause", instance)
        deployment.clock.advance(23 * HOUR)
        act(deployment, "unpause", instance)
        deployment.tick()
        assert deployment.get(instance["id"])["current_state"] == "begin"
        deployment.clock.advance(HOUR)
        deployment.tick()
        assert deployment.get(instance["id"])["current_state"] == "late"

    def test_the_lifetime_of_a_halt_goes_on(self, deployment: Deployment) -> None:
        deployment.define(one(halting()))
        instance = deployment.start("flow")
        deployment.clock.advance(DAY)
        act(deployment, "pause", instance)
        deployment.clock.advance(89 * DAY)
        deployment.tick()
        found = deployment.get(instance["id"])
        assert (found["status"], found["cancel_reason"]) == ("cancelled", "expired")
        assert "paused" not in found

    def test_a_paused_instance_is_cancelled_and_gives_its_place_back(self, deployment: Deployment) -> None:
        deployment.define(CALLS)
        instance = deployment.start("calls")
        act(deployment, "pause", instance)
        assert active(deployment) == 1
        cancelled = act(deployment, "cancel", instance).data
        assert cancelled["status"] == "cancelled"
        assert "paused" not in cancelled
        assert active(deployment) == 0
        assert act(deployment, "unpause", instance).refusal == (400, "instance_not_active")

    def test_a_resume_that_a_pause_overtakes_is_refused(self, deployment: Deployment) -> None:
        deployment.define(WAIT)
        instance = deployment.start("wait")
        with deployment.interposed("TransactWriteItems", rival(lambda: act(deployment, "pause", instance))):
            lost = deployment.resume(instance["id"], {"a": 1})
        assert lost.refusal == (409, "instance_paused")
        assert subtypes(deployment, instance)["resumed"] == 0

    def test_a_pause_that_a_resume_overtakes_pauses_what_it_finds(self, deployment: Deployment) -> None:
        deployment.define(one(halting(transitions=[{"target": "second"}]), second=halting()))
        instance = deployment.start("flow")
        with deployment.interposed("TransactWriteItems", rival(lambda: deployment.resume(instance["id"]))):
            paused = act(deployment, "pause", instance).data
        assert (paused["current_state"], paused["paused"]) == ("second", True)

    @pytest.mark.parametrize("change", ["pause", "unpause"])
    def test_what_has_ended_is_not_paused(self, deployment: Deployment, change: str) -> None:
        deployment.define(one(script("return {}")))
        instance = deployment.start("flow")
        refused = act(deployment, change, instance)
        assert refused.refusal == (400, "instance_not_active")
        assert refused.error["details"] == {"status": "completed"}


def failed_call(api: Deployment) -> Any:
    """An instance of ``calls`` whose second call has failed."""
    api.define(CALLS)
    api.outside.will(SECOND_URL, answer(404), answer(200, {"sent": True}))
    instance = api.start("calls")
    api.drain()
    found = api.get(instance["id"])
    assert (found["status"], found["failed_state"]) == ("failed", "last")
    return found


class TestRetried:
    """On from the step that failed."""

    def test_what_was_finished_is_not_repeated_and_the_key_is_kept(self, deployment: Deployment) -> None:
        failed = failed_call(deployment)
        assert active(deployment) == 0
        retried = act(deployment, "retry", failed).data
        assert (retried["status"], retried["current_state"]) == ("running", "last")
        assert not {"error", "error_code", "failed_state", "failed_at"} & set(retried)
        assert active(deployment) == 1
        deployment.drain()
        done = deployment.get(failed["id"])
        assert (done["status"], done["workflow_data"]["n"]) == ("completed", 1)
        assert done["workflow_data"]["last"]["body"] == {"sent": True}
        assert active(deployment) == 0
        assert len(deployment.outside.to(FIRST)) == 1
        keys = [request.headers["Idempotency-Key"] for request in deployment.outside.to(SECOND_URL)]
        assert len(keys) == 2
        assert len(set(keys)) == 1
        found = [each for each in deployment.events_of(failed["id"]) if each["type"] == "lifecycle"]
        assert [each["subtype"] for each in found] == ["created", "failed", "retried", "completed"]
        assert (found[2]["state"], found[2]["by"]) == ("last", "client_1")

    def test_a_step_that_fails_again_fails_again_and_may_be_retried_again(self, deployment: Deployment) -> None:
        failed = failed_call(deployment)
        deployment.outside.will(SECOND_URL, answer(404), answer(404), answer(200))
        for _ in range(2):
            act(deployment, "retry", failed)
            deployment.drain()
            assert deployment.get(failed["id"])["status"] == "failed"
        act(deployment, "retry", failed)
        deployment.drain()
        assert deployment.get(failed["id"])["status"] == "completed"
        assert subtypes(deployment, failed)["retried"] == 3

    def test_attempts_begin_anew(self, deployment: Deployment) -> None:
        deployment.define(one(http(FIRST, retry={"attempts": 2})))
        deployment.outside.will(FIRST, answer(503), answer(503), answer(503), answer(200))
        instance = deployment.start("flow")
        for _ in range(2):
            deployment.wait(MINUTE)
        assert deployment.get(instance["id"])["status"] == "failed"
        act(deployment, "retry", instance)
        for _ in range(2):
            deployment.wait(MINUTE)
        assert deployment.get(instance["id"])["status"] == "completed"
        assert len(deployment.outside.requests) == 4

    def test_a_script_runs_at_once_and_no_transition_is_judged_anew(self, deployment: Deployment) -> None:
        condition = {"field": "never", "equals": True}
        deployment.define(
            one(script("return { ran: (workflow_data.ran || 0) + 1 }", {"target": "done", "condition": condition}))
        )
        instance = deployment.start("flow")
        assert (instance["status"], instance["error_code"]) == ("failed", "invalid_transition")
        again = act(deployment, "retry", instance).data
        assert (again["status"], again["error_code"]) == ("failed", "invalid_transition")
        assert again["workflow_data"]["ran"] == 1

    def test_a_full_namespace_refuses_a_retry_until_there_is_room(self, deploy: Any) -> None:
        deployment = deploy(NamespaceQuota="1")
        failed = failed_call(deployment)
        deployment.define(WAIT)
        other = deployment.start("wait")
        refused = act(deployment, "retry", failed)
        assert refused.refusal == (429, "namespace_quota_exceeded")
        assert deployment.get(failed["id"]) == failed
        assert active(deployment) == 1
        act(deployment, "cancel", other)
        assert act(deployment, "retry", failed).data["status"] == "running"
        assert active(deployment) == 1
        full = deployment.call("POST", "/workflows/wait/instances", {"namespace": "user_123"})
        assert full.refusal == (429, "namespace_quota_exceeded")

    def test_threads_that_the_failure_cut_off_come_back(self, deployment: Deployment) -> None:
        fork = {
            "threads": {"a": {"target": "call"}, "b": {"target": "wait"}, "c": {"target": "quick"}},
            "join": {"target": "done"},
        }
        deployment.define(
            one(
                {"type": "action", "fork": fork},
                call=http(FIRST, "end"),
                wait=halting(transitions=[{"target": "end"}]),
                quick=script("return { quick: (workflow_data.quick || 0) + 1 }", "end"),
                end={"type": "terminal"},
            )
        )
        deployment.outside.will(FIRST, answer(404), answer(200))
        instance = deployment.start("flow")
        halt = next(each for each in instance["threads"] if each["id"] == "thread_b")
        deployment.drain()
        failed = deployment.get(instance["id"])
        assert failed["status"] == "failed"
        assert {each["id"]: each["outcome"] for each in failed["threads"]} == {
            "thread_main": "failed", "thread_a": "failed", "thread_b": "cancelled", "thread_c": "completed",
        }  # fmt: skip
        again = act(deployment, "retry", instance).data
        assert next(each for each in again["threads"] if each["id"] == "thread_b") == halt
        deployment.drain()
        assert deployment.get(instance["id"])["status"] == "halted"
        done = deployment.resume(instance["id"], {"said": "yes"}).data
        assert done["status"] == "completed"
        assert (done["workflow_data"]["quick"], done["workflow_data"]["said"]) == (1, "yes")
        assert done["workflow_data"]["threads"] == {"a": "end", "b": "end", "c": "end"}
        assert len({request.headers["Idempotency-Key"] for request in deployment.outside.to(FIRST)}) == 1

    @pytest.mark.parametrize("status", ["halted", "running", "completed", "cancelled"])
    def test_only_what_failed_is_retried(self, deployment: Deployment, status: str) -> None:
        deployment.define(WAIT)
        deployment.define(one(http(FIRST), name="running"))
        instance = deployment.start("running" if status == "running" else "wait")
        if status == "cancelled":
            act(deployment, "cancel", instance)
        if status == "completed":
            deployment.resume(instance["id"])
        before = deployment.get(instance["id"])
        assert before["status"] == status
        refused = act(deployment, "retry", instance)
        assert refused.refusal == (400, "instance_not_failed")
        assert refused.error["details"] == {"status": status}
        assert deployment.get(instance["id"]) == before

    @pytest.mark.parametrize("change", ["retry", "cancel"])
    def test_an_on_enter_under_way_is_not_made_again(self, deployment: Deployment, change: str) -> None:
        fork = {"threads": {"a": {"target": "over"}, "b": {"target": "ask"}}, "join": {"target": "done"}}
        told = {"type": "terminal", "on_enter": {"type": "http", "method": "POST", "url": FIRST}}
        again = halting(transitions=[{"target": "broken"}])
        states = {"over": told, "ask": again, "broken": script("if (input.bad) throw 1; return {}", "done")}
        deployment.define(one({"type": "action", "fork": fork}, name="told", **states))
        instance = deployment.start("told")

        def meanwhile(_: Any) -> Any:
            if change == "retry":
                path = f"/workflows/instances/{instance['id']}/threads/thread_b/resume"
                assert deployment.call("POST", path, {"input": {"bad": True}}).data["status"] == "failed"
            assert act(deployment, change, instance).status == 200
            deployment.work("StepsQueue")
            return answer(200, {})

        deployment.outside.will(FIRST, meanwhile, answer(200, {}))
        deployment.drain()
        deployment.clock.advance(3 * MINUTE)
        deployment.tick()
        assert len(deployment.outside.to(FIRST)) == 1

    def test_of_two_retries_at_once_one_takes_effect(self, deployment: Deployment) -> None:
        failed = failed_call(deployment)
        with deployment.interposed("TransactWriteItems", rival(lambda: act(deployment, "retry", failed))):
            lost = act(deployment, "retry", failed)
        assert lost.refusal == (400, "instance_not_failed")
        deployment.drain()
        assert deployment.get(failed["id"])["status"] == "completed"
        assert subtypes(deployment, failed)["retried"] == 1
        assert active(deployment) == 0

    def test_a_retry_whose_answer_and_hints_were_lost_goes_on_by_the_clock(self, deployment: Deployment) -> None:
        failed = failed_call(deployment)
        with deployment.answer_lost("TransactWriteItems"):
            assert act(deployment, "retry", failed).status == 200
        deployment.purge("StepsQueue")
        deployment.clock.advance(3 * MINUTE + SECOND)
        deployment.tick()
        assert deployment.get(failed["id"])["status"] == "completed"
        assert subtypes(deployment, failed)["retried"] == 1


@pytest.mark.parametrize("change", ["pause", "unpause", "retry"])
class TestWho:
    """The same for all three."""

    def test_another_tenants_instance_does_not_exist(self, deployment: Deployment, change: str) -> None:
        deployment.define(WAIT)
        instance = deployment.start("wait")
        for token in (deployment.token(account="acc_2"), deployment.token(namespaces=("user_456",))):
            assert act(deployment, change, instance, token=token).refusal == (404, "instance_not_found")
        for scope in ("workflows:read", "workflows:write"):
            token = deployment.token(scopes=(scope,))
            assert act(deployment, change, instance, token=token).refusal == (403, "forbidden")
        assert deployment.get(instance["id"]) == instance
