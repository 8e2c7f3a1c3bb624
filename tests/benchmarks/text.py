"""How long a million numbers of text take, beside awk, which prints them at the same precision.

    python -m tests.benchmarks.text [--size 1000000] [--repeats 9]

Medians of whole processes, start-up included, measured in turns; the numbers are normal with standard deviation 3, in
17 digits. Ends with 1 where `evaluate sigmoid` takes longer than awk.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

from tests.benchmarks.markdown import table
from tests.benchmarks.processes import PROGRAM, medians

AWK = "awk '{printf \"%.17g\\n\", 1/(1+exp(-$1))}'"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        text, wide, csv = (Path(directory, name) for name in ("column.txt", "rows.txt", "columns.csv"))
        x = np.random.default_rng(5).normal(0.0, 3.0, options.size)
        np.savetxt(text, x, "%.17g")
        np.savetxt(wide, x.reshape(-1, 10), "%.17g")
        np.savetxt(csv, x.reshape(-1, 2), "%.17g", delimiter=",", header="a,b", comments="")
        ours = "actcli evaluate sigmoid"
        commands = {
            AWK: ["sh", "-c", AWK],
            ours: [PROGRAM, "evaluate", "sigmoid"],
            "actcli differentiate sigmoid": [PROGRAM, "differentiate", "sigmoid"],
            "... --dtype float32": [PROGRAM, "evaluate", "sigmoid", "--dtype", "float32"],
            "... --format csv": [PROGRAM, "evaluate", "sigmoid", "--format", "csv"],
            "... of ten numbers a line": [PROGRAM, "evaluate", "sigmoid", "--input", str(wide)],
            "... of two CSV columns": [PROGRAM, "evaluate", "sigmoid", "--input", str(csv)],
            "... of one of them, --append": [
                PROGRAM,
                "evaluate",
                "sigmoid",
                "--input",
                str(csv),
                "-c",
                "a",
                "--append",
            ],
        }
        found = medians(commands, options.repeats, stdin=text)
    print(
        table(
            ["process", "s", "of awk's time"],
            [[name, f"{seconds:.2f}", f"{seconds / found[AWK]:.2f}"] for name, seconds in found.items()],
        )
    )
    return 1 if found[ours] > found[AWK] else 0


if __name__ == "__main__":
    sys.exit(main())
