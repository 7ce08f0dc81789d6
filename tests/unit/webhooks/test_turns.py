"""Shares of a batch's attempts: each ends with the attempts of its own subscription."""

import itertools

from interactor.core.storing import GuardLostError
from interactor.webhooks.account_concurrency import AccountConcurrency
from interactor.webhooks.concurrency import ConcurrencyLimits
from interactor.webhooks.rules import concurrency
from interactor.webhooks.rules.account_concurrency import SLOW, Watch, watch_on
from interactor.webhooks.rules.concurrency import Gate

NOW = 1_000_000_000


class World:
    def __init__(self):
        self._entropy = itertools.count(1)

    def now(self):
        return NOW

    def entropy(self, count):
        return next(self._entropy).to_bytes(count)

    def pause(self, attempt):
        raise AssertionError("nobody else takes anything")


class Gates(dict):
    def get(self, *place):
        return super().get(place, Gate())

    def put(self, account, subscription, gate, now):
        self[account, subscription] = gate

    def watch(self, account):
        return super().get(account, Watch())

    def put_watch(self, account, watch, now):
        self[account] = watch


def turns_of(gates, at_once=50):
    return ConcurrencyLimits(World(), gates, AccountConcurrency(World(), gates, at_once))


def messages(*subscriptions):
    return [{"account": "acc", "subscription_id": each} for each in subscriptions]


def crowded(gates, subscription):
    """Leave room for five more attempts, so that a share is worth giving back."""
    gates["acc", subscription] = concurrency.take(Gate(), "others", concurrency.AT_ONCE - 5, NOW).gate


def test_a_share_ends_with_the_attempts_of_its_subscription_though_another_of_the_batch_hangs():
    gates = Gates()
    for name in ("good", "hanging"):
        crowded(gates, name)
    with turns_of(gates).of(messages("good", "hanging", "good"), [0, 1, 2], {}) as batch:
        assert batch.refused == {}
        batch.over(0)
        assert gates["acc", "good"].under_way == concurrency.AT_ONCE - 3, "one of its attempts is under way"
        batch.over(2)
        assert gates["acc", "good"].under_way == concurrency.AT_ONCE - 5
        assert gates["acc", "hanging"].under_way == concurrency.AT_ONCE - 4
    assert gates["acc", "hanging"].under_way == concurrency.AT_ONCE - 5


def test_a_share_that_is_kept_can_be_used_again_while_another_of_the_batch_hangs():
    turns = turns_of(Gates())
    with turns.of(messages("good", "hanging"), [0, 1], {}) as batch:
        batch.over(0)
        with turns.of(messages("good"), [0], {}) as again:
            assert again.refused == {}
        assert len(turns.gates["acc", "good"].shares) == 1, "it was made in the share that is kept"


def test_what_got_no_share_waits_and_ends_nothing():
    gates = Gates()
    crowded(gates, "good")
    with turns_of(gates).of(messages(*["good"] * 7), range(7), {}) as batch:
        assert set(batch.refused) == {5, 6}
        for position in range(7):
            batch.over(position)
        assert gates["acc", "good"].under_way == concurrency.AT_ONCE - 5


def test_a_slow_attempt_has_its_account_watched_and_a_quick_one_does_not():
    gates = Gates()
    turns = turns_of(gates)
    turns.ended(messages("good")[0], SLOW - 1)
    assert not gates.watch("acc").is_on(NOW)
    turns.ended(messages("slow")[0], SLOW)
    assert gates.watch("acc").is_on(NOW)
    before = gates.watch("acc")
    turns.ended(messages("slow")[0], SLOW)
    assert gates.watch("acc") is before, "it costs no second write"


def test_what_has_no_room_in_a_watched_account_waits_and_all_that_was_taken_is_given_back():
    gates = Gates()
    turns = turns_of(gates, at_once=3)
    watches = {"acc": watch_on(Watch(), NOW)}
    with turns.of(messages("a", "a", "b", "c", "d"), range(5), watches) as batch:
        assert set(batch.refused) == {1, 4}, "one of each subscription, as long as there is room"
        assert batch.refused[4].under_way == 0
        assert sum(part.count for part in gates.watch("acc").parts) == 3
        for position in range(5):
            batch.over(position)
        assert gates.watch("acc").parts == ()


def test_what_others_took_meanwhile_is_seen_and_no_share_of_the_subscription_is_left_behind():
    """The watch was read before another worker took all there is."""
    gates = Gates()
    turns = turns_of(gates, at_once=1)
    read = watch_on(Watch(), NOW)
    lost = []

    def put(account, watch, now):
        lost.append(watch)
        raise GuardLostError

    with turns_of(gates, at_once=1).of(messages("first"), [0], {"acc": read}):
        gates.put_watch = put
        turns.watches.world.pause = lambda attempt: None
        with turns.of(messages("second"), [0], {"acc": read}) as batch:
            assert set(batch.refused) == {0}
            assert len(lost) == 1
            batch.over(0)
        assert all(not share.busy for share in turns._kept.values())
        del gates.put_watch
    assert gates.watch("acc").parts == ()


def test_an_account_that_is_not_watched_is_not_written():
    gates = Gates()
    with turns_of(gates, at_once=1).of(messages("a", "b", "c"), range(3), {"acc": Watch()}) as batch:
        assert batch.refused == {}
    assert "acc" not in gates
