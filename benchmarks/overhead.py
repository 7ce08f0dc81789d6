"""Create and resume through the handlers, against the floor: the same calls of AWS with the same payloads, by hand.

Handler and floor take turns, so that what else the machine does falls on both. The floor's calls are those that the
handler made just before it, on another instance; they are made with a boto3 client as it comes.
"""

import copy
import os
import statistics
import time
from collections.abc import Callable, Iterable
from typing import Any

from benchmarks import flows
from benchmarks.cloud import Cloud
from interactor.aws import boto
from interactor.core import ids
from interactor.services import clock

PAIRS = 60
WARM_UP = 5

Call = tuple[str, dict[str, Any]]
Took = tuple[float, float]
"""Seconds by the wall, and of this process's processor."""


class Recorder:
    """The calls of DynamoDB that the handlers make, as they were made."""

    def __init__(self, session: Any) -> None:
        self.calls: list[Call] | None = None
        session.register("provide-client-params.dynamodb.*", self._note)

    def _note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if self.calls is not None:
            self.calls.append((model.name, params))


def measure() -> dict[str, Any]:
    """Median milliseconds of both and the median of each pair's quotient, for create and resume; and their calls."""
    with Cloud() as cloud:
        recorder = Recorder(boto.session())
        cloud.restart(clock)
        # What a request is counted by is no call of each request, so that pairs would differ.
        cloud.limits("0")
        cloud.log_in()
        cloud.define(flows.DIRECT)
        cloud.define(flows.APPROVAL)
        return _pairs(cloud, recorder)


def _pairs(cloud: Cloud, recorder: Recorder) -> dict[str, Any]:
    client = cloud.plain_client()
    found: dict[str, list[tuple[Took, Took]]] = {"create": [], "create after a script": [], "resume": []}
    creates = {"create": "direct_approval", "create after a script": "purchase_approval"}
    calls: dict[str, list[str]] = {}
    body = {"namespace": flows.NAMESPACE, "input": flows.REQUEST}
    for number in range(WARM_UP + PAIRS):
        other = flows.create(cloud, "purchase_approval")
        mine = ""
        for name in found:
            if name in creates:
                folder, event = cloud.request("POST", f"/workflows/{creates[name]}/instances", body)
            else:
                resume = f"/workflows/instances/{mine}/resume"
                folder, event = cloud.request("POST", resume, {"input": flows.DECISION})
            recorder.calls = []
            took = _timed(lambda folder=folder, event=event: cloud.handle(folder, event))  # type: ignore[misc]  # bound
            made, recorder.calls = recorder.calls, None
            instance = _instance_of(made)
            target = _fresh() if name in creates else other
            again = [_elsewhere(each, instance, target, number) for each in made]
            floor = _timed(lambda again=again: _repeat(client, again))  # type: ignore[misc]  # bound
            mine = instance
            calls[name] = [operation for operation, _ in made]
            if number >= WARM_UP:
                found[name].append((took, floor))
    return {
        "calls": calls,
        "milliseconds": {name: _summary(pairs) for name, pairs in found.items()},
    }


def _summary(pairs: list[tuple[Took, Took]]) -> dict[str, float]:
    def median(values: Iterable[float], factor: int = 1000) -> float:
        return round(factor * statistics.median(values), 2)

    return {
        "handler": median(handler[0] for handler, _ in pairs),
        "floor": median(floor[0] for _, floor in pairs),
        "handler_processor": median(handler[1] for handler, _ in pairs),
        "floor_processor": median(floor[1] for _, floor in pairs),
        "quotient": median((handler[0] / floor[0] for handler, floor in pairs), 1),
    }


def _timed(work: Callable[[], Any]) -> Took:
    began, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - processor


def _repeat(client: Any, calls: list[tuple[str, dict[str, Any]]]) -> None:
    for method, params in calls:
        getattr(client, method)(**params)


def _instance_of(calls: list[Call]) -> str:
    (transaction,) = (params for operation, params in calls if operation == "TransactWriteItems")
    head: str = transaction["TransactItems"][0]["Put"]["Item"]["pk"]["S"]
    return head.rpartition("#")[2]


def _fresh() -> str:
    """The id of an instance that is not there."""
    return ids.make("inst", clock(), os.urandom(ids.ENTROPY_BYTES))


def _elsewhere(call: Call, instance: str, target: str, number: int) -> tuple[str, dict[str, Any]]:
    """The same call on another instance, by the client's method."""
    operation, params = call
    moved = _replaced(copy.deepcopy(params), instance, target)
    if "ClientRequestToken" in moved:
        moved["ClientRequestToken"] = f"{number:08d}-{moved['ClientRequestToken'][:27]}"
    method = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation).removeprefix("_")
    return method, moved


def _replaced(value: Any, old: str, new: str) -> Any:
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, dict):
        return {name: _replaced(each, old, new) for name, each in value.items()}
    return [_replaced(each, old, new) for each in value] if isinstance(value, list) else value
