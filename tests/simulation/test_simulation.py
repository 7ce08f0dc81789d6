"""Random runs hold what the engine promises; ``make simulate SEEDS=100-200 STEPS=5000`` tries more of them."""

import os
import subprocess
import sys

import pytest

from tests.simulation.__main__ import told
from tests.simulation.deployment import ROOT
from tests.simulation.simulation import run

SEEDS = range(1, 11)
STEPS = 800


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_happens_nothing_is_lost_doubled_or_left_waiting(seed: int) -> None:
    outcome = run(seed, STEPS)
    assert not outcome.violations, "\n" + told(outcome, STEPS)
    assert outcome.counted["commits"] > 0


def test_a_seed_gives_the_same_run_in_every_process() -> None:
    code = "from tests.simulation.simulation import run; print(run(3, 200).digest)"
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": f"{ROOT}/layers/engine"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()[-1]
        for hash_seed in ("1", "2")
    }
    assert digests == {run(3, 200).digest}
