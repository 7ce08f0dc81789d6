"""The watch over an account whose receivers are slow: so many attempts at once, fair among its subscriptions."""

from hypothesis import given
from hypothesis import strategies as st

from interactor.core.times import SECOND
from interactor.webhooks.rules import account_concurrency
from interactor.webhooks.rules.account_concurrency import WATCHED_FOR, Watch
from interactor.webhooks.rules.concurrency import AT_ONCE, SHARE_ENDS

NOW = 1_768_910_400_000
MOST = 50
"""As many as an account has subscriptions."""


def took(watch: Watch, part: str, subscription: str, wanted: int, now: int = NOW) -> tuple[Watch, int]:
    after, granted = account_concurrency.take(watch, part, {subscription: wanted}, now, MOST)
    return after, granted[subscription]


def test_a_watch_lasts_an_hour_and_a_slow_attempt_in_its_second_half_prolongs_it() -> None:
    watch = account_concurrency.watch_on(Watch(), NOW)
    assert watch.is_on(NOW + WATCHED_FOR - 1)
    assert not watch.is_on(NOW + WATCHED_FOR)
    assert not watch.is_late(NOW + WATCHED_FOR // 2)
    assert watch.is_late(NOW + WATCHED_FOR // 2 + 1)
    assert account_concurrency.watch_on(watch, NOW + WATCHED_FOR).is_on(NOW + 2 * WATCHED_FOR - 1)


def test_a_watch_by_a_clock_far_ahead_holds_nobody_for_long() -> None:
    watch = account_concurrency.watch_on(Watch(), NOW + 10 * WATCHED_FOR)
    assert not watch.is_on(NOW)
    assert watch.is_late(NOW), "a slow attempt sets it right"


def test_some_that_hang_leave_room_for_the_others() -> None:
    watch, own = Watch(), {}
    for number in range(5):
        watch, own[number] = took(watch, "a", str(number), AT_ONCE)
    assert list(own.values()) == [16, 11, 7, 5, 3]
    for number in range(5):
        assert took(watch, "b", str(number), AT_ONCE)[1] == 0, "nobody has more by asking again"
    assert took(watch, "b", "another", 1)[1] == 1


def test_each_of_all_subscriptions_of_an_account_can_have_one() -> None:
    watch = Watch()
    for number in range(MOST):
        watch, granted = took(watch, "a", str(number), 1)
        assert granted == 1
    assert took(watch, "a", "one more", 1)[1] == 0


def test_the_attempts_of_a_worker_that_died_end_by_themselves() -> None:
    watch = Watch()
    for number in range(MOST):
        watch, _ = took(watch, str(number), str(number), 1)
    assert took(watch, "b", "another", 1, NOW + SHARE_ENDS - 1)[1] == 0
    assert took(watch, "b", "another", 1, NOW + SHARE_ENDS)[1] == 1


def test_what_is_given_back_is_that_of_one_worker_to_one_subscription() -> None:
    watch = Watch()
    for part, subscription in (("a", "x"), ("a", "y"), ("b", "x")):
        watch, _ = took(watch, part, subscription, 1)
    rest = account_concurrency.give_back(watch, "a", "x", NOW)
    assert {(part.id, part.subscription_id) for part in rest.parts} == {("a", "y"), ("b", "x")}
    assert rest.version == watch.version + 1


@given(
    st.lists(
        st.tuples(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 10), min_size=1), st.integers(0, 20)),
        max_size=60,
    ),
    st.integers(1, 100),
)
def test_no_more_than_so_many_are_under_way_whatever_the_workers_ask(
    asked: list[tuple[dict[str, int], int]], at_once: int
) -> None:
    watch, now = Watch(), NOW
    under_way: list[tuple[int, int]] = []
    for number, (wanted, seconds) in enumerate(asked):
        now += seconds * SECOND
        under_way = [each for each in under_way if each[0] > now]
        after, granted = account_concurrency.take(watch, str(number), wanted, now, at_once)
        assert after.version == watch.version + 1
        assert all(granted[each] <= wanted[each] for each in wanted)
        under_way.append((now + 30 * SECOND, sum(granted.values())))
        assert sum(count for _, count in under_way) <= at_once
        watch = after
