"""The clock's hints: accounts in turn, the longest overdue of each first, and nobody shut out by another's backlog."""

import random
from dataclasses import dataclass, field

import pytest

from interactor.core.world import World
from interactor.instances.clock import (
    BACKLOG,
    CLEANINGS_PER_ACCOUNT,
    HINTS_INTO_BACKLOG,
    HINTS_PER_ACCOUNT,
    PAGE,
    READING,
    SENDING,
    Clock,
)

NOW = 1_000_000
SHARDS = 16
CROWD = 100_000


@dataclass
class Time:
    """Every page that is read and every batch that is sent takes so long."""

    page: int = 0
    batch: int = 0
    now: int = NOW

    def world(self):
        return World(lambda: self.now, bytes, lambda _: None)


@dataclass
class Due:
    """What is overdue, as (account, instance, since when), over all shards; ``broken`` ones cannot be read."""

    time: Time
    shards: list
    cleaning: list = field(default_factory=lambda: [[] for _ in range(SHARDS)])
    broken: frozenset = frozenset()

    def due(self, partition, now, limit, after, newest_first):
        kind, _, number = partition.partition("#")
        shards, shard = self.cleaning if kind == "clean" else self.shards, int(number)
        assert now == NOW
        self.time.now += self.time.page
        if kind == "due" and shard in self.broken:
            raise RuntimeError("throttled")
        begin = after or 0
        end = begin + limit
        whole = shards[shard][::-1] if newest_first else shards[shard]
        return whole[begin:end], end if end < len(whole) else None


@dataclass
class Queue:
    """A queue in which so many messages wait, and which takes so many more."""

    time: Time
    waiting: int = 0
    room: int = 10**7
    sent: list = field(default_factory=list)

    def backlog(self):
        return self.waiting

    def send_all(self, hints):
        self.time.now += self.time.batch
        if len(self.sent) + len(hints) > self.room:
            raise RuntimeError("the queue refused some messages: OverLimit")
        self.sent += [(hint.account, hint.instance_id) for hint in hints]


def spread(*accounts):
    """(account, count, since) over the shards, each shard oldest first."""
    shards = [[] for _ in range(SHARDS)]
    for account, count, since in accounts:
        for number in range(count):
            shards[number % SHARDS].append((account, f"{account}_{number}", since + number))
    return [sorted(each, key=lambda one: one[2]) for each in shards]


CROWDED = spread(("crowd", CROWD, 0), ("quiet", 10, 900_000))


DUE = [f"due#{number}" for number in range(SHARDS)]
CLEANING = [f"clean#{number}" for number in range(SHARDS)]


def run(shards, time=None, waiting=0, room=10**7, broken=frozenset(), cleaning=None):
    time = time or Time()
    queue = Queue(time, waiting, room)
    due = Due(time, shards, cleaning or spread(), broken)
    return Clock(time.world(), due, queue).tick(DUE, CLEANING), queue.sent


def test_all_that_is_due_is_hinted_at_page_by_page_the_oldest_first():
    ticked, sent = run(spread(("one", 7_000, 0)))
    assert (ticked.sent, ticked.skipped, ticked.unread) == (7_000, {}, [])
    assert [instance for _, instance in sent] == [f"one_{number}" for number in range(7_000)]


@pytest.mark.parametrize("waiting", [0, BACKLOG, BACKLOG + 1, 100 * BACKLOG])
def test_ten_of_a_quiet_account_are_among_the_first_hints_whatever_the_crowd_and_the_backlog(waiting):
    ticked, sent = run(CROWDED, waiting=waiting)
    share = HINTS_PER_ACCOUNT if waiting <= BACKLOG else HINTS_INTO_BACKLOG
    assert sum(account == "quiet" for account, _ in sent[:20]) == 10
    assert ticked.sent == len(sent) == share + 10
    assert ticked.skipped == {"crowd": CROWD - share}


def test_a_shard_that_cannot_be_read_costs_the_others_nothing_and_is_told():
    ticked, _ = run(spread(("one", 160, 0)), broken=frozenset({3}))
    assert (ticked.sent, ticked.unread, len(ticked.failed)) == (150, ["due#3"], 1)


class ThrottledLater(Due):
    """The first page of a shard is read, and then the table refuses."""

    def due(self, partition, now, limit, after, newest_first):
        if after is not None or newest_first:
            raise RuntimeError("throttled")
        return super().due(partition, now, limit, after, newest_first)


