"""What breaks the engine itself is counted, ends, and never stays the oldest of what is due (invariants 3 and 9)."""

import json

import pytest

from benchmarks.flows import http_action
from interactor.core import limits
from interactor.core.times import HOUR, MINUTE, SECOND
from interactor.instances.engine import THROTTLED_ATTEMPTS, Engine
from interactor.instances.rules import lifecycle
from interactor.instances.store import heads
from interactor.logs import logger
from interactor.workers import steps as workers_steps
from tests.support.workers.faults import Crash, Once, refuse
from tests.support.workers.place import ACCOUNT
from tests.support.workflows.flows import end, flow, form, script

WAIT = flow(wait={**form("done"), "timeout": {"after": "1s", "target": "done"}}, done=end())
WAIT_FOR_GOOD = flow(wait=form("done"), done=end())
STEP = flow(step=script("return {}", "done"), done=end())


def _broken(*_, **__):
    raise KeyError("a value nobody should read")


@pytest.fixture(autouse=True)
def _empty_queue(place):
    place.receive()


def _tick_until_quiet(place, clock, ticks=10):
    for _ in range(ticks):
        clock.advance(2 * MINUTE + SECOND)
        worker = place.worker(clock)
        worker.tick()
        for message in place.receive():
            worker.step(message)


@pytest.mark.parametrize("definition", [WAIT, STEP], ids=["timeout", "step"])
def test_an_instance_whose_definition_cannot_be_read_fails_after_eight_tries(place, clock, monkeypatch, definition):
    instance = place.worker(clock, INLINE_BUDGET_MS="1").started(definition)
    place.purge()
    with monkeypatch.context() as broken:
        broken.setattr(Engine, "definition_of", _broken)
        _tick_until_quiet(place, clock)
        found = place.head(instance)
    assert int(found["wake_at"]["N"]) > clock.now + HOUR
    read = place.worker(clock).get(instance)
    assert (read["status"], read["error_code"]) == ("failed", "internal_error")


def test_where_even_failing_breaks_the_instance_is_set_aside_and_taken_on_when_mended(place, clock, monkeypatch):
    instance = place.worker(clock).started(WAIT)
    with monkeypatch.context() as broken:
        broken.setattr(Engine, "definition_of", _broken)
        broken.setattr(lifecycle, "give_up", _broken)
        _tick_until_quiet(place, clock)
        assert int(place.head(instance)["wake_at"]["N"]) > clock.now
    clock.advance(HOUR)
    _tick_until_quiet(place, clock, 1)
    assert place.worker(clock).get(instance)["status"] == "completed"


def test_a_head_that_cannot_be_read_is_set_aside_at_once(place, clock, monkeypatch):
    instance = place.worker(clock).started(WAIT)
    counted, said = [], []
    monkeypatch.setattr(workers_steps, "count", counted.append)
    monkeypatch.setattr(logger, "error", lambda message, extra: said.append(extra))
    with monkeypatch.context() as broken:
        broken.setattr(heads, "read", _broken)
        _tick_until_quiet(place, clock, 1)
    assert counted == ["workflow.instance.set_aside"]
    assert [(each["cause"], each["because"]["cause"]) for each in said] == [("SetAsideError", "KeyError")]
    assert int(place.head(instance)["wake_at"]["N"]) == clock.now + HOUR
    clock.advance(HOUR)
    _tick_until_quiet(place, clock, 1)
    assert place.worker(clock).get(instance)["status"] == "completed"


def test_what_can_still_be_counted_is_not_told_as_set_aside(place, clock, monkeypatch):
    place.worker(clock).started(WAIT)
    counted = []
    monkeypatch.setattr(workers_steps, "count", counted.append)
    with monkeypatch.context() as broken:
        broken.setattr(Engine, "definition_of", _broken)
        _tick_until_quiet(place, clock, 1)
    assert counted == []


@pytest.mark.parametrize("done", ["cancel", "pause"])
def test_an_instance_whose_definition_cannot_be_read_can_be_cancelled_and_paused(place, clock, monkeypatch, done):
    worker = place.worker(clock)
    instance = worker.started(WAIT)
    with monkeypatch.context() as broken:
        broken.setattr(Engine, "definition_of", _broken)
        assert worker.call("POST", f"/workflows/instances/{instance}/{done}").status == 200


def test_an_expiry_and_a_cleaning_need_no_definition(place, clock, monkeypatch):
    instance = place.worker(clock).started(WAIT_FOR_GOOD)
    with monkeypatch.context() as broken:
        broken.setattr(Engine, "definition_of", _broken)
        clock.advance(91 * 24 * HOUR)
        _tick_until_quiet(place, clock, 1)
        read = place.worker(clock).get(instance)
        assert (read["status"], read["cancel_reason"]) == ("cancelled", "expired")
        clock.advance(31 * 24 * HOUR)
        _tick_until_quiet(place, clock, 1)
    assert place.raw(instance) == []


