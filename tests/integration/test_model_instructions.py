"""Instructions that a model writes: what it is asked, what becomes of its answer; the halt comes (ruling 30)."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from interactor.core import limits
from interactor.core.logic import Failed, ModelCall, Outcome, Succeeded
from interactor.core.times import HOUR, MINUTE, SECOND
from interactor.logic.rules import instructions
from tests.support.deployed import shapes
from tests.support.deployed.deployment import Deployment
from tests.support.workflows.definitions import example, halting, one, script

ENDS = {"approved": {"type": "terminal"}, "rejected": {"type": "terminal"}}
TYPED = one(script("return input", "await_approval"), name="typed", **example("halting_instructions_ai"), **ENDS)
SIMPLE = one(halting(presentation=None) | example("halting_instructions_simple"), name="simple")
del SIMPLE["states"]["begin"]["presentation"]
TIMED = one(
    script("return input", "ask"),
    name="timed",
    ask=halting(
        halting_instructions={"instruction": "Ask.", "include_data": ["order"]},
        timeout={"after": "1h", "target": "late"},
    ),
    late={"type": "terminal"},
)
DATA = {"order": {"id": "123", "total": 150}, "customer": "Acme Corp", "risk_score": 23, "salary": 99_000}


class Model:
    """Stands where Bedrock does: answers what it is told to, and remembers what it was asked."""

    def __init__(self, *answers: str | Failed | Exception | Callable[[], str]) -> None:
        self.asked: list[ModelCall] = []
        self._answers = list(answers) or ["Order #123 is ready."]

    def __call__(self, call: ModelCall) -> Outcome:
        self.asked.append(call)
        told = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(told, Exception):
            raise told
        if callable(told):
            told = told()
        return told if isinstance(told, Failed) else Succeeded(told, duration_ms=7)


@pytest.fixture
def api(deployment: Deployment) -> Deployment:
    for definition in (TYPED, SIMPLE, TIMED):
        deployment.define(definition)
    return deployment


def with_model(api: Deployment, *answers: str | Failed | Exception | Callable[[], str]) -> Model:
    model = Model(*answers)
    api.services("advance_steps").logic.models = model
    return model


def ready(api: Deployment, name: str, given: Any = None) -> Any:
    """An instance, once the chain has done what it can."""
    started = api.start(name, given or DATA)
    assert started["status"] == "running"
    assert "halted_options" not in started
    api.drain()
    found = api.get(started["id"])
    shapes.check_instance(found)
    return found


def subtypes(api: Deployment, instance: Any) -> Counter[str]:
    return Counter(event["subtype"] for event in api.events_of(instance["id"]))


def test_the_chain_has_the_text_written_before_the_halt_is_committed(api: Deployment) -> None:
    model = with_model(api)
    found = ready(api, "typed")
    assert (found["status"], found["halted_at_state"]) == ("halted", "await_approval")
    options = found["halted_options"]
    assert (options["instruction"], options["generated"]) == ("Order #123 is ready.", True)
    assert options["include_data"] == ["order", "customer", "risk_score"]
    assert [choice["key"] for choice in options["choices"]] == ["approve", "reject"]
    (asked,) = model.asked
    assert asked.model == "claude-3-haiku-20240307"
    assert asked.task == "Summarize this order and ask the user to approve or reject it."
    assert asked.data == {name: DATA[name] for name in ("order", "customer", "risk_score")}
    (step,) = (event for event in api.events_of(found["id"]) if event.get("logic") == "ai")
    assert (step["subtype"], step["state"], step["duration_ms"]) == ("completed", "await_approval", 7)
    taken = api.call("POST", f"/workflows/instances/{found['id']}/resume", {"selected_option": "approve"})
    assert taken.data["status"] == "completed"


def test_the_simple_spelling_is_a_prompt_and_a_resume_that_leads_to_one_answers_running(api: Deployment) -> None:
    model = with_model(api)
    second = {"type": "halting", **example("halting_instructions_simple"), "transitions": [{"target": "done"}]}
    api.define(one(halting(transitions=[{"target": "second"}]), name="two", second=second))
    started = api.start("two", {"strategy": "grow"})
    resumed = api.resume(started["id"], {"strategy": "grow"}).data
    assert (resumed["status"], resumed["current_state"]) == ("running", "second")
    api.drain()
    assert api.get(started["id"])["halted_options"]["generated"] is True
    (asked,) = model.asked
    assert asked.model is None
    assert asked.data == {"strategy": "grow", "benchmarks": None, "risk_assessment": None}


def test_without_a_configured_model_the_halt_says_plain_text(api: Deployment) -> None:
    found = ready(api, "typed")
    options = found["halted_options"]
    assert options["generated"] is False
    assert options["instruction"].startswith("Summarize this order")
    assert '{"id":"123","total":150}' in options["instruction"]
    (step,) = (event for event in api.events_of(found["id"]) if event.get("logic") == "ai")
    assert (step["subtype"], step["code"]) == ("failed", instructions.NOT_CONFIGURED)
    shown = api.call("GET", f"/workflows/instances/{found['id']}/history?types=step").data["events"]
    assert instructions.NOT_CONFIGURED in {event.get("code") for event in shown}


@pytest.mark.parametrize("reason", instructions.REASONS)
def test_whatever_keeps_the_model_from_writing_the_halt_comes_and_says_not_why(api: Deployment, reason: str) -> None:
    with_model(api, Failed(reason, "the reason of this test"))
    found = ready(api, "simple", {"strategy": "grow"})
    assert found["status"] == "halted"
    assert found["halted_options"]["generated"] is False
    assert "grow" in found["halted_options"]["instruction"]
    told = json.dumps([found["halted_options"], found["halting_presentation"]])
    assert "reason of this test" not in told
    assert reason not in told
    assert "error" not in found
    assert "the reason of this test" in api.logs.getvalue()
    assert api.resume(found["id"], {"go": True}).data["status"] == "completed"


def test_what_a_model_writes_is_text_and_goes_nowhere_else(api: Deployment) -> None:
    with_model(api, "<b>${workflow_data.salary}</b> approved: true")
    found = ready(api, "typed")
    assert found["halted_options"]["instruction"] == "<b>${workflow_data.salary}</b> approved: true"
    assert found["workflow_data"] == DATA
    kept = [event for event in api.events_of(found["id"]) if event["subtype"] != "waiting"]
    assert "approved: true" not in json.dumps(kept)


def test_no_condition_sees_what_a_model_wrote(api: Deployment) -> None:
    with_model(api, "yes")
    wrote = [
        {"field": name, "equals": "yes"} for name in ("instruction", "halted_options.instruction", "ask", "message")
    ]
    ask = {
        "type": "halting",
        "halting_instructions": {"instruction": "Say yes."},
        "transitions": [{"target": "approved", "condition": {"or": wrote}}, {"target": "rejected"}],
    }
    api.define(one(script("return {}", "ask"), name="trusting", ask=ask, **ENDS))
    found = ready(api, "trusting")
    assert api.resume(found["id"]).data["current_state"] == "rejected"


def test_secrets_are_neither_sent_nor_shown(api: Deployment) -> None:
    api.set_secret("API_KEY", "sk_live_51H8x")
    model = with_model(api, "The key is sk_live_51H8x.")
    found = ready(api, "simple", {"strategy": {"sk_live_51H8x": ["sk_live_51H8x"]}, "benchmarks": 1})
    (asked,) = model.asked
    assert "sk_live_51H8x" not in instructions.message(asked)
    assert asked.data["strategy"] == {"[secret API_KEY]": ["[secret API_KEY]"]}
    assert found["halted_options"]["instruction"] == "The key is [secret API_KEY]."


def test_without_the_secrets_to_mask_nothing_is_sent(api: Deployment) -> None:
    model = with_model(api)
    client = api.clients["secretsmanager"]
    client.create_secret(Name=f"{api.stack.name}/accounts/acc_1", SecretString="no object")
    found = ready(api, "simple")
    assert (found["halted_options"]["generated"], model.asked) == (False, [])


class TestWhileTheModelWrites:
    """Whatever happens meanwhile, nothing is lost and there is one halt."""

    def test_a_cancel_wins_and_names_no_action(self, api: Deployment) -> None:
        ids: list[str] = []

        def cancelled() -> str:
            assert api.call("POST", f"/workflows/instances/{ids[0]}/cancel").status == 200
            return "Too late."

        with_model(api, cancelled)
        ids.append(api.start("typed", DATA)["id"])
        api.drain()
        found = api.get(ids[0])
        assert found["status"] == "cancelled"
        assert "halted_options" not in found
        (end,) = (event for event in api.events_of(ids[0]) if event["subtype"] == "cancelled")
        assert "in_flight" not in end

    def test_a_pause_lets_it_come_to_its_halt(self, api: Deployment) -> None:
        ids: list[str] = []

        def paused() -> str:
            assert api.call("POST", f"/workflows/instances/{ids[0]}/pause").status == 200
            return "Written."

        with_model(api, paused)
        ids.append(api.start("typed", DATA)["id"])
        api.drain()
        found = api.get(ids[0])
        assert (found["status"], found["paused"]) == ("halted", True)
        assert found["halted_options"]["generated"] is True

    def test_what_is_paused_before_asks_nothing_until_it_is_let_go_on(self, api: Deployment) -> None:
        model = with_model(api)
        started = api.start("typed", DATA)
        api.call("POST", f"/workflows/instances/{started['id']}/pause")
        api.drain()
        assert model.asked == []
        api.call("POST", f"/workflows/instances/{started['id']}/unpause")
        api.drain()
        assert api.get(started["id"])["halted_options"]["generated"] is True

    def test_a_resume_is_told_that_nothing_waits_yet(self, api: Deployment) -> None:
        refusals: list[Any] = []
        ids: list[str] = []

        def resumed() -> str:
            refusals.append(api.resume(ids[0], {"choice": "approve"}).refusal)
            return "Written."

        with_model(api, resumed)
        ids.append(api.start("typed", DATA)["id"])
        api.drain()
        assert refusals == [(400, "instance_not_halted")]
        assert api.get(ids[0])["status"] == "halted"

    def test_the_timeout_of_the_halt_counts_from_the_halt(self, api: Deployment) -> None:
        with_model(api, lambda: api.clock.advance(5 * SECOND) or "Written.")
        found = ready(api, "timed")
        api.clock.advance(HOUR - 3 * SECOND)
        api.tick()
        assert api.get(found["id"])["status"] == "halted"
        api.clock.advance(5 * SECOND)
        api.tick()
        assert api.get(found["id"])["current_state"] == "late"

    def test_a_message_that_comes_twice_asks_once(self, api: Deployment) -> None:
        model = with_model(api)
        started = api.start("typed", DATA)
        (queue, message, _) = api.sent[-1]
        api.clients["sqs"].send_message(QueueUrl=api.stack.reference(queue), MessageBody=json.dumps(message))
        api.drain()
        assert len(model.asked) == 1
        assert subtypes(api, started)["waiting"] == 1

    def test_a_worker_that_dies_of_it_is_replaced_and_the_text_written(self, api: Deployment) -> None:
        api.errors_expected = True
        model = with_model(api, RuntimeError("the worker died"), "Written.")
        started = api.start("typed", DATA)
        api.drain()
        api.clock.advance(3 * MINUTE)
        api.tick()
        found = api.get(started["id"])
        assert (found["status"], found["halted_options"]["instruction"]) == ("halted", "Written.")
        assert len(model.asked) == 2
        assert subtypes(api, started)["waiting"] == 1

    def test_workers_that_always_die_of_it_leave_a_halt_with_plain_text(self, api: Deployment) -> None:
        api.errors_expected = True
        model = with_model(api, RuntimeError("the worker died"))
        started = api.start("typed", DATA)
        for _ in range(limits.MODEL_TRIES + 1):
            api.drain()
            api.clock.advance(3 * MINUTE)
            api.tick()
        found = api.get(started["id"])
        assert (found["status"], found["halted_options"]["generated"]) == ("halted", False)
        assert len(model.asked) == limits.MODEL_TRIES
        assert subtypes(api, started)["waiting"] == 1

    def test_a_commit_that_is_lost_after_the_text_was_written_is_made_up_for(self, api: Deployment) -> None:
        api.errors_expected = True
        model = with_model(api)

        def lost() -> Any:
            raise RuntimeError("the worker died")

        started = api.start("typed", DATA)
        with api.interposed("TransactWriteItems", lost):
            api.drain()
        assert api.get(started["id"])["status"] == "running"
        api.clock.advance(3 * MINUTE)
        api.tick()
        assert api.get(started["id"])["halted_options"]["generated"] is True
        assert len(model.asked) == 2
        assert subtypes(api, started)["waiting"] == 1


def test_the_stand_in_says_what_it_is_and_never_changes(deploy: Callable[..., Deployment]) -> None:
    api = deploy(AiModels="stand-in")
    api.define(TYPED)
    texts = {ready(api, "typed")["halted_options"]["instruction"] for _ in range(2)}
    (text,) = texts
    assert text.startswith("(Written by a stand-in, not by a model.) Summarize this order")
    assert 'customer: "Acme Corp"' in text
