"""Invariant 12: what the release before and the release after stored lives through every use case of this one.

``before.json`` was stored by the release before; ``after.json`` has what a later release may add. Both must lead to the
same ends, and what this release does not know must come out as it went in.
"""

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest

from interactor.aws.dynamo import items
from interactor.core.times import DAY, HOUR, SECOND
from interactor.sandbox import Sandbox
from interactor.workers import clock as clock_worker
from interactor.workers import webhooks
from tests.simulation.deployment import Inline
from tests.support import events
from tests.support.releases.make import LATER, make, read, written_later
from tests.support.releases.site import Site
from tests.support.workers.memory import MemoryPlace
from tests.support.workers.place import working
from tests.support.workers.world import Clock

RELEASES = ("before", "after")


@pytest.fixture(scope="module")
def places() -> Iterator[dict[str, MemoryPlace]]:
    """A deployment in memory with each fixture in it."""
    made = {}
    with (
        Sandbox() as sandbox,
        working() as enter,
        patch.object(webhooks, "ThreadPoolExecutor", Inline),
        patch.object(clock_worker, "ThreadPoolExecutor", Inline),
    ):
        for release in RELEASES:
            place = MemoryPlace.begin(sandbox)
            enter(place)
            for item in read(release)[1]:
                place.dynamodb.put_item(TableName=place.table, Item=item)
            made[release] = place
        yield made


def opened(places: dict[str, MemoryPlace], release: str) -> Site:
    about, _ = read(release)
    return Site(places[release].copied(), about["instances"], about["subscription"], Clock(about["now"] + SECOND))


def answered(answer: Any, status: int = 200) -> Any:
    assert answer.status == status, answer.raw
    return answer.body["data"] if answer.raw else None


# Use cases: each does what it does to a site, and answers what came of it.


def resume(site: Site) -> Any:
    site.ask("approval", "resume", {"input": {"approved": True, "note": "é"}})
    return site.shown("approval")


def resume_of_large_data(site: Site) -> Any:
    return answered(site.ask("approval_large", "resume", {"input": {"approved": False}}))["status"]


def resume_of_threads_and_join(site: Site) -> Any:
    for thread in ("a", "b"):
        answered(site.ask("forked", f"threads/thread_{thread}/resume", {"input": {"note": thread}}))
    return site.shown("forked")


def repeated_create(site: Site) -> Any:
    again = site.worker.create("approval", {"amount": 7}, key="key-approval")
    return answered(again, 201)["id"] == site.instances["approval"], again.headers["Idempotency-Replayed"]


def repeated_resume(site: Site) -> Any:
    first = answered(site.ask("approval", "resume", {"input": {"approved": True}}))
    return answered(site.ask("approval", "resume", {"input": {"approved": True}})) == first


def late_resume(site: Site) -> Any:
    return site.ask("approval_ended", "resume", {"input": {"approved": False}}).refusal


def cancel(site: Site) -> Any:
    return [
        answered(site.ask(name, "cancel"))["status"] for name in ("approval", "forked", "calling", "approval_large")
    ]


def pause_and_unpause(site: Site) -> Any:
    answered(site.ask("forked", "pause"))
    answered(site.ask("approval_paused", "unpause"))
    return [site.shown(name).get("paused") for name in ("forked", "approval_paused")]


def retry(site: Site) -> Any:
    answered(site.ask("failing", "retry"))
    site.run()
    return site.shown("failing")["error_code"]


def step_of_a_lost_message(site: Site) -> Any:
    site.clock.advance(HOUR)
    site.run()
    return site.shown("calling")["status"], [request.headers["Idempotency-Key"] for request in site.outside.requests]


def timeout(site: Site) -> Any:
    site.clock.advance(3 * HOUR)
    site.run()
    return site.shown("timing")["current_state"]


def expiry(site: Site) -> Any:
    site.clock.advance(400 * DAY)
    site.run()
    return {name: site.shown(name)["status"] for name in ("approval", "forked", "approval_paused")}


def cleaning(site: Site) -> Any:
    site.clock.advance(40 * DAY)
    site.run(3)
    found = site.worker.call("GET", f"/workflows/instances/{site.instances['approval_ended']}")
    return found.refusal, [item for item in site.place.scan() if site.instances["approval_ended"] in item["pk"]["S"]]


