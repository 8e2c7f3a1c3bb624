"""How long tanh of a large .npy file takes, beside bare NumPy: the file mapped, the function, the result saved.

    python -m tests.benchmarks.npy [--size 40000000] [--repeats 5] [--directory /tmp]

Medians of whole processes, start-up included, measured in turns. Ends with 1 below 0.6 of NumPy's speed.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

from tests.benchmarks.markdown import table
from tests.benchmarks.processes import PROGRAM, medians

NUMPY = "import sys, numpy as np; np.save(sys.argv[2], np.tanh(np.load(sys.argv[1], mmap_mode='r')))"
BOUND = 0.6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=40_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--directory", help="where the files are written; of the system's choice without it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.directory) as directory:
        x, y = Path(directory, "x.npy"), Path(directory, "y.npy")
        np.save(x, np.random.default_rng(5).normal(0.0, 3.0, options.size))
        commands = {
            "NumPy": [sys.executable, "-c", NUMPY, str(x), str(y)],
            "actcli evaluate tanh": [PROGRAM, "evaluate", "tanh", "--input", str(x), "--output", str(y)],
        }
        found = medians(commands, options.repeats, outputs=[y])
    speeds = {name: found["NumPy"] / seconds for name, seconds in found.items()}
    rows = [[name, f"{seconds:.2f}", f"{speeds[name]:.2f}"] for name, seconds in found.items()]
    print(table(["process", "s", "of NumPy's speed"], rows))
    return 1 if min(speeds.values()) < BOUND else 0


if __name__ == "__main__":
    sys.exit(main())
