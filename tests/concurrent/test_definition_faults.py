"""Definitions with a crash at every call of DynamoDB: a pointer and the versions' status are never of two moments."""

from typing import Any

import pytest

from interactor.core.times import DAY, SECOND
from tests.support.workers.faults import Crash
from tests.support.workers.memory import MemoryPlace
from tests.support.workers.world import Clock
from tests.support.workflows.flows import end, flow, form, script

ONE = flow(wait=form("done"), done=end())
TTL_AT_MOST = 400 * DAY


@pytest.fixture(scope="module")
def empty(enter: Any, sandbox: Any) -> MemoryPlace:
    """A deployment in memory, of which each run gets a copy."""
    place = MemoryPlace.begin(sandbox)
    enter(place)
    return place


class _DiesAt:
    """The worker dies before its call of this number, from 0."""

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, _: str, __: Any, call: Any) -> Any:
        if self.left == 0:
            raise Crash
        self.left -= 1
        return call()


def _pointer(place: MemoryPlace, name: str) -> Any:
    listed = place.worker(Clock()).call("GET", "/workflows").data["workflows"]
    return next(each["published_version_id"] for each in listed if each["name"] == name)


def _consistent(place: MemoryPlace, name: str) -> bool:
    versions = place.worker(Clock()).call("GET", f"/workflows/{name}/versions").data["versions"]
    current = [each["version_id"] for each in versions if "published_at" in each and "superseded_at" not in each]
    return current == [_pointer(place, name)]


@pytest.mark.parametrize("change", ["create", "version", "publish", "roll back"])
def test_a_crash_at_any_call_leaves_pointer_and_versions_of_one_moment(empty: MemoryPlace, change: str) -> None:
    begun = empty.copied()
    worker = begun.worker(Clock())
    name = worker.define(ONE)
    first = _pointer(begun, name)
    second = worker.call("POST", f"/workflows/{name}/versions", {**ONE, "name": name}).data["version_id"]
    if change == "roll back":
        worker.call("POST", f"/workflows/{name}/versions/{second}/publish")
    requests = {
        "create": ("/workflows", {**ONE, "name": "another"}),
        "version": (f"/workflows/{name}/versions", {**ONE, "name": name}),
        "publish": (f"/workflows/{name}/versions/{second}/publish", None),
        "roll back": (f"/workflows/{name}/versions/{first}/publish", None),
    }
    path, body = requests[change]
    died = 0
    while True:
        place = begun.copied()
        try:
            answered = place.worker(Clock(), _DiesAt(died)).call("POST", path, body)
        except Crash:
            died += 1
            assert _consistent(place, name)
            continue
        assert answered.status in (200, 201)
        break
    assert died > 0
    assert _consistent(place, name)


def test_whatever_ends_by_itself_ends_in_seconds_from_now(empty: MemoryPlace) -> None:
    place, clock = empty.copied(), Clock()
    worker = place.worker(clock)
    name = worker.define(flow(begin=script("throw new Error('no')", "done"), done=end()))
    assert worker.create(name, key="one").data["status"] == "failed"
    ends = {
        item["pk"]["S"].split("#")[2]: int(item["expires_at"]["N"]) for item in place.scan() if "expires_at" in item
    }
    assert {"E", "K"} <= set(ends)
    assert all(clock.now < end * SECOND < clock.now + TTL_AT_MOST for end in ends.values()), ends


@pytest.mark.parametrize(("kept", "days"), [("1d", 1), ("30d", 30), ("365d", 30), ("0", 30)])
def test_an_error_is_kept_no_longer_than_ended_instances(empty: MemoryPlace, kept: str, days: int) -> None:
    place, clock = empty.copied(), Clock()
    worker = place.worker(clock, RETENTION_AFTER_END=kept)
    worker.create(worker.define(flow(begin=script("throw new Error('no')", "done"), done=end())))
    (found,) = [item for item in place.scan() if item["pk"]["S"].endswith("#E")]
    assert int(found["expires_at"]["N"]) == (clock.now + days * DAY) // SECOND
