"""One account whose receivers all hang, and its neighbour: simulated with the real rules, a clock and a queue."""

import heapq
import itertools
import random
from collections import deque

import pytest

from interactor.core.limits import RATE_PER_MINUTE_DEFAULT
from interactor.core.storing import GuardLostError
from interactor.core.times import MINUTE, SECOND
from interactor.webhooks.account_concurrency import AccountConcurrency
from interactor.webhooks.concurrency import ConcurrencyLimits
from interactor.webhooks.rules import concurrency
from interactor.webhooks.rules.account_concurrency import Watch
from interactor.webhooks.rules.concurrency import Usage

WORKERS, BATCH = 100, 10
"""As in the template: its mapping's MaximumConcurrency and BatchSize."""
AT_ONCE = 50
UNBOUNDED = 10**6
HANGS, QUICK, LOOKS = 30 * SECOND, 100, 50
"""How long attempts take, and a worker whose messages all have to wait."""
LASTS = 6 * MINUTE


class Store:
    """What the workers share, as the table keeps it: a write that comes second is refused."""

    def __init__(self):
        self.documents = {}

    def get(self, *place):
        return self.documents.get(place, Usage())

    def put(self, account, subscription_id, usage, now):
        self._put((account, subscription_id), usage)

    def watch(self, account):
        return self.documents.get(account, Watch())

    def put_watch(self, account, watch, now):
        self._put(account, watch)

    def _put(self, key, document):
        if key in self.documents and self.documents[key].version >= document.version:
            raise GuardLostError
        self.documents[key] = document


class Cloud:
    """Workers at one queue that is first in, first out: it protects nobody."""

    def __init__(self, at_once):
        self.clock, self._numbers = 1_768_910_400_000, itertools.count()
        self.chance = random.Random(7)  # noqa: S311  # not for secrets
        self.began = self.clock
        self.store = Store()
        self.visible, self._events = deque(), []
        self.idle = [
            ConcurrencyLimits(self, self.store, AccountConcurrency(self, self.store, at_once)) for _ in range(WORKERS)
        ]
        self.late = {}
        """Of the attempts that were made, by subscription: when the event was, and how much later the attempt."""

    def now(self):
        return self.clock

    def entropy(self, count):
        return self.chance.randbytes(count)

    def pause(self, attempt):
        raise AssertionError("here one acts after the other")

    def at(self, moment, act):
        heapq.heappush(self._events, (moment, next(self._numbers), act))

    def send(self, moment, message):
        self.at(moment, lambda: self.visible.append(message))

    def tell(self, account, subscription_id, second, takes):
        """An event at any moment of a second."""
        moment = self.began + second * SECOND + self.chance.randrange(SECOND)
        message = {"account": account, "subscription_id": subscription_id, "event_at": moment}
        self.send(moment, {**message, "takes": takes, "waits": 0})

    def run(self):
        while self._events and self._events[0][0] <= self.began + LASTS:
            self.clock = self._events[0][0]
            while self._events and self._events[0][0] == self.clock:
                heapq.heappop(self._events)[2]()
            while self.idle and self.visible:
                self._begin(self.idle.pop())

    def _begin(self, limits):
        messages = [self.visible.popleft() for _ in range(min(BATCH, len(self.visible)))]
        watches = {each["account"]: self.store.watch(each["account"]) for each in messages}
        held = limits.of(messages, range(len(messages)), watches, {})
        batch = held.__enter__()
        left = set(range(len(messages)))

        def over(position, took):
            message = messages[position]
            if position not in batch.refused:
                limits.ended(message, took)
            batch.over(position)
            left.remove(position)
            if not left:
                held.__exit__(None, None, None)
                self.idle.append(limits)

        for position, message in enumerate(messages):
            took = message["takes"]
            if position in batch.refused:
                waits = message["waits"]
                usage, chance = batch.refused[position], self.chance.random()
                delay = concurrency.wait(usage, RATE_PER_MINUTE_DEFAULT, waits, self.clock, chance)
                self.send(self.clock + delay, {**message, "waits": waits + 1})
                took = LOOKS
            else:
                lateness = self.clock - message["event_at"]
                self.late.setdefault(message["subscription_id"], []).append((message["event_at"], lateness))
            self.at(self.clock + took, lambda position=position, took=took: over(position, took))


def neighbours(at_once, hanging=49):
    """An account floods its receivers that hang, another has one event a second for one that is quick."""
    cloud = Cloud(at_once)
    for second in range(LASTS // SECOND):
        for number in range(hanging):
            for _ in range(20 if second == 0 else 1 if (second + number) % 10 == 0 else 0):
                cloud.tell("slow", f"hangs {number}", second, HANGS)
        for account in ("good", "slow"):
            cloud.tell(account, f"quick of {account}", second, QUICK)
    cloud.run()
    return cloud


@pytest.fixture(scope="module")
def bounded():
    return neighbours(AT_ONCE)


def late(cloud, subscription, after=0):
    return max(lateness for at, lateness in cloud.late[subscription] if at >= cloud.began + after)


def test_receivers_that_hang_delay_another_account_once_by_one_attempt_and_then_no_more(bounded):
    assert late(bounded, "quick of good") <= HANGS + SECOND
    assert late(bounded, "quick of good", after=HANGS + SECOND) <= SECOND
    assert len(bounded.late["quick of good"]) == LASTS // SECOND


def test_without_a_bound_for_the_account_another_would_wait_again_and_again():
    assert late(neighbours(UNBOUNDED), "quick of good", after=HANGS + SECOND) > HANGS // 2


def test_all_subscriptions_that_hang_have_about_as_many_attempts(bounded):
    made = [len(bounded.late[f"hangs {number}"]) for number in range(49)]
    assert min(made) * 3 >= max(made)


def test_some_receivers_that_hang_delay_no_other_of_their_own_account():
    assert late(neighbours(AT_ONCE, hanging=3), "quick of slow") <= SECOND
