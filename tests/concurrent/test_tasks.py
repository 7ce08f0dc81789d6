"""Tasks where several people, the clock and lost answers come together, and what each act costs (docs/storage.md)."""

from collections import Counter
from typing import Any

import pytest

from interactor.core.times import DAY
from tests.concurrent.test_costs import Bill
from tests.support import events
from tests.support.workers.faults import NO_ANSWER, Barrier, Once, lose_answer, refuse, together
from tests.support.workers.place import ACCOUNT, Answer, Place, Worker
from tests.support.workers.world import Clock

FORM = {
    "type": "form",
    "fields": [{"name": "approved", "type": "boolean", "label": "Approved", "required": True}],
}
WAYS = [
    {"target": "yes", "condition": {"field": "approved", "equals": True}},
    {"target": "no", "condition": {"field": "approved", "equals": False}},
]
ENDS = {name: {"type": "terminal"} for name in ("yes", "no", "expired")}


def flow(timeout: bool = False, **assignment: Any) -> Any:
    review = {"type": "halting", "presentation": FORM, "transitions": WAYS, "assignment": assignment}
    if timeout:
        review["timeout"] = {"after": "1d", "target": "expired"}
    return {"title": "Flow", "initial_state": "review", "states": {"review": review, **ENDS}}


def act(worker: Worker, task: str, person: str, action: str, body: Any = None, **rest: Any) -> Answer:
    return worker.call("POST", f"/tasks/{task}/{action}", body, person=person, **rest)


def respond(worker: Worker, task: str, person: str, approved: bool = True, **rest: Any) -> Answer:
    return act(worker, task, person, "respond", {"input": {"approved": approved}}, **rest)


def told(place: Place, instance: str) -> Counter[str]:
    return Counter(each["subtype"] for each in place.events(instance) if each["type"] == "task")


def task_of(place: Place, instance: str) -> str:
    found: str = next(each["task_id"] for each in place.events(instance) if each["type"] == "task")
    return found


def opened(place: Place, clock: Clock, timeout: bool = False, **assignment: Any) -> tuple[str, str]:
    instance = place.worker(clock).started(flow(timeout, **assignment))
    return instance, task_of(place, instance)


def entries(place: Place, task: str) -> list[str]:
    """The inboxes that list a task."""
    heads = (f"A#{ACCOUNT}#TU#", f"A#{ACCOUNT}#TG#")
    found = [item for item in place.scan() if item["pk"]["S"].startswith(heads) and item["sk"]["S"].endswith(task)]
    return [item["pk"]["S"] for item in found if not item["sk"]["S"].startswith("D#")]


def test_thirty_people_at_one_moment_are_thirty_responses_and_one_transition(place: Place, clock: Clock) -> None:
    people = [f"p{number}" for number in range(30)]
    instance, task = opened(place, clock, users=people, quorum="all")
    workers = [place.worker(clock) for _ in people]
    asked = [0] * 30

    def one(number: int) -> Answer:
        while True:  # a busy store is told to the caller, who asks again
            answer = respond(workers[number], task, people[number])
            asked[number] += 1
            if answer.status != 503 or asked[number] > 30:
                return answer

    answers = together(30, one)
    assert [each.status for each in answers] == [200] * 30, [each.raw for each in answers if each.status != 200]
    assert told(place, instance) == {"created": 1, "responded": 30, "completed": 1}
    assert place.worker(clock).get(instance)["current_state"] == "yes"
    assert entries(place, task) == []


@pytest.mark.parametrize("same", [True, False], ids=["equal inputs", "other inputs"])
def test_of_two_who_decide_at_once_one_wins_and_the_other_is_told_by_whom(
    place: Place, clock: Clock, same: bool
) -> None:
    instance, task = opened(place, clock, users=["ann", "bo"])
    barrier = Barrier("transact_write_items", 2)
    workers = [place.worker(clock, barrier) for _ in range(2)]
    answers = together(2, lambda n: respond(workers[n], task, ("ann", "bo")[n], same or n == 0))
    (lost,) = (each for each in answers if each.status != 200)
    winner = ("ann", "bo")[1 - answers.index(lost)]
    assert lost.refusal == (409, "task_closed")
    assert lost.error["details"]["decided_by"] == winner
    assert told(place, instance) == {"created": 1, "responded": 1, "completed": 1}


def test_of_two_claims_at_once_one_is_taken(place: Place, clock: Clock) -> None:
    instance, task = opened(place, clock, users=["ann", "bo"])
    barrier = Barrier("transact_write_items", 2)
    workers = [place.worker(clock, barrier) for _ in range(2)]
    answers = together(2, lambda n: act(workers[n], task, ("ann", "bo")[n], "claim"))
    (lost,) = (each for each in answers if each.status != 200)
    assert lost.refusal == (409, "task_claimed")
    assert lost.error["details"]["owner"] == ("ann", "bo")[1 - answers.index(lost)]
    assert told(place, instance)["claimed"] == 1


def test_a_decision_and_a_cancel_at_once_leave_one_end(place: Place, clock: Clock) -> None:
    instance, task = opened(place, clock, users=["ann"])
    barrier = Barrier("transact_write_items", 2)
    workers = [place.worker(clock, barrier) for _ in range(2)]
    decided, _ = together(2, lambda n: workers[1].cancel(instance) if n else respond(workers[0], task, "ann"))
    ends = told(place, instance)
    assert ends["completed"] + ends["cancelled"] == 1
    assert (decided.status == 200) == (ends["completed"] == 1)
    if decided.status != 200:
        assert decided.refusal == (409, "task_closed")
    assert entries(place, task) == []


