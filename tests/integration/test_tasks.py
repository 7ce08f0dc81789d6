"""Tasks from a request to its answer: who is asked, who may, what decides, and what becomes of everything else."""

from typing import Any

import pytest

from interactor.core.times import DAY, HOUR, MINUTE
from tests.support.deployed.deployment import Deployment
from tests.support.deployed.desk import FORM, MANAGER, PEOPLE, Desk, flow, of_states, state


@pytest.fixture
def desk(deployment: Deployment) -> Desk:
    return Desk(deployment)


# What a definition says, and who is asked


def test_a_list_with_holes_asks_those_who_are_in_it(desk: Desk) -> None:
    instance, task = desk.opened({"who": ["ann", None, "bo", ""]}, users=["${input.who}"])
    assert desk.ids("ann") == desk.ids("bo") == [task]
    assert len(desk.entries()) == 2
    assert desk.current(instance) == "review"


def test_what_names_no_people_fails_the_state_and_on_error_is_taken(desk: Desk) -> None:
    review = state(users=["${input.who}"]) | {"on_error": {"target": "no"}}
    definition = of_states(review=review)
    instance = desk.begin(definition, {"who": {"a": 1}})
    assert desk.current(instance) == "no"
    assert desk.entries() == []


def test_nobody_left_is_no_assignee_and_a_fallback_is_asked_instead(desk: Desk) -> None:
    first = desk.begin(flow(users=["ann"], exclude=["${context.initiator}"]), person="ann")
    assert desk.api.get(first["id"])["error_code"] == "no_assignee"
    second = desk.begin(
        flow(users=["ann"], exclude=["${context.initiator}"], fallback={"users": ["bo"]}) | {"name": "other"},
        person="ann",
    )
    assert desk.ids("bo") == [desk.task(second)]


def test_a_quorum_beyond_those_who_are_asked_is_never_lowered(desk: Desk) -> None:
    refused = desk.api.call("POST", "/workflows", flow(users=["ann", "bo"], quorum={"approve": 3}))
    assert refused.refusal == (400, "invalid_workflow")
    instance = desk.begin(flow(users=["${input.who}"], quorum={"approve": 3}), {"who": ["ann", "bo"]})
    assert desk.api.get(instance["id"])["error_code"] == "quorum_impossible"


def test_a_typo_in_an_assignment_is_an_error_at_its_place(desk: Desk) -> None:
    refused = desk.api.call("POST", "/workflows", flow(users=["ann"], exclud=["bo"]))
    assert refused.refusal == (400, "invalid_workflow")
    assert "states.review.assignment.exclud" in (refused.raw or "")


# What decides


def test_the_first_response_decides_and_is_gone_from_everyones_list(desk: Desk) -> None:
    instance, task = desk.opened(users=["ann", "bo"])
    answer = desk.respond("ann", task)
    assert answer.data["status"] == "completed"
    assert desk.ids("bo") == desk.ids("ann") == []
    assert desk.ids("ann", "done") == [task]
    assert desk.api.get(instance["id"])["workflow_data"]["approved"] is True
    assert desk.current(instance) == "yes"


def test_two_of_three_is_rejected_at_the_second_rejection_and_the_third_is_told_by_whom(desk: Desk) -> None:
    instance, task = desk.opened(users=PEOPLE[:3], quorum={"approve": 2})
    assert desk.respond("ann", task, False).data["status"] == "open"
    assert desk.respond("bo", task, False).data["status"] == "completed"
    late = desk.respond("cy", task, True)
    assert late.refusal == (409, "task_closed")
    assert late.error["details"]["decided_by"] == "bo"
    assert late.error["details"]["outcome"] == "rejected"
    assert desk.current(instance) == "no"
    assert [each["by"] for each in desk.decision(instance)["responses"]] == ["ann", "bo"]


def test_equal_bytes_of_two_people_are_two_responses_and_one_decision(desk: Desk) -> None:
    instance, task = desk.opened(users=["ann", "bo"], quorum="all")
    assert desk.respond("ann", task).data["tally"]["responses"] == 1
    assert desk.respond("bo", task).data["status"] == "completed"
    assert desk.told(instance).count("responded") == 2
    assert desk.told(instance).count("completed") == 1


