"""A decision names the halt it is about, and what becomes of it says who decided (rulings 16, 17 and 20)."""

from typing import Any

import pytest

from interactor.core.times import HOUR, SECOND
from tests.integration.test_threads import review
from tests.support.deployed import hooks
from tests.support.deployed.deployment import Answer, Deployment
from tests.support.workflows.definitions import halting, one, script

YES, NO = {"approved": True}, {"approved": False}
MAYA, OMAR = {"X-Interactor-Actor": "maya"}, {"X-Interactor-Actor": "omar"}
BY_MAYA = {"actor": "maya", "via": "client_1"}
LEVELS = one(halting(transitions=[{"target": "vp"}]), "levels", vp=halting())
AGAIN = [{"target": "begin", "condition": {"field": "again", "equals": True}}, {"target": "done"}]
MALFORMED = [
    "",
    "halt_",
    "halt_1",
    "inst_01kfdmdagyy4rdc3yf0jys7smn",
    "halt_01KFDMDAGYY4RDC3YF0JYS7SMN",
    " ",
    5,
    True,
    [],
]
UNKNOWN = "halt_01kfdmdagyy4rdc3yf0jys7smn"


@pytest.fixture(scope="module")
def api(shared: Deployment) -> Deployment:
    shared.define(LEVELS)
    shared.define(one(halting(transitions=AGAIN), "loop"))
    shared.define(review())
    shared.define(review("any", "any_of"))
    shared.define(one(halting(timeout={"after": "1h", "target": "late"}), "timed", late=halting()))
    return shared


def decide(api: Deployment, instance: Any, given: Any, thread: str | None = None, **rest: Any) -> Answer:
    """Resume; ``rest`` are headers, the time of arrival, and members of the body."""
    how = {name: rest.pop(name) for name in ("headers", "at", "token") if name in rest}
    within = "" if thread is None else f"/threads/{thread}"
    path = f"/workflows/instances/{instance['id']}{within}/resume"
    return api.call("POST", path, {"input": given, **rest}, **how)


def halts(instance: Any) -> dict[str, str]:
    return {each["id"]: each["halt_id"] for each in instance["threads"] if "halt_id" in each}


def conflict(answer: Answer) -> Any:
    assert answer.refusal == (409, "concurrent_modification")
    assert answer.error["message"].startswith("Instance was modified by another request")
    return answer.error["details"]


class TestShown:
    """One id in answers, threads, history and webhooks; never given twice."""

    def test_everything_that_shows_a_halt_names_it(self, deployment: Deployment) -> None:
        deployment.define(LEVELS)
        hooks.subscribe(deployment, "workflow.instance.halted", "workflow.instance.resumed")
        made = deployment.start("levels")
        first = made["halt_id"]
        assert first.startswith("halt_0")
        assert halts(made) == {"thread_main": first}
        found = deployment.get(made["id"])
        threads = deployment.call("GET", f"/workflows/instances/{made['id']}/threads").data["threads"]
        assert (found["halt_id"], threads[0]["halt_id"], found["history"][0]["halt_id"]) == (first, first, first)
        resumed = deployment.resume(made["id"]).data
        second = resumed["halt_id"]
        assert first != second
        assert [entry["halt_id"] for entry in resumed["history"]] == [first, second]
        events = [event for event in deployment.events_of(made["id"]) if event["type"] == "halt"]
        assert [(event["subtype"], event["halt_id"]) for event in events] == [
            ("waiting", first),
            ("resumed", first),
            ("waiting", second),
        ]
        page = deployment.call("GET", f"/workflows/instances/{made['id']}/history?types=halt").data["events"]
        assert [event["halt_id"] for event in page] == [first, first, second]
        deployment.drain()
        told = sorted((body["data"]["sequence"], body["data"]["halt_id"]) for body in hooks.arrived(deployment))
        assert [halt for _, halt in told] == [first, first, second]
        ended = deployment.resume(made["id"]).data
        assert "halt_id" not in ended
        assert halts(ended) == {}

    def test_the_same_state_halted_again_is_another_halt(self, api: Deployment) -> None:
        instance = api.start("loop")
        seen = [instance["halt_id"]]
        for _ in range(3):
            seen.append(decide(api, instance, {"again": True}, halt_id=seen[-1]).data["halt_id"])
        assert len(set(seen)) == 4
        stale = conflict(decide(api, instance, {"again": False}, halt_id=seen[0], expected_state="begin"))
        assert (stale["halt_id"], stale["outcome"]) == (seen[-1], "resumed")
        assert api.get(instance["id"])["halt_id"] == seen[-1]

    def test_a_halt_that_was_settled_behind_another_threads_commit_shows_what_was_committed(
        self, api: Deployment
    ) -> None:
        deeper = review(name="deeper", await_finance=halting(transitions=[{"target": "more"}]), more=halting())
        api.define(deeper)
        instance = api.start("deeper")
        with api.interposed("TransactWriteItems", lambda: decide(api, instance, {}, "thread_legal") and None):
            answered = decide(api, instance, {}, "thread_finance").data
        (halt_id,) = halts(answered).values()
        assert halt_id == api.get(instance["id"])["halt_id"]
        waiting = [event for event in api.events_of(instance["id"]) if event["subtype"] == "waiting"]
        assert waiting[-1]["halt_id"] == halt_id
        assert len({event["halt_id"] for event in waiting}) == 3
        assert decide(api, instance, {}, halt_id=halt_id).status == 200


