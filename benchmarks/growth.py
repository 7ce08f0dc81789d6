"""How the cost of a request grows: with the number of instances, with the events of one, and with its data.

Instances and events are written straight into the table, as copies of what the engine wrote with other ids and numbers;
what is counted is asked of the real handlers.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from benchmarks import flows
from benchmarks.cloud import ACCOUNT, Cloud
from benchmarks.tally import Counts, tidy
from interactor.aws.dynamo import items, keys
from interactor.core import ids

INSTANCES = (10, 1_000, 100_000)
HALTED = 60
"""So many of them wait for a person: more than a page of the inbox."""
EVENTS = (8, 1_000, 10_000)
KILOBYTES = (1, 4, 16, 64, 250)
WIDE: dict[str, Any] = {
    "name": "wide",
    "initial_state": "fill",
    "states": {
        "fill": {
            "type": "action",
            "logic": {
                "type": "script",
                # Noise: what can be deflated would not be as large in the table.
                "code": "let s = 1, t = ''; const letters = "
                "'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';"
                "for (let i = 0; i < input.bytes; i++) { s = (s * 48271) % 2147483647; t += letters[s % 64]; }"
                "return {text: t};",
            },
            "transitions": [{"target": "wait"}],
        },
        "wait": {
            "type": "halting",
            "presentation": {"type": "message", "message": "Waiting"},
            "transitions": [{"target": "done"}],
        },
        "done": {"type": "terminal"},
    },
}

Ask = Callable[[Cloud], Any]


def measure() -> dict[str, Any]:
    """Read and write units of requests, by how much there is."""
    with Cloud(NamespaceQuota="0") as cloud:
        cloud.log_in()
        cloud.define(flows.APPROVAL)
        cloud.define(WIDE)
        flows.resume(cloud, flows.create(cloud, "purchase_approval"))
        return {"data": _data(cloud), "events": _events(cloud), "instances": _instances(cloud)}


def _instances(cloud: Cloud) -> dict[str, Any]:
    found = {}
    writer = _Writer(cloud)
    for number in INSTANCES:
        writer.fill(number)
        halted = flows.create(cloud, "purchase_approval")
        path = "/workflows/instances"
        asked = {
            "get": f"{path}/{halted}",
            "list a namespace": f"{path}?namespace={flows.NAMESPACE}",
            "list a workflow": f"{path}?workflow_name=purchase_approval",
            "list the account": path,
            "inbox": f"{path}?namespace={flows.NAMESPACE}&status=halted",
            "history": f"{path}/{halted}/history",
        }
        found[f"{number:,}"] = {name: _units(cloud, _get(where)) for name, where in asked.items()}
        found[f"{number:,}"]["resume"] = _units(cloud, _resume(halted))
    return found


def _events(cloud: Cloud) -> dict[str, Any]:
    found = {}
    for number in EVENTS:
        made = flows.create(cloud, "purchase_approval")
        _lengthen(cloud, made, number)
        path = f"/workflows/instances/{made}"
        found[f"{number:,}"] = {
            "get": _units(cloud, _get(path)),
            "history": _units(cloud, _get(f"{path}/history")),
            "resume": _units(cloud, _resume(made)),
        }
    return found


def _data(cloud: Cloud) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kilobytes in KILOBYTES:
        made: list[str] = []

        def create(c: Cloud, kilobytes: int = kilobytes, made: list[str] = made) -> None:
            body = {"namespace": flows.NAMESPACE, "input": {"bytes": kilobytes * 1024}}
            made.append(c.call("POST", "/workflows/wide/instances", body).data["id"])

        created = _units(cloud, create)
        path = f"/workflows/instances/{made[0]}"
        found[f"{kilobytes} KB"] = {
            "create": created,
            "get": _units(cloud, _get(path)),
            "resume": _units(cloud, lambda c, path=path: c.call("POST", f"{path}/resume", {"input": {}})),  # type: ignore[misc]  # bound
        }
    return found


def _get(path: str) -> Ask:
    return lambda cloud: cloud.call("GET", path)


def _resume(instance_id: str) -> Ask:
    return lambda cloud: flows.resume(cloud, instance_id)


def _units(cloud: Cloud, ask: Ask) -> dict[str, float]:
    """Units of one request. What it is counted by, and what is read once in 30 s, are left out."""
    cloud.clock.now += 60_000  # type: ignore[attr-defined]  # the clock of counts
    with cloud.counting() as tally:
        answer = ask(cloud)
    if getattr(answer, "status", 200) >= 400:
        raise AssertionError(f"{answer.status}: {answer.body}")
    return {"read": _sum(tally.read_units), "write": _sum(tally.write_units)}


def _sum(units: Counts) -> float:
    return tidy(sum(count for name, count in units.items() if name not in ("rate limit", "revoked tokens")))


class _Writer:
    """Writes copies of an ended and of a halted instance, more and more of them."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._written = 0
        ended, halted = flows.create(cloud, "purchase_approval"), flows.create(cloud, "purchase_approval")
        flows.resume(cloud, ended)
        self._ended, self._halted = _head(cloud, ended), _head(cloud, halted)

    def fill(self, number: int) -> None:
        """Have so many instances in all."""
        _write(self._cloud, (self._copy(each) for each in range(self._written, number)))
        self._written = number

    def _copy(self, number: int) -> dict[str, Any]:
        source = self._halted if number % 10 == 0 and number < 10 * HALTED else self._ended
        made = ids.make("inst", 1_700_000_000_000 + number, number.to_bytes(ids.ENTROPY_BYTES))
        partition = keys.instance(ACCOUNT, made)
        document = {**items.unpack(source["doc"]["B"]), "id": made}
        return {
            **source,
            "pk": items.s(partition),
            "list_sk": items.s(made),
            "doc": items.b(items.pack(document)),
            "due_pk": items.s(keys.due(made)),
        }


