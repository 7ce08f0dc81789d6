"""What a script costs in the function of its own, beside the process that needs it: ``python -m benchmarks.scripts``.

Both ways run in this process, one after the other in turn. What a call of Lambda adds is no matter of this machine: it
is assumed, and named.
"""

import json
import statistics
import time
from collections.abc import Callable

from benchmarks import prices
from interactor.core.logic import ScriptCall
from interactor.sandbox import Sandbox, wire

ROUNDS, STARTS = 300, 12
INVOCATION_MS = 12
"""Assumed: from the call to the answer of a warm function that does nothing."""
GIGABYTES = 0.5
CALL = ScriptCall(
    'return {amount: input.amount || 1, status: "pending"}',
    {"input": {"amount": 5}, "workflow_data": {"text": "x" * 1_500}, "context": {"namespace": "default"}},
    "acc_1",
)


def main() -> None:
    """Measure and print."""
    with Sandbox() as sandbox:
        here, there = _in_turn(lambda: sandbox.run(CALL), lambda: _there(sandbox))
    starts = []
    for _ in range(STARTS):
        with Sandbox() as fresh:
            starts.append(_timed(lambda fresh=fresh: fresh.run(CALL)))  # type: ignore[misc]  # the one of this round
    print(f"in the process, warm:         {here:6.2f} ms")
    print(f"as the function does it:      {there:6.2f} ms")
    print(f"the first of a tenant:        {statistics.median(starts):6.2f} ms")
    # The function is billed for its own time, and who calls it for waiting.
    seconds = (there + INVOCATION_MS + there - here) / 1000
    extra = prices.MILLION * (prices.INVOCATION.dollars + seconds * GIGABYTES * prices.GB_SECOND.dollars)
    print(f"extra for a million scripts:  ${extra:.2f}, of which {prices.INVOCATION.shown} are the calls")


def _there(sandbox: Sandbox) -> None:
    answer = wire.answered(sandbox, json.loads(wire.to_run(CALL)))
    wire.outcome(json.dumps(answer).encode())


def _in_turn(*ways: Callable[[], object]) -> list[float]:
    for way in ways:
        way()
    times: list[list[float]] = [[] for _ in ways]
    for _ in range(ROUNDS):
        for way, taken in zip(ways, times, strict=True):
            taken.append(_timed(way))
    return [statistics.median(taken) for taken in times]


def _timed(way: Callable[[], object]) -> float:
    begun = time.perf_counter()
    way()
    return 1000 * (time.perf_counter() - begun)


if __name__ == "__main__":
    main()
