"""Halting states: what they show, what they take, and what they refuse (rulings 15 and 16)."""

from typing import Any

import pytest

from tests.support.deployed import shapes
from tests.support.deployed.deployment import Deployment
from tests.support.workflows.definitions import example, halting, one, script

CHOICE = example("presentation_choice")
FORM = example("presentation_form")
KEYED = [
    {"key": "approve", "to": "approved", "description": "Approve the order"},
    {"key": "reject", "to": "rejected", "description": "Reject the order"},
]
ENDS = {"approved": {"type": "terminal"}, "rejected": {"type": "terminal"}}
DATA = {"order": {"id": "123", "total": 150}, "customer": "Acme Corp", "risk_score": 23}


def flow(name: str, state: dict[str, Any]) -> dict[str, Any]:
    begin = script("return { ...input, amount: 1200 }", "wait")
    return one(begin, name=name, wait={"type": "halting", "transitions": KEYED} | state, **ENDS)


FLOWS = {
    "choice": flow(
        "choice",
        {
            "presentation": CHOICE,
            "transitions": [
                {"target": "approved", "condition": {"field": "choice", "equals": "approve"}},
                {"target": "rejected", "condition": {"field": "choice", "equals": "reject"}},
            ],
        },
    ),
    "form": flow("form", {"presentation": FORM, "transitions": [{"target": "approved"}]}),
    "message": flow(
        "message", {"presentation": example("presentation_message"), "transitions": [{"target": "approved"}]}
    ),
    "ai": one(script("return input", "await_approval"), name="ai", **example("halting_instructions_ai"), **ENDS),
    "simple": flow("simple", example("halting_instructions_simple")),
    "static": flow("static", {**example("halting_instructions_message"), "transition_mode": "selection"}),
    "bare": flow("bare", {}),
    "plain": flow("plain", {"transitions": [{"target": "approved"}]}),
}


@pytest.fixture(scope="module")
def api(shared: Deployment) -> Deployment:
    for definition in FLOWS.values():
        shared.define(definition)
    return shared


def at(api: Deployment, name: str, given: Any = None) -> Any:
    instance = api.start(name, given or DATA)
    shapes.check_instance(instance)
    if instance["status"] == "running":
        # What a model may write comes through the chain (ruling 30).
        api.drain()
        instance = api.get(instance["id"])
    assert instance["status"] == "halted"
    assert instance["halted_at_state"] == instance["current_state"]
    return instance


def test_a_choice_is_shown_as_written_and_its_options_are_choices(api: Deployment) -> None:
    instance = at(api, "choice")
    assert instance["halting_presentation"] == CHOICE
    options = instance["halted_options"]
    assert options["instruction"] == CHOICE["message"]
    assert [each["key"] for each in options["choices"]] == [each["value"] for each in CHOICE["options"]]
    assert options["generated"] is False


@pytest.mark.parametrize(
    "body",
    [
        {"input": {"choice": "reject"}},
        {"choice": "reject"},
        {"selected_option": "reject"},
        {"selected_option": "reject", "input": {}},
        {"selected_option": "reject", "input": {"choice": "reject"}},
    ],
)
def test_a_choice_is_taken_beside_or_inside_the_input(api: Deployment, body: Any) -> None:
    instance = at(api, "choice")
    answer = api.call("POST", f"/workflows/instances/{instance['id']}/resume", body)
    assert answer.data["current_state"] == "rejected"
    assert answer.data["workflow_data"]["choice"] == "reject"


@pytest.mark.parametrize("given", [{}, {"choice": "approved"}, {"choice": True}, {"choice": None}])
def test_what_is_no_option_is_refused_and_changes_nothing(api: Deployment, given: Any) -> None:
    instance = at(api, "choice")
    answer = api.resume(instance["id"], given)
    assert answer.refusal == (400, "validation_error")
    assert [each["field"] for each in answer.error["details"]] == ["choice"]
    assert api.get(instance["id"]) == instance


def test_an_option_without_a_transition_is_refused_and_changes_nothing(api: Deployment) -> None:
    instance = at(api, "choice")
    answer = api.resume(instance["id"], {"choice": "escalate"})
    assert answer.refusal == (400, "invalid_transition")
    assert api.get(instance["id"]) == instance


def test_different_choices_in_one_request_are_refused(api: Deployment) -> None:
    instance = at(api, "choice")
    body = {"selected_option": "approve", "input": {"choice": "reject"}}
    answer = api.call("POST", f"/workflows/instances/{instance['id']}/resume", body)
    assert answer.refusal == (400, "validation_error")


