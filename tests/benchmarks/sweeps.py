"""Speed-up of a sweep of 400 short runs by two processes.

    python -m tests.benchmarks.sweeps [--repeats 3] [--steps 80]

Medians of whole processes, measured in turns. Exit code 1: a bound is broken. It needs two idle processors and about a
minute per repeat.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.figures import Figure, report
from tests.benchmarks.processes import PROGRAM, medians

REPEATS, STEPS = 3, 80
SWEEP = ["phase", "tanh", "--measure", "--cells", "20x20", "--depths", "2", "21", "--width", "32", "--format", "csv"]
ONE, TWO = "400 runs, --jobs 1", "400 runs, --jobs 2"
BOUND = 1 / 1.7


def measured(repeats: int = REPEATS, steps: int = STEPS) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "runs.jsonl")
        same = [*SWEEP, "--steps", str(steps), "--output", str(file), "--jobs"]
        commands = {name: [PROGRAM, *same, name[-1]] for name in (ONE, TWO)}
        found = medians(commands, repeats, outputs=[file])
    return [Figure(TWO, ONE, found[TWO] / found[ONE], BOUND, found[TWO])]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--steps", type=int, default=STEPS, help="of each run: how long it takes")
    options = parser.parse_args()
    return report(measured(options.repeats, options.steps))


if __name__ == "__main__":
    sys.exit(main())
