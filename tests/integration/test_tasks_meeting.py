"""Tasks where they meet the rest of the engine: threads, retries, pauses, files, hidden values, the end of time."""

from typing import Any

import pytest

from interactor.core.times import DAY
from tests.support.deployed.deployment import Deployment
from tests.support.deployed.desk import FORM, Desk, flow, of_states, state
from tests.support.deployed.files import FIELDS, uploaded


@pytest.fixture
def desk(deployment: Deployment) -> Desk:
    return Desk(deployment)


def fork(*threads: str, **states: Any) -> Any:
    """A workflow of threads that begin at states of their own names, and join."""
    split = {
        "type": "action",
        "fork": {"threads": {each: {"target": each} for each in threads}, "join": {"target": "yes"}},
    }
    return of_states(split=split, ended={"type": "terminal"}, **states)


def ending(**assignment: Any) -> Any:
    return state(**assignment) | {"transitions": [{"target": "ended"}]}


def test_decisions_of_two_threads_are_both_there_after_the_join(desk: Desk) -> None:
    definition = fork("legal", "money", legal=ending(users=["ann"]), money=ending(users=["bo"]))
    instance = desk.begin(definition)
    by_state = {each["state"]: each["task_id"] for each in desk.events(instance, "created")}
    assert desk.respond("ann", by_state["legal"]).status == 200
    assert desk.respond("bo", by_state["money"], False).status == 200
    found = desk.api.get(instance["id"])
    assert found["status"] == "completed"
    decisions = found["workflow_data"]["decisions"]
    assert {name: each["outcome"] for name, each in decisions.items()} == {"legal": "approved", "money": "rejected"}


def test_ten_threads_of_six_entries_are_cancelled_in_one_transaction(desk: Desk) -> None:
    names = [f"s{number}" for number in range(10)]
    people = [f"p{number}" for number in range(6)]
    instance = desk.begin(fork(*names, **{name: ending(users=people) for name in names}))
    assert len(desk.entries()) == 60
    assert desk.api.call("POST", f"/workflows/instances/{instance['id']}/cancel").status == 200
    assert desk.entries() == []
    assert desk.told(instance).count("cancelled") == 10
    assert desk.ids("p0") == []


def test_a_sixty_first_entry_is_too_many(desk: Desk) -> None:
    names = [f"s{number}" for number in range(10)]
    people = [f"p{number}" for number in range(6)]
    states = {name: ending(users=people) for name in names}
    states["s9"] = ending(users=[*people, "one_more"])
    instance = desk.begin(fork(*names, **states))
    found = desk.api.get(instance["id"])
    assert (found["status"], found["error_code"]) == ("failed", "assignment_too_large")
    assert desk.entries() == []


def test_after_a_failure_elsewhere_a_retry_opens_the_task_again(desk: Desk) -> None:
    bad = ending(users=["${input.who}"])
    instance = desk.begin(fork("good", "bad", good=ending(users=["ann"]), bad=bad), {"who": {"a": 1}})
    path = f"/workflows/instances/{instance['id']}"
    assert desk.api.get(instance["id"])["status"] == "failed"
    assert desk.ids("ann") == []
    task = desk.task(instance)
    assert desk.respond("ann", task).refusal == (409, "task_closed")
    assert desk.api.call("POST", f"{path}/retry").status == 200
    assert desk.api.get(instance["id"])["status"] == "failed", "for the same reason"
    assert desk.entries() == []
    assert desk.told(instance).count("created") >= 1


def test_levels_that_came_due_in_a_pause_are_done_once_each_and_in_order(desk: Desk) -> None:
    levels = [{"after": f"{number}d", "notify": {"users": [f"l{number}"]}} for number in (1, 2, 3)]
    reminders = {"before_due": ["2d", "1d"]}
    instance, _ = desk.opened(users=["ann"], due={"after": "3d"}, remind=reminders, escalate=levels)
    path = f"/workflows/instances/{instance['id']}"
    assert desk.api.call("POST", f"{path}/pause").status == 200
    desk.api.clock.advance(4 * DAY)
    desk.api.tick()
    assert desk.told(instance) == ["created"]
    assert desk.api.call("POST", f"{path}/unpause").status == 200
    for _ in range(6):
        desk.api.tick()
    assert [each["level"] for each in desk.events(instance, "escalated")] == [1, 2, 3]
    assert desk.told(instance).count("reminded") == 1


def test_hints_that_come_twice_escalate_once_and_who_is_new_is_asked(desk: Desk) -> None:
    instance, task = desk.opened(users=["ann"], escalate=[{"after": "1d", "to": {"users": ["bo"]}}])
    desk.api.clock.advance(DAY)
    for _ in range(3):
        desk.api.tick()
    assert desk.told(instance) == ["created", "escalated"]
    assert (desk.ids("ann"), desk.ids("bo")) == ([], [task])
    assert desk.respond("ann", task).refusal == (403, "not_assignee")
    assert desk.respond("bo", task).status == 200


