"""Time of evaluate for a million numbers of text, relative to awk with the same precision.

    python -m tests.benchmarks.text [--size 1000000] [--repeats 9]

Medians of whole processes, start-up included, measured in turns. The numbers are normal with standard deviation 3, with
17 digits. Exit code 1: `evaluate sigmoid` takes longer than awk.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

from tests.benchmarks.figures import Figure, report
from tests.benchmarks.processes import PROGRAM, medians

SIZE, REPEATS = 1_000_000, 9
AWK = "awk '{printf \"%.17g\\n\", 1/(1+exp(-$1))}'"


def measured(size: int = SIZE, repeats: int = REPEATS) -> list[Figure]:
    with tempfile.TemporaryDirectory() as directory:
        text, wide, csv = (Path(directory, name) for name in ("column.txt", "rows.txt", "columns.csv"))
        x = np.random.default_rng(5).normal(0.0, 3.0, size)
        np.savetxt(text, x, "%.17g")
        np.savetxt(wide, x.reshape(-1, 10), "%.17g")
        np.savetxt(csv, x.reshape(-1, 2), "%.17g", delimiter=",", header="a,b", comments="")
        ours = f"evaluate sigmoid, {size:,} numbers of text"
        arguments: dict[str, list[str]] = {
            ours: [],
            "... --dtype float32": ["--dtype", "float32"],
            "... --format csv": ["--format", "csv"],
            "... of ten numbers a line": ["--input", str(wide)],
            "... of two CSV columns": ["--input", str(csv)],
            "... of one of them, --append": ["--input", str(csv), "-c", "a", "--append"],
        }
        commands = {name: [PROGRAM, "evaluate", "sigmoid", *words] for name, words in arguments.items()}
        commands["differentiate sigmoid"] = [PROGRAM, "differentiate", "sigmoid"]
        found = medians({"awk": ["sh", "-c", AWK], **commands}, repeats, stdin=text)
    awk = Path(os.path.realpath(shutil.which("awk") or "awk")).name
    return [
        Figure(name, awk, found[name] / found["awk"], 1.0 if name == ours else None, found[name]) for name in commands
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    options = parser.parse_args()
    return report(measured(options.size, options.repeats))


if __name__ == "__main__":
    sys.exit(main())
