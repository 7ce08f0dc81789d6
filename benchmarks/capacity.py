"""What DynamoDB bills for reads and writes, from the sizes of items.

Emulators answer constants, so the units are computed here by the rules of the developer guide ("Read/write capacity
units", "Item sizes", "Global secondary indexes"):

- a write is one unit for each started KB of the larger of the item before and after; in a transaction twice;
- a read is one unit for each started 4 KB, half of that when eventually consistent; a query rounds once, over all;
- each index is one write to insert, delete, or change a projected attribute, two when its key changes, and none when
  nothing that it holds changes. Indexes follow after the commit, so that a transaction does not double theirs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Item: TypeAlias = Mapping[str, Any]

KILOBYTE = 1024
STORED_OVERHEAD = 100
"""Bytes that storage bills for each item, and each index entry, beside its size."""


@dataclass(frozen=True)
class Index:
    """A global secondary index. ``projected`` None: all attributes."""

    name: str
    keys: tuple[str, ...]
    projected: frozenset[str] | None


@dataclass(frozen=True)
class Layout:
    """The keys and indexes of one table."""

    keys: tuple[str, ...]
    indexes: tuple[Index, ...]

    @classmethod
    def of(cls, description: Mapping[str, Any]) -> "Layout":
        """The layout that ``DescribeTable`` tells."""
        keys = tuple(part["AttributeName"] for part in description["KeySchema"])
        return cls(keys, tuple(_index(keys, each) for each in description.get("GlobalSecondaryIndexes", [])))

    def entry(self, index: Index, item: Item | None) -> Item | None:
        """What an index holds of an item; None: it is not in it."""
        if item is None or any(name not in item for name in index.keys):
            return None
        return {name: value for name, value in item.items() if index.projected is None or name in index.projected}

    def write_units(self, before: Item | None, after: Item | None, transactional: bool = False) -> dict[str, int]:
        """Units of a write by where they fall: ``table``, and each index that changes."""
        units = {"table": _write(before, after) * (2 if transactional else 1)}
        for index in self.indexes:
            old, new = self.entry(index, before), self.entry(index, after)
            if old == new:
                continue
            if old is not None and new is not None and any(old[name] != new[name] for name in index.keys):
                units[index.name] = _write(old, None) + _write(None, new)
            else:
                units[index.name] = _write(old, new)
        return units

    def stored_bytes(self, item: Item) -> int:
        """What an item takes up in the table and its indexes together."""
        entries = [each for index in self.indexes if (each := self.entry(index, item)) is not None]
        return sum(size(each) + STORED_OVERHEAD for each in (item, *entries))


def _index(table_keys: Sequence[str], described: Mapping[str, Any]) -> Index:
    keys = tuple(part["AttributeName"] for part in described["KeySchema"])
    projection = described["Projection"]
    if projection["ProjectionType"] == "ALL":
        return Index(described["IndexName"], keys, None)
    return Index(described["IndexName"], keys, frozenset({*table_keys, *keys, *projection.get("NonKeyAttributes", [])}))


def read_units(found: Iterable[Item], consistent: bool) -> float:
    """Units of one get or query that read these items. What is not there costs the least there is."""
    units = max(1, -(-sum(size(item) for item in found) // (4 * KILOBYTE)))
    return float(units) if consistent else units / 2


def size(item: Item) -> int:
    """Bytes of an item: names and values of its attributes."""
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def value_size(value: Any) -> int:
    """Bytes of one attribute's value, in DynamoDB's notation."""
    ((kind, held),) = value.items()
    match kind:
        case "S":
            return len(held.encode())
        case "B":
            return len(bytes(held))
        case "N":
            digits = held.lstrip("-").replace(".", "").strip("0")
            return (len(digits) + 1) // 2 + (2 if held.startswith("-") else 1)
        case "BOOL" | "NULL":
            return 1
        case "L":
            return 3 + sum(1 + value_size(each) for each in held)
        case "M":
            return 3 + sum(1 + len(name.encode()) + value_size(each) for name, each in held.items())
    return sum(value_size({kind[0]: each}) for each in held)


def _write(before: Item | None, after: Item | None) -> int:
    largest = max(size(each) for each in (before, after, {}) if each is not None)
    return max(1, -(-largest // KILOBYTE))