def test_what_was_read_before_a_throttle_is_hinted_at_and_the_rest_is_found_by_the_next_tick():
    shards = [[("one", f"one_{number}", number) for number in range(2 * PAGE + 500)], *[[]] * (SHARDS - 1)]
    time, first, second = Time(), Queue(Time()), Queue(Time())
    ticked = Clock(time.world(), ThrottledLater(time, shards), first).tick(DUE, CLEANING)
    assert (ticked.sent, ticked.unread, len(ticked.failed)) == (PAGE, ["due#0"], 1)
    assert first.sent == [("one", f"one_{number}") for number in range(PAGE)]
    ticked = Clock(time.world(), Due(time, shards), second).tick(DUE, CLEANING)
    assert (ticked.unread, ticked.failed, len(set(second.sent))) == ([], [], 2 * PAGE + 500)


def test_a_queue_that_takes_no_more_is_told_and_the_rest_waits_for_the_next_tick():
    ticked, _ = run(spread(("one", 1_000, 0)), room=500)
    assert (ticked.sent, ticked.unsent, len(ticked.failed)) == (500, 500, 5)


def test_a_tick_ends_in_time():
    slow = Time(page=2_000, batch=4_000)
    ticked, sent = run(CROWDED, slow)
    assert ticked.unread
    assert ticked.unsent
    assert slow.now - NOW <= max(READING + SHARDS * 2_000, SENDING) + 4_000
    assert len(sent) == ticked.sent


def test_what_people_wait_for_comes_before_what_is_to_be_cleaned_however_long_that_is_overdue():
    """Three million ended a day are some two thousand a minute, all of them longer overdue than a timeout of now."""
    ended = spread(("crowd", 50_000, 0))
    ticked, sent = run(spread(("crowd", 100, 900_000), ("quiet", 10, 950_000)), cleaning=ended)
    assert {account for account, _ in sent[:20]} == {"crowd", "quiet"}
    assert ticked.sent == 110 + CLEANINGS_PER_ACCOUNT
    assert ticked.skipped == {"crowd": 50_000 - CLEANINGS_PER_ACCOUNT}


@pytest.mark.parametrize(("time", "waiting"), [(Time(), BACKLOG + 1), (Time(page=2_000), 0)], ids=["backlog", "slow"])
def test_where_there_is_enough_to_do_nothing_is_cleaned(time, waiting):
    ticked, sent = run(spread(("one", 10, 0)), time, waiting, cleaning=spread(("one", 10, 0)))
    assert ticked.sent == len(sent) == 10


def test_a_million_of_one_account_and_ten_of_another_are_served_in_one_tick():
    crowd = spread(("crowd", 200_000, 0), ("quiet", 10, 900_000))
    _, sent = run(crowd, cleaning=spread(("crowd", 100_000, 0)))
    assert sum(account == "quiet" for account, _ in sent[:20]) == 10


def test_what_came_due_last_is_hinted_at_though_there_is_no_time_to_read_what_lies_before_it():
    """A function's processor reads some hundred thousand keys in its time; a crowd may be larger."""
    ticked, sent = run(CROWDED, Time(page=400))
    assert len(ticked.unread) == SHARDS
    assert sum(account == "quiet" for account, _ in sent[:20]) == 10


def test_no_shard_is_left_unread_for_another_that_holds_a_crowd():
    shards = spread(("crowd", CROWD, 0))
    shards[-1] = [("quiet", "quiet_0", 900_000)]
    ticked, sent = run(shards, Time(page=400))
    assert "due#0" in ticked.unread
    assert sent[1] == ("quiet", "quiet_0")


def test_what_is_due_at_one_time_is_all_read_and_hinted_at_once():
    shards = [[("one", f"one_{n}_{shard}", 0) for n in range(2_500)] for shard in range(3)] + [[]] * (SHARDS - 3)
    ticked, sent = run(shards)
    assert (ticked.sent, ticked.unread) == (7_500, [])
    assert len(set(sent)) == len(sent) == 7_500


@pytest.mark.parametrize("chance", range(200))
def test_the_two_ends_of_a_shard_meet_and_nothing_between_is_missed_or_doubled(monkeypatch, chance):
    """Many times are the same and pages are short."""
    monkeypatch.setattr("interactor.instances.clock.PAGE", 3)
    dice = random.Random(chance)  # noqa: S311 - predictable
    times = sorted(dice.randrange(6) for _ in range(dice.randrange(60)))
    shards = [[(f"acc_{dice.randrange(3)}", f"one_{number}", since) for number, since in enumerate(times)]]
    ticked, sent = run(shards + [[]] * (SHARDS - 1))
    assert sorted(instance for _, instance in sent) == sorted(instance for _, instance, _ in shards[0])
    assert ticked.unread == []
