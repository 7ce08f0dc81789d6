"""Invariants 1 to 5 with a fault at every call of AWS: whatever dies, the same end is reached, once.

Each scenario runs once undisturbed. Then it runs again for each of its calls of DynamoDB and SQS and each of three
faults at that call: the process dies before it, the process dies after it, AWS refuses it. The triggers go on as they
do on AWS: messages come again when their visibility is over, the stream from where it stood, the clock fires.
"""

import json
import os
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from interactor.core.webhooks import EVENT_TYPES, EVENTS
from tests.concurrent.cloud import Cloud, Fault, kinds_at
from tests.concurrent.faults import together
from tests.concurrent.flows import APPROVAL, HOST, end, flow, form, http, on_enter, script
from tests.concurrent.place import Place
from tests.concurrent.world import Clock
from tests.integration.outside import answer

HOOKS = ("https://one.example/hook", "https://two.example/hook")


@dataclass(frozen=True)
class Scenario:
    """A workflow and what is done with it; ``actions`` are the paths that it calls outside."""

    definition: dict[str, Any]
    play: Callable[[Cloud, str], None]
    ends: str
    actions: tuple[str, ...] = ()


def _approve(cloud: Cloud, name: str) -> None:
    cloud.create(name, {"amount": 5})
    cloud.resume({"approved": True, "note": "go"})
    cloud.settle(lambda: cloud.status == "completed")


def _act(cloud: Cloud, name: str) -> None:
    cloud.outside.will(f"{HOST}/act", answer(503, None), answer(200, {"made": 1}))
    cloud.create(name, {})
    cloud.settle(lambda: cloud.status == "completed")


def _tell(cloud: Cloud, name: str) -> None:
    cloud.create(name, {})
    cloud.settle(lambda: cloud.at_rest)


def _time_out(cloud: Cloud, name: str) -> None:
    cloud.create(name, {})
    cloud.settle(lambda: cloud.status == "completed")


def _cancel(cloud: Cloud, name: str) -> None:
    def meanwhile(_: Any) -> Any:
        if cloud.status != "cancelled":
            cloud.cancel()
        return answer(200, {})

    cloud.outside.will(f"{HOST}/act", meanwhile)
    cloud.create(name, {})
    cloud.settle(lambda: cloud.status == "cancelled")


POINTS_PER_SCENARIO = 45
RETRY = {"max_attempts": 2, "backoff": "exponential"}
SCENARIOS = {
    "approval with scripts": Scenario(APPROVAL, _approve, "completed"),
    "action with a retry": Scenario(
        flow(call=http("/act", "after", retry=RETRY), after=script("return {seen: 1}", "done"), done=end()),
        _act,
        "completed",
        ("/act",),
    ),
    "on_enter after the end": Scenario(
        flow(begin=script("return {}", "done"), done=end(**on_enter("/told"))), _tell, "completed", ("/told",)
    ),
    "timeout by the clock": Scenario(
        flow(
            wait=form("done", timeout={"after": "1h", "target": "late"}),
            late=script("return {late: 1}", "done"),
            done=end(),
        ),
        _time_out,
        "completed",
    ),
    "cancel during an action": Scenario(flow(call=http("/act", "done"), done=end()), _cancel, "cancelled", ("/act",)),
}


@pytest.fixture(scope="module")
def places(make_place: Callable[[], Place]) -> tuple[Place, Place]:
    """Two deployments, so that two runs at a time do not see each other; each with two subscribers to everything."""
    made = make_place(), make_place()
    for place in made:
        for url in HOOKS:
            body = {"url": url, "events": list(EVENT_TYPES)}
            assert place.worker(Clock()).call("POST", "/webhooks/subscriptions", body).status == 201
    return made


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_a_fault_at_any_call_of_aws_leads_to_the_same_end(places: Any, scenario: Scenario, capsys: Any) -> None:
    names = [place.worker(Clock()).define(scenario.definition) for place in places]
    undisturbed = Cloud(places[0])
    scenario.play(undisturbed, names[0])
    expected, calls = _judged(undisturbed, scenario), undisturbed.calls
    points = [Fault(index, kind) for index in range(len(calls)) for kind in kinds_at(calls, index)]
    if "ALL_FAULT_POINTS" not in os.environ:
        # Spread over the whole of it; with the variable set, every one is tried (some minutes).
        points = points[:: -(-len(points) // POINTS_PER_SCENARIO)]

    beyond: list[Fault] = []

    def strike(place: Place, name: str, fault: Fault) -> str | None:
        cloud = Cloud(place, fault)
        try:
            scenario.play(cloud, name)
            if not cloud.struck:
                # What paces the deliveries is leased in blocks, so that a later run may have a few calls less.
                beyond.append(fault)
                return None
            found = _judged(cloud, scenario)
            assert found[:2] == expected[:2]
            assert found[2] <= expected[2], f"more happened than once: {found[2] - expected[2]}"
        except AssertionError as error:
            return f"{fault.kind} at call {fault.index}, {calls[fault.index]}: {error}"
        return None

    halves = together(2, lambda n: [strike(places[n], names[n], fault) for fault in points[n::2]])

    problems = [problem for half in halves for problem in half if problem]
    assert not problems, "\n\n".join(problems)
    assert len(beyond) < len(points) / 3
    with capsys.disabled():
        print(f"[{len(points) - len(beyond)} points]", end=" ")


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
    for url in HOOKS:
        for request in cloud.outside.to(url):
            told[url, request.headers["webhook-id"]].add(request.body)
    assert all(len(bodies) == 1 for bodies in told.values()), "one key, one body"
    wanted = {event["id"] for event in history if (event["type"], event["subtype"]) in EVENTS}
    for url in HOOKS:
        ids = Counter(_id(next(iter(bodies))) for (to, _), bodies in told.items() if to == url)
        assert ids == Counter(wanted), "every event under one key"

    for path in scenario.actions:
        keys = {request.headers["Idempotency-Key"] for request in cloud.outside.to(f"{HOST}{path}")}
        assert len(keys) == 1, f"{path} was called under {keys}"
        if scenario.ends == "cancelled":
            assert {action["idempotency_key"] for action in history[-1]["in_flight"]} == keys
    names = ("type", "subtype", "state", "from_state", "to_state", "code")
    happened = Counter(tuple(event.get(each) for each in names) for event in history)
    return shown["current_state"], shown["workflow_data"], happened


def _id(body: bytes) -> str:
    identifier: str = json.loads(body)["id"]
    return identifier
