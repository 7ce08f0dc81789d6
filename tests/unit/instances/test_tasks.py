"""Tasks by the rules alone: who is asked, when it is decided, what the data and the history say of it."""

import pytest

from interactor.assignments import timers
from interactor.core.errors import InvalidRequestError, InvalidTransitionError
from interactor.core.logic import Succeeded
from interactor.core.times import DAY, HOUR
from interactor.instances.rules import forgery, inbox
from interactor.instances.rules.lifecycle import cancel
from interactor.instances.rules.lifetimes import Lifetimes, wake_at
from interactor.instances.rules.settle import OvertakenError, settle
from interactor.instances.rules.task_acts import Actor, Given, TaskAdvance
from interactor.instances.store.document import bulk, from_documents, to_document
from tests.support.workflows.runner import Runner, compiled

FORM = {"type": "form", "fields": [{"name": "approved", "type": "boolean", "label": "Approved", "required": True}]}
WAYS = [
    {"target": "yes", "condition": {"field": "approved", "equals": True}},
    {"target": "no", "condition": {"field": "approved", "equals": False}},
]
ENDS = {"yes": {"type": "terminal"}, "no": {"type": "terminal"}, "expired": {"type": "terminal"}}


def flow(**assignment):
    state = {"type": "halting", "presentation": FORM, "transitions": WAYS, "assignment": assignment}
    return compiled({"review": state, **ENDS}, "review")


class Tasks(Runner):
    """A runner that knows tasks."""

    def do(self, does, thread="thread_main"):
        advance = TaskAdvance(self.definition, self.instance, thread, "someone", self.members)
        does(advance)
        self._run(advance)
        return self.rest()

    def respond(self, person, approved, slot=None, groups=(), comment=None):
        given = Given({"approved": approved}, None, comment, f"{person}{approved}")
        actor = Actor(person, slot or person, "api", "client", groups)
        return self.do(lambda advance: advance.respond(actor, given, {}, self.past, self.tick()))

    def past(self, numbers):
        return [event for event in self.events if event["number"] in numbers]

    @property
    def told(self):
        return [event["subtype"] for event in self.events if event["type"] == "task"]

    @property
    def decision(self):
        return self.instance.data["decisions"]["review"]

    @property
    def entries(self):
        return sorted((each.kind, each.name) for each in inbox.entries(self.instance))


def directory(groups):
    known = {"finance": ("ann", "bo", "cy"), "legal": ("di",), "empty": ()}
    return {group: known.get(group) for group in groups}


def started(definition, **given):
    return Tasks(definition, members=directory).start(given)


def test_the_first_response_decides_and_is_merged():
    tasks = started(flow(users=["${input.who}"]), who=["ann", None, ["bo", ""]]).respond("ann", True)
    assert tasks.path() == ["review", "yes"]
    assert tasks.instance.data["approved"] is True
    assert tasks.decision["outcome"] == "approved"
    assert [(each["by"], each["outcome"]) for each in tasks.decision["responses"]] == [("ann", "approve")]
    assert tasks.told == ["created", "responded", "completed"]
    ids = {event["task_id"] for event in tasks.events if event["type"] == "task"}
    waiting = next(event["number"] for event in tasks.events if event["subtype"] == "waiting")
    assert ids == {f"task_1_{waiting}"}


def test_two_of_three_approve_and_one_persons_answer_is_not_the_groups():
    tasks = started(flow(users=["ann", "bo", "cy"], quorum={"approve": 2})).respond("ann", True)
    assert tasks.entries == [("O", "bo"), ("O", "cy")]
    assert tasks.instance.main.task.responses[0].event > 0
    tasks.respond("bo", False).respond("cy", True)
    assert tasks.path() == ["review", "yes"]
    assert tasks.instance.data["approved"] is True
    assert [each["by"] for each in tasks.decision["responses"]] == ["ann", "bo", "cy"]
    assert tasks.entries == []


def test_two_rejections_of_three_end_a_quorum_of_two():
    tasks = started(flow(users=["ann", "bo", "cy"], quorum={"approve": 2})).respond("ann", False).respond("bo", False)
    assert tasks.path() == ["review", "no"]
    assert (tasks.decision["outcome"], tasks.instance.data["approved"]) == ("rejected", False)


