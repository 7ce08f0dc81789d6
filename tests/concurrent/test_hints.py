"""Invariants 3 to 5: messages only hint, the clock finds what is lost, a lease keeps a call from being made twice."""

import contextlib
import json
import threading

import pytest

from interactor.core.times import DAY, HOUR, MINUTE, SECOND
from interactor.instances.engine import THROTTLED_ATTEMPTS
from tests.support.outside import Outside, answer
from tests.support.workers.faults import Barrier, Counting, Crash, Once, refuse, together
from tests.support.workers.place import ACCOUNT, MAIN
from tests.support.workflows.flows import HOST, end, flow, fork, form, http, on_enter, script

CALL = flow(call=http("/act", "after"), after=script("return {seen: 1}", "wait"), wait=form("done"), done=end())
RETRIED = flow(call=http("/act", "done", retry={"max_attempts": 3, "backoff": "exponential"}), done=end())
TWO_PASSES = 2 * MINUTE + SECOND
"""What a step may take and a minute, after which its hint is overdue."""


class Killer:
    """Stands for a script or a service that takes the worker with it; ``kills`` counts."""

    def __init__(self):
        self.kills = 0

    def run(self, _):
        self.kills += 1
        raise Crash

    def send(self, *_, **__):
        self.kills += 1
        raise Crash


def _is_idle(place, clock, message, received=1):
    """Hand a message to a worker that must do nothing about it, at the price of one read."""
    before, counting, outside = place.scan(), Counting(), Outside()
    assert place.worker(clock, counting, outside).step(message, received)
    assert (dict(counting.calls), outside.requests, place.scan()) == ({"query": 1}, [], before)


@pytest.fixture(autouse=True)
def _empty_queue(place):
    place.receive()


def test_a_message_twice_late_or_out_of_order_changes_nothing_and_costs_one_read(place, clock):
    instance = place.worker(clock).started(CALL)
    (message,) = place.receive()
    assert place.worker(clock).step(message)
    assert place.worker(clock).get(instance)["status"] == "halted"
    for received in (1, 2, 7):
        _is_idle(place, clock, message, received)
    _is_idle(place, clock, {**message, "attempt": 2})
    _is_idle(place, clock, {**message, "sequence": message["sequence"] + 1})
    _is_idle(place, clock, {**message, "sequence": 900})
    clock.advance(24 * 60 * MINUTE)
    _is_idle(place, clock, message)
    assert place.receive() == []


def test_a_message_for_what_a_running_thread_has_left_or_has_not_reached_is_not_for_it(place, clock):
    worker = place.worker(clock)
    instance = worker.started(flow(first=http("/act", "next"), next=http("/next", "done"), done=end()))
    (message,) = place.receive()
    assert worker.step(message)
    (following,) = place.receive()
    _is_idle(place, clock, message)
    _is_idle(place, clock, message, 2)
    _is_idle(place, clock, {**following, "attempt": 2})
    _is_idle(place, clock, {**following, "sequence": following["sequence"] + 1})
    assert worker.step(following)
    assert worker.get(instance)["status"] == "completed"


def test_a_message_for_a_gone_thread_or_instance_changes_nothing_and_costs_one_read(place, clock):
    instance = place.worker(clock).started(CALL)
    (message,) = place.receive()
    _is_idle(place, clock, {**message, "thread_id": "thread_gone"})
    _is_idle(place, clock, {**message, "instance_id": instance[:-4] + "0000"})
    _is_idle(place, clock, {**message, "account": "acc_other"})
    assert place.worker(clock).cancel(instance).status == 200
    _is_idle(place, clock, message)
    _is_idle(place, clock, message, 2)
    clock.advance(TWO_PASSES)
    _is_idle(place, clock, {"account": ACCOUNT, "instance_id": instance})


def test_a_hint_of_the_clock_that_comes_too_early_changes_nothing(place, clock):
    instance = place.worker(clock).started(
        flow(wait=form("done", timeout={"after": "1h", "target": "done"}), done=end())
    )
    _is_idle(place, clock, {"account": ACCOUNT, "instance_id": instance})