def new_version_and_publish(site: Site) -> Any:
    versions = answered(site.worker.call("GET", "/workflows/timing/versions"))["versions"]
    draft = next(each["version_id"] for each in versions if each["status"] == "draft")
    published = answered(site.worker.call("POST", f"/workflows/timing/versions/{draft}/publish"))
    definition = answered(site.worker.call("GET", f"/workflows/timing/versions/{draft}"))["definition"]
    made = site.worker.call("POST", "/workflows/timing/versions", definition)
    return published["version_id"] == draft, made.status


def change_of_a_subscription(site: Site) -> Any:
    path = f"/webhooks/subscriptions/{site.subscription}"
    answered(site.worker.call("PATCH", path, {"events": ["workflow.instance.failed"]}))
    answered(site.worker.call("POST", f"{path}/rotate-secret"))
    answered(site.worker.call("POST", f"{path}/disable"))
    return answered(site.worker.call("POST", f"{path}/enable"))["status"]


def delivery(site: Site) -> Any:
    ended = site.instances["approval_ended"]
    records = [each for each in site.place.raw(ended) if each["sk"]["S"].startswith("H#")]
    told = site.worker.invoke("relay_events", events.stream(site.place.table, records, at=site.clock.now))
    failed = site.run()
    return told, failed, [json.loads(request.body or b"")["event"] for request in site.outside.requests]


def reading(site: Site) -> Any:
    lists = ["/workflows", "/workflows/instances", "/webhooks/subscriptions", "/workflows/errors"]
    lists += [f"/workflows/instances/{each}/history" for each in site.instances.values()]
    lists += [f"/workflows/instances/{each}/threads" for each in site.instances.values()]
    return [answered(site.worker.call("GET", path)) for path in lists]


USE_CASES: list[Callable[[Site], Any]] = [
    *(resume, resume_of_large_data, resume_of_threads_and_join, repeated_create, repeated_resume, late_resume),
    *(cancel, pause_and_unpause, retry, step_of_a_lost_message, timeout, expiry, cleaning, new_version_and_publish),
    *(change_of_a_subscription, delivery, reading),
]
CHANGED: dict[Callable[[Site], Any], set[str]] = {
    resume: {"approval"},
    resume_of_large_data: {"approval_large"},
    resume_of_threads_and_join: {"forked"},
    cancel: {"approval", "forked", "calling", "approval_large"},
    pause_and_unpause: {"forked", "approval_paused"},
    retry: {"failing"},
    step_of_a_lost_message: {"calling"},
    timeout: {"timing"},
}


@pytest.mark.parametrize("use_case", USE_CASES, ids=lambda each: each.__name__)
def test_documents_of_other_releases_come_to_the_same_end(
    places: dict[str, MemoryPlace], use_case: Callable[[Site], Any]
) -> None:
    ends = {release: use_case(opened(places, release)) for release in RELEASES}
    assert without_later(ends["after"]) == without_later(ends["before"])


@pytest.mark.parametrize("use_case", USE_CASES, ids=lambda each: each.__name__)
def test_what_a_later_release_wrote_is_there_after_a_change(
    places: dict[str, MemoryPlace], use_case: Callable[[Site], Any]
) -> None:
    site = opened(places, "after")
    before = {_place(item): item for item in site.place.scan()}
    use_case(site)
    after = {_place(item): item for item in site.place.scan()}
    written = [place for place in before.keys() & after.keys() if before[place] != after[place]]
    assert {name for name, each in site.instances.items() if any(each in place[0] for place in written)} >= CHANGED.get(
        use_case, set()
    )
    for place in written:
        assert after[place].get(LATER) == {"S": "kept"}, place
        if "doc" in after[place]:
            assert lost(items.unpack(before[place]["doc"]["B"]), items.unpack(after[place]["doc"]["B"])) == []


