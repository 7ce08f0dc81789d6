"""Rate limits: never over a limit, at most 5 % early, whatever the number of processes (ruling 33)."""

import random
from collections import Counter
from collections.abc import Iterator

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from interactor.access.limiter import Counters, Limiter
from interactor.access.rate_counters import CounterStore
from interactor.access.rules.rates import READ_BLOCK, Bucket, Count, FullError
from interactor.aws.dynamo.table import Table
from interactor.core.errors import RateLimitedError
from interactor.core.times import MINUTE, SECOND

NOON = 1_800_000_000_000 // MINUTE * MINUTE
READ = Bucket("read", 1_000, READ_BLOCK)
WRITE = Bucket("write", 100)


class Memory:
    """A counter as the table keeps it, which counts its calls."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, int], Count] = {}
        self.calls = 0
        self.broken = False

    def add(self, subject: str, bucket: Bucket, window: int, size: int, loosened: int) -> Count:
        self.calls += 1
        if self.broken:
            raise TimeoutError("the table does not answer")
        key = (subject, bucket.name, window)
        old = self.kept.get(key)
        if old is not None and (old.used > bucket.limit - size or old.loose > max(0, bucket.loose - loosened)):
            raise FullError(old)
        old = old or Count(0, 0)
        self.kept[key] = Count(old.used + size, old.loose + loosened)
        return self.kept[key]

    def give_back(self, subject: str, bucket: Bucket, window: int) -> Count | None:
        key = (subject, bucket.name, window)
        old = self.kept.get(key)
        if old is None or old.used < 1:
            return None
        self.kept[key] = Count(old.used - 1, old.loose)
        return self.kept[key]


def limiter(counters: Counters) -> Limiter:
    def failed(error: Exception) -> None:
        assert isinstance(error, TimeoutError)

    return Limiter(counters, failed)


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        names = ("pk", "sk")
        client.create_table(
            TableName="table",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": n, "KeyType": k} for n, k in zip(names, ("HASH", "RANGE"), strict=True)],  # type: ignore[misc]  # literals by name
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in names],
        )
        yield Table(client, "table")


@pytest.fixture(params=["memory", "table"])
def counters(request: pytest.FixtureRequest) -> Counters:
    return Memory() if request.param == "memory" else CounterStore(request.getfixturevalue("table"))


def passed(processes: list[Limiter], bucket: Bucket, tries: int, subject: str, seed: int = 1) -> int:
    """How many of so many requests, each to one of the processes, pass."""
    chance = random.Random(seed)  # noqa: S311 - tests want it predictable
    count = 0
    for _ in range(tries):
        try:
            chance.choice(processes).take(subject, bucket, NOON + chance.randrange(MINUTE))
            count += 1
        except RateLimitedError:
            pass
    return count


@pytest.mark.parametrize("processes", [1, 2, 5, 40])
def test_writes_pass_up_to_the_limit_exactly(counters: Counters, processes: int) -> None:
    subject = f"writer_{processes}"
    assert passed([limiter(counters) for _ in range(processes)], WRITE, 300, subject) == 100


@pytest.mark.parametrize("processes", [1, 2, 3, 10, 60, 400])
@pytest.mark.parametrize("limit", [1, 7, 19, 50, 100, 1_000])
def test_reads_are_never_over_the_limit_and_refused_at_most_5_percent_early(processes: int, limit: int) -> None:
    bucket = Bucket("read", limit, READ_BLOCK)
    memory = Memory()
    group = [limiter(memory) for _ in range(processes)]
    first_refusal, count = None, 0
    chance = random.Random(processes)  # noqa: S311 - tests want it predictable
    for _ in range(3 * limit):
        try:
            chance.choice(group).take("acc_1", bucket, NOON)
            count += 1
        except RateLimitedError:
            first_refusal = count if first_refusal is None else first_refusal
    assert count <= limit
    assert first_refusal is not None
    assert first_refusal >= limit - limit * 5 // 100


def test_the_table_counts_reads_as_the_memory_does(counters: Counters) -> None:
    group = [limiter(counters) for _ in range(3)]
    assert 95 <= passed(group, Bucket("read", 100, READ_BLOCK), 300, "reader") <= 100


def test_most_reads_of_one_process_cost_no_call() -> None:
    memory = Memory()
    assert passed([limiter(memory)], READ, 900, "acc_1") == 900
    assert memory.calls <= 900 // READ_BLOCK + 10


def test_a_write_is_one_call_and_after_the_limit_none_until_the_reset() -> None:
    memory = Memory()
    one = limiter(memory)
    for _ in range(100):
        one.take("acc_1", WRITE, NOON)
    assert memory.calls == 100
    for _ in range(50):
        with pytest.raises(RateLimitedError) as refused:
            one.take("acc_1", WRITE, NOON + 45 * SECOND)
        assert refused.value.retry_after == 15
    assert memory.calls == 101
    assert one.take("acc_1", WRITE, NOON + MINUTE).remaining == 99


def test_a_caller_sees_where_it_stands() -> None:
    one = limiter(Memory())
    assert one.peek("acc_1", READ, NOON).remaining == 1_000
    assert [one.take("acc_1", READ, NOON).remaining for _ in range(45)] == list(range(999, 954, -1))
    assert one.peek("acc_1", READ, NOON).remaining == 955
    assert one.take("acc_1", WRITE, NOON).headers() == {
        "X-RateLimit-Limit": "100",
        "X-RateLimit-Remaining": "99",
        "X-RateLimit-Reset": str(NOON // SECOND + 60),
    }


def test_accounts_and_categories_do_not_count_together() -> None:
    one = limiter(Memory())
    for _ in range(100):
        one.take("acc_1", WRITE, NOON)
    one.take("acc_2", WRITE, NOON)
    one.take("acc_1", READ, NOON)
    with pytest.raises(RateLimitedError):
        one.take("acc_1", WRITE, NOON)


def test_what_is_given_back_can_be_taken_again(counters: Counters) -> None:
    one, other = limiter(counters), limiter(counters)
    bucket, subject = Bucket("source", 2), "203.0.113.10"
    for _ in range(10):
        one.take(subject, bucket, NOON)
        one.give_back(subject, bucket, NOON)
    one.give_back(subject, bucket, NOON)
    assert passed([one, other], bucket, 5, subject) == 2, "never more than was taken comes back"
    one.give_back(subject, bucket, NOON)
    assert one.take(subject, bucket, NOON).remaining == 0
    one.take(subject, bucket, NOON + MINUTE)
    one.give_back(subject, bucket, NOON)
    assert one.peek(subject, bucket, NOON + MINUTE).remaining == 1, "of the minute that it was taken in"


def test_where_the_counter_cannot_be_asked_the_request_passes() -> None:
    memory = Memory()
    memory.broken = True
    assert passed([limiter(memory)], Bucket("write", 1), 20, "acc_1") == 20


@given(
    limit=st.integers(1, 120),
    block=st.sampled_from([1, READ_BLOCK]),
    processes=st.integers(1, 12),
    callers=st.integers(1, 3),
    chance=st.randoms(use_true_random=False),
)
@settings(max_examples=30, deadline=None, derandomize=True, database=None)
def test_whatever_the_order_of_requests_processes_and_failures(
    limit: int, block: int, processes: int, callers: int, chance: random.Random
) -> None:
    """Processes come and go, minutes pass, the counter fails at times: the rules hold for each caller and minute."""
    bucket, memory = Bucket("read", limit, block), Memory()
    group = [limiter(memory) for _ in range(processes)]
    passed: Counter[tuple[str, int]] = Counter()
    uncounted: Counter[tuple[str, int]] = Counter()
    refused: dict[tuple[str, int], int] = {}
    saw: set[tuple[int, str, int]] = set()
    now = NOON
    for _ in range(4 * limit):
        now += chance.choice((0, 0, 0, 1, 50, 900))
        which, subject = chance.randrange(processes), f"acc_{chance.randrange(callers)}"
        key = (subject, now // MINUTE)
        if chance.random() < 0.02:
            group[which] = limiter(memory)  # it ended, with what was left of its block
            saw = {each for each in saw if each[0] != which}
        memory.broken, before = chance.random() < 0.05, memory.calls
        held = group[which]._held[subject, "read"]
        try:
            group[which].take(subject, bucket, now)
        except RateLimitedError as error:
            wait = error.retry_after
        else:
            assert (which, *key) not in saw, "it let one through after it had seen the limit"
            passed[key] += 1
            uncounted[key] += memory.broken and memory.calls > before
            continue
        assert not memory.broken or held.full
        assert memory.calls == before or (which, *key) not in saw, "it asked again before the minute ended"
        assert wait == max(1, -(-((now // MINUTE + 1) * MINUTE - now) // SECOND))
        saw.add((which, *key))
        refused.setdefault(key, passed[key])
    for key, count in passed.items():
        assert count - uncounted[key] <= limit
    assert all(count >= limit - limit * 5 // 100 for count in refused.values())