class TestNamed:
    """What a decision with a halt_id is answered."""

    def test_a_second_click_does_not_approve_the_next_level(self, api: Deployment) -> None:
        instance = api.start("levels")
        first = decide(api, instance, YES, halt_id=instance["halt_id"], headers=MAYA).data
        late = decide(api, instance, YES, halt_id=instance["halt_id"], headers=OMAR)
        details = conflict(late)
        assert details == {
            "current_state": "vp",
            "expected_state": None,
            "halt_id": first["halt_id"],
            "halts": [{"thread_id": "thread_main", "halt_id": first["halt_id"], "halted_at_state": "vp"}],
            "outcome": "resumed",
            "decided_by": BY_MAYA,
            "decided_at": first["history"][0]["resumed_at"],
            "reason": None,
        }
        assert "resumed by maya at " in late.error["message"]
        assert conflict(decide(api, instance, NO, halt_id=instance["halt_id"], headers=MAYA))["decided_by"] == BY_MAYA
        assert api.get(instance["id"]) == first

    @pytest.mark.parametrize("pause", [0, 3 * HOUR])
    def test_what_was_decided_is_answered_as_done_to_whom_decided_it(self, api: Deployment, pause: int) -> None:
        instance = api.start("levels")
        named = {"halt_id": instance["halt_id"], "headers": MAYA}
        first = decide(api, instance, YES, **named).data
        api.clock.advance(pause)
        assert decide(api, instance, YES, **named).data == first
        assert decide(api, instance, YES, **named, expected_state="begin").data == first
        assert conflict(decide(api, instance, YES, **named, expected_state="vp"))["outcome"] == "resumed"
        ended = decide(api, instance, YES, halt_id=first["halt_id"], headers=MAYA).data
        assert ended["status"] == "completed"
        assert decide(api, instance, YES, halt_id=first["halt_id"], headers=MAYA).data == ended
        older = conflict(decide(api, instance, YES, **named))
        assert (older["decided_by"], older["halt_id"]) == (BY_MAYA, None)

    def test_a_halt_names_its_thread(self, api: Deployment) -> None:
        instance = api.start("review")
        finance, legal = (halts(instance)[f"thread_{name}"] for name in ("finance", "legal"))
        several = decide(api, instance, {}).error["details"]
        assert [each["halt_id"] for each in several["halts"]] == [finance, legal]
        answered = decide(api, instance, {}, halt_id=legal).data
        assert halts(answered) == {"thread_finance": finance}
        assert decide(api, instance, {}, halt_id=legal).status == 200
        other = conflict(decide(api, instance, {}, "thread_finance", halt_id=legal))
        assert (other["halt_id"], other["outcome"]) == (finance, None)
        told = decide(api, instance, {}, "thread_finance", halt_id=legal).error["message"]
        assert told.endswith("the halt_id is of thread 'thread_legal'")
        assert halts(api.get(instance["id"])) == {"thread_finance": finance}

    def test_a_decision_that_names_the_present_halt_counts_whenever_it_is_said_to_have_arrived(
        self, api: Deployment
    ) -> None:
        instance = api.start("levels")
        early = api.clock()
        second = decide(api, instance, YES).data["halt_id"]
        assert decide(api, instance, YES, halt_id=second, at=early).data["status"] == "completed"

    def test_a_halt_of_another_instance_is_none_of_this(self, api: Deployment) -> None:
        instance, other = api.start("levels"), api.start("levels")
        for foreign in (other["halt_id"], UNKNOWN):
            for thread in (None, "thread_main"):
                answer = decide(api, instance, YES, thread, halt_id=foreign)
                assert conflict(answer)["halt_id"] == instance["halt_id"]
                assert "names no halt of this instance" in answer.error["message"]
        assert api.get(instance["id"]) == instance

    @pytest.mark.parametrize("halt_id", MALFORMED, ids=repr)
    def test_what_is_no_id_is_refused_whatever_the_state(self, api: Deployment, halt_id: Any) -> None:
        instance = api.start("levels")
        for _ in range(2):
            answer = decide(api, instance, YES, halt_id=halt_id)
            assert answer.refusal == (400, "validation_error")
            assert answer.error["details"][0]["field"] == "halt_id"
            api.call("POST", f"/workflows/instances/{instance['id']}/cancel")
        assert decide(api, {"id": UNKNOWN}, YES, halt_id=halt_id).refusal == (404, "instance_not_found")

    def test_a_decision_that_loses_its_halt_does_not_take_the_next_one(self, api: Deployment) -> None:
        instance = api.start("levels")
        named = {"halt_id": instance["halt_id"]}
        with api.interposed("TransactWriteItems", lambda: decide(api, instance, YES, headers=MAYA) and None):
            lost = decide(api, instance, YES, **named, headers=OMAR)
        details = conflict(lost)
        assert (details["decided_by"], details["current_state"]) == (BY_MAYA, "vp")
        again = api.start("levels")
        with api.interposed("TransactWriteItems", lambda: decide(api, again, YES, headers=MAYA) and None):
            same = decide(api, again, YES, halt_id=again["halt_id"], headers=MAYA)
        assert same.data["current_state"] == "vp"

    def test_a_remembered_answer_comes_before_the_halt(self, api: Deployment) -> None:
        instance = api.start("levels")
        path = f"/workflows/instances/{instance['id']}/resume"
        body = {"input": YES, "halt_id": instance["halt_id"]}
        first, again = (api.call("POST", path, body, headers={"Idempotency-Key": "k1"}) for _ in range(2))
        assert (first.status, again.raw, again.headers["Idempotency-Replayed"]) == (200, first.raw, "true")

    def test_a_paused_halt_waits_under_its_id(self, api: Deployment) -> None:
        instance = api.start("levels")
        for change, expected in (("pause", (409, "instance_paused")), ("unpause", None)):
            held = api.call("POST", f"/workflows/instances/{instance['id']}/{change}").data
            assert held["halt_id"] == instance["halt_id"]
            answer = decide(api, instance, YES, halt_id=instance["halt_id"])
            assert answer.refusal == expected if expected else answer.status == 200


