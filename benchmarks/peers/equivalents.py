"""What each peer needs for each workflow, and what a million of it cost there.

What surrounds a peer's own price is counted as for the engine: API requests, functions, the inbox that lists what
waits for a person, logs. Functions are taken to run as long as the same work takes here.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import prices
from benchmarks.peers.machine import transitions
from benchmarks.prices import GIGABYTE, MILLION

_HERE = Path(__file__).parent

WEBHOOK_SECONDS, SCRIPT_SECONDS, LOOKUP_SECONDS = 0.105, 0.002, 0.008
"""Of a function that posts a webhook and is answered in 100 ms, runs a script, looks something up and calls AWS."""
FUNCTION_GB = 0.5
LINE_BYTES = 300
"""Of one line of a function's log, and one of the API's."""


@dataclass(frozen=True)
class Around:
    """What a peer needs beside itself, for one workflow."""

    api_requests: int = 0
    functions: tuple[float, ...] = ()
    """Seconds of each invocation."""
    write_units: int = 0
    read_units: float = 0

    def dollars(self) -> float:
        """For a million."""
        lines = self.api_requests + len(self.functions)
        return MILLION * (
            self.api_requests * prices.API_REQUEST.dollars
            + len(self.functions) * prices.INVOCATION.dollars
            + sum(self.functions) * FUNCTION_GB * prices.GB_SECOND.dollars
            + self.write_units * prices.WRITE_UNIT.dollars
            + self.read_units * prices.READ_UNIT.dollars
            + lines * LINE_BYTES / GIGABYTE * prices.LOG_BYTE.dollars
        )


@dataclass(frozen=True)
class Equivalent:
    """One workflow at one peer: what is billed by the piece, each with its reason, and what is around it."""

    pieces: tuple[str, ...]
    price: prices.Price
    around: Around
    written_bytes: int = 0

    def document(self) -> dict[str, Any]:
        """As JSON; the dollars are for a million."""
        own = len(self.pieces) * self.price.dollars * MILLION
        written = self.written_bytes / GIGABYTE * prices.DURABLE_WRITTEN_GB.dollars * MILLION
        return {
            "pieces": list(self.pieces),
            "own": round(own + written, 3),
            "around": round(self.around.dollars(), 3),
            "total": round(own + written + self.around.dollars(), 3),
        }


INBOX_WRITES, INBOX_READS = 4, 1.0
"""An item that lists the waiting instance, and its index entry, put and removed; and one read of its token."""

_STEP_FUNCTIONS = {
    "purchase_approval": Around(
        # Creating is the API's own integration with Step Functions, without a function.
        api_requests=2,
        functions=(SCRIPT_SECONDS, WEBHOOK_SECONDS, WEBHOOK_SECONDS, LOOKUP_SECONDS),
        write_units=INBOX_WRITES,
        read_units=INBOX_READS,
    ),
    "one_call": Around(api_requests=1),
    "ten_reviews": Around(api_requests=1, functions=(SCRIPT_SECONDS,) * 10),
}
_DECIDED = {"WaitForDecision": {"approved": True}}

_DURABLE = {
    "purchase_approval": Equivalent(
        (
            "start of the execution",
            "step: the script",
            "callback: created, and later completed by the resume",
            "step: webhook halted, within waiting for the callback",
            "step: webhook completed",
        ),
        prices.OPERATION,
        Around(
            # A function each for create and resume, and the durable one, which runs twice.
            api_requests=2,
            functions=(LOOKUP_SECONDS, SCRIPT_SECONDS + WEBHOOK_SECONDS, LOOKUP_SECONDS, WEBHOOK_SECONDS),
            write_units=INBOX_WRITES,
            read_units=INBOX_READS,
        ),
        written_bytes=2_000,
    ),
    "one_call": Equivalent(
        ("start of the execution", "step: the call"),
        prices.OPERATION,
        Around(api_requests=1, functions=(LOOKUP_SECONDS, WEBHOOK_SECONDS)),
        written_bytes=500,
    ),
    "ten_reviews": Equivalent(
        ("start of the execution", "parallel", *(f"step: review {number}" for number in range(1, 11))),
        prices.OPERATION,
        Around(api_requests=1, functions=(LOOKUP_SECONDS, 10 * SCRIPT_SECONDS)),
        written_bytes=1_500,
    ),
}

# Workers, which Temporal Cloud leaves to its users, and storage are not counted: only the API in front.
_TEMPORAL = {
    "purchase_approval": Equivalent(
        (
            "workflow started",
            "activity: webhook halted",
            "search attribute upserted: it waits for a person",
            "signal: the decision",
            "search attribute upserted: it waits no longer",
            "activity: webhook completed",
        ),
        prices.ACTION,
        Around(api_requests=2, functions=(LOOKUP_SECONDS, LOOKUP_SECONDS)),
    ),
    "one_call": Equivalent(
        ("workflow started", "activity: the call"),
        prices.ACTION,
        Around(api_requests=1, functions=(LOOKUP_SECONDS,)),
    ),
    "ten_reviews": Equivalent(
        # Scripts are the workflow's own code there.
        ("workflow started",),
        prices.ACTION,
        Around(api_requests=1, functions=(LOOKUP_SECONDS,)),
    ),
}


def step_functions(workflow: str) -> Equivalent:
    """A workflow on Step Functions Standard: the states that its machine enters."""
    name = "approval" if workflow == "purchase_approval" else workflow
    machine = json.loads((_HERE / f"{name}.asl.json").read_text())
    entered = tuple(transitions(machine, _DECIDED))
    return Equivalent(entered, prices.TRANSITION, _STEP_FUNCTIONS[workflow])


def document() -> dict[str, Any]:
    """All peers by name, and their workflows."""
    return {
        "Step Functions Standard": {name: step_functions(name).document() for name in _STEP_FUNCTIONS},
        "Lambda durable functions": {name: each.document() for name, each in _DURABLE.items()},
        "Temporal Cloud": {name: each.document() for name, each in _TEMPORAL.items()},
    }