def test_a_message_takes_any_input(api: Deployment) -> None:
    instance = at(api, "message")
    assert instance["halting_presentation"] == example("presentation_message")
    assert instance["halted_options"]["choices"] == []
    assert api.resume(instance["id"]).data["status"] == "completed"


def test_a_form_is_rendered_with_defaults_of_their_own_type(api: Deployment) -> None:
    fields = {field["name"]: field for field in at(api, "form")["halting_presentation"]["fields"]}
    assert fields["amount"]["default"] == 1200
    assert fields["approved"]["default"] is False
    assert fields["priority"]["default"] == "medium"


def test_a_form_names_all_wrong_fields_at_once(api: Deployment) -> None:
    instance = at(api, "form")
    answer = api.resume(instance["id"], {"approved": 1, "amount": 200_000, "notes": 7, "priority": "urgent"})
    assert answer.refusal == (400, "validation_error")
    assert sorted(each["field"] for each in answer.error["details"]) == ["amount", "approved", "notes", "priority"]
    assert all(each["message"] for each in answer.error["details"])
    assert api.get(instance["id"]) == instance


def test_texts_of_a_browsers_form_become_values_and_absent_fields_their_defaults(api: Deployment) -> None:
    instance = at(api, "form")
    answer = api.resume(instance["id"], {"approved": "on", "amount": "950.5", "notes": ""})
    data = answer.data["workflow_data"]
    assert (data["approved"], data["amount"], data["priority"]) == (True, 950.5, "medium")
    assert data["notes"] is None


@pytest.mark.parametrize(("name", "state"), [("ai", "await_approval"), ("static", "wait")])
def test_selection_shows_choices_and_takes_one(api: Deployment, name: str, state: str) -> None:
    instance = at(api, name)
    options = instance["halted_options"]
    assert options["transition_mode"] == "selection"
    assert options["choices"] == [
        {"key": "approve", "description": "Approve the order", "to": "approved"},
        {"key": "reject", "description": "Reject the order", "to": "rejected"},
    ]
    assert instance["halted_at_state"] == state
    assert options["instruction"]
    path = f"/workflows/instances/{instance['id']}/resume"
    assert api.call("POST", path, {"selected_option": "neither"}).refusal == (400, "validation_error")
    answer = api.call("POST", path, {"selected_option": "reject", "input": {"note": "Too dear"}})
    assert answer.data["current_state"] == "rejected"
    assert {"choice": "reject", "note": "Too dear"}.items() <= answer.data["workflow_data"].items()


def test_static_instructions_show_their_title_and_message(api: Deployment) -> None:
    options = at(api, "static")["halted_options"]
    assert options["title"] == "Approval Required"
    assert options["instruction"].startswith("This order exceeds")
    assert options["generated"] is False


def test_ai_instructions_name_the_data_they_include(api: Deployment) -> None:
    assert at(api, "ai")["halted_options"]["include_data"] == ["order", "customer", "risk_score"]
    assert at(api, "simple")["halted_options"]["include_data"] == ["strategy", "benchmarks", "risk_assessment"]


def test_without_a_presentation_keyed_transitions_become_a_choice(api: Deployment) -> None:
    instance = at(api, "bare")
    assert instance["halting_presentation"]["type"] == "choice"
    assert [each["value"] for each in instance["halting_presentation"]["options"]] == ["approve", "reject"]
    assert api.resume(instance["id"], {"choice": "approve"}).data["current_state"] == "approved"


def test_without_a_presentation_one_way_becomes_a_message(api: Deployment) -> None:
    assert at(api, "plain")["halting_presentation"]["type"] == "message"


def test_the_expected_state_must_be_the_present_one(api: Deployment) -> None:
    instance = at(api, "plain")
    path = f"/workflows/instances/{instance['id']}/resume"
    answer = api.call("POST", path, {"input": {}, "expected_state": "elsewhere"})
    assert answer.refusal == (409, "concurrent_modification")
    details = answer.error["details"]
    assert (details["current_state"], details["expected_state"]) == ("wait", "elsewhere")
    assert (details["halt_id"], details["outcome"]) == (instance["halt_id"], None)
    assert api.call("POST", path, {"input": {}, "expected_state": "wait"}).status == 200


def test_a_default_of_a_required_field_is_for_rendering_only(deployment: Deployment) -> None:
    field = {"name": "code", "type": "string", "label": "Code", "required": True, "default": "B-1"}
    deployment.define(one(halting(presentation={"type": "form", "fields": [field]})))
    instance = deployment.start("flow")
    assert instance["halting_presentation"]["fields"][0]["default"] == "B-1"
    assert deployment.resume(instance["id"], {}).refusal == (400, "validation_error")
