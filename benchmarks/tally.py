"""What some piece of work asked of AWS, in the units that AWS bills."""

from dataclasses import dataclass, field, fields
from typing import Any, TypeAlias

Counts: TypeAlias = dict[str, float]


@dataclass
class Tally:
    """Counts that can be added up. Units are those of ``capacity``; bytes are of the payload."""

    calls: Counts = field(default_factory=dict)
    """By service and operation, as in ``dynamodb.GetItem``."""
    write_units: Counts = field(default_factory=dict)
    """By what was written (head, history, ...) and by index."""
    read_units: Counts = field(default_factory=dict)
    queue_requests: float = 0
    """Sends by the functions; receives and deletes by their event source mappings. 64 KB are one request."""
    invocations: Counts = field(default_factory=dict)
    """By the function's folder."""
    api_requests: float = 0
    kms_requests: float = 0
    log_lines: float = 0
    log_bytes: float = 0

    def __iadd__(self, other: "Tally") -> "Tally":
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if isinstance(mine, dict):
                for name, number in theirs.items():
                    add(mine, name, number)
            else:
                setattr(self, each.name, mine + theirs)
        return self

    def per(self, number: int) -> "Tally":
        """The same for one of ``number`` equal pieces of work."""
        made: dict[str, Any] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, dict):
                made[each.name] = {name: count / number for name, count in value.items()}
            else:
                made[each.name] = value / number
        return Tally(**made)

    def document(self) -> dict[str, Any]:
        """As JSON, in a stable order, whole numbers as such."""
        found: dict[str, Any] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, dict):
                found[each.name] = {name: tidy(value[name]) for name in sorted(value) if value[name]}
            else:
                found[each.name] = tidy(value)
        return found

    @classmethod
    def read(cls, document: dict[str, Any]) -> "Tally":
        """What ``document`` answered."""
        return cls(**document)


def add(counts: Counts, name: str, number: float = 1) -> None:
    """Count something."""
    counts[name] = counts.get(name, 0) + number


def tidy(number: float) -> float:
    """A count that was divided, to a thousandth; whole where it is."""
    rounded = round(number, 3)
    return int(rounded) if rounded == int(rounded) else rounded
