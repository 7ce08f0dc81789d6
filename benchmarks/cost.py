"""What each workflow asks of AWS, counted, and how long its functions run, timed in rounds of their own."""

import os
import statistics
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks import capacity, flows
from benchmarks.cloud import Cloud
from benchmarks.flows import APPROVAL, FORK, Phases
from benchmarks.receiver import Receiver
from benchmarks.tally import Tally
from interactor.services import clock

BATCHES = (1, 5, 10)
SIDE_BY_SIDE = 10
"""So many instances go through each phase together, so that the largest batch is full."""
ROUNDS = 6
ANSWERED_AFTER = 0.1


def counts(cloud: Cloud, url: str) -> dict[str, Any]:
    """The tallies of one instance, by workflow, variant and phase."""
    _prepare(cloud, url)
    found: dict[str, Any] = {"purchase_approval": {}}
    for name, keys, batch, limited in _variants():
        _next_minute(cloud)
        with _limits(cloud, limited):
            phases = Phases(cloud, SIDE_BY_SIDE, batch, keys)
            phases.approval()
        found["purchase_approval"][name] = _per(phases.tallies)
    for workflow in ("one_call", "ten_reviews"):
        _next_minute(cloud)
        phases = Phases(cloud, SIDE_BY_SIDE, 5, keys=False)
        phases.chain(workflow)
        found[workflow] = {"batches of 5": _per(phases.tallies)}
    return found


def kept(cloud: Cloud, instance_id: str) -> dict[str, Any]:
    """What an ended approval leaves in the table: items, bytes with those of its indexes, and units to delete it."""
    client = cloud.aws.client("dynamodb")
    layout = capacity.Layout.of(client.describe_table(TableName=cloud.table)["Table"])
    pages = client.get_paginator("scan").paginate(TableName=cloud.table, ConsistentRead=True)
    mine = [item for page in pages for item in page["Items"] if item["pk"]["S"].endswith(f"#I#{instance_id}")]
    units = [sum(layout.write_units(item, None, item["sk"]["S"] == "M").values()) for item in mine]
    return {
        "items": {item["sk"]["S"]: capacity.size(item) for item in sorted(mine, key=lambda each: each["sk"]["S"])},
        "stored_bytes": sum(layout.stored_bytes(item) for item in mine),
        "delete_units": sum(units),
    }


def times(cloud: Cloud, url: str) -> dict[str, Any]:
    """Milliseconds of one invocation by function, for each batch size: the wall's, and the processor's within it."""
    cloud.restart(clock)
    cloud.limits("1000000")
    cloud.log_in()
    found: dict[str, Any] = {}
    for batch in BATCHES:
        timed = []
        for number in range(ROUNDS + 1):
            with cloud.timing() as here:
                Phases(cloud, batch, batch, keys=False, watched=False).approval()
                if batch == 5:
                    for workflow in ("one_call", "ten_reviews"):
                        Phases(cloud, 2, batch, keys=False, watched=False).chain(workflow)
            timed += here if number else []
        by_function = defaultdict(list)
        for each in timed:
            by_function[each.function].append(each)
        found[f"batches of {batch}"] = {
            folder: {
                "wall_ms": round(1000 * statistics.median(each.wall for each in runs), 1),
                "processor_ms": round(1000 * statistics.median(each.processor for each in runs), 1),
            }
            for folder, runs in sorted(by_function.items())
        }
    return found


def measure() -> tuple[dict[str, Any], dict[str, Any]]:
    """Counts, which are the same at every run, and times, which are not."""
    with Cloud() as cloud, Receiver(ANSWERED_AFTER) as receiver:
        counted = counts(cloud, receiver.url)
        made = flows.create(cloud, "purchase_approval")
        flows.resume(cloud, made)
        left = kept(cloud, made)
        timed = times(cloud, receiver.url)
    return {"workflows": counted, "kept": left}, timed


def _prepare(cloud: Cloud, url: str) -> None:
    cloud.log_in()
    flows.subscribe(cloud, url)
    for definition in (APPROVAL, FORK, flows.http_action(url)):
        cloud.define(definition)
    # A process that has served before: its clients are made, keys and definitions are in memory.
    Phases(cloud, 1, 1, keys=True).approval()
    for workflow in ("one_call", "ten_reviews"):
        Phases(cloud, 1, 1, keys=False).chain(workflow)


def _variants() -> Iterator[tuple[str, bool, int, bool]]:
    for limited in (True, False):
        for keys in (False, True):
            for batch in BATCHES:
                if limited or batch == 5:
                    yield variant(keys, batch, limited), keys, batch, limited


def variant(keys: bool, batch: int, limited: bool) -> str:
    """The name of a variant."""
    name = f"batches of {batch}, {'with' if keys else 'without'} keys"
    return name if limited else f"{name}, no rate limits"


@contextmanager
def _limits(cloud: Cloud, limited: bool) -> Iterator[None]:
    """The rate limits as the template sets them, or none."""
    before = {name: value for name, value in os.environ.items() if name.startswith("RATE_LIMIT_")}
    if not limited:
        cloud.limits("0")
    yield
    os.environ.update(before)
    cloud.forget_limits()


def _next_minute(cloud: Cloud) -> None:
    """Rate limits count whole minutes: each piece of work has its own."""
    cloud.clock.now += 60_000  # type: ignore[attr-defined]  # the clock of counts


def _per(tallies: dict[str, Tally]) -> dict[str, Any]:
    return {name: tally.per(SIDE_BY_SIDE).document() for name, tally in tallies.items()}
