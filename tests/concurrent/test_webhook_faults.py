"""Deliveries with a fault at every call of AWS: retries, a rotated secret, a replay of what was exhausted.

As in ``test_fault_points``: the scenario runs once undisturbed, then once for each call and fault.
"""

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import pytest

from interactor.aws.dynamo import keys
from interactor.aws.dynamo.items import unpack
from interactor.core import ids
from interactor.sandbox import Sandbox
from interactor.webhooks.rules.events import FAILING_FOR
from interactor.workers import webhooks
from tests.simulation.deployment import Inline
from tests.support import events
from tests.support.outside import Outside, answer
from tests.support.workers.cloud import Cloud, Fault
from tests.support.workers.faults import Barrier, together
from tests.support.workers.memory import MemoryPlace
from tests.support.workers.place import ACCOUNT, Place, Worker
from tests.support.workers.strikes import kinds_at
from tests.support.workers.world import Clock
from tests.support.workflows.flows import end, flow, script

COMPLETED = "workflow.instance.completed"
FLOW = flow(begin=script("return {seen: true}", "done"), done=end())
OLD, NEW = ("whsec_" + base64.b64encode(name * 8).decode() for name in (b"the old ", b"the new "))
PART = 4
TWO_ATTEMPTS = {"WEBHOOK_RETRY_DELAYS": "0,1"}


@dataclass
class Hooks:
    """Four subscriptions of one run, by the name of what happens to them at their first attempt."""

    place: Place
    cloud: Cloud
    worker: Worker
    ids: dict[str, str] = field(default_factory=dict)
    taken: list[tuple[str, Any]] = field(default_factory=list)
    healed: bool = False

    def subscribe(self) -> None:
        """Make them."""
        happens: dict[str, Callable[[], Any]] = {
            "rotated": lambda: self.change("rotated", "POST", "/rotate-secret", {"secret": NEW}),
            "deleted": lambda: self.change("deleted", "DELETE", ""),
            "disabled": lambda: self.change("disabled", "POST", "/disable"),
            "exhausted": lambda: None,
        }
        for name, happen in happens.items():
            url = f"https://{name}.example/hook"
            wanted = {"url": url, "events": [COMPLETED], "secret": OLD, "namespace_filter": self.cloud.namespace}
            self.ids[name] = self.user("POST", "/webhooks/subscriptions", wanted).data["id"]
            self.cloud.outside.will(url, self._first(name, happen), self._then(name))

    def _first(self, name: str, happen: Callable[[], Any]) -> Any:
        def first(_: Any) -> Any:
            happen()
            return answer(500)

        return first

    def _then(self, name: str) -> Any:
        def then(request: Any) -> Any:
            if name == "rotated" or self.healed:
                self.taken.append((name, request))
                return answer(200)
            return answer(500)

        return then

    def user(self, method: str, path: str, body: Any = None) -> Any:
        """A request that no fault strikes."""
        return self.worker.call(method, path, body)

    def change(self, name: str, method: str, action: str, body: Any = None) -> Any:
        """Change one of them."""
        return self.user(method, f"/webhooks/subscriptions/{self.ids[name]}{action}", body)

    def log(self, name: str) -> list[Any]:
        """Its deliveries."""
        found: list[Any] = self.change(name, "GET", "/deliveries").data["deliveries"]
        return found

    def exhausted(self) -> list[Any]:
        """What the exhausted queue holds."""
        held = self.cloud.queues.messages[self.place.environment["EXHAUSTED_QUEUE_URL"]]
        return [json.loads(each.body) for each in held]


def play(cloud: Cloud, name: str) -> Hooks:
    """One event for four subscriptions: two attempts fail, then everything is well and a range is replayed."""
    hooks = Hooks(cloud.place, cloud, cloud.place.worker(cloud.clock))
    hooks.subscribe()
    try:
        cloud.create(name, {})
        cloud.settle(lambda: cloud.at_rest)
        assert {each["subscription_id"] for each in hooks.exhausted()} == {hooks.ids["exhausted"]}
        (failed,) = hooks.log("disabled")
        assert (failed["status"], failed.get("reason")) == ("failed", "subscription_disabled")
        hooks.healed = True
        cloud.ask("POST", f"/webhooks/subscriptions/{hooks.ids['disabled']}/enable")
        for replayed in ("disabled", "exhausted"):
            cloud.clock.advance(10)
            path = f"/webhooks/subscriptions/{hooks.ids[replayed]}/replay"
            assert cloud.ask("POST", path, {"since": "2026-01-01T00:00:00Z"})["replay_id"]
        cloud.settle(lambda: cloud.at_rest)
        judge(hooks)
    finally:
        for each in hooks.ids:
            hooks.change(each, "DELETE", "")
    return hooks


