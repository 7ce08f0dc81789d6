"""The usage of a subscription: 20 attempts at once, a rate a minute, shares that end by themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactor.core.limits import RATE_PER_MINUTE_DEFAULT, RATE_PER_MINUTE_MAXIMUM
from interactor.core.times import MINUTE, SECOND
from interactor.webhooks.rules import concurrency
from interactor.webhooks.rules.concurrency import (
    ALLOWANCE,
    AT_ONCE,
    BLOCK,
    KEPT_AT_ONCE,
    KEPT_FOR,
    LOWEST_KEPT,
    SET_ASIDE,
    SHARE_ENDS,
    Kept,
    Usage,
)

NOW = 1_768_910_400_000
RATE = RATE_PER_MINUTE_DEFAULT
RATES = (1, 2, 10, LOWEST_KEPT - 1, LOWEST_KEPT, RATE, RATE_PER_MINUTE_MAXIMUM)


def took(usage: Usage, share_id: str, wanted: int, now: int) -> tuple[Usage, int]:
    taken = concurrency.take(usage, RATE, share_id, wanted, now)
    return taken.usage, taken.granted


def test_a_whole_batch_gets_its_share_at_once() -> None:
    usage, granted = took(Usage(), "a", 10, NOW)
    assert (granted, usage.under_way, usage.used) == (10, 10, 10)


def test_no_more_than_twenty_are_under_way() -> None:
    usage, first = took(Usage(), "a", 15, NOW)
    usage, second = took(usage, "b", 10, NOW)
    unchanged, third = took(usage, "c", 1, NOW)
    assert (first, second, third) == (15, AT_ONCE - 15, 0)
    assert unchanged is usage


def test_a_share_that_is_given_back_is_free() -> None:
    usage, _ = took(Usage(), "a", AT_ONCE, NOW)
    assert took(concurrency.give_back(usage, "a", NOW), "b", AT_ONCE, NOW)[1] == AT_ONCE


def test_a_share_of_a_worker_that_died_ends_by_itself() -> None:
    usage, _ = took(Usage(), "a", AT_ONCE, NOW)
    assert took(usage, "b", 1, NOW + SHARE_ENDS - 1)[1] == 0
    assert took(usage, "b", 1, NOW + SHARE_ENDS)[1] == 1


def test_a_share_from_a_clock_far_ahead_holds_nothing_up() -> None:
    usage, _ = took(Usage(), "a", AT_ONCE, NOW + MINUTE * 60)
    assert took(usage, "b", 10, NOW)[1] == 10


def test_no_more_than_a_thousand_go_in_a_minute_and_the_next_minute_is_new() -> None:
    usage = Usage()
    total = 0
    for number in range(200):
        usage, granted = took(usage, str(number), 10, NOW)
        usage = concurrency.give_back(usage, str(number), NOW) if granted else usage
        total += granted
    assert total == RATE - KEPT_AT_ONCE * ALLOWANCE
    assert took(usage, "later", 10, NOW + MINUTE)[1] == 10


@pytest.mark.parametrize("rate", RATES)
def test_a_minute_has_no_more_attempts_than_the_subscription_says(rate: int) -> None:
    usage, total = Usage(), 0
    while (taken := concurrency.take(usage, rate, "a", 7, NOW)).granted:
        usage, total = concurrency.give_back(taken.usage, "a", NOW), total + taken.granted
    assert total == concurrency.counted_per_minute(rate)
    assert rate - SET_ASIDE <= total <= rate
    assert concurrency.wait(taken.usage, rate, 0, NOW, 0.0) > MINUTE
    assert concurrency.take(usage, rate, "later", 7, NOW + MINUTE).granted == min(7, rate)


@pytest.mark.parametrize(("rate", "keeps"), [(1, False), (LOWEST_KEPT - 1, False), (LOWEST_KEPT, True), (RATE, True)])
def test_a_low_rate_counts_every_attempt(rate: int, keeps: bool) -> None:
    taken = concurrency.take(Usage(), rate, "a", 1, NOW)
    assert (taken.kept is not None) == keeps
    assert taken.usage.used == (BLOCK if keeps else 1)
    assert concurrency.counted_per_minute(rate) == (rate - SET_ASIDE if keeps else rate)


def test_a_share_that_is_kept_is_of_no_use_once_the_rate_is_another() -> None:
    _, share = kept(Usage(), "a", 1, NOW)
    assert share.done(1).use(RATE - 1, 1, NOW) is None
    assert share.done(1).use(RATE, 1, NOW) is not None


def kept(usage: Usage, share_id: str, wanted: int, now: int) -> tuple[Usage, Kept]:
    taken = concurrency.take(usage, RATE, share_id, wanted, now)
    assert taken.kept is not None
    return taken.usage, taken.kept


def test_a_small_share_is_kept_and_takes_further_attempts_for_minutes() -> None:
    usage, share = kept(Usage(), "a", 1, NOW)
    assert usage.used == BLOCK, "counted ahead"
    made = 1
    while (again := share.done(1).use(RATE, 1, NOW)) is not None:
        share, made = again, made + 1
    assert made == BLOCK
    assert share.done(1).use(RATE, 1, NOW + KEPT_FOR - SHARE_ENDS + 1) is None, "its last attempt ends before it does"
    for number in range(ALLOWANCE + 1):
        again = share.done(1).use(RATE, 1, NOW + MINUTE)
        assert (again is not None) == (number < ALLOWANCE)
        share = again or share
    assert share.done(1).use(RATE, 1, NOW + KEPT_FOR - SHARE_ENDS) is not None


def test_a_kept_share_takes_no_more_at_once_than_it_is_for() -> None:
    _, share = kept(Usage(), "a", 3, NOW)
    assert share.use(RATE, 1, NOW) is None
    assert share.done(1).use(RATE, 1, NOW) is not None
    assert share.done(1).use(RATE, 2, NOW) is None


def test_a_quarter_of_the_attempts_at_once_may_be_kept_and_no_more() -> None:
    usage, _ = kept(Usage(), "a", 3, NOW)
    taken = concurrency.take(usage, RATE, "b", 3, NOW)
    assert (taken.granted, taken.kept) == (3, None)
    usage, _ = kept(taken.usage, "c", 2, NOW)
    assert concurrency.take(usage, RATE, "d", 1, NOW).kept is None
    assert concurrency.take(Usage(), RATE, "e", AT_ONCE, NOW).kept is None


def test_an_idle_share_makes_room_for_the_one_that_its_worker_takes_instead() -> None:
    usage, _ = kept(Usage(), "a", 5, NOW)
    taken = concurrency.take(usage, RATE, "b", 5, NOW, instead_of="a")
    assert (taken.usage.under_way, taken.granted) == (5, 5)
    assert taken.kept is not None


def test_a_message_waits_for_the_next_minute_when_this_one_is_used_up() -> None:
    full = Usage(minute=NOW // MINUTE, used=RATE - SET_ASIDE)
    assert concurrency.wait(full, RATE, 0, NOW, 0.0) == MINUTE + SECOND
    assert concurrency.wait(full, RATE, 0, NOW + MINUTE, 0.0) == SECOND


def test_waits_grow_and_are_bounded() -> None:
    waits = [concurrency.wait(Usage(), RATE, count, NOW, 1.0) for count in range(30)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (2 * SECOND, 256 * SECOND)


@given(
    st.sampled_from(RATES),
    st.lists(st.tuples(st.integers(0, 5), st.integers(1, 10), st.integers(0, 45_000)), max_size=120),
)
def test_the_bounds_hold_whatever_the_workers_do(rate: int, steps: list[tuple[int, int, int]]) -> None:
    """Workers make attempts in what they keep, else take a share; each attempt is under way as long as it may be."""
    usage, now = Usage(), NOW
    keeps: dict[int, Kept] = {}
    under_way: list[tuple[int, int, int | None]] = []
    used: dict[int, int] = {}
    for number, (worker, wanted, passes) in enumerate(steps):
        now += passes
        for until, count, owner in under_way:
            if until <= now and owner is not None:
                keeps[owner] = keeps[owner].done(count)
        under_way = [each for each in under_way if each[0] > now]
        mine = keeps.get(worker)
        again = None if mine is None else mine.use(rate, wanted, now)
        if again is not None:
            keeps[worker], granted, owner = again, wanted, worker
        else:
            idle = mine is not None and not mine.busy
            instead_of = mine.share.id if mine is not None and idle else None
            taken = concurrency.take(usage, rate, str(number), wanted, now, instead_of)
            usage, granted, owner = taken.usage, taken.granted, None
            if granted and taken.kept is not None and (mine is None or idle):
                keeps[worker], owner = taken.kept, worker
            elif granted and idle:
                del keeps[worker]
        if granted:
            under_way.append((now + 30 * SECOND, granted, owner))
        used[now // MINUTE] = used.get(now // MINUTE, 0) + granted
        assert sum(count for _, count, _ in under_way) <= AT_ONCE
        assert used[now // MINUTE] <= rate


def test_the_allowance_of_kept_shares_is_left_out_of_what_is_given_away() -> None:
    """The most that can be made of one minute: all kept shares use their allowance, and the usage gives all it has."""
    usage, share = kept(Usage(), "a", KEPT_AT_ONCE, NOW)
    now, made = NOW + MINUTE, 0
    while (again := share.done(KEPT_AT_ONCE if share.busy else 0).use(RATE, KEPT_AT_ONCE, now)) is not None:
        share, made = again, made + KEPT_AT_ONCE
    usage = concurrency.give_back(usage, "a", now)
    for number in range(300):
        taken = concurrency.take(usage, RATE, str(number), 5, now)
        usage = concurrency.give_back(taken.usage, str(number), now) if taken.granted else usage
        made += taken.granted + (taken.kept.left if taken.kept is not None else 0)
    assert made == RATE