class TestWhatBecameOfIt:
    """A halt that something else has ended says what, by whom and when."""

    def test_a_timeout(self, deployment: Deployment) -> None:
        deployment.define(one(halting(timeout={"after": "1h", "target": "late"}), "timed", late=halting()))
        instance = deployment.start("timed")
        deployment.clock.advance(HOUR)
        deployment.tick()
        answer = decide(deployment, instance, YES, halt_id=instance["halt_id"])
        details = conflict(answer)
        assert (details["outcome"], details["decided_by"], details["current_state"]) == ("timed_out", None, "late")
        assert details["decided_at"] is not None
        assert "ended by its timeout" in answer.error["message"]

    def test_a_timeout_that_comes_first_while_a_decision_is_on_its_way(self, deployment: Deployment) -> None:
        deployment.define(one(halting(timeout={"after": "1h", "target": "late"}), "timed", late=halting()))
        instance = deployment.start("timed")

        def time_out() -> None:
            deployment.clock.advance(HOUR)
            deployment.tick()

        with deployment.interposed("TransactWriteItems", time_out):
            details = conflict(decide(deployment, instance, YES, halt_id=instance["halt_id"]))
        assert (details["outcome"], details["expected_state"], details["current_state"]) == (
            "timed_out",
            "begin",
            "late",
        )
        assert details["halt_id"] == deployment.get(instance["id"])["halt_id"]

    @pytest.mark.parametrize("named", [True, False])
    def test_a_join(self, api: Deployment, named: bool) -> None:
        instance = api.start("any_of")
        decide(api, instance, YES, "thread_legal", headers=MAYA)
        given = {"halt_id": halts(instance)["thread_finance"]} if named else {}
        late = decide(api, instance, YES, "thread_finance", **given)
        assert late.refusal == ((409, "concurrent_modification") if named else (400, "instance_not_halted"))
        details = late.error["details"]
        assert (details["outcome"], details["reason"], details["decided_by"]) == ("cancelled", "join", BY_MAYA)
        assert "cancelled when the join was met by maya at " in late.error["message"]
        done = decide(api, instance, NO, "thread_legal").error
        assert (done["code"], done["details"]["outcome"]) == ("instance_not_halted", "resumed")
        assert "is completed at 'legal_done'; it was resumed by maya at " in done["message"]

    @pytest.mark.parametrize("named", [True, False])
    def test_a_cancel(self, api: Deployment, named: bool) -> None:
        instance = api.start("levels")
        api.call("POST", f"/workflows/instances/{instance['id']}/cancel", headers=OMAR)
        late = decide(api, instance, YES, **({"halt_id": instance["halt_id"]} if named else {}))
        assert late.status == (409 if named else 400)
        details = late.error["details"]
        assert (details["outcome"], details["reason"]) == ("cancelled", "requested")
        assert details["decided_by"] == {"actor": "omar", "via": "client_1"}

    def test_the_failure_of_another_thread_and_its_retry(self, api: Deployment) -> None:
        once = "if (workflow_data.mended) return {}; throw new Error('no')"
        api.define(review(name="fails", finance_done=script(once, "legal_done")))
        instance = api.start("fails")
        legal = halts(instance)["thread_legal"]
        failed = decide(api, instance, {}, "thread_finance", headers=MAYA).data
        assert failed["status"] == "failed"
        details = conflict(decide(api, instance, {}, halt_id=legal))
        assert (details["outcome"], details["reason"], details["halts"]) == ("cancelled", "failure", [])
        late = decide(api, instance, {"x": 1}, "thread_finance")
        assert (late.error["code"], late.error["details"]["outcome"]) == ("instance_not_halted", "failed")
        # What was cut off stands again under its id, and fails again; then the halt is over for the same reason.
        api.call("POST", f"/workflows/instances/{instance['id']}/retry")
        assert conflict(decide(api, instance, {}, halt_id=legal))["reason"] == "failure"


