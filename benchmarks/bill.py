"""From counts and times to dollars."""

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks import prices
from benchmarks.prices import GIGABYTE, MILLION
from benchmarks.tally import Tally

MEMORY_GB = 0.5
"""What the template gives every function."""

Bill = dict[str, float]
"""Dollars for a million, by what they are paid for."""


@dataclass(frozen=True)
class Work:
    """One piece of work, by phase: its counts, and the milliseconds of one invocation of each function."""

    phases: Mapping[str, Tally]
    milliseconds: Mapping[str, float]

    @property
    def total(self) -> Tally:
        """All phases together."""
        together = Tally()
        for each in self.phases.values():
            together += each
        return together

    @property
    def gb_seconds(self) -> float:
        """What the functions are billed for."""
        runs = self.total.invocations.items()
        return sum(count * self.milliseconds[name] for name, count in runs) / 1000 * MEMORY_GB


def of(work: Work) -> Bill:
    """What a million of it cost."""
    total = work.total
    invocations = sum(total.invocations.values())
    return {
        "DynamoDB writes": sum(total.write_units.values()) * prices.WRITE_UNIT.dollars * MILLION,
        "DynamoDB reads": sum(total.read_units.values()) * prices.READ_UNIT.dollars * MILLION,
        "API requests": total.api_requests * prices.API_REQUEST.dollars * MILLION,
        "queue requests": total.queue_requests * prices.QUEUE_REQUEST.dollars * MILLION,
        "Lambda requests": invocations * prices.INVOCATION.dollars * MILLION,
        "Lambda duration": work.gb_seconds * prices.GB_SECOND.dollars * MILLION,
        "logs": total.log_bytes / GIGABYTE * prices.LOG_BYTE.dollars * MILLION,
        "KMS": total.kms_requests * prices.KMS_REQUEST.dollars * MILLION,
    }


def total(bill: Bill) -> float:
    """The sum."""
    return sum(bill.values())
