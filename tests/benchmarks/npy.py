"""Time of tanh for a large .npy file, relative to bare NumPy: map the file, compute, save the result.

    python -m tests.benchmarks.npy [--size 40000000] [--repeats 5] [--directory /tmp]

Medians of whole processes, start-up included, measured in turns. Exit code 1: slower than 0.6 of NumPy's speed.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

from tests.benchmarks.figures import Figure, report
from tests.benchmarks.processes import PROGRAM, medians

SIZE, REPEATS = 40_000_000, 5
NUMPY = "import sys, numpy as np; np.save(sys.argv[2], np.tanh(np.load(sys.argv[1], mmap_mode='r')))"
BOUND = 1 / 0.6


def measured(size: int = SIZE, repeats: int = REPEATS, directory: str | None = None) -> list[Figure]:
    with tempfile.TemporaryDirectory(dir=directory) as made:
        x, y = Path(made, "x.npy"), Path(made, "y.npy")
        np.save(x, np.random.default_rng(5).normal(0.0, 3.0, size))
        commands = {
            "NumPy": [sys.executable, "-c", NUMPY, str(x), str(y)],
            "actcli": [PROGRAM, "evaluate", "tanh", "--input", str(x), "--output", str(y)],
        }
        found = medians(commands, repeats, outputs=[y])
    what = f"evaluate tanh, {size:,} numbers of .npy"
    return [Figure(what, "NumPy", found["actcli"] / found["NumPy"], BOUND, found["actcli"])]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--directory", help="where the files are written; of the system's choice without it")
    options = parser.parse_args()
    return report(measured(options.size, options.repeats, options.directory))


if __name__ == "__main__":
    sys.exit(main())