def test_ones_own_response_again_is_done_and_another_one_is_refused(desk: Desk) -> None:
    instance, task = desk.opened(users=["ann", "bo"], quorum="all")
    for _ in range(2):
        assert desk.respond("ann", task).status == 200
    assert desk.respond("ann", task, False).refusal == (409, "already_responded")
    assert desk.told(instance).count("responded") == 1
    desk.respond("bo", task)
    assert desk.respond("ann", task).status == 200
    assert desk.respond("ann", task, False).refusal == (409, "already_responded")


def test_who_has_responded_cannot_respond_again_for_somebody_who_is_away(desk: Desk) -> None:
    now = desk.api.clock()
    desk.away("bo", now - HOUR, now + DAY, "ann")
    _, task = desk.opened(users=["ann", "bo"], quorum="all")
    assert desk.respond("ann", task).status == 200
    assert desk.respond("ann", task, False).refusal == (409, "already_responded")


@pytest.mark.parametrize(("share", "people", "at"), [("60%", 5, 3), ("majority", 4, 3), (2, 3, 2)])
def test_a_share_is_reached_at_its_number(desk: Desk, share: Any, people: int, at: int) -> None:
    _, task = desk.opened(users=PEOPLE[:people], quorum={"approve": share})
    stati = [desk.respond(each, task).data["status"] for each in PEOPLE[:at]]
    assert stati == ["open"] * (at - 1) + ["completed"]


def test_each_group_has_a_count_of_its_own(desk: Desk) -> None:
    instance, task = desk.opened(groups=["legal", "finance"], quorum={"approve": 1, "per_group": True})
    assert desk.respond("ann", task, groups=["legal"]).data["status"] == "open"
    assert desk.respond("bo", task, groups=["legal"]).data["status"] == "open"
    assert desk.respond("cy", task, groups=["finance"]).data["status"] == "completed"
    assert desk.decision(instance)["outcome"] == "approved"


def test_a_task_that_waits_for_everyone_expires_with_the_responses_that_there_are(desk: Desk) -> None:
    review = state(users=PEOPLE[:3], quorum={"approve": 2, "wait": True})
    review["timeout"] = {"after": "1d", "target": "expired"}
    instance = desk.begin(of_states(review=review))
    task = desk.task(instance)
    for person in ("ann", "bo"):
        assert desk.respond(person, task).data["status"] == "open"
    desk.api.clock.advance(2 * DAY)
    desk.api.tick()
    assert desk.current(instance) == "expired"
    found = desk.decision(instance)
    assert (found["outcome"], len(found["responses"])) == ("expired", 2)
    assert desk.told(instance)[-1] == "expired"
    assert desk.entries() == []


# What a response may say


@pytest.mark.parametrize("extra", [{"amount": 1}, {"decisions": {"review": {"outcome": "approved"}}}])
def test_what_is_no_field_is_refused_and_nothing_is_changed(desk: Desk, extra: Any) -> None:
    instance, task = desk.opened({"amount": 5}, users=["ann"])
    before = desk.api.get(instance["id"])
    answer = desk.act("ann", task, "respond", {"input": {"approved": True, **extra}})
    assert answer.refusal == (400, "validation_error")
    assert desk.api.get(instance["id"]) == before
    resumed = desk.call(
        "ann", "POST", f"/workflows/instances/{instance['id']}/resume", {"input": {"approved": True, **extra}}
    )
    assert resumed.status == 400
    assert desk.api.get(instance["id"]) == before


def test_a_rejection_needs_a_comment_where_the_assignment_says_so(desk: Desk) -> None:
    _, task = desk.opened(users=["ann", "bo"], quorum="all", comment="on_reject")
    refused = desk.respond("ann", task, False)
    assert refused.status == 400
    assert "comment" in (refused.raw or "")
    assert desk.respond("bo", task, True).status == 200
    assert desk.respond("ann", task, False, more={"comment": "Too dear"}).data["status"] == "completed"


def test_conditions_of_a_quorum_see_no_other_field_of_one_person(desk: Desk) -> None:
    form = {**FORM, "fields": [*FORM["fields"], {"name": "note", "type": "string", "label": "Note"}]}  # type: ignore[misc]
    review = state(form, users=["ann", "bo"], quorum="all")
    review["transitions"] = [{"target": "no", "condition": {"field": "note", "equals": "x"}}, {"target": "yes"}]
    instance = desk.begin(of_states(review=review))
    task = desk.task(instance)
    for person in ("ann", "bo"):
        assert desk.respond(person, task, more={"input": {"approved": True, "note": "x"}}).status == 200
    assert desk.current(instance) == "yes"
    assert desk.api.get(instance["id"])["workflow_data"].get("note") is None


