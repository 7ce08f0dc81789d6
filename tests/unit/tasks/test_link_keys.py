"""The keys of links at rest: sealed, the same for every process, and two while they change."""

import base64
import itertools
from collections.abc import Iterator

import pytest

from interactor.aws.dynamo.table import Table
from interactor.core.releases import LaterReleaseError
from interactor.core.storing import GuardLostError
from interactor.core.times import MINUTE, SECOND, Millis
from interactor.core.world import World
from interactor.tasks import link_keys
from interactor.tasks.link_keys import READ_EVERY, USED_AFTER, LinkKeys
from tests.support.memory.dynamo import FakeDynamo


class Sealed:
    """Seals as KMS would, as far as one can tell: nothing opens that it did not seal for the same."""

    def seal(self, account: str, text: str) -> str:
        return base64.b64encode(f"{account}:{text}".encode()).decode()[::-1]

    def open(self, account: str, sealed: str) -> str:
        owner, _, text = base64.b64decode(sealed[::-1]).decode().partition(":")
        assert owner == account
        return text


class House:
    """One table, and as many processes as are asked for."""

    def __init__(self) -> None:
        self.now: Millis = 1_770_000_000_000
        self.dynamo = FakeDynamo()
        self._drawn: Iterator[int] = itertools.count(1)
        self.gets = 0

    def process(self) -> LinkKeys:
        world = World(lambda: self.now, lambda size: bytes([next(self._drawn)]) * size, lambda _: None)
        table = Table(self.dynamo, "table")  # type: ignore[arg-type]  # it does what is asked of the client
        real = table.get

        def counted(key: dict[str, object]) -> dict[str, object] | None:
            self.gets += 1
            return real(key)

        table.get = counted  # type: ignore[method-assign]
        return LinkKeys(world, table, Sealed)


@pytest.fixture
def house() -> House:
    return House()


def test_there_is_none_before_the_first_link_and_then_the_same_everywhere(house: House) -> None:
    one, other = house.process(), house.process()
    assert other.for_reading() == []
    made = one.for_making()
    assert other.for_reading() == [made]
    assert other.for_making() == made


def test_of_two_that_make_the_first_key_one_wins(house: House) -> None:
    one, other = house.process(), house.process()
    other._table.get = lambda _: None  # type: ignore[method-assign,assignment]  # it has read before the other wrote
    made = one.for_making()
    del other._table.get  # type: ignore[attr-defined]
    assert other.for_making() == made


def test_a_process_asks_once_a_minute(house: House) -> None:
    one = house.process()
    one.for_making()
    house.gets = 0
    for _ in range(5):
        one.for_reading()
        one.for_making()
    assert house.gets == 0
    house.now += READ_EVERY
    one.for_reading()
    assert house.gets == 1


def test_no_key_rests_in_the_clear(house: House) -> None:
    made = house.process().for_making()
    stored = house.dynamo.peek("LK", "M")
    assert stored is not None
    assert made not in stored["doc"]["B"]
    assert base64.b64encode(made) not in stored["doc"]["B"]


def test_a_new_key_signs_when_every_process_has_read_it(house: House) -> None:
    one, other = house.process(), house.process()
    old = one.for_making()
    other.for_reading()
    house.now += MINUTE
    assert len(house.process().change()) == 2
    for _ in range(USED_AFTER // SECOND):
        made = one.for_making()
        assert made in other.for_reading()
        house.now += SECOND
    new = one.for_making()
    assert new != old
    assert other.for_reading() == [new, old]


def test_another_change_ends_the_oldest(house: House) -> None:
    old = house.process().for_making()
    house.process().change()
    assert old in house.process().for_reading()
    house.process().change()
    assert old not in house.process().for_reading()


def test_a_change_may_end_every_link(house: House) -> None:
    old = house.process().for_making()
    assert len(house.process().change(only_new=True)) == 1
    assert old not in house.process().for_reading()
    assert house.process().for_making() == house.process().for_reading()[0]


def test_a_change_that_comes_second_changes_nothing(house: House) -> None:
    one = house.process()
    one.for_making()
    stored = one._stored()
    house.process().change()
    with pytest.raises(GuardLostError):
        one._put(stored)


def test_what_a_later_release_keeps_beside_the_keys_stays(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    one = house.process()
    one.for_making()
    stored = one._stored()
    one._put(link_keys._Stored(stored.keys, stored.edition, {"more": 1}))
    house.process().change()
    assert house.process()._stored().later == {"more": 1}
    monkeypatch.setattr(link_keys, "READABLE", 0)
    with pytest.raises(LaterReleaseError):
        house.process().for_reading()
