"""What a page of a user's inbox costs: the page, however many instances have ended (docs/storage.md).

The emulator's own figures say nothing, so capacity is computed as DynamoDB does: from what each query evaluates.
"""

import copy
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from interactor.core import ids
from tests.support.deployed.deployment import Deployment
from tests.support.workflows.definitions import example

FLOW = "approval_workflow"
GIVEN = {"id": "req_456", "amount": 5000, "requester": "john@example.com", "description": "New laptop"}
ENDED = 1_000
READ_UNIT = 4096


@dataclass
class Cost:
    """What was read: items evaluated, and read units of reads that may be stale (half of a consistent one)."""

    items: int = 0
    units: float = 0.0
    calls: list[str] = field(default_factory=list)


def size(value: Any) -> int:
    """Bytes of an item as DynamoDB counts them: names and values."""
    if isinstance(value, dict):
        return sum(len(name.encode()) + size(each) for name, each in value.items())
    return sum(map(size, value)) if isinstance(value, list) else len(value if isinstance(value, bytes) else str(value))


@contextmanager
def measured(deployment: Deployment) -> Iterator[Cost]:
    """Notes what every read of instances evaluates."""
    cost, client = Cost(), deployment.clients["dynamodb"].meta.events

    def sent(params: Any, **_: Any) -> None:
        assert "FilterExpression" not in params, "it would pay for what it does not answer"

    def answered(parsed: Any, model: Any, **_: Any) -> None:
        cost.calls.append(model.name)
        if model.name == "Query":
            assert parsed["ScannedCount"] == parsed["Count"]
            cost.items += parsed["ScannedCount"]
            cost.units += math.ceil(sum(map(size, parsed["Items"])) / READ_UNIT) / 2
        elif model.name == "BatchGetItem":
            for item in (each for answers in parsed["Responses"].values() for each in answers):
                cost.items += 1
                cost.units += math.ceil(size(item) / READ_UNIT)
        else:
            assert model.name == "UpdateItem", model.name

    client.register("before-parameter-build.dynamodb.Query", sent, unique_id="sent")
    client.register("after-call.dynamodb", answered, unique_id="answered")
    try:
        yield cost
    finally:
        client.unregister("before-parameter-build.dynamodb.Query", unique_id="sent")
        client.unregister("after-call.dynamodb", unique_id="answered")


@pytest.fixture(scope="module")
def api(shared: Deployment) -> Deployment:
    """Three instances that wait for a user, and one of the same user that has ended."""
    shared.define(example(FLOW))
    for _ in range(4):
        ended = shared.start(FLOW, GIVEN)["id"]
    shared.resume(ended, {"approved": True})
    return shared


def end_many(deployment: Deployment, count: int) -> None:
    """Write as many ended instances as a busy user leaves behind, straight into the table."""
    heads = deployment.items()
    (model,) = [each for each in heads if each.get("status_pk", {}).get("S", "").endswith("#completed")]
    old = model["list_sk"]["S"]
    for number in range(count):
        new = ids.make("inst", deployment.clock() - number, deployment.entropy.randbytes(10))
        item = {name: {kind: v.replace(old, new) if kind == "S" else v for kind, v in value.items()}
                for name, value in copy.deepcopy(model).items()}  # fmt: skip
        deployment.stack.table.put_item(TableName=deployment.table, Item=item)


INBOXES = {
    "a user's own token": (("user_123",), "?status=halted"),
    "a user's own token and filter": (("user_123",), "?namespace=user_123&status=halted"),
    "a service account's": (("*",), "?namespace=user_123&status=halted"),
}


def costs(deployment: Deployment) -> dict[str, tuple[int, float, list[str]]]:
    found = {}
    for name, (namespaces, query) in INBOXES.items():
        with measured(deployment) as cost:
            page = deployment.call("GET", f"/workflows/instances{query}", token=deployment.token(namespaces=namespaces))
        assert [each["status"] for each in page.data["instances"]] == ["halted"] * 3
        found[name] = (cost.items, cost.units, [each for each in cost.calls if each != "UpdateItem"])
    return found


def test_a_thousand_ended_instances_cost_the_inbox_of_their_user_nothing(api: Deployment) -> None:
    api.call("GET", "/workflows/instances")  # reads the list of revoked tokens, which is good for 30 s
    before = costs(api)
    assert before == dict.fromkeys(INBOXES, (3, 0.5, ["Query"]))
    end_many(api, ENDED)
    with measured(api) as cost:
        ended = api.call("GET", "/workflows/instances?namespace=user_123&status=completed&limit=100").data
    assert (len(ended["instances"]), ended["pagination"]["has_more"]) == (100, True), "they are there"
    assert cost.items == 101
    assert costs(api) == before
    with measured(api) as cost:
        api.call("GET", "/workflows/instances?status=halted")
    assert cost.items <= 2 * 300 + 2 * 100, "no index of its own: a bounded part of it for each call"
