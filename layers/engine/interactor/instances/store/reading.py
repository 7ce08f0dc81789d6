"""Reads instances: their heads with data, and their history."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from interactor.aws.dynamo import items, keys
from interactor.aws.dynamo.items import Item
from interactor.aws.dynamo.table import Table
from interactor.core.jsons import JsonObject
from interactor.core.storing import StoreBusyError
from interactor.instances.rules.stored import Head, Record
from interactor.instances.store import heads, records

if TYPE_CHECKING:
    pass


HISTORY_PER_PAGE = 200
LAST_NUMBER = 10**10 - 1
_TORN_READS = 10


class InstanceReader:
    """Reads instances, strongly consistently. Each list of them is spread over ``index_shards`` partitions."""

    def __init__(self, table: Table, index_shards: int = 1) -> None:
        self._table = table
        self._index_shards = index_shards

    def read(self, account: str, instance_id: str) -> Head | None:
        """Return the head with its data: one strongly consistent query."""
        return self._consistent(account, instance_id, at_least=keys.BULK)[0]

    def read_with_history(self, account: str, instance_id: str) -> Head | None:
        """Return the head with its data and its latest history records: one strongly consistent query."""
        head, rest = self._consistent(account, instance_id, limit=HISTORY_PER_PAGE)
        if head is None:
            return None
        stored = [item for item in rest if items.text(item, "sk").startswith(keys.HISTORY)]
        found = [records.read(self._table, item) for item in stored]
        last = head.instance.next_event
        return replace(head, records=tuple(record for record in found[::-1] if record.events[0]["number"] < last))

    def records_of(self, account: str, instance_id: str, number: int) -> list[Record]:
        """Return the history record that has an event, after the records that its data is computed from; none if it is
        gone.
        """
        partition = keys.instance(account, instance_id)
        page = self._table.query(
            partition, at_least=keys.history(0), at_most=keys.history(number), newest_first=True, limit=1
        )
        if not page.items:
            return []
        record = self.record(page.items[0])
        if not any(event["number"] == number for event in record.events):
            return []
        if record.snapshot is not None:
            return [record]
        return [
            self.record(item)
            for item in self._table.query_all(
                partition, at_least=keys.history(record.base), at_most=keys.history(number)
            )
        ]

    def records_after(self, account: str, instance_id: str, number: int, limit: int) -> tuple[list[Record], bool]:
        """Return one page of history records with events over a number, oldest first, and whether there are more."""
        partition = keys.instance(account, instance_id)
        holding = self._table.query(
            partition, at_least=keys.history(0), at_most=keys.history(number + 1), newest_first=True, limit=1
        )
        start = items.text(holding.items[0], "sk") if holding.items else keys.history(0)
        found = self._table.query(partition, at_least=start, at_most=keys.history(LAST_NUMBER), limit=limit)
        return [self.record(item) for item in found.items], found.next_key is not None

    def events(self, account: str, instance_id: str, numbers: Sequence[int]) -> list[JsonObject]:
        """The history events with these numbers, in their order; what is gone is left out."""
        found: dict[int, JsonObject] = {}
        wanted, after = set(numbers), min(numbers) - 1
        more = True
        while more and wanted - found.keys():
            records, more = self.records_after(account, instance_id, after, HISTORY_PER_PAGE)
            for event in (each for record in records for each in record.events):
                after = max(after, event["number"])
                if event["number"] in wanted:
                    found[event["number"]] = event
            more = more and after < max(numbers)
        return [found[number] for number in numbers if number in found]

    def record(self, item: Item) -> Record:
        """Return the history record of its item, from a query or from a stream."""
        return records.read(self._table, item)

    def counted(self, account: str, namespace: str) -> dict[int, int]:
        """Return how many active instances each counter of a namespace has."""
        found = self._table.query_all(keys.quota(account, namespace))
        return {keys.parse_quota_shard(items.text(item, "sk")): items.number(item, "active") for item in found}

    def _consistent(self, account: str, instance_id: str, **bounds: Any) -> tuple[Head | None, Sequence[Item]]:
        """Return the head, and what else a descending query of its partition found."""
        partition = keys.instance(account, instance_id)
        for _ in range(_TORN_READS):
            page = self._table.query(partition, newest_first=True, **bounds)
            found = list(page.items)
            if not found or items.text(found[0], "sk") != keys.HEAD:
                return None, ()
            while page.next_key is not None and not heads.whole(found):
                page = self._table.query(partition, newest_first=True, after=page.next_key, **bounds)
                found += page.items
            head = heads.read(found)
            if head is not None:
                return head, [item for item in found[1:] if not items.text(item, "sk").startswith(keys.BULK)]
        raise StoreBusyError("the head and its data were never of one commit")
