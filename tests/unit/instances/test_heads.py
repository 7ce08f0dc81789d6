"""A head is read with all parts of what its threads hold, and with those of no other commit."""

import random
import string
from dataclasses import replace

from interactor.aws.dynamo import items, keys
from interactor.instances.rules.instance import MAIN, Instance, Phase, Thread
from interactor.instances.rules.stored import Head
from interactor.instances.store import heads


def instance(version: int, letters: int) -> Instance:
    """An instance whose data does not compress to less than about three quarters of its letters."""
    text = "".join(random.Random(version).choices(string.ascii_letters + string.digits, k=letters))  # noqa: S311  # sample data
    main = Thread(MAIN, "wait", Phase.HALTED, 1, 0, layer={"text": text})
    return Instance(
        id="inst_1",
        account="acc",
        namespace="ns",
        workflow_id="wf_1",
        workflow_name="sample",
        version_id="v_1",
        created_at=0,
        updated_at=0,
        status="halted",
        status_since=0,
        threads={MAIN: main},
        version=version,
    )


def stored(before: Head | None, made: Instance) -> list[items.Item]:
    """The items of a commit as a descending query finds them: the head, then the parts, the last one first."""
    _, writes = heads.writes(before, made, "commit", {}, 5)
    found = [write["Put"]["Item"] for write in writes]
    return [found[0], *sorted(found[1:], key=lambda item: item["sk"]["S"], reverse=True)]


def with_left_over(large: list[items.Item], small: list[items.Item]) -> list[items.Item]:
    """What a query finds after a smaller commit: the further parts of the larger one are still there."""
    replaced = {item["sk"]["S"]: item for item in (*large, *small)}
    return sorted(replaced.values(), key=lambda item: item["sk"]["S"], reverse=True)


def test_small_data_is_in_the_head_itself():
    found = stored(None, instance(1, 100))
    assert len(found) == 1
    assert heads.whole(found)
    read = heads.read(found)
    assert read is not None
    assert read.instance == instance(1, 100)


def test_a_query_goes_on_until_every_part_is_there():
    found = stored(None, instance(1, 1_200_000))
    assert len(found) == 5
    for length in range(1, len(found)):
        assert not heads.whole(found[:length])
        assert heads.read(found[:length]) is None
    assert heads.whole(found)
    read = heads.read(found)
    assert read is not None
    assert read.instance == instance(1, 1_200_000)


def test_parts_left_from_larger_times_are_not_taken_for_those_of_the_head():
    large = stored(None, instance(1, 1_200_000))
    small = stored(None, replace(instance(2, 500_000), version=2))
    found = with_left_over(large, small)
    wanted = len(small) - 1
    assert len(found) > len(small), "parts of the larger commit are left"
    assert not heads.whole(found[: 1 + wanted]), "as many parts as the head has, but not its own"
    assert heads.whole(found)
    read = heads.read(found)
    assert read is not None
    assert read.instance == instance(2, 500_000)


def test_a_head_and_parts_of_two_commits_are_read_again():
    found = stored(None, instance(1, 500_000))
    newer = [found[0], *stored(None, instance(2, 500_000))[1:]]
    history = items.key(keys.instance("acc", "inst_1"), keys.history(1))
    assert heads.whole([*newer, history]), "the query has come past the parts"
    assert heads.read([*newer, history]) is None