# Who may


def test_who_started_or_asked_for_it_is_refused_even_where_a_bot_started_it(desk: Desk) -> None:
    people: dict[str, Any] = {"users": ["ann", "bo"], "exclude": ["${context.initiator}", "${input.requester}"]}
    instance = desk.begin(flow(**people), {"requester": "ann"}, person="bot")
    assert desk.respond("ann", desk.task(instance)).refusal == (403, "separation_of_duties")
    assert desk.respond("bot", desk.task(instance)).status in (403, 404)
    assert desk.respond("bo", desk.task(instance)).status == 200


def test_who_decided_before_may_not_decide_again_by_any_way(desk: Desk) -> None:
    triage = state(users=["ann"]) | {"transitions": [{"target": "review"}]}
    review = state(users=["ann", "bo"], exclude=[{"decided": ["triage"]}])
    now = desk.api.clock()
    desk.away("bo", now - HOUR, now + DAY, "ann")
    instance = desk.begin(of_states(triage=triage, review=review))
    assert desk.respond("ann", desk.task(instance)).status == 200
    task = desk.task(instance, 1)
    refused = (403, "separation_of_duties")
    assert desk.respond("ann", task).refusal == refused
    over = {"input": {"approved": True}, "reason": "Because"}
    assert desk.manage(task, "override", over, "ann").refusal == refused
    assert desk.manage(task, "reassign", {"from": "bo", "to": "ann"}).refusal == refused
    assert desk.call("ann", "GET", f"/tasks/{task}").data["my"]["can"] == ["comment", "remind"]
    assert desk.current(instance) == "review"


def test_who_left_a_group_may_not_and_who_joined_it_may(desk: Desk) -> None:
    desk.group("finance", "ann", "bo")
    instance, task = desk.opened(groups=["finance"])
    assert desk.ids("ann", "claimable") == [task]
    assert desk.act("ann", task, "claim").data["owner"] == "ann"
    desk.group("finance", "bo", "cy")
    assert desk.respond("ann", task).refusal == (403, "not_assignee")
    assert desk.act("ann", task, "release").status == 200
    assert desk.respond("cy", task).status == 200
    assert desk.current(instance) == "yes"


def test_a_frozen_electorate_stays_whoever_joins_or_leaves(desk: Desk) -> None:
    desk.group("board", "ann", "bo", "cy")
    instance, task = desk.opened(groups=["board"], quorum="all")
    desk.group("board", "ann", "bo", "di")
    assert desk.respond("di", task).refusal == (403, "not_assignee")
    assert desk.respond("ann", task).data["tally"]["needed"] == 3
    assert desk.respond("bo", task).data["status"] == "open"
    assert desk.manage(task, "reassign", {"from": "cy", "to": "ed"}).status == 200
    assert desk.respond("ed", task).data["status"] == "completed"
    assert desk.current(instance) == "yes"


def test_a_group_of_101_cannot_be_frozen_and_is_one_entry_where_it_is_counted(desk: Desk) -> None:
    desk.group("crowd", *(f"p{number}" for number in range(101)))
    first = desk.begin(flow(groups=["crowd"], quorum="all"))
    assert desk.api.get(first["id"])["error_code"] == "assignment_too_large"
    desk.begin(flow(groups=["crowd"], quorum={"approve": 2}) | {"name": "other"})
    assert len(desk.entries()) == 1


# Claims, handing over, reminders, override


def test_a_claim_is_one_persons_until_its_time_is_over(desk: Desk) -> None:
    _, task = desk.opened(groups=["finance"], claim={"for": "2h"})
    team: dict[str, Any] = {"groups": ["finance"]}
    assert desk.act("ann", task, "claim", **team).status == 200
    lost = desk.act("bo", task, "claim", **team)
    assert lost.refusal == (409, "task_claimed")
    assert lost.error["details"]["owner"] == "ann"
    assert desk.ids("bo", "claimable", **team) == []
    desk.api.clock.advance(2 * HOUR)
    desk.api.tick()
    assert desk.ids("bo", "claimable", **team) == [task]
    assert desk.act("bo", task, "claim", **team).data["owner"] == "bo"