def test_a_failed_message_is_one_line_in_the_log_with_its_cause_and_without_values(place, clock, monkeypatch):
    instance = place.worker(clock).started(WAIT)
    said = []
    monkeypatch.setattr(logger, "error", lambda message, extra: said.append((message, extra)))
    with monkeypatch.context() as broken:
        broken.setattr(Engine, "definition_of", _broken)
        _tick_until_quiet(place, clock, 1)
    ((message, extra),) = said
    assert message == "step message failed"
    assert (extra["thread"], extra["cause"], "account_id" in extra) == (None, "KeyError", True)
    assert "a value nobody should read" not in json.dumps(extra)
    assert place.worker(clock).get(instance)["status"] == "halted"


def _hint_at(place, instance):
    """The message about an instance; others of this module may be due as well."""
    (message,) = [each for each in place.receive() if each["instance_id"] == instance]
    return message


class Dies:
    """The worker goes at its commit, without an error that anybody could catch; ``times`` counts."""

    def __init__(self):
        self.times = 0

    def __call__(self, operation, arguments, call):
        if operation == "transact_write_items":
            self.times += 1
            raise Crash
        return call()


def test_a_timeout_that_kills_every_worker_fails_the_instance_after_eight_tries(place, clock):
    """What kills a process leaves no error to count: that the message came again is counted."""
    instance = place.worker(clock).started(WAIT)
    clock.advance(2 * MINUTE)
    place.worker(clock).tick()
    message = _hint_at(place, instance)
    dies = Dies()
    for received in range(1, limits.TRIES_PER_STEP + 2):
        with pytest.raises(Crash):
            place.worker(clock, dies).step(message, received)
        clock.advance(70 * SECOND)
    assert place.worker(clock).step(message, limits.TRIES_PER_STEP + 2)
    read = place.worker(clock).get(instance)
    assert (read["status"], read["error_code"]) == ("failed", "internal_error")
    assert dies.times == limits.TRIES_PER_STEP + 1


def test_a_message_that_comes_again_for_other_reasons_takes_effect_once(place, clock):
    instance = place.worker(clock).started(WAIT)
    clock.advance(2 * MINUTE)
    place.worker(clock).tick()
    message = _hint_at(place, instance)
    assert place.worker(clock).step(message, 5)
    before = place.scan()
    assert place.worker(clock).get(instance)["status"] == "completed"
    assert place.worker(clock).step(message, 6)
    assert place.worker(clock).get(instance)["status"] == "completed"
    assert place.kinds(instance).count("timed_out") == 1
    assert len(place.scan()) == len(before)


def test_a_message_that_comes_again_and_again_fails_nothing_that_has_nothing_due(place, clock):
    """Queues deliver twice, and a worker may end after its commit: the instance waits for its next decision."""
    definition = flow(
        wait={**form("next"), "timeout": {"after": "1s", "target": "next"}}, next=form("done"), done=end()
    )
    instance = place.worker(clock).started(definition)
    clock.advance(2 * MINUTE)
    place.worker(clock).tick()
    message = _hint_at(place, instance)
    assert place.worker(clock).step(message)
    before = place.scan()
    for received in range(2, 2 * limits.TRIES_PER_STEP):
        assert place.worker(clock).step(message, received)
        clock.advance(70 * SECOND)
    read = place.worker(clock).get(instance)
    assert (read["status"], read["current_state"]) == ("halted", "next")
    assert place.scan() == before, "it costs a read, and no write"


def test_a_step_found_overdue_by_a_message_that_comes_again_counts_each_try_once(place, clock):
    instance = place.worker(clock).started(http_action("https://service.example/call"), {"amount": 1})
    place.receive()
    clock.advance(10 * MINUTE)
    place.worker(clock).tick()
    message = _hint_at(place, instance)
    with pytest.raises(Crash):
        place.worker(clock, Dies()).step(message, 2)
    head = place.worker(clock).services.instances.store.read(ACCOUNT, instance)
    assert [lease.tries for lease in head.leases.values()] == [1]


def test_what_the_table_refuses_of_what_is_due_counts_no_try(place, clock):
    instance = place.worker(clock).started(WAIT)
    clock.advance(2 * MINUTE)
    place.worker(clock).tick()
    message = _hint_at(place, instance)
    for received in range(2, 14):
        throttled = Once("transact_write_items", refuse("ThrottlingException"), THROTTLED_ATTEMPTS)
        assert not place.worker(clock, throttled).step(message, received)
        clock.advance(70 * SECOND)
    assert place.worker(clock).step(message, 14)
    assert place.worker(clock).get(instance)["status"] == "completed"
