"""What an approval asks of the table, held: the calls of each request, and the units that they are billed."""

from collections.abc import Callable
from typing import Any

import pytest

from benchmarks import flows
from benchmarks.capacity import Layout, read_units
from tests.support import events
from tests.support.workers.faults import Call
from tests.support.workers.place import Place, Worker
from tests.support.workers.world import Clock


class Bill:
    """The calls that were made, and the write units of their transactions."""

    def __init__(self, place: Place) -> None:
        self._place = place
        description = place.clients["dynamodb"].describe_table(TableName=place.table)["Table"]
        self._layout = Layout.of(description)
        self.calls: list[str] = []
        self.units = 0

    def __call__(self, operation: str, arguments: dict[str, Any], call: Call) -> Any:
        self.calls.append(operation)
        writes = [write for each in arguments.get("TransactItems", []) for write in each.values()]
        keys = [write.get("Key") or {name: write["Item"][name] for name in ("pk", "sk")} for write in writes]
        before = [self._item(key) for key in keys]
        answer = call()
        for key, old in zip(keys, before, strict=True):
            self.units += sum(self._layout.write_units(old, self._item(key), transactional=True).values())
        return answer

    def of(self, work: Callable[[], Any]) -> tuple[list[str], int]:
        """Calls and units of some work."""
        self.calls, self.units = [], 0
        work()
        return self.calls, self.units

    def _item(self, key: Any) -> Any:
        return self._place.clients["dynamodb"].get_item(TableName=self._place.table, Key=key).get("Item")


@pytest.fixture(scope="module")
def bill(place: Place) -> Bill:
    return Bill(place)


@pytest.fixture(scope="module")
def worker(place: Place, bill: Bill) -> Worker:
    return place.worker(Clock(), bill)


@pytest.fixture(scope="module")
def approval(worker: Worker) -> str:
    name = worker.define(flows.APPROVAL)
    worker.resume(worker.create(name, flows.REQUEST).data["id"], flows.DECISION)  # the definition is in memory now
    return name


def test_a_create_is_two_calls_one_of_them_the_commit_and_ten_units(worker: Worker, bill: Bill, approval: str) -> None:
    calls, units = bill.of(lambda: worker.create(approval, flows.REQUEST))
    assert calls == ["get_item", "transact_write_items"]
    assert units == 10, "head, record and counter twice a unit each, and four indexes"


def test_a_resume_to_the_end_is_two_calls_and_ten_units(worker: Worker, bill: Bill, approval: str) -> None:
    made = worker.create(approval, flows.REQUEST).data["id"]
    calls, units = bill.of(lambda: worker.resume(made, flows.DECISION))
    assert calls == ["query", "transact_write_items"]
    assert units == 10, "the same three items, and two indexes whose keys change"


def test_a_message_that_comes_twice_costs_one_read(worker: Worker, bill: Bill) -> None:
    made = worker.started(flows.http_action("https://service.example/call"), {"amount": 1})
    (message,) = worker.place.receive()
    assert worker.step(message)
    assert worker.get(made)["status"] == "completed"
    assert bill.of(lambda: worker.step(message)) == (["query"], 0)


HOOK = {"events": ["workflow.instance.halted", "workflow.instance.completed"]}


def test_the_relay_of_a_batch_reads_an_accounts_subscriptions_once_and_ten_of_them_for_one_unit(
    worker: Worker, bill: Bill, approval: str
) -> None:
    """Why it reads them for each batch: docs/decisions/2026-11-26-the-relay-keeps-no-subscriptions.md."""
    for number in range(10):
        url = f"https://application.example.com/api/webhooks/workflows/{number}"
        assert worker.call("POST", "/webhooks/subscriptions", {"url": url, **HOOK}).status == 201
    made = [worker.create(approval, flows.REQUEST).data["id"] for _ in range(5)]
    records = [item for each in made for item in worker.place.raw(each) if item["sk"]["S"].startswith("H#")]
    batch = events.stream(worker.place.table, records)
    assert bill.of(lambda: worker.invoke("relay_events", batch)) == (["query"], 0)
    subscriptions = [item for item in worker.place.scan() if item["pk"]["S"].endswith("#S")]
    assert (len(records), len(subscriptions)) == (5, 10)
    assert read_units(subscriptions, consistent=True) == 1