def judge(hooks: Hooks) -> None:
    """Everybody who still wants to hear of the event has heard of it, under one key."""
    (instance,) = hooks.cloud.instances
    history = hooks.place.events(instance)
    (event,) = (each for each in history if (each["type"], each["subtype"]) == ("lifecycle", "completed"))
    for name in ("rotated", "disabled", "exhausted"):
        requests = hooks.cloud.outside.to(f"https://{name}.example/hook")
        assert {json.loads(each.body or b"")["id"] for each in requests} == {event["id"]}
        assert len({each.headers["webhook-id"] for each in requests}) == 1, "one key"
        assert name in [taken for taken, _ in hooks.taken], f"{name} has not heard of it"
        assert "pending" not in [each["status"] for each in hooks.log(name)]
        assert "succeeded" in [each["status"] for each in hooks.log(name)]
    assert len(hooks.cloud.outside.to("https://deleted.example/hook")) == 1, "nothing after it was deleted"
    assert hooks.exhausted() == [], "what was replayed is drained"
    signed_by_both(next(request for name, request in hooks.taken if name == "rotated"))


def signed_by_both(request: Any) -> None:
    """Rotated between the attempts: the API's own header has the new secret, the standard's has both."""
    at, identifier = request.headers["webhook-timestamp"], request.headers["webhook-id"]
    own = hmac.new(NEW.encode(), f"{at}.".encode() + request.body, hashlib.sha256).hexdigest()
    assert request.headers["X-Interactor-Signature"] == f"sha256={own}"
    signatures = []
    for secret in (NEW, OLD):
        key = base64.b64decode(secret.removeprefix("whsec_"))
        made = hmac.digest(key, f"{identifier}.{at}.".encode() + request.body, hashlib.sha256)
        signatures.append(f"v1,{base64.b64encode(made).decode()}")
    assert request.headers["webhook-signature"] == " ".join(signatures)


@pytest.fixture(scope="module")
def empty(enter: Any, sandbox: Sandbox) -> Iterator[MemoryPlace]:
    """A deployment in memory, of which each run gets a copy."""
    place = MemoryPlace.begin(sandbox)
    enter(place)
    with patch.object(webhooks, "ThreadPoolExecutor", Inline):
        yield place


def test_a_fault_at_any_call_loses_no_event_and_leaves_nothing_behind(empty: MemoryPlace, record_property: Any) -> None:
    begun = empty.copied()
    name = begun.worker(Clock()).define(FLOW)
    undisturbed = Cloud(begun.copied(), number=1, **TWO_ATTEMPTS)
    play(undisturbed, name)
    calls = undisturbed.calls
    leftovers = {(item["pk"]["S"], item["sk"]["S"]): item for item in undisturbed.place.scan()}
    points = [Fault(index, kind) for index in range(len(calls)) for kind in kinds_at(calls, index, set(leftovers))]
    if "ALL_FAULT_POINTS" not in os.environ:
        # A run takes longer than those of one instance alone: a part of them each time, every one with this set.
        points = points[::PART]
    problems = []
    for fault in points:
        cloud = Cloud(begun.copied(), fault, leftovers, number=1, **TWO_ATTEMPTS)
        try:
            play(cloud, name)
            assert cloud.struck, "it was not struck"
        except AssertionError as error:
            problems.append(f"{fault} at {calls[fault.index].operation}: {error}")
    record_property("fault_points", len(points))
    assert not problems, f"{len(problems)} of {len(points)}\n\n" + "\n\n".join(problems[:20])


def test_of_three_failures_at_one_moment_one_disables_the_subscription_and_tells_of_it(place: Place) -> None:
    """Five days after the first failure, three workers see the next one at once."""
    clock, outside = Clock(), Outside()
    user = place.worker(clock)
    wanted = {"url": "https://dead.example/hook", "events": [COMPLETED], "secret": OLD}
    subscription = user.call("POST", "/webhooks/subscriptions", wanted).data["id"]
    store = user.services.webhooks.subscription_store
    store.mark(store.get(ACCOUNT, subscription), clock.now - FAILING_FOR)
    outside.will(wanted["url"], answer(500))
    at_the_commit = Barrier("transact_write_items", 3)
    workers = [place.worker(clock, at_the_commit, outside) for _ in range(3)]

    def fail(number: int) -> Any:
        delivery = ids.make("del", clock.now, bytes([number] * ids.ENTROPY_BYTES))
        body = {"id": f"evt_{number}", "event": COMPLETED, "delivery_id": delivery, "idempotency_key": str(number)}
        message = {"account": ACCOUNT, "subscription_id": subscription, "delivery_id": delivery, "attempt": 0}
        message["body"] = json.dumps({**body, "namespace": None, "timestamp": "2100-01-01T00:00:00Z"})
        return workers[number].invoke("deliver_webhooks", events.sqs("webhooks", [message], at=clock.now))

    assert together(3, fail) == [{"batchItemFailures": []}] * 3
    shown = user.call("GET", f"/webhooks/subscriptions/{subscription}").data
    assert (shown["status"], shown["disabled_reason"]) == ("disabled", "failing")
    told = [unpack(item["doc"]["B"]) for item in place.scan() if item["pk"]["S"] == keys.account_events(ACCOUNT)]
    assert [event["data"]["subscription_id"] for event in told] == [subscription]
