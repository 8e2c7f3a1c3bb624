"""actcli compared with the usual alternatives, as whole processes.

    python -m tests.benchmarks.rivals [--python PYTHON] [--repeats 5]

boundary: `actcli boundary relu --save` against scikit-learn's MLPClassifier and DecisionBoundaryDisplay
phase:    `actcli phase tanh` against a script in plain NumPy
identify: `actcli identify` over the whole table against `import numpy`, as there is no alternative

Medians of whole processes, measured in turns. PYTHON has scikit-learn and matplotlib; without them there is no row of
boundary.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.figures import Figure, report
from tests.benchmarks.processes import PROGRAM, medians

REPEATS = 5
HERE = Path(__file__).parent
MISH = "x*tanh(log(1+exp(x)))"


def measured(python: str = sys.executable, repeats: int = REPEATS) -> list[Figure]:
    needs = [python, "-c", "import sklearn, matplotlib"]
    with tempfile.TemporaryDirectory() as folder:
        pictures = [Path(folder, name) for name in ("own.png", "other.png")]
        pairs = {
            "actcli phase tanh": (
                [PROGRAM, "phase", "tanh", "--format", "json"],
                "the same in plain NumPy",
                [sys.executable, str(HERE / "plain_phase.py")],
            ),
            f"actcli identify '{MISH}'": (
                [PROGRAM, "identify", MISH],
                'python -c "import numpy"',
                [sys.executable, "-c", "import numpy"],
            ),
        }
        if subprocess.run(needs, capture_output=True, check=False).returncode == 0:
            pairs["actcli boundary relu --save"] = (
                [PROGRAM, "boundary", "relu", "--save", str(pictures[0])],
                "the same in scikit-learn",
                [python, str(HERE / "sklearn_boundary.py"), str(pictures[1])],
            )
        figures = []
        for what, (own, beside, other) in pairs.items():
            found = medians({what: own, beside: other}, repeats, outputs=pictures)
            figures.append(Figure(what, beside, found[what] / found[beside], seconds=found[what]))
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable, help="a Python that can import sklearn and matplotlib")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    options = parser.parse_args()
    return report(measured(options.python, options.repeats))


if __name__ == "__main__":
    sys.exit(main())
