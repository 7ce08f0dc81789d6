"""The gate of a subscription: 20 attempts at once, 1,000 a minute, shares that end by themselves."""

from hypothesis import given
from hypothesis import strategies as st

from interactor.core import pacing
from interactor.core.pacing import AT_ONCE, PER_MINUTE, SHARE_ENDS, Gate
from interactor.core.times import MINUTE, SECOND

NOW = 1_768_910_400_000


def test_a_whole_batch_gets_its_share_at_once() -> None:
    gate, granted = pacing.take(Gate(), "a", 10, NOW)
    assert (granted, gate.under_way, gate.used) == (10, 10, 10)


def test_no_more_than_twenty_are_under_way() -> None:
    gate, first = pacing.take(Gate(), "a", 15, NOW)
    gate, second = pacing.take(gate, "b", 10, NOW)
    unchanged, third = pacing.take(gate, "c", 1, NOW)
    assert (first, second, third) == (15, AT_ONCE - 15, 0)
    assert unchanged is gate


def test_a_share_that_is_given_back_is_free() -> None:
    gate, _ = pacing.take(Gate(), "a", AT_ONCE, NOW)
    assert pacing.take(pacing.give_back(gate, "a", NOW), "b", AT_ONCE, NOW)[1] == AT_ONCE


def test_a_share_of_a_worker_that_died_ends_by_itself() -> None:
    gate, _ = pacing.take(Gate(), "a", AT_ONCE, NOW)
    assert pacing.take(gate, "b", 1, NOW + SHARE_ENDS - 1)[1] == 0
    assert pacing.take(gate, "b", 1, NOW + SHARE_ENDS)[1] == 1


def test_a_share_from_a_clock_far_ahead_holds_nothing_up() -> None:
    gate, _ = pacing.take(Gate(), "a", AT_ONCE, NOW + MINUTE * 60)
    assert pacing.take(gate, "b", 10, NOW)[1] == 10


def test_no_more_than_a_thousand_go_in_a_minute_and_the_next_minute_is_new() -> None:
    gate = Gate()
    total = 0
    for number in range(200):
        gate, granted = pacing.take(gate, str(number), 10, NOW)
        gate = pacing.give_back(gate, str(number), NOW) if granted else gate
        total += granted
    assert total == PER_MINUTE
    assert pacing.take(gate, "later", 10, NOW + MINUTE)[1] == 10


def test_a_message_waits_for_the_next_minute_when_this_one_is_used_up() -> None:
    full = Gate(minute=NOW // MINUTE, used=PER_MINUTE)
    assert pacing.wait(full, 0, NOW, 0.0) == MINUTE + SECOND
    assert pacing.wait(full, 0, NOW + MINUTE, 0.0) == SECOND


def test_waits_grow_and_are_bounded() -> None:
    waits = [pacing.wait(Gate(), count, NOW, 1.0) for count in range(30)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (2 * SECOND, 256 * SECOND)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 8), st.integers(1, 10), st.integers(0, 20_000)), max_size=60))
def test_the_bounds_hold_whatever_the_workers_do(steps: list[tuple[bool, int, int, int]]) -> None:
    gate, now = Gate(), NOW
    used: dict[int, int] = {}
    for gives, worker, wanted, passes in steps:
        now += passes
        if gives:
            gate = pacing.give_back(gate, str(worker), now)
            continue
        version = gate.version
        gate, granted = pacing.take(gate, str(worker), wanted, now)
        used[now // MINUTE] = used.get(now // MINUTE, 0) + granted
        assert gate.version == version + (granted > 0)
        assert gate.under_way <= AT_ONCE
        assert used[now // MINUTE] <= PER_MINUTE
