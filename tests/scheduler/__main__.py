"""The long tier: `python -m tests.scheduler`, a million steps of the machine, in new examples each time.

python -m tests.scheduler                   half an hour of processor time on a quiet machine
python -m tests.scheduler --steps 20000     fewer
python -m tests.scheduler --seed 7          the same again
"""

from __future__ import annotations

import argparse
import random
import sys
import time

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.scheduler.machine import OnFile

STEPS_EACH = 50
PORTION = 100
"""Examples at a time; Hypothesis keeps what it knows of all it has tried."""


def main() -> int:
    """Take the steps, in portions, and say what was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.scheduler", description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    began = time.monotonic()
    how = settings(
        max_examples=PORTION,
        stateful_step_count=STEPS_EACH,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    portion = 0
    while OnFile.steps < arguments.steps:
        run_state_machine_as_test(seed(arguments.seed + portion)(OnFile), settings=how)
        portion += 1
        print(f"{OnFile.steps} steps, {time.monotonic() - began:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
