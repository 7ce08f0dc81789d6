"""Invariant 1 where several workers act on one instance, or one namespace, at the same moment."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.workers.faults import Barrier, together
from tests.support.workers.place import ACCOUNT
from tests.support.workflows.flows import APPROVAL, DECISION, end, flow, fork, form, script


@pytest.mark.parametrize("at_once", [True, False], ids=["at the commit", "as they come"])
def test_of_fifty_simultaneous_resumes_with_other_inputs_one_wins_and_the_rest_is_told_so(place, clock, at_once):
    instance = place.worker(clock).started(DECISION)
    arrived = clock.now
    barrier = Barrier("transact_write_items", 50) if at_once else None
    workers = [place.worker(clock, barrier) for _ in range(50)]

    answers = together(50, lambda n: workers[n].resume(instance, {"approved": True, "note": f"{n}"}, at=arrived))

    lost = [answer for answer in answers if answer.status != 200]
    assert [answer.refusal for answer in lost] == [(409, "concurrent_modification")] * 49
    (won,) = (answer for answer in answers if answer.status == 200)
    events = place.events(instance)
    assert Counter(event["subtype"] for event in events)["resumed"] == 1
    (resumed,) = (event for event in events if event["subtype"] == "resumed")
    assert won.data["workflow_data"]["note"] == resumed["input"]["note"]
    assert won.data["status"] == place.worker(clock).get(instance)["status"] == "completed"
    for answer in lost:
        assert answer.error["details"]["expected_state"] == "wait"


@pytest.mark.parametrize("at_once", [True, False], ids=["at the commit", "as they come"])
def test_fifty_simultaneous_resumes_with_the_same_input_are_one(place, clock, at_once):
    instance = place.worker(clock).started(DECISION)
    arrived = clock.now
    barrier = Barrier("transact_write_items", 50) if at_once else None
    workers = [place.worker(clock, barrier) for _ in range(50)]

    answers = together(50, lambda n: workers[n].resume(instance, {"approved": True, "note": "same"}, at=arrived))

    assert {answer.status for answer in answers} == {200}
    assert {answer.data["id"] for answer in answers} == {instance}
    assert {answer.data["workflow_data"]["note"] for answer in answers} == {"same"}
    kinds = Counter(place.kinds(instance))
    assert (kinds["resumed"], kinds["completed"]) == (1, 1)


def test_ten_threads_resumed_at_one_moment_all_succeed_and_join_once(place, clock):
    instance = place.worker(clock).started(fork(10, form("ended")))
    before = len(place.records(instance))
    barrier = Barrier("transact_write_items", 10)
    workers = [place.worker(clock, barrier) for _ in range(10)]

    answers = together(10, lambda n: workers[n].resume(instance, {"note": f"{n}"}, f"thread_t{n}"))

    assert [answer.status for answer in answers] == [200] * 10
    records = place.records(instance)[before:]
    resumes = [[event["thread"] for event in record if event["subtype"] == "resumed"] for record in records]
    assert sorted(thread for threads in resumes for thread in threads) == sorted(f"thread_t{n}" for n in range(10))
    assert all(len(threads) <= 1 for threads in resumes), "one commit each"
    assert place.kinds(instance).count("join") == 1
    assert "join" in [event["subtype"] for event in records[9]], "the last one's commit joins"
    found = place.worker(clock).get(instance)
    assert (found["status"], found["workflow_data"]["joined"]) == ("completed", 1)
    assert found["workflow_data"]["threads"] == {f"t{n}": "ended" for n in range(10)}


def test_sequences_are_never_given_twice_however_threads_overtake_each_other(place, clock):
    instance = place.worker(clock).started(fork(6, form("second"), second=form("ended")))
    for _ in range(2):
        place.worker(clock).get(instance)
        barrier = Barrier("transact_write_items", 6)
        workers = [place.worker(clock, barrier) for _ in range(6)]
        seen = _sequences(place, clock, instance)
        together(6, lambda n, w=workers: w[n].resume(instance, {}, f"thread_t{n}"))
        now = _sequences(place, clock, instance)
        assert len(set(now.values())) == len(now)
        moved = {thread: number for thread, number in now.items() if number != seen[thread]}
        assert min(moved.values(), default=0) > max(seen.values()) or not moved


def _sequences(place, clock, instance):
    head = place.worker(clock).services.instances.store.read(ACCOUNT, instance)
    return {thread.id: thread.sequence for thread in head.instance.threads.values()}


def test_of_cancel_and_resume_exactly_one_ends_the_instance_and_cancel_never_conflicts(place, clock):
    seen = Counter()
    for _ in range(6):
        instance = place.worker(clock).started(APPROVAL)
        arrived = clock.now
        barrier = Barrier("transact_write_items", 2)
        workers = [place.worker(clock, barrier) for _ in range(2)]
        acts = [
            lambda w, i=instance, at=arrived: w.resume(i, {"approved": True}, at=at),
            lambda w, i=instance: w.cancel(i),
        ]

        resumed, cancelled = together(2, lambda n, w=workers, a=acts: a[n](w[n]))

        status = place.worker(clock).get(instance)["status"]
        assert (resumed.status, cancelled.status) in ((200, 400), (409, 200))
        assert status == ("completed" if resumed.status == 200 else "cancelled")
        ends = [event for event in place.events(instance) if event["type"] == "lifecycle" and event["number"] > 1]
        assert [event["subtype"] for event in ends] == [status]
        if cancelled.status == 400:
            assert cancelled.error["code"] == "instance_not_active"
        seen[status] += 1
    assert sum(seen.values()) == 6


def test_a_cancel_that_a_resume_overtakes_cancels_what_it_finds_then(place, clock):
    instance = place.worker(clock).started(flow(first=form("second"), second=form("done"), done=end()))
    other = place.worker(clock)

    def overtaken(operation, arguments, call):
        if operation == "transact_write_items" and not place.kinds(instance).count("resumed"):
            assert other.resume(instance, {}).status == 200
        return call()

    assert place.worker(clock, overtaken).cancel(instance).data["status"] == "cancelled"
    assert place.kinds(instance)[-1] == "cancelled"
    assert place.kinds(instance).count("resumed") == 1


def test_a_create_whose_threads_another_moves_meanwhile_answers_what_was_made(place, clock):
    name = place.worker(clock).define(fork(2, script("return {}", "ended")))
    rival, transactions = place.worker(clock), []

    def around(operation, arguments, call):
        if operation == "transact_write_items":
            transactions.append(arguments)
            if len(transactions) == 2:
                head = transactions[0]["TransactItems"][0]["Put"]["Item"]
                assert rival.cancel(head["pk"]["S"].rpartition("#")[2]).status == 200
        return call()

    made = place.worker(clock, around).create(name)
    assert (made.status, made.data["status"]) == (201, "cancelled")
    assert place.kinds(made.data["id"])[-1] == "cancelled"


def test_one_of_those_who_race_for_the_last_place_gets_it_and_the_counter_stays_true(place, clock):
    namespace = "crowded"
    first = place.worker(clock, NAMESPACE_QUOTA="3")
    name = first.define(APPROVAL)
    inside = [first.create(name, namespace=namespace).data["id"] for _ in range(2)]
    barrier = Barrier("transact_write_items", 8)
    workers = [place.worker(clock, barrier, NAMESPACE_QUOTA="3") for _ in range(8)]

    answers = together(8, lambda n: workers[n].create(name, namespace=namespace))

    refused = [answer.refusal for answer in answers if answer.status != 201]
    assert refused == [(429, "namespace_quota_exceeded")] * 7
    inside += [answer.data["id"] for answer in answers if answer.status == 201]
    assert place.counted(namespace) == place.active(namespace) == 3

    barrier = Barrier("transact_write_items", 6)
    workers = [place.worker(clock, barrier, NAMESPACE_QUOTA="3") for _ in range(6)]
    together(
        6,
        lambda n: workers[n].cancel(inside[n // 2]) if n % 2 else workers[n].resume(inside[n // 2], {"approved": True}),
    )

    assert place.counted(namespace) == place.active(namespace) == 0
    assert first.create(name, namespace=namespace).status == 201
    assert place.counted(namespace) == place.active(namespace) == 1


def test_a_rival_under_the_same_key_waits_for_threads_that_run_on_and_answers_the_same(place, clock):
    name = place.worker(clock).define(fork(2, script("return {}", "ended")))
    asleep, rested, rivals, transactions = threading.Event(), threading.Event(), [], []

    def sleep(_):
        asleep.set()
        assert rested.wait(20)

    second = place.worker(clock, sleep=sleep)

    def around(operation, arguments, call):
        if operation == "transact_write_items":
            transactions.append(arguments)
            if len(transactions) == 2:
                rivals.append(ThreadPoolExecutor(1).submit(second.create, name, {}, key="one"))
                assert asleep.wait(20)
        return call()

    won = place.worker(clock, around).create(name, {}, key="one")
    rested.set()
    lost = rivals[0].result(20)
    assert won.data["status"] == "completed"
    assert (lost.status, lost.raw) == (won.status, won.raw)