def test_a_message_that_comes_too_early_is_sent_again_with_what_remains(place, clock):
    outside = Outside()
    outside.will(f"{HOST}/act", answer(503, None, **{"retry-after": "40"}), answer(200, {}))
    sent = _Sent()
    instance = place.worker(clock).started(RETRIED)
    (message,) = place.receive()
    worker = place.worker(clock, outside=outside, sqs=sent)
    assert worker.step(message)
    ((again, delay),) = sent.take()
    assert (again["attempt"], again["sequence"]) == (2, message["sequence"])
    assert delay == 40

    clock.advance(15 * SECOND)
    counting = Counting()
    before = place.scan()
    assert place.worker(clock, counting, outside, sqs=sent).step(again)
    assert (dict(counting.calls), place.scan()) == ({"query": 1}, before)
    ((same, remains),) = sent.take()
    assert same == again
    assert 24 <= remains <= 25
    assert len(outside.requests) == 1

    clock.advance(remains * SECOND)
    assert worker.step(same)
    assert place.worker(clock).get(instance)["status"] == "completed"
    assert {request.headers["Idempotency-Key"] for request in outside.requests} == {f"{instance}:{MAIN}:1"}


def test_the_whole_queue_lost_is_found_by_the_clock_and_finished(place, clock):
    started = [place.worker(clock).started(each) for each in (CALL, RETRIED, fork(3, http("/act", "ended")))]
    place.purge()
    assert place.receive() == []
    worker = place.worker(clock)
    worker.tick()
    assert place.receive() == [], "nothing is overdue yet"
    for _ in range(4):
        clock.advance(TWO_PASSES)
        worker.tick()
        worker.run_steps()
    assert [worker.get(instance)["status"] for instance in started] == ["halted", "completed", "completed"]


def test_two_clocks_at_once_make_each_timeout_happen_once_and_lose_none(place, clock):
    waiting = flow(wait={**form("done"), "timeout": {"after": "1s", "target": "done"}}, done=end())
    name = place.worker(clock).define(waiting)
    instances = [place.worker(clock).create(name).data["id"] for _ in range(12)]
    clock.advance(2 * MINUTE)
    clocks = [place.worker(clock) for _ in range(2)]
    together(2, lambda number: clocks[number].tick())
    messages = [each for each in place.receive() if each["instance_id"] in instances]
    assert sorted(each["instance_id"] for each in messages) == sorted(instances * 2)
    workers = [place.worker(clock) for _ in messages]
    assert all(together(len(messages), lambda number: workers[number].step(messages[number])))
    for instance in instances:
        assert place.worker(clock).get(instance)["status"] == "completed"
        assert place.kinds(instance).count("timed_out") == 1


def test_an_instance_whose_budget_ends_before_its_first_step_goes_on_in_the_queue(place, clock):
    worker = place.worker(clock, INLINE_BUDGET_MS="1")
    for first in (http("/act", "done"), script("return {}", "done"), form("done")):
        instance = worker.started(flow(begin=first, done=end()))
        assert place.worker(clock).run_steps() or first["type"] == "halting"
        assert worker.get(instance)["status"] in ("completed", "halted")


@pytest.mark.parametrize(
    ("definition", "uncounted"),
    [
        pytest.param(flow(step=http("/act", "done"), done=end()), 0, id="request"),
        pytest.param(flow(step=script("return {}", "done"), done=end()), 1, id="script"),
    ],
)
def test_a_step_that_kills_its_worker_eight_times_fails_its_instance(place, clock, definition, uncounted):
    api = place.worker(clock, INLINE_BUDGET_MS="1")
    instance = api.started(definition)
    (message,) = place.receive()
    assert place.worker(clock).get(instance)["status"] == "running"
    killer, received = _kill_all(place, clock, message)
    assert killer.kills == 8 + uncounted
    found = place.worker(clock).get(instance)
    assert (found["status"], found["error_code"], found["failed_state"]) == ("failed", "internal_error", "step")
    assert received <= 10, "before the queue gives it up"


