"""``python -m tests.simulation --seeds 100-200 --steps 5000``: run seeds, and replay one that failed."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence

from tests.simulation.simulation import Outcome, run

TRACED = 60


def main(given: Sequence[str] | None = None) -> int:
    """Run the seeds that are asked for; answers 1 where one of them fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", default="1-20", help="one seed, or the first and the last of several: 100-200")
    parser.add_argument("--steps", type=int, default=1500, help="steps with faults, before everything comes to rest")
    parser.add_argument("--trace", type=int, default=TRACED, help="lines of a failed run's trace that are shown")
    parser.add_argument("--about", default="", help="show only lines of the trace with this text, whatever they are")
    asked = parser.parse_args(given)
    first, _, last = asked.seeds.partition("-")
    failed, steps, counted = 0, 0, Counter[str]()
    begun = time.monotonic()
    for seed in range(int(first), int(last or first) + 1):
        outcome = run(seed, asked.steps)
        steps += outcome.steps
        counted += outcome.counted
        if outcome.violations:
            failed += 1
            print(told(outcome, asked.steps, asked.trace, asked.about), flush=True)
        elif asked.about:
            print("\n".join(line for line in outcome.trace if asked.about in line))
    print(f"{steps} steps in {time.monotonic() - begun:.1f} s, {failed} seeds failed")
    print(", ".join(f"{number} {name}" for name, number in sorted(counted.items())))
    return 1 if failed else 0


def told(outcome: Outcome, length: int, lines: int = TRACED, about: str = "") -> str:
    """What failed, where, and how to see it again."""
    trace = [line for line in outcome.trace if about in line][-lines:]
    found = "\n".join(f"  {each}" for each in outcome.violations[:10])
    again = f"python -m tests.simulation --seeds {outcome.seed} --steps {length}"
    return "\n".join([*trace, f"seed {outcome.seed} failed after {outcome.steps} steps:", found, f"again: {again}"])


if __name__ == "__main__":
    sys.exit(main())
