"""How a quota is shared out over counters, and how traces go on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactor.core import traces
from interactor.instances.rules.quota_shards import MOST_SHARDS, narrowed, shards


@pytest.mark.parametrize("quota", [1, 199, 200, 399, 400, 999, 3_200, 10_000, 10_007])
@pytest.mark.parametrize("entropy", [b"\0\0", b"\0\7", b"\xff\xff"])
def test_the_rooms_of_all_counters_are_the_quota(quota, entropy):
    found = shards(quota, entropy)
    assert sum(room for _, room in found if room is not None) == quota
    assert sorted(number for number, _ in found) == list(range(max(1, min(MOST_SHARDS, quota // 200))))
    assert [dict(found)[number] for number, _ in sorted(found)] == [
        dict(shards(quota, b"\0\0"))[n] for n, _ in sorted(found)
    ]


def test_no_quota_is_no_room_to_run_out_of():
    assert {room for _, room in shards(None, b"\0\1")} == {None}


def test_each_call_is_a_span_of_its_own_in_the_instance_s_trace():
    begun = traces.begin(bytes(range(24)))
    assert len(begun) == 55
    one, other = traces.below(begun, "a"), traces.below(begun, "b")
    assert one != other
    assert one.split("-")[1] == other.split("-")[1] == begun.split("-")[1]
    assert traces.below(begun, "a") == one


@given(st.integers(1, 5000), st.lists(st.integers(0, 700), min_size=16, max_size=16))
def test_counters_that_have_more_than_their_room_leave_the_others_less(quota: int, held: list[int]) -> None:
    active = dict(enumerate(held))
    by = narrowed(quota, active)
    rooms = {number: room or 0 for number, room in shards(quota, b"\0\0", by)}
    most = sum(max(count, rooms.get(number, 0)) for number, count in active.items())
    assert most <= max(quota, sum(held))
    whole = dict(shards(quota, b"\0\0"))
    assert (by == 0) == all(count <= (whole.get(number) or 0) for number, count in active.items())