def test_an_on_enter_after_the_end_that_kills_its_worker_ends_as_an_error_event(place, clock):
    instance = place.worker(clock).started(flow(begin=script("return {}", "done"), done=end(**on_enter("/told"))))
    (message,) = place.receive()
    killer, _ = _kill_all(place, clock, message)
    assert killer.kills == 8
    assert place.worker(clock).get(instance)["status"] == "completed"
    last = place.events(instance)[-1]
    assert (last["type"], last["subtype"], last["code"]) == ("error", "step_failed", "internal_error")
    assert int(place.head(instance)["wake_at"]["N"]) > clock.now + 29 * DAY, "only the cleaning is left"


def test_poison_is_counted_over_hints_of_the_clock_as_well(place, clock):
    instance = place.worker(clock).started(flow(step=http("/act", "done"), done=end()))
    place.purge()
    killer = Killer()
    for _ in range(20):
        clock.advance(TWO_PASSES)
        place.worker(clock).tick()
        for message in place.receive():
            _dies(place, clock, killer, message, 1)
    assert killer.kills == 8
    assert place.worker(clock).get(instance)["error_code"] == "internal_error"


def test_a_script_behind_a_timeout_that_kills_its_worker_is_counted_like_any_other(place, clock):
    """The clock's message commits the timeout, and what follows it has a message of its own."""
    waits = form("done", timeout={"after": "1h", "target": "late"})
    instance = place.worker(clock).started(flow(wait=waits, late=script("return {}", "done"), done=end()))
    clock.advance(HOUR)
    killer, messages = Killer(), [{"account": ACCOUNT, "instance_id": instance}]
    while messages:
        message = messages.pop()
        for received in range(1, 12):
            if _dies(place, clock, killer, message, received):
                break
            clock.advance(70 * SECOND)
        messages += place.receive()
    found = place.worker(clock).get(instance)
    assert (found["status"], found["error_code"], found["failed_state"]) == ("failed", "internal_error", "late")
    assert killer.kills == 9


def test_a_worker_that_comes_while_another_makes_the_call_makes_none(place, clock):
    instance = place.worker(clock).started(CALL)
    (message,) = place.receive()
    second = Outside()
    sent = _Sent()

    def meanwhile(_):
        for received in (1, 2):
            before, counting = place.scan(), Counting()
            assert place.worker(clock, counting, second, sqs=sent).step(message, received)
            assert (dict(counting.calls), place.scan()) == ({"query": 1}, before)
        return answer(200, {"made": True})

    first = Outside()
    first.will(f"{HOST}/act", meanwhile)
    assert place.worker(clock, outside=first).step(message)
    assert (len(first.requests), second.requests) == (1, [])
    assert [delay for _, delay in sent.take()] == [60, 60], "they come back when the lease is over"
    assert place.worker(clock).get(instance)["status"] == "halted"
    assert place.kinds(instance).count("completed") == 2


def test_two_messages_in_one_process_at_once_are_each_reported_on_their_own(place, clock):
    """On AWS a process has one at a time; the local run's has several."""
    first, second = (place.worker(clock).started(flow(call=http(path, "done"), done=end())) for path in ("/a", "/b"))
    messages = {each["instance_id"]: each for each in place.receive()}
    outside, seen = Outside(), []
    refused = Once("transact_write_items", refuse("ThrottlingException"), THROTTLED_ATTEMPTS)
    worker = place.worker(clock, refused, outside)

    def meanwhile(_):
        seen.append(worker.step(messages[second]))
        return answer(200, {})

    outside.will(f"{HOST}/a", meanwhile)
    assert worker.step(messages[first])
    assert seen == [False]
    assert place.worker(clock).get(first)["status"] == "completed"


def test_of_ten_workers_with_one_message_at_one_moment_one_makes_the_call(place, clock):
    instance = place.worker(clock).started(CALL)
    (message,) = place.receive()
    outside = Outside()
    barrier = Barrier("update_item", 10)
    workers = [place.worker(clock, barrier, outside) for _ in range(10)]
    assert all(together(10, lambda n: workers[n].step(message)))
    assert len(outside.requests) == 1
    assert place.worker(clock).get(instance)["status"] == "halted"
    assert place.kinds(instance).count("completed") == 2


