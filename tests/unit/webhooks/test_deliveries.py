"""What follows from the answer to an attempt, and what the log keeps of it."""

import pytest

from interactor.core.times import HOUR, MINUTE, SECOND
from interactor.webhooks.rules.delivery import Delivery, judge, replayed, source_of
from interactor.webhooks.rules.events import Answer

DELAYS = (0, 30 * SECOND, 2 * MINUTE, 2 * HOUR)
NOW = 1_768_910_400_000


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_2xx_succeeds(status: int) -> None:
    assert judge(Answer(status), 0, DELAYS, NOW, 1.0).state == "succeeded"


@pytest.mark.parametrize("answer", [Answer(199), Answer(301), Answer(404), Answer(500), Answer(None, "timeout")])
def test_anything_else_is_tried_again_by_the_schedule(answer: Answer) -> None:
    verdict = judge(answer, 0, DELAYS, NOW, 0.0)
    assert (verdict.state, verdict.next_at) == ("pending", NOW + 30 * SECOND)


def test_gone_is_given_up_at_once() -> None:
    assert judge(Answer(410), 0, DELAYS, NOW, 0.0).state == "failed"


def test_the_last_failure_exhausts() -> None:
    verdict = judge(Answer(500), 3, DELAYS, NOW, 0.0)
    assert (verdict.state, verdict.next_at) == ("exhausted", None)


def test_jitter_only_lengthens_and_by_a_tenth_at_the_most() -> None:
    waits = [judge(Answer(500), 1, DELAYS, NOW, chance / 10).next_at for chance in range(11)]
    assert waits == sorted(set(waits), key=str)
    assert (waits[0], waits[-1]) == (NOW + 2 * MINUTE, NOW + 2 * MINUTE + 12 * SECOND)


@pytest.mark.parametrize(
    ("asked", "waits"),
    [(None, 30 * SECOND), (0, 30 * SECOND), (10 * SECOND, 30 * SECOND), (5 * MINUTE, 5 * MINUTE), (9 * HOUR, 2 * HOUR)],
)
def test_retry_after_lengthens_a_delay_to_the_longest_of_the_schedule(asked: int | None, waits: int) -> None:
    assert judge(Answer(503, retry_after=asked), 0, DELAYS, NOW, 0.0).next_at == NOW + waits


def test_retry_after_adds_no_attempt() -> None:
    assert judge(Answer(503, retry_after=MINUTE), 3, DELAYS, NOW, 0.0).state == "exhausted"


@pytest.mark.parametrize("count", [1, 2, 3, 7, 20])
def test_there_are_as_many_attempts_as_delays(count: int) -> None:
    states = [judge(Answer(500), attempt, (SECOND,) * count, NOW, 0.0).state for attempt in range(count)]
    assert states == ["pending"] * (count - 1) + ["exhausted"]


def test_a_replay_has_an_id_of_its_own_and_remembers_whose_it_is() -> None:
    payload = {"event": "e", "id": "evt_1", "namespace": "n", "timestamp": "t", "delivery_id": "del_1"}
    source = source_of({"instance_id": "inst_1", "number": 3, "attempt": 2}, payload)
    message = replayed("acc", "whsub_1", Delivery("del_1", "exhausted", source), "del_2")
    assert message == {
        "account": "acc",
        "subscription_id": "whsub_1",
        "delivery_id": "del_2",
        "replay_of": "del_1",
        "first": "del_1",
        "attempt": 0,
        "instance_id": "inst_1",
        "number": 3,
    }


def test_an_event_without_an_instance_is_replayed_from_the_body_that_was_kept() -> None:
    payload = {"event": "e", "id": "evt_1", "namespace": None, "timestamp": "t", "delivery_id": "del_1"}
    message = replayed("acc", "whsub_1", Delivery("del_1", "failed", source_of({}, payload)), "del_2")
    assert message["body"] == '{"event":"e","id":"evt_1","namespace":null,"timestamp":"t","delivery_id":"del_2"}'
