"""Shares of a batch's attempts: each ends with the attempts of its own subscription."""

import itertools

from interactor.core import pacing
from interactor.core.pacing import Gate
from interactor.usecases.turns import Turns

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


def messages(*subscriptions):
    return [{"account": "acc", "subscription_id": each} for each in subscriptions]


def crowded(gates, subscription):
    """Leave room for five more attempts, so that a share is worth giving back."""
    gates["acc", subscription] = pacing.take(Gate(), "others", pacing.AT_ONCE - 5, NOW).gate


def test_a_share_ends_with_the_attempts_of_its_subscription_though_another_of_the_batch_hangs():
    gates = Gates()
    for name in ("good", "hanging"):
        crowded(gates, name)
    with Turns(World(), gates).of(messages("good", "hanging", "good"), [0, 1, 2]) as batch:
        assert batch.refused == {}
        batch.over(0)
        assert gates["acc", "good"].under_way == pacing.AT_ONCE - 3, "one of its attempts is under way"
        batch.over(2)
        assert gates["acc", "good"].under_way == pacing.AT_ONCE - 5
        assert gates["acc", "hanging"].under_way == pacing.AT_ONCE - 4
    assert gates["acc", "hanging"].under_way == pacing.AT_ONCE - 5


def test_a_share_that_is_kept_can_be_used_again_while_another_of_the_batch_hangs():
    turns = Turns(World(), Gates())
    with turns.of(messages("good", "hanging"), [0, 1]) as batch:
        batch.over(0)
        with turns.of(messages("good"), [0]) as again:
            assert again.refused == {}
        assert len(turns.gates["acc", "good"].shares) == 1, "it was made in the share that is kept"


def test_what_got_no_share_waits_and_ends_nothing():
    gates = Gates()
    crowded(gates, "good")
    with Turns(World(), gates).of(messages(*["good"] * 7), range(7)) as batch:
        assert set(batch.refused) == {5, 6}
        for position in range(7):
            batch.over(position)
        assert gates["acc", "good"].under_way == pacing.AT_ONCE - 5