def test_a_task_is_handed_over_but_never_back(desk: Desk) -> None:
    instance, task = desk.opened(users=["ann"], delegation="anyone")
    assert desk.act("ann", task, "reassign", {"to": "bo"}).status == 200
    assert desk.respond("ann", task).refusal == (403, "not_assignee")
    assert desk.ids("ann") == []
    assert desk.act("bo", task, "reassign", {"to": "ann"}).refusal == (400, "reassign_cycle")
    assert desk.respond("bo", task).status == 200
    assert desk.events(instance, "reassigned")[0]["from"] == "ann"


def test_where_delegation_is_none_only_a_manager_hands_over_and_both_names_are_told(desk: Desk) -> None:
    instance, task = desk.opened(users=["ann"], delegation="none")
    assert desk.act("ann", task, "reassign", {"to": "bo"}).refusal == (403, "delegation_refused")
    assert desk.manage(task, "reassign", {"from": "ann", "to": "bo"}).status == 200
    (event,) = desk.events(instance, "reassigned")
    assert (event["by"], event["from"], event["to"]) == ("manager", "ann", "bo")


def test_an_override_is_marked_and_is_no_response(desk: Desk) -> None:
    instance, task = desk.opened(users=["ann", "bo"], quorum="all")
    assert desk.respond("ann", task, True).status == 200
    assert desk.manage(task, "override", {"input": {"approved": False}}).status == 400
    assert desk.act("bo", task, "override", {"input": {"approved": False}, "reason": "No"}).status == 403
    assert desk.manage(task, "override", {"input": {"approved": False}, "reason": "Budget"}).status == 200
    found = desk.decision(instance)
    assert found["override"] == {"by": "manager", "reason": "Budget"}
    assert [each["by"] for each in found["responses"]] == ["ann"]
    assert "overridden" in desk.told(instance)
    assert desk.entries() == []


def test_a_substitute_acts_from_the_first_moment_of_an_absence_until_the_last(desk: Desk) -> None:
    instance, task = desk.opened(users=["ann", "cy"], quorum="all")
    since = desk.api.clock() + HOUR
    desk.away("ann", since, since + DAY, "bo")
    assert desk.respond("bo", task).status in (403, 404)
    desk.api.clock.now = since
    assert desk.ids("bo") == [task]
    assert desk.respond("bo", task).status == 200
    (event,) = desk.events(instance, "responded")
    assert (event["by"], event["on_behalf_of"]) == ("bo", "ann")
    desk.away("cy", since + DAY, since + 2 * DAY, "di")
    desk.api.clock.now = since + 2 * DAY
    assert desk.respond("di", task).status in (403, 404)


def test_a_second_reminder_waits_and_a_clock_that_ticks_twice_reminds_once(desk: Desk) -> None:
    instance, task = desk.opened(users=["ann"], due={"after": "2d"}, remind={"before_due": ["1d"]})
    assert desk.act("ann", task, "remind").status == 200
    again = desk.act("ann", task, "remind")
    assert again.refusal == (429, "reminded_recently")
    assert 0 < int(again.headers["Retry-After"]) <= 4 * 3600
    desk.api.clock.advance(DAY + MINUTE)
    desk.api.tick()
    desk.api.tick()
    assert desk.told(instance).count("reminded") == 2


def test_a_response_before_a_level_leaves_the_level_nothing_to_do(desk: Desk) -> None:
    level = {"after": "1d", "to": {"users": ["bo"]}}
    instance, task = desk.opened(users=["ann"], escalate=[level])
    assert desk.respond("ann", task).status == 200
    desk.api.clock.advance(DAY)
    desk.api.tick()
    assert "escalated" not in desk.told(instance)


# Where two features meet


@pytest.mark.parametrize("end", ["cancel", "timeout"])
def test_what_ends_an_open_task_empties_all_lists_and_is_told(desk: Desk, end: str) -> None:
    review = state(users=["ann"], groups=["finance"], watchers=["wim"])
    review["timeout"] = {"after": "1d", "target": "expired"}
    instance = desk.begin(of_states(review=review))
    task = desk.task(instance)
    assert desk.act("ann", task, "ask", {"question": "Why?", "of": "qi"}).status == 200
    assert len(desk.entries()) == 4
    if end == "cancel":
        assert desk.api.call("POST", f"/workflows/instances/{instance['id']}/cancel").status == 200
    else:
        desk.api.clock.advance(DAY)
        desk.api.tick()
    assert desk.told(instance)[-1] == ("cancelled" if end == "cancel" else "expired")
    assert desk.entries() == []
    assert desk.respond("ann", task).refusal == (409, "task_closed")