@pytest.mark.parametrize(
    ("assignment", "code"),
    [
        ({"users": ["ann"], "exclude": ["ann"]}, "no_assignee"),
        ({"groups": ["empty"]}, "no_assignee"),
        ({"users": ["${input.who}"], "quorum": {"approve": "${input.count}"}}, "quorum_impossible"),
        ({"groups": ["unheard"], "quorum": "all"}, "group_unknown"),
        ({"groups": ["legal"], "quorum": {"approve": 2}}, "quorum_impossible"),
        ({"users": ["${input.object}"]}, "assignment_invalid"),
        ({"users": ["ann"], "due": {"at": "${input.who}"}}, "assignment_invalid"),
        ({"users": ["ann"], "priority": "${input.who}"}, "assignment_invalid"),
        ({"users": ["${input.many}"]}, "assignment_too_large"),
    ],
)
def test_what_comes_to_nobody_fails_and_never_falls_open(assignment, code):
    given = {"who": "eve", "count": 3, "object": {"id": "ann"}, "many": [f"p{n}" for n in range(31)]}
    tasks = started(flow(**assignment), **given)
    assert (tasks.instance.status, tasks.instance.failure.code) == ("failed", code)


def test_a_fallback_takes_the_place_of_nobody():
    assert started(flow(users=["ann"], exclude=["ann"], fallback={"groups": ["legal"]})).entries == [("O", "legal")]


def test_a_comment_is_asked_for_where_somebody_rejects():
    tasks = started(flow(users=["ann"], comment="on_reject"))
    with pytest.raises(InvalidRequestError) as refused:
        tasks.respond("ann", False)
    assert refused.value.details[0]["field"] == "comment"
    assert tasks.respond("ann", False, comment="too dear").path() == ["review", "no"]


def test_keys_that_are_no_field_are_refused():
    tasks = started(flow(users=["ann"]))
    given = Given({"approved": True, "amount": 1}, None, None, "hash")
    actor = Actor("ann", "ann", "api")
    with pytest.raises(InvalidRequestError):
        tasks.do(lambda advance: advance.respond(actor, given, {}, tasks.past, tasks.now))


def test_a_group_decides_what_matches_no_transition_and_the_thread_fails():
    state = {"type": "halting", "presentation": FORM, "transitions": WAYS[:1]}
    state["assignment"] = {"users": ["ann", "bo"], "quorum": "all"}
    tasks = started(compiled({"review": state, "yes": {"type": "terminal"}}, "review")).respond("ann", False)
    assert (tasks.instance.status, tasks.instance.failure.code) == ("failed", "invalid_transition")
    lone = started(compiled({"review": {**state, "assignment": {"users": ["ann"]}}, "yes": {"type": "terminal"}}))
    with pytest.raises(InvalidTransitionError):
        lone.respond("ann", False)


def test_a_cancel_closes_the_task_and_takes_it_out_of_every_inbox():
    tasks = started(flow(users=["ann"], groups=["legal"], watchers=["eve"]))
    assert tasks.entries == [("O", "ann"), ("O", "legal"), ("W", "eve")]
    tasks.adopt(cancel(tasks.instance, "requested", "someone", [], tasks.tick(), b"\0" * 16))
    assert (tasks.entries, tasks.told) == ([], ["created", "cancelled"])
    assert tasks.events[-1]["type"] == "lifecycle"


def test_a_claimed_task_is_its_owners_until_the_claim_ends():
    tasks = started(flow(groups=["finance"], claim={"for": "2h"}))
    tasks.do(lambda advance: advance.claim(Actor("ann", "ann", "api"), tasks.tick()))
    assert tasks.entries == [("C", "ann")]
    due_at = wake_at(tasks.instance, Lifetimes())
    assert due_at == tasks.now + 2 * HOUR
    due = timers.due(tasks.instance.main.halt.asked, tasks.instance.main.task, due_at)
    tasks.do(lambda advance: advance.run_timer(due, tasks.past, due_at))
    assert tasks.entries == [("O", "finance")]