def test_threads_whose_leases_meet_all_make_their_calls_at_the_same_time(place, clock):
    instance = place.worker(clock).started(fork(5, http("/act", "ended")))
    messages = place.receive()
    assert len(messages) == 5
    outside, all_in = Outside(), threading.Barrier(5, timeout=10)

    def answered(_):
        all_in.wait()
        return answer(200, {})

    outside.will(f"{HOST}/act", answered)
    barrier = Barrier("update_item", 5)
    workers = [place.worker(clock, barrier, outside) for _ in range(5)]
    assert all(together(5, lambda n: workers[n].step(messages[n])))
    place.worker(clock, outside=outside).run_steps()
    assert place.worker(clock).get(instance)["status"] == "completed"
    assert len(outside.requests) == 5
    assert len({request.headers["Idempotency-Key"] for request in outside.requests}) == 5


def test_an_action_whose_worker_died_is_made_again_under_the_same_key(place, clock):
    instance = place.worker(clock).started(CALL)
    (message,) = place.receive()
    outside, keys = Outside(), set()

    def dies(request):
        keys.add(request.headers["Idempotency-Key"])
        raise Crash

    outside.will(f"{HOST}/act", dies, dies, answer(200, {}))
    for received in (1, 2):
        with pytest.raises(Crash):
            place.worker(clock, outside=outside).step(message, received)
        clock.advance(70 * SECOND)
    assert place.worker(clock, outside=outside).step(message, 3)
    assert place.worker(clock).run_steps(), "what follows the call has a message of its own"
    assert {request.headers["Idempotency-Key"] for request in outside.requests} == keys == {f"{instance}:{MAIN}:1"}
    assert place.worker(clock).get(instance)["status"] == "halted"
    assert "leases" not in place.head(instance), "the thread's own commit clears the tries"


def test_a_script_that_kills_its_worker_after_an_action_lets_it_be_made_twice_and_no_more(place, clock):
    instance = place.worker(clock).started(CALL)
    outside, killer = Outside(), Killer()
    messages = place.receive()
    while messages:
        message = messages.pop()
        for received in range(1, 12):
            worker = place.worker(clock, outside=outside)
            worker.services.logic.sandbox = killer
            with contextlib.suppress(Crash):
                worker.step(message, received)
                break
            clock.advance(70 * SECOND)
        messages += place.receive()
    found = place.worker(clock).get(instance)
    assert (found["status"], found["error_code"], found["failed_state"]) == ("failed", "internal_error", "after")
    assert [request.headers["Idempotency-Key"] for request in outside.requests] == [f"{instance}:{MAIN}:1"] * 2


def test_the_tables_own_errors_count_no_try(place, clock):
    instance = place.worker(clock).started(CALL)
    (message,) = place.receive()
    for received in range(1, 13):
        worker = place.worker(clock, Once("transact_write_items", refuse("ThrottlingException"), THROTTLED_ATTEMPTS))
        assert not worker.step(message, received)
        assert place.head(instance)["leases"]["M"][MAIN]["M"]["tries"]["N"] == "0"
        clock.advance(70 * SECOND)
    assert place.worker(clock).step(message, 13)
    assert place.worker(clock).get(instance)["status"] == "halted"


class _Sent:
    """A client of SQS that keeps what is sent, with its delay in seconds, and sends nothing."""

    def __init__(self):
        self.sent = []

    def send_message(self, *, QueueUrl, MessageBody, DelaySeconds=0, **_):  # noqa: N803 - boto3's names
        self.sent.append((json.loads(MessageBody), DelaySeconds))

    def take(self):
        found, self.sent = self.sent, []
        return found


def _dies(place, clock, killer, message, received):
    worker = place.worker(clock, outside=killer)
    worker.services.logic.sandbox = killer
    try:
        return worker.step(message, received)
    except Crash:
        return False


def _kill_all(place, clock, message):
    """Redeliver a message as SQS does, until a worker survives it."""
    killer = Killer()
    for received in range(1, 15):
        if _dies(place, clock, killer, message, received):
            return killer, received
        clock.advance(70 * SECOND)
    raise AssertionError("it went on killing")