def test_while_an_instance_is_paused_nobody_decides_not_even_a_level(desk: Desk) -> None:
    level = {"after": "1d", "target": "expired"}
    instance, task = desk.opened(users=["ann"], escalate=[level])
    path = f"/workflows/instances/{instance['id']}"
    assert desk.api.call("POST", f"{path}/pause").status == 200
    assert desk.respond("ann", task).refusal == (409, "instance_paused")
    assert desk.manage(task, "escalate").refusal == (409, "instance_paused")
    over = {"input": {"approved": True}, "reason": "Now"}
    assert desk.manage(task, "override", over).refusal == (409, "instance_paused")
    desk.api.clock.advance(2 * DAY)
    desk.api.tick()
    assert desk.current(instance) == "review"
    assert desk.api.call("POST", f"{path}/unpause").status == 200
    desk.api.tick()
    assert desk.current(instance) == "expired"
    assert desk.told(instance).count("escalated") == 1


def test_an_idempotency_key_answers_a_response_again_and_takes_no_other(desk: Desk) -> None:
    instance, task = desk.opened(users=["ann", "bo"], quorum="all")
    key = {"headers": {"idempotency-key": "k1"}}
    first = desk.respond("ann", task, **key)
    again = desk.respond("ann", task, **key)
    assert (first.status, again.status) == (200, 200)
    assert again.raw == first.raw
    assert desk.respond("ann", task, False, **key).status in (409, 422)
    assert desk.respond("bo", task, **key).refusal == (409, "idempotency_conflict")
    assert desk.told(instance).count("responded") == 1


def test_a_resume_of_an_assigned_state_is_a_response(desk: Desk) -> None:
    instance, task = desk.opened(users=["ann"])
    path = f"/workflows/instances/{instance['id']}/resume"
    assert desk.call("zed", "POST", path, {"input": {"approved": True}}).status in (403, 404)
    assert desk.call(None, "POST", path, {"input": {"approved": True}}).status == 403
    assert desk.call("ann", "POST", path, {"input": {"approved": True}}).status == 200
    assert desk.told(instance) == ["created", "responded", "completed"]
    assert desk.respond("ann", task).status in (200, 409)


def test_an_id_of_another_account_or_namespace_is_as_unknown_as_any(desk: Desk) -> None:
    _, task = desk.opened(users=["ann"])
    callers = (
        ("ann", desk.api.token(account="acc_2"), "mine"),
        (None, desk.api.token(namespaces=("other",), scopes=MANAGER), "all&namespace=other"),
    )
    unknown = "task_" + "0" * 26 + "_3"
    for person, token, view in callers:
        foreign = desk.call(person, "GET", f"/tasks/{task}", token=token)
        nothing = desk.call(person, "GET", f"/tasks/{unknown}", token=token)
        assert foreign.refusal == nothing.refusal == (404, "task_not_found")
        answer = desk.act(person, task, "respond", {"input": {"approved": True}}, token=token)
        assert answer.refusal == (404, "task_not_found")
        found = desk.call(person, "GET", f"/tasks?view={view}", token=token)
        assert found.data["tasks"] == []
    assert desk.call("ann", "GET", "/tasks/count", token=callers[0][1]).data["mine"] == 0


def test_of_twenty_five_in_bulk_the_closed_one_is_told_and_the_others_are_done(desk: Desk) -> None:
    desk.api.define(flow(users=["ann", "bo"]))
    tasks = []
    for _ in range(25):
        instance = desk.call("starter", "POST", "/workflows/flow/instances", {"namespace": "user_123", "input": {}})
        tasks.append(desk.task(instance.data))
    assert desk.respond("bo", tasks[7]).status == 200
    results = desk.call("ann", "POST", "/tasks/respond", {"tasks": tasks, "input": {"approved": True}}).data["results"]
    assert [each["id"] for each in results] == tasks
    assert [each["status"] for each in results].count(200) == 24
    assert (results[7]["status"], results[7]["error"]["code"]) == (409, "task_closed")
    assert desk.ids("ann") == []
