"""Invariants 1 to 5 with a fault at every call of AWS: whatever dies, the same end is reached, once.

Each scenario runs once undisturbed. Then it runs again for each of its calls of DynamoDB and SQS and each fault that
``strikes`` knows for such a call. The triggers go on as they do on AWS: messages come again when their visibility is
over, the stream from where it stood, the clock fires. Every point is tried over the table of the simulation, where a
run takes milliseconds; a few of them over MiniStack as well.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any
from unittest.mock import patch

import pytest

from interactor.sandbox import Sandbox
from interactor.webhooks.rules.events import EVENT_TYPES, EVENTS
from interactor.workers import clock, webhooks
from tests.simulation.deployment import Inline
from tests.support.workers.cloud import Cloud, Fault
from tests.support.workers.memory import MemoryPlace
from tests.support.workers.place import Place
from tests.support.workers.scenarios import SCENARIOS, Scenario
from tests.support.workers.strikes import kinds_at
from tests.support.workers.world import Clock
from tests.support.workflows.flows import HOST

HOOKS = ("https://one.example/hook", "https://two.example/hook")
Found = tuple[Any, Any, Counter[Any]]


@pytest.fixture(scope="module")
def empty(enter: Any, sandbox: Sandbox) -> Iterator[MemoryPlace]:
    """A deployment in memory, of which each run gets a copy."""
    place = MemoryPlace.begin(sandbox)
    enter(place)
    with patch.object(webhooks, "ThreadPoolExecutor", Inline), patch.object(clock, "ThreadPoolExecutor", Inline):
        yield place


def _subscribe(place: Place, subscribers: int) -> None:
    for url in HOOKS[:subscribers]:
        body = {"url": url, "events": list(EVENT_TYPES)}
        assert place.worker(Clock()).call("POST", "/webhooks/subscriptions", body).status == 201


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_a_fault_at_any_call_of_aws_leads_to_the_same_end(
    empty: MemoryPlace, scenario: Scenario, record_property: Any
) -> None:
    begun = empty.copied()
    _subscribe(begun, scenario.subscribers)
    name = begun.worker(Clock()).define(scenario.definition)
    undisturbed = [Cloud(begun.copied(), number=1) for _ in scenario.courses]
    for cloud, play in zip(undisturbed, scenario.courses, strict=True):
        play(cloud, name)
    expected = [_judged(cloud, scenario) for cloud in undisturbed]
    calls = undisturbed[0].calls
    leftovers = {(item["pk"]["S"], item["sk"]["S"]): item for item in undisturbed[0].place.scan()}
    points = [Fault(index, kind) for index in range(len(calls)) for kind in kinds_at(calls, index, set(leftovers))]
    problems = []
    for fault in points:
        cloud = Cloud(begun.copied(), fault, leftovers, number=1)
        problems += _problems(cloud, scenario, name, expected)
    record_property("fault_points", len(points))
    assert not problems, f"{len(problems)} of {len(points)}\n\n" + "\n\n".join(problems[:20])


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_over_ministack_it_is_the_same_with_some_of_the_faults(
    make_place: Any, scenario: Scenario, record_property: Any
) -> None:
    subscribed = make_place()
    _subscribe(subscribed, scenario.subscribers)
    name = subscribed.worker(Clock()).define(scenario.definition)
    expected = []
    for play in scenario.courses:
        cloud = Cloud(subscribed)
        play(cloud, name)
        expected.append(_judged(cloud, scenario))
    points = [Fault(len(cloud.calls) * 2 // 7, "lost answer")]
    problems = [each for fault in points for each in _problems(Cloud(subscribed, fault), scenario, name, expected)]
    record_property("fault_points", len(points))
    assert not problems, "\n\n".join(problems)


def _problems(cloud: Cloud, scenario: Scenario, name: str, expected: Sequence[Found]) -> list[str]:
    try:
        scenario.play(cloud, name)
        assert cloud.struck, "it was not struck"
        state, data, happened = _judged(cloud, scenario)
        alike = [each for each in expected if (each[0], each[1]) == (state, data)]
        assert alike, f"{state} with {data}, not {[each[:2] for each in expected]}"
        assert any(happened <= each[2] for each in alike), f"more than once: {happened - alike[0][2]}"
    except AssertionError as error:
        struck, index = cloud.fault, cloud.fault.index if cloud.fault else 0
        operation = cloud.calls[index].operation if cloud.struck else "no call"
        return [f"{struck} at {operation}: {error}"]
    return []


def _judged(cloud: Cloud, scenario: Scenario) -> tuple[Any, Any, Counter[Any]]:
    """Status, state and data; and what happened how often. What must hold of every run is held here."""
    place = cloud.place
    assert len(cloud.instances) == 1
    (instance,) = cloud.instances
    history = place.events(instance)
    shown = place.worker(cloud.clock).get(instance)
    assert shown["status"] == scenario.ends
    assert cloud.at_rest
    assert place.counted(cloud.namespace) == 0

    told: dict[tuple[str, str], set[str]] = defaultdict(set)
    hooks = HOOKS[: scenario.subscribers]
    for url in hooks:
        for request in cloud.outside.to(url):
            told[url, request.headers["webhook-id"]].add(request.body)
    assert all(len(bodies) == 1 for bodies in told.values()), "one key, one body"
    wanted = {event["id"] for event in history if (event["type"], event["subtype"]) in EVENTS}
    for url in hooks:
        ids = Counter(_id(next(iter(bodies))) for (to, _), bodies in told.items() if to == url)
        assert ids == Counter(wanted), "every event under one key"

    for path, count in scenario.actions.items():
        keys = {request.headers["Idempotency-Key"] for request in cloud.outside.to(f"{HOST}{path}")}
        assert len(keys) == count, f"{path} was called under {keys}"
        if scenario.in_flight:
            assert {action["idempotency_key"] for action in history[-1]["in_flight"]} == keys
    names = ("type", "subtype", "state", "from_state", "to_state", "code")
    happened = Counter(tuple(event.get(each) for each in names) for event in history)
    return shown["current_state"], shown["workflow_data"], happened


def _id(body: bytes) -> str:
    identifier: str = json.loads(body)["id"]
    return identifier