@pytest.mark.parametrize("by", ["timeout", "level"])
def test_a_decision_and_the_clock_at_once_leave_one_end(place: Place, clock: Clock, by: str) -> None:
    level = {} if by == "timeout" else {"escalate": [{"after": "1d", "target": "expired"}]}
    instance, task = opened(place, clock, by == "timeout", users=["ann"], **level)
    clock.advance(DAY)
    barrier = Barrier("transact_write_items", 2)
    workers = [place.worker(clock, barrier) for _ in range(2)]

    def one(number: int) -> Any:
        if number == 0:
            return respond(workers[0], task, "ann", at=clock.now - 1)
        workers[1].invoke("tick_clock", events.schedule("tick", at=clock.now))
        for message in place.receive():
            workers[1].step(message)
        return None

    decided, _ = together(2, one)
    ends = told(place, instance)
    assert ends["completed"] + ends["expired"] == 1, ends
    assert (decided.status == 200) == (ends["completed"] == 1)
    assert entries(place, task) == []


@pytest.mark.parametrize("action", ["respond", "claim", "reassign", "comment", "remind"])
@pytest.mark.parametrize("error", NO_ANSWER[2:])
def test_an_act_whose_answer_is_lost_is_done_once(place: Place, clock: Clock, action: str, error: Exception) -> None:
    bodies: dict[str, Any] = {
        "respond": {"input": {"approved": True}},
        "reassign": {"to": "cy"},
        "comment": {"text": "Hm"},
    }
    subtypes = {
        "respond": "responded",
        "claim": "claimed",
        "reassign": "reassigned",
        "comment": "commented",
        "remind": "reminded",
    }
    instance, task = opened(place, clock, users=["ann", "bo"], delegation="anyone")
    worker = place.worker(clock, Once("transact_write_items", lose_answer(error)))
    answer = act(worker, task, "ann", action, bodies.get(action))
    assert answer.status == 200, answer.raw
    assert told(place, instance)[subtypes[action]] == 1


def test_an_act_that_is_throttled_is_done_once_or_not_at_all(place: Place, clock: Clock) -> None:
    instance, task = opened(place, clock, users=["ann", "bo"])
    once = Once("transact_write_items", refuse("ProvisionedThroughputExceededException"))
    answer = respond(place.worker(clock, once), task, "ann")
    assert told(place, instance)["responded"] == (answer.status == 200)


# What it costs


@pytest.fixture(scope="module")
def bill(place: Place) -> Bill:
    return Bill(place)


@pytest.fixture(scope="module")
def payer(place: Place, bill: Bill) -> Worker:
    return place.worker(Clock(), bill)


def costs(bill: Bill, work: Any) -> tuple[Counter[str], int]:
    calls, units = bill.of(work)
    return Counter(calls), units


def test_a_halt_for_one_person_is_one_entry_more_than_a_halt(payer: Worker, bill: Bill) -> None:
    plain = flow()
    del plain["states"]["review"]["assignment"]
    without, with_task = payer.define(plain), payer.define(flow(users=["ann"]))
    for name in (without, with_task):
        payer.create(name)
    calls, units = costs(bill, lambda: payer.create(without))
    calls_of_task, units_of_task = costs(bill, lambda: payer.create(with_task))
    assert calls_of_task == calls
    assert units_of_task - units == 2


def test_a_halt_for_three_groups_is_three_entries(payer: Worker, bill: Bill) -> None:
    one, three = payer.define(flow(users=["ann"])), payer.define(flow(groups=["a", "b", "c"]))
    for name in (one, three):
        payer.create(name)
    _, units = costs(bill, lambda: payer.create(one))
    _, units_of_groups = costs(bill, lambda: payer.create(three))
    assert units_of_groups - units == 4


def test_a_response_that_decides_is_one_commit_and_its_answer_reads_the_history(
    payer: Worker, place: Place, bill: Bill
) -> None:
    name = payer.define(flow(users=["ann"]))
    payer.create(name)
    instance = payer.create(name).data["id"]
    task = task_of(place, instance)
    calls, units = costs(bill, lambda: respond(payer, task, "ann"))
    assert calls == {"query": 3, "transact_write_items": 1}, "one judges it; the closed task is shown from its history"
    assert units == 14, "as a resume to the end, 10; less an entry, 2; a done mark, 2"


def test_two_of_three_is_twenty_eight_units_beside_the_end_of_the_instance(
    payer: Worker, place: Place, bill: Bill
) -> None:
    instance = payer.create(payer.define(flow(users=["ann", "bo", "cy"], quorum={"approve": 2}))).data["id"]
    task = task_of(place, instance)
    calls, first = costs(bill, lambda: respond(payer, task, "ann"))
    assert calls == {"query": 1, "transact_write_items": 1}
    assert first == 8, "head, record, entry, done mark"
    calls, last = costs(bill, lambda: respond(payer, task, "bo"))
    assert calls["transact_write_items"] == 1
    assert last == 16, "and the other entries; at the end of the instance its counter and two indexes"


def test_a_claim_is_one_read_and_one_commit(payer: Worker, place: Place, bill: Bill) -> None:
    instance = payer.create(payer.define(flow(users=["ann", "bo"]))).data["id"]
    task = task_of(place, instance)
    calls, units = costs(bill, lambda: act(payer, task, "ann", "claim"))
    assert calls == {"query": 1, "transact_write_items": 1}
    assert units <= 10