class TestWhoDecided:
    """The same input of two people is two answers (ruling 17)."""

    def test_another_persons_equal_decision_at_once_is_a_conflict(self, api: Deployment) -> None:
        instance = api.start("levels")
        early = api.clock()
        first = decide(api, instance, YES, headers=MAYA).data
        assert decide(api, instance, YES, headers=MAYA, at=early).data == first
        other = conflict(decide(api, instance, YES, headers=OMAR, at=early))
        assert (other["decided_by"], other["current_state"]) == (BY_MAYA, "vp")
        client = conflict(decide(api, instance, YES, at=early, token=api.token(subject="client_2")))
        assert client["decided_by"] == BY_MAYA

    def test_another_persons_equal_decision_that_loses_the_commit_is_a_conflict(self, api: Deployment) -> None:
        instance = api.start("levels")
        with api.interposed("TransactWriteItems", lambda: decide(api, instance, YES, headers=MAYA) and None):
            lost = decide(api, instance, YES, headers=OMAR)
        assert conflict(lost)["decided_by"] == BY_MAYA
        assert len([event for event in api.events_of(instance["id"]) if event["subtype"] == "resumed"]) == 1

    def test_another_persons_equal_decision_after_the_end_is_told_who_decided(self, api: Deployment) -> None:
        instance = api.start("loop")
        ended = decide(api, instance, NO, headers=MAYA).data
        api.clock.advance(2 * SECOND)
        assert decide(api, instance, NO, headers=MAYA).data == ended
        late = decide(api, instance, NO, headers=OMAR)
        assert late.refusal == (400, "instance_not_halted")
        assert late.error["details"]["decided_by"] == BY_MAYA
        named = decide(api, instance, NO, headers=OMAR, halt_id=instance["halt_id"])
        assert conflict(named)["decided_by"] == BY_MAYA
        stated = decide(api, instance, NO, headers=OMAR, expected_state="begin")
        assert conflict(stated)["decided_by"] == BY_MAYA