def lost(before: Any, after: Any, path: str = "") -> list[str]:
    """Where a member of a later release was, in what is there still, and is no more."""
    found = []
    if isinstance(before, dict) and isinstance(after, dict):
        if LATER in before and LATER not in after and not _is_another(path, before, after):
            found.append(path)
        for name in before.keys() & after.keys():
            found += lost(before[name], after[name], f"{path}.{name}")
    elif isinstance(before, list) and isinstance(after, list):
        for number, (one, other) in enumerate(zip(before, after, strict=False)):
            found += lost(one, other, f"{path}[{number}]")
    return found


def _is_another(path: str, before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether a halt, a resume or a failure has come in the place of the one before; a failure may be its equal."""
    kind = path.rpartition(".")[2]
    return kind == "failure" or (kind in ("halt", "last_resume") and without_later(before) != after)


def without_later(value: Any) -> Any:
    """A value without what is more, and without ids that are made anew."""
    if isinstance(value, dict):
        return {name: without_later(each) for name, each in value.items() if name != LATER}
    return [without_later(each) for each in value] if isinstance(value, list | tuple) else value


SCHEMAS = {
    "instance": lambda place: place[1] == "M" and "#I#" in place[0],
    "history": lambda place: place[1].startswith("H#"),
    "subscription": lambda place: place[0].endswith("#S"),
    "definition": lambda place: place[1].startswith("C#compiled"),
}
MEETS: dict[str, list[Callable[[Site], Any]]] = {
    "instance": [
        lambda site: site.ask("approval", "resume", {"input": {"approved": True}}),
        lambda site: site.ask("approval", "cancel"),
        lambda site: site.worker.call("GET", f"/workflows/instances/{site.instances['approval']}"),
    ],
    "history": [lambda site: site.worker.call("GET", f"/workflows/instances/{site.instances['approval']}/history")],
    "subscription": [lambda site: site.worker.call("POST", f"/webhooks/subscriptions/{site.subscription}/disable")],
    "definition": [
        lambda site: site.ask("approval", "resume", {"input": {"approved": True}}),
        lambda site: site.worker.create("approval"),
    ],
}


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_document_with_a_later_schema_is_left_alone(places: dict[str, MemoryPlace], kind: str) -> None:
    """What this release must not work on waits for the one that knows: nobody decides by half of the rules."""
    site = opened(places, "before")
    for item in [each for each in site.place.scan() if SCHEMAS[kind](_place(each))]:
        document = items.unpack(item["doc"]["B"])
        number = "compiler" if kind == "definition" else "schema"
        item["doc"] = {"B": items.pack({**document, number: document[number] + 7})}
        site.place.dynamodb.put_item(TableName=site.place.table, Item=item)
    before = site.place.scan()
    for ask in MEETS[kind]:
        assert ask(site).refusal == (503, "service_unavailable")
    assert site.place.scan() == before


@pytest.mark.parametrize("kind", ["instance", "definition"])
def test_a_message_about_a_document_with_a_later_schema_comes_again(places: dict[str, MemoryPlace], kind: str) -> None:
    site = opened(places, "before")
    for item in [each for each in site.place.scan() if SCHEMAS[kind](_place(each))]:
        document = items.unpack(item["doc"]["B"])
        number = "compiler" if kind == "definition" else "schema"
        item["doc"] = {"B": items.pack({**document, number: document[number] + 7})}
        site.place.dynamodb.put_item(TableName=site.place.table, Item=item)
    site.clock.advance(3 * HOUR)
    before = site.place.scan()
    assert site.run()
    assert site.place.scan() == before


def test_the_kept_documents_have_a_member_more_wherever_this_release_has_members() -> None:
    """Else a new kind of document would be tried without one."""
    _, before = read("before")
    _, after = read("after")
    assert [written_later(item) for item in before] == after
    kinds = {item["sk"]["S"][:2] for item in before}
    assert {"H#", "M", "L#", "S#", "V#", "C#"} <= kinds


def test_the_fixtures_made_again_are_the_same_to_the_byte() -> None:
    """So that what a release changes in them is what it changed in the documents."""
    took = itertools.count(2)
    with patch("interactor.sandbox.sandbox._milliseconds", lambda _: next(took)):
        assert make() == make()
    assert next(took) > 4, "scripts ran"


def _place(item: dict[str, Any]) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]