def test_a_sensitive_answer_is_kept_nowhere_where_one_decides_and_refused_where_several_do(desk: Desk) -> None:
    pin = {"name": "pin", "type": "string", "label": "PIN", "sensitive": True}
    form = {**FORM, "fields": [*FORM["fields"], pin]}  # type: ignore[misc]
    refused = desk.api.call("POST", "/workflows", of_states(review=state(form, users=["ann", "bo"], quorum="all")))
    assert refused.refusal == (400, "invalid_workflow")
    instance = desk.begin(of_states(review=state(form, users=["ann"])))
    task = desk.task(instance)
    answer = desk.act("ann", task, "respond", {"input": {"approved": True, "pin": "hunter-zwei"}})
    assert answer.status == 200
    assert "hunter-zwei" not in (answer.raw or "")
    told = desk.call("ann", "GET", f"/tasks/{task}/history")
    assert "hunter-zwei" not in (told.raw or "")
    assert all("hunter-zwei" not in str(each) for each in desk.api.events_of(instance["id"]))
    assert "hunter-zwei" not in str(desk.decision(instance))


def test_a_definition_without_people_writes_no_item_and_no_event_of_tasks(desk: Desk) -> None:
    definition = flow()
    del definition["states"]["review"]["assignment"]
    instance = desk.begin(definition)
    assert desk.entries() == []
    assert desk.api.resume(instance["id"], {"approved": True}).status == 200
    found = desk.api.get(instance["id"])
    assert "decisions" not in found["workflow_data"]
    assert desk.told(instance) == []
    assert not any("#TU#" in item["pk"]["S"] for item in desk.api.items())


def test_a_level_for_a_group_that_is_frozen_asks_its_members(desk: Desk) -> None:
    desk.group("board", "bo", "cy")
    level = {"after": "1d", "to": {"groups": ["board"]}}
    instance, task = desk.opened(users=["ann", "di"], quorum="all", escalate=[level])
    assert desk.respond("di", task).status == 200
    desk.api.clock.advance(DAY)
    desk.api.tick()
    assert desk.respond("ann", task).refusal == (403, "not_assignee")
    assert desk.respond("bo", task).data["tally"]["needed"] == 3
    assert desk.respond("cy", task).data["status"] == "completed"
    assert desk.current(instance) == "yes"


def test_a_level_for_a_group_that_nobody_knows_leaves_a_frozen_task_to_those_who_had_it(desk: Desk) -> None:
    level = {"after": "1d", "to": {"groups": ["nowhere"]}}
    instance, task = desk.opened(users=["ann", "di"], quorum="all", escalate=[level])
    desk.api.clock.advance(DAY)
    desk.api.tick()
    assert desk.told(instance) == ["created", "escalated"]
    assert desk.respond("ann", task).data["tally"]["needed"] == 2
    assert desk.respond("di", task).data["status"] == "completed"


def test_questions_never_make_more_entries_than_one_transaction_can_take_away(desk: Desk) -> None:
    names = [f"s{number}" for number in range(10)]
    instance = desk.begin(fork(*names, **{name: ending(users=["a", "b", "c", "d", "e", "f"]) for name in names}))
    task = desk.task(instance)
    asked = [desk.act("a", task, "ask", {"question": "Why?", "of": f"q{number}"}) for number in range(3)]
    assert {each.refusal for each in asked} == {(400, "assignment_too_large")}
    assert len(desk.entries()) == 60
    assert desk.api.call("POST", f"/workflows/instances/{instance['id']}/cancel").status == 200
    assert desk.entries() == []


def test_a_file_in_a_task_is_taken_and_an_unknown_one_is_not(desk: Desk) -> None:
    fields = [*FORM["fields"], *FIELDS[:1]]  # type: ignore[misc]
    instance = desk.begin(of_states(review=state({**FORM, "fields": fields}, users=["ann"])))
    task = desk.task(instance)
    answer = desk.act("ann", task, "respond", {"input": {"approved": True, "contract": "file_" + "0" * 26}})
    assert answer.status == 400
    file_id = uploaded(desk.api, instance["id"])
    answer = desk.act("ann", task, "respond", {"input": {"approved": True, "contract": file_id}})
    assert answer.status == 200, answer.raw
    assert desk.api.get(instance["id"])["workflow_data"]["contract"]["id"] == file_id


def test_those_whom_a_level_replaced_whole_may_no_longer_respond(desk: Desk) -> None:
    level = {"after": "1d", "to": {"users": ["bo"]}}
    _, task = desk.opened(groups=["finance"], escalate=[level])
    other = desk.begin(flow(users=["ann"], escalate=[level | {"to": {"groups": ["leads"]}}]) | {"name": "other"})
    desk.api.clock.advance(DAY)
    desk.api.tick()
    assert desk.respond("cy", task, groups=["finance"]).refusal == (403, "not_assignee")
    assert desk.respond("ann", desk.task(other)).refusal == (403, "not_assignee")
    assert desk.respond("bo", task).status == 200
    assert desk.respond("di", desk.task(other), groups=["leads"]).status == 200


def test_a_level_that_has_no_room_for_more_people_is_told_and_holds_up_no_timeout(desk: Desk) -> None:
    names = [f"s{number}" for number in range(10)]
    states = {name: ending(users=["a", "b", "c", "d", "e", "f"]) for name in names}
    level = {"after": "1d", "to": {"users": ["bo"]}, "keep": True}
    states["s0"]["assignment"]["escalate"] = [level]
    states["s0"]["timeout"] = {"after": "2d", "target": "ended"}
    instance = desk.begin(fork(*names, **states))
    desk.api.clock.advance(DAY)
    desk.api.tick()
    (event,) = desk.events(instance, "escalated")
    assert (event["level"], event["assignees"]) == (1, ["a", "b", "c", "d", "e", "f"])
    desk.api.clock.advance(DAY)
    desk.api.tick()
    assert desk.told(instance).count("expired") == 1
