"""Shares of a batch's attempts: each ends with the attempts of its own subscription."""

import itertools

from interactor.core.limits import RATE_PER_MINUTE_DEFAULT
from interactor.core.storing import GuardLostError
from interactor.webhooks.account_concurrency import AccountConcurrency
from interactor.webhooks.concurrency import ConcurrencyLimits
from interactor.webhooks.rules import concurrency
from interactor.webhooks.rules.account_concurrency import SLOW, Watch, watch_on
from interactor.webhooks.rules.concurrency import Usage

NOW = 1_000_000_000
RATE = RATE_PER_MINUTE_DEFAULT


class World:
    def __init__(self):
        self._entropy = itertools.count(1)

    def now(self):
        return NOW

    def entropy(self, count):
        return next(self._entropy).to_bytes(count)

    def pause(self, attempt):
        raise AssertionError("nobody else takes anything")


class Store(dict):
    def get(self, *place):
        return super().get(place, Usage())

    def put(self, account, subscription, usage, now):
        self[account, subscription] = usage

    def watch(self, account):
        return super().get(account, Watch())

    def put_watch(self, account, watch, now):
        self[account] = watch


def limits_of(store, at_once=50):
    return ConcurrencyLimits(World(), store, AccountConcurrency(World(), store, at_once))


def messages(*subscriptions):
    return [{"account": "acc", "subscription_id": each} for each in subscriptions]


def crowded(store, subscription):
    """Leave room for five more attempts, so that a share is worth giving back."""
    store["acc", subscription] = concurrency.take(Usage(), RATE, "others", concurrency.AT_ONCE - 5, NOW).usage


def test_a_share_ends_with_the_attempts_of_its_subscription_though_another_of_the_batch_hangs():
    store = Store()
    for name in ("good", "hanging"):
        crowded(store, name)
    with limits_of(store).of(messages("good", "hanging", "good"), [0, 1, 2], {}, {}) as batch:
        assert batch.refused == {}
        batch.over(0)
        assert store["acc", "good"].under_way == concurrency.AT_ONCE - 3, "one of its attempts is under way"
        batch.over(2)
        assert store["acc", "good"].under_way == concurrency.AT_ONCE - 5
        assert store["acc", "hanging"].under_way == concurrency.AT_ONCE - 4
    assert store["acc", "hanging"].under_way == concurrency.AT_ONCE - 5


def test_a_share_that_is_kept_can_be_used_again_while_another_of_the_batch_hangs():
    limits = limits_of(Store())
    with limits.of(messages("good", "hanging"), [0, 1], {}, {}) as batch:
        batch.over(0)
        with limits.of(messages("good"), [0], {}, {}) as again:
            assert again.refused == {}
        assert len(limits.store["acc", "good"].shares) == 1, "it was made in the share that is kept"


def test_each_subscription_of_a_batch_has_its_own_rate():
    limits = limits_of(Store())
    rates = {("acc", "slow"): 2, ("acc", "one"): 1}
    with limits.of(messages("slow", "one", "other", *["slow"] * 2, "one", "other"), range(7), {}, rates) as batch:
        assert set(batch.refused) == {4, 5}
        assert batch.refused[4].used == 2


def test_a_share_that_is_kept_is_taken_anew_once_the_rate_is_another():
    limits = limits_of(Store())
    with limits.of(messages("good"), [0], {}, {}):
        pass
    assert limits.store["acc", "good"].used == concurrency.BLOCK, "counted ahead"
    with limits.of(messages("good"), [0], {}, {("acc", "good"): 10}) as batch:
        assert set(batch.refused) == {0}, "this minute has its ten"
    with limits.of(messages("good"), [0], {}, {("acc", "good"): concurrency.BLOCK + 1}) as batch:
        assert batch.refused == {}
    assert limits.store["acc", "good"].used == concurrency.BLOCK + 1
    assert len(limits.store["acc", "good"].shares) == 1, "the idle one was given up for it"


def test_what_got_no_share_waits_and_ends_nothing():
    store = Store()
    crowded(store, "good")
    with limits_of(store).of(messages(*["good"] * 7), range(7), {}, {}) as batch:
        assert set(batch.refused) == {5, 6}
        for position in range(7):
            batch.over(position)
        assert store["acc", "good"].under_way == concurrency.AT_ONCE - 5


def test_a_slow_attempt_has_its_account_watched_and_a_quick_one_does_not():
    store = Store()
    limits = limits_of(store)
    limits.ended(messages("good")[0], SLOW - 1)
    assert not store.watch("acc").is_on(NOW)
    limits.ended(messages("slow")[0], SLOW)
    assert store.watch("acc").is_on(NOW)
    before = store.watch("acc")
    limits.ended(messages("slow")[0], SLOW)
    assert store.watch("acc") is before, "it costs no second write"


def test_what_has_no_room_in_a_watched_account_waits_and_all_that_was_taken_is_given_back():
    store = Store()
    limits = limits_of(store, at_once=3)
    watches = {"acc": watch_on(Watch(), NOW)}
    with limits.of(messages("a", "a", "b", "c", "d"), range(5), watches, {}) as batch:
        assert set(batch.refused) == {1, 4}, "one of each subscription, as long as there is room"
        assert batch.refused[4].under_way == 0
        assert sum(part.count for part in store.watch("acc").parts) == 3
        for position in range(5):
            batch.over(position)
        assert store.watch("acc").parts == ()


def test_what_others_took_meanwhile_is_seen_and_no_share_of_the_subscription_is_left_behind():
    """The watch was read before another worker took all there is."""
    store = Store()
    limits = limits_of(store, at_once=1)
    read = watch_on(Watch(), NOW)
    lost = []

    def put(account, watch, now):
        lost.append(watch)
        raise GuardLostError

    with limits_of(store, at_once=1).of(messages("first"), [0], {"acc": read}, {}):
        store.put_watch = put
        limits.watches.world.pause = lambda attempt: None
        with limits.of(messages("second"), [0], {"acc": read}, {}) as batch:
            assert set(batch.refused) == {0}
            assert len(lost) == 1
            batch.over(0)
        assert all(not share.busy for share in limits._kept.values())
        del store.put_watch
    assert store.watch("acc").parts == ()


def test_an_account_that_is_not_watched_is_not_written():
    store = Store()
    with limits_of(store, at_once=1).of(messages("a", "b", "c"), range(3), {"acc": Watch()}, {}) as batch:
        assert batch.refused == {}
    assert "acc" not in store