def _lengthen(cloud: Cloud, instance_id: str, number: int) -> None:
    """Give a halted instance as many events, in records like its last one."""
    head = _head(cloud, instance_id)
    document = items.unpack(head["doc"]["B"])
    partition = keys.instance(ACCOUNT, instance_id)
    record = _item(cloud, {"pk": items.s(partition), "sk": items.s(keys.history(1))})
    content = items.unpack(record["doc"]["B"])
    size = len(content["events"])
    added = []
    for first in range(document["next_event"], number, size):
        events = [
            {**event, "number": first + at, "id": ids.event_id(first + at, event["at"], bytes(5))}
            for at, event in enumerate(content["events"])
        ]
        doc = items.pack({**content, "events": events, "base": first})
        added.append({**record, "sk": items.s(keys.history(first)), "doc": items.b(doc)})
    if added:
        last = items.unpack(added[-1]["doc"]["B"])["events"][-1]["number"]
        document |= {"next_event": last + 1, "snapshot_number": last + 1 - size}
        added.append({**head, "doc": items.b(items.pack(document))})
    _write(cloud, added)


def _head(cloud: Cloud, instance_id: str) -> dict[str, Any]:
    return _item(cloud, items.key(keys.instance(ACCOUNT, instance_id), keys.HEAD))


def _item(cloud: Cloud, key: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = cloud.aws.client("dynamodb").get_item(TableName=cloud.table, Key=key)["Item"]
    return found


def _write(cloud: Cloud, made: Iterable[dict[str, Any]]) -> None:
    client = cloud.aws.client("dynamodb")
    for batch in _batches(made):
        requests = [{"PutRequest": {"Item": each}} for each in batch]
        client.batch_write_item(RequestItems={cloud.table: requests})


def _batches(made: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    waiting = iter(made)
    while batch := list(itertools.islice(waiting, 25)):
        yield batch