def test_levels_and_reminders_come_once_each_and_the_last_level_ends_it():
    tasks = started(
        flow(
            users=["ann"],
            due={"after": "2d"},
            remind={"before_due": ["1d"], "every": "1d"},
            escalate=[
                {"after": "2d", "notify": {"groups": ["legal"]}},
                {"after": "3d", "to": {"users": ["bo"]}},
                {"after": "5d", "target": "expired"},
            ],
        )
    )
    seen = []
    while tasks.instance.status == "halted" and len(seen) < 20:
        at = wake_at(tasks.instance, Lifetimes())
        due = timers.due(tasks.instance.main.halt.asked, tasks.instance.main.task, at)
        tasks.now = at
        tasks.do(lambda advance, due=due, at=at: advance.run_timer(due, tasks.past, at))
        seen.append((due.kind, tasks.entries))
    assert [kind for kind, _ in seen] == [
        *("reminder", "level", "reminder", "level", "reminder", "reminder", "level"),
    ]
    assert seen[3][1] == [("O", "bo")]
    assert tasks.path() == ["review", "expired"]
    assert tasks.decision["outcome"] == "expired"


def test_of_reminders_that_came_due_together_one_is_sent():
    tasks = started(flow(users=["ann"], due={"after": "1d"}, remind={"every": "1h"}))
    asked, progress = tasks.instance.main.halt.asked, tasks.instance.main.task
    due = timers.due(asked, progress, tasks.now + DAY + 5 * HOUR + 1)
    assert (due.kind, due.reminders) == ("reminder", 6)


def test_a_stored_task_is_read_as_it_was():
    tasks = started(
        flow(
            users=["ann", "bo", "cy"],
            quorum={"approve": "60%"},
            outcome={"field": "approved", "approve": [True], "reject": [False]},
            escalate=[{"after": "2d", "to": {"users": ["di"]}, "keep": True}],
            labels={"site": "north"},
        )
    ).respond("ann", True)
    instance = tasks.instance
    document = to_document(instance)
    assert document["schema"] == 2
    assert from_documents(document, bulk(instance), instance.version) == instance


def test_what_was_computed_before_a_response_is_void_after_it():
    tasks = started(flow(users=["ann", "bo"], quorum="all"))
    early = TaskAdvance(tasks.definition, tasks.instance, "thread_main", "x", tasks.members)
    early.claim(Actor("bo", "bo", "api"), tasks.now)
    tasks.respond("ann", True)
    with pytest.raises(OvertakenError):
        settle(tasks.definition, tasks.instance, early.change(), tasks.now, b"\0" * 16)


def test_who_decided_one_state_is_excluded_from_another():
    first = {"type": "halting", "presentation": FORM, "transitions": [{"target": "second"}]}
    second = {"type": "halting", "presentation": FORM, "transitions": WAYS}
    states = {
        "review": {**first, "assignment": {"users": ["ann", "bo"]}},
        "second": {**second, "assignment": {"users": ["ann", "bo"], "exclude": [{"decided": ["review"]}]}},
        **ENDS,
    }
    tasks = started(compiled(states, "review")).respond("ann", True)
    assert tasks.entries == [("O", "bo")]
    assert tasks.instance.main.halt.asked.excluded == ("ann",)
    assert tasks.instance.deciders == {"review": ("ann",)}


def test_nothing_but_a_task_writes_what_tasks_decided():
    ask = {"type": "halting", "presentation": FORM, "transitions": WAYS, "assignment": {"users": ["ann"]}}
    forge = {"type": "action", "logic": {"type": "script", "code": "x"}, "transitions": [{"target": "review"}]}
    free = {"type": "halting", "transitions": [{"target": "forge"}]}
    definition = compiled({"free": free, "forge": forge, "review": ask, **ENDS}, "free")
    forged = {"decisions": {"review": {"outcome": "approved"}}}
    tasks = Tasks(definition, members=directory, answer=lambda *_: Succeeded(forged)).start()
    with pytest.raises(InvalidRequestError):
        tasks.resume(forged)
    tasks.resume({})
    assert (tasks.instance.status, tasks.instance.failure.code) == ("failed", "script_error")
    assert "decisions" not in tasks.instance.data
    with pytest.raises(InvalidRequestError):
        forgery.refuse(definition, forged)
    handed_back = Tasks(definition, members=directory, answer=lambda *_: Succeeded({"total": 1})).start().resume({})
    assert handed_back.instance.status == "halted"
