"""Lists that are spread over several partitions: all of what was stored before and after the number was raised."""

from typing import Any

import pytest

from interactor.sandbox import Sandbox
from tests.support.workers.memory import MemoryPlace
from tests.support.workers.place import Worker
from tests.support.workers.world import Clock
from tests.support.workflows.flows import end, flow, form, script

WAITING = flow(wait=form("done"), done=end())
FAILING = flow(go=script("return nothing.there", "done"), done=end())


@pytest.fixture(scope="module")
def spread(enter: Any, sandbox: Sandbox) -> tuple[MemoryPlace, dict[str, list[str]]]:
    """Instances and errors, half of them stored while a list was one partition."""
    place = MemoryPlace.begin(sandbox)
    enter(place)
    clock, made = Clock(), {"waiting": list[str](), "failing": list[str]()}
    names = {
        "waiting": place.worker(clock).define(WAITING),
        "failing": place.worker(clock).define(FAILING),
    }
    for shards in ("1", "5"):
        worker = place.worker(clock, INDEX_SHARDS=shards)
        for kind, name in names.items():
            for _ in range(12):
                made[kind].append(worker.create(name).data["id"])
    made["names"] = [*names.values()]
    made["now"] = [str(clock.now)]
    return place, made


def reader(place: MemoryPlace, made: dict[str, list[str]]) -> Worker:
    """A process of after the number was raised."""
    return place.worker(Clock(int(made["now"][0])), INDEX_SHARDS="5")


def listed(worker: Worker, path: str, kind: str, name: str) -> list[str]:
    """All ids of a list, page by page."""
    found, cursor = [], None
    while True:
        data = worker.call("GET", path + (f"&cursor={cursor}" if cursor else "")).data
        found += [each[name] for each in data[kind]]
        cursor = data["pagination"]["next_cursor"]
        if cursor is None:
            return found


@pytest.mark.parametrize("query", ["namespace=default&status=halted", "workflow_name={0}", "status=halted"])
def test_instances_are_listed_once_newest_first(spread: Any, query: str) -> None:
    place, made = spread
    worker = reader(place, made)
    path = f"/workflows/instances?{query.format(made['names'][0])}&limit=5"
    assert listed(worker, path, "instances", "id") == made["waiting"][::-1]


def test_the_instances_of_an_account_are_one_list(spread: Any) -> None:
    place, made = spread
    worker = reader(place, made)
    found = listed(worker, "/workflows/instances?limit=7", "instances", "id")
    assert found == sorted(made["waiting"] + made["failing"], reverse=True)


def test_errors_are_one_list(spread: Any) -> None:
    place, made = spread
    worker = reader(place, made)
    found = listed(worker, "/workflows/errors?limit=5", "errors", "instance_id")
    assert found == made["failing"][::-1]
    assert worker.call("GET", "/workflows/errors").data["summary"]["total"] == 24


def test_the_lists_are_spread(spread: Any) -> None:
    place, _ = spread
    heads = [item for item in place.scan() if item["sk"]["S"] == "M" and "status_pk" in item]
    for name in ("status_pk", "workflow_pk", "account_pk"):
        assert len({item[name]["S"] for item in heads}) >= 5


def test_a_change_of_status_leaves_the_instance_in_one_list(spread: Any) -> None:
    place, made = spread[0].copied(), spread[1]
    worker = reader(place, made)
    for instance in made["waiting"][::3]:
        assert worker.cancel(instance).status == 200
    path = "/workflows/instances?namespace=default&limit=4&status="
    gone = made["waiting"][::3]
    assert listed(worker, path + "cancelled", "instances", "id") == gone[::-1]
    kept = [each for each in made["waiting"] if each not in gone]
    assert listed(worker, path + "halted", "instances", "id") == kept[::-1]


def test_without_a_quota_nothing_is_counted(enter: Any, sandbox: Sandbox) -> None:
    """One write less for each instance; one that was counted while there was a quota is counted out at its end."""
    place = MemoryPlace.begin(sandbox)
    enter(place)
    clock = Clock()
    name = place.worker(clock).define(WAITING)
    limited = place.worker(clock, NAMESPACE_QUOTA="5")
    free = place.worker(clock, NAMESPACE_QUOTA="0")
    counted, uncounted = limited.create(name).data["id"], free.create(name).data["id"]
    assert place.counted("default") == 1
    assert limited.cancel(uncounted).status == 200
    assert place.counted("default") == 1
    assert free.cancel(counted).status == 200
    assert place.counted("default") == 0
    assert not [item for item in place.scan() if "#Q#" in item["pk"]["S"] and item["sk"]["S"] == "S#-1"]
