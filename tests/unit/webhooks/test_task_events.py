"""Events of tasks as webhooks tell them: from records of the history alone."""

from typing import Any

import pytest

from interactor.core.times import iso
from interactor.instances.rules.stored import Record
from interactor.webhooks.rules import events, samples, task_events
from interactor.webhooks.rules.events import Subscription

AT = 1_770_000_000_000
SUBTYPES = tuple(task_events.DESCRIPTIONS)
TASK: dict[str, Any] = {
    "number": 4,
    "id": "evt_1",
    "type": "task",
    "at": AT,
    "thread": "thread_main",
    "state": "review",
    "halt_id": "halt_1",
    "task_id": "task_01hzzzzzzzzzzzzzzzzzzzzzzz_3",
    "title": "Approve the order",
    "priority": "high",
    "labels": {"site": "berlin"},
    "assignees": ["ann"],
    "groups": ["finance"],
    "tally": {"approve": 1, "reject": 0, "responses": 1, "needed": 2},
    "halting_presentation": {"type": "form"},
}
EVERY = {"task_id", "title", "state", "due_at", "priority", "key", "labels", "assignees", "groups", "tally"}


def told(subtype: str, **more: Any) -> Any:
    """The data of an event's body."""
    envelope = {"namespace": "team_a", "workflow_name": "orders", "version_id": "v_1"}
    data = {"layers": {"thread_main": {"amount": 5}}, "parents": {}}
    event = {**TASK, "subtype": subtype, **more}
    body = events.body([Record("acc", "inst_1", (event,), data, 4, envelope)], 4, "whsub_1")
    assert body["event"] == f"workflow.task.{subtype}"
    return body["data"]


@pytest.mark.parametrize("subtype", SUBTYPES)
def test_every_event_of_a_task_says_which_task_it_is_and_how_it_stands(subtype: str) -> None:
    data = told(subtype)
    assert data.keys() >= EVERY
    assert data["current_state"] == data["state"] == "review"
    assert (data["workflow_data"], data["sequence"], data["thread_id"]) == ({"amount": 5}, 4, "thread_main")
    assert (data["due_at"], data["key"]) == (None, None)


def test_a_time_is_told_as_all_times_are() -> None:
    assert told("created", due_at=AT)["due_at"] == iso(AT)


def test_an_act_says_who_did_it_for_whom_and_what() -> None:
    said = {"by": "ann", "on_behalf_of": "bo", "via": "link", "outcome": "reject", "comment": "Too dear"}
    assert told("responded", **said).items() >= said.items()
    assert told("escalated", level=2)["level"] == 2
    assert told("reassigned", **{"from": "ann", "to": ["bo"]})["to"] == ["bo"]


def test_neither_a_response_nor_where_it_came_from_is_told() -> None:
    kept = {"input": {"approved": True}, "address": "0" * 16, "client": "web", "shown": "1" * 64, "seen": "1" * 64}
    assert not told("responded", **kept).keys() & {*kept, "halting_presentation"}


def test_who_is_to_be_told_is_told_to_applications_too() -> None:
    assert told("created", notify={"users": ["ann"], "groups": []})["notify"] == {"users": ["ann"], "groups": []}
    assert "notify" not in told("completed")


@pytest.mark.parametrize("subtype", SUBTYPES)
def test_a_sample_has_the_members_of_a_real_event(subtype: str) -> None:
    name = f"workflow.task.{subtype}"
    subscription = Subscription("whsub_1", "acc", "https://x.example", (name,), "sealed", ("team_a",), AT)
    sample = samples.sample(name, subscription, AT, bytes(10))
    assert (sample["event"], sample["test"]) == (name, True)
    assert sample["data"].keys() >= EVERY | {"halt_id", "thread_id"}
