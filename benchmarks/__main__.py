"""``python -m benchmarks``: measure, keep the results, and write the tables of ``docs/performance.md`` from them.

With names (``cost growth``), only those are measured. What differs from the results that were there is printed; of the
counts (not of times) nothing should, unless the code has changed.
"""

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks import page, results

Measurement = Callable[[], dict[str, Any]]
"""Measures, and answers documents by name."""


def _cost() -> dict[str, Any]:
    from benchmarks import cost
    from benchmarks.peers import equivalents

    counted, timed = cost.measure()
    return {"cost": counted, "cost_times": timed, "peers": equivalents.document()}


def _overhead() -> dict[str, Any]:
    from benchmarks import overhead

    found = overhead.measure()
    return {"overhead": found["calls"], "overhead_times": found["milliseconds"]}


def _coldstart() -> dict[str, Any]:
    from benchmarks import coldstart

    return {"coldstart_times": coldstart.measure()}


def _growth() -> dict[str, Any]:
    from benchmarks import growth

    return {"growth": growth.measure()}


def _load() -> dict[str, Any]:
    from benchmarks import load

    return {"load_times": load.measure()}


MEASUREMENTS: dict[str, tuple[str, Measurement]] = {
    "cost": ("what workflows ask of AWS, and how long functions run", _cost),
    "overhead": ("create and resume, against the same calls made by hand", _overhead),
    "coldstart": ("each handler in a fresh process, against importing boto3", _coldstart),
    "growth": ("units of requests at up to 100,000 instances, 10,000 events and 250 KB", _growth),
    "load": ("the local run under 16 clients, with faults", _load),
}


def main(arguments: list[str]) -> int:
    """Measure what is asked for; 1 where counts differ from those that were kept and ``--check`` is given."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *MEASUREMENTS], help="what to measure; everything when empty")
    parser.add_argument("--check", action="store_true", help="keep nothing, and fail where counts differ")
    asked = parser.parse_args(arguments)
    differing: list[str] = []
    for name in asked.names or MEASUREMENTS:
        told, measure = MEASUREMENTS[name]
        began = time.monotonic()
        print(f"{name}: {told} ...", flush=True)
        for document, found in measure().items():
            if not _is_times(document):
                kept = results.read(document) if results.path(document).exists() else None
                differing += [f"{document}: {line}" for line in results.differences(kept, found)]
            if not asked.check:
                results.write(document, found)
        print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    if not asked.check:
        page.write(results.read_all())
    for line in differing:
        print(f"differs from the kept results: {line}")
    print(f"{len(differing)} counts differ from the kept results")
    return 1 if asked.check and differing else 0


def _is_times(document: str) -> bool:
    return document.endswith("_times")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
