"""Start-up time, relative to the time of the imports that the program needs.

    python -m tests.benchmarks.startup [--repeats 31]

Medians of whole processes, measured in turns. Exit code 1: a bound is broken.
"""

import argparse
import sys
from pathlib import Path

from tests.benchmarks.figures import Figure, report
from tests.benchmarks.processes import PROGRAM, medians

REPEATS = 31
NUMPY, TYPER = 'python -c "import numpy"', 'python -c "import typer"'
_TAB = """
source "$0"
COMP_LINE='actcli evaluate leaky' COMP_POINT=21
_actcli actcli leaky evaluate 2> /dev/null # compopt has no readline here
[[ ${COMPREPLY[*]} == leaky_relu ]]
"""
_SCRIPT = Path(__file__).parents[2] / "completions" / "actcli.bash"
COMMANDS = {
    NUMPY: [sys.executable, "-c", "import numpy"],
    TYPER: [sys.executable, "-c", "import typer"],
    "actcli evaluate relu 1": [PROGRAM, "evaluate", "relu", "1"],
    "actcli plot relu": [PROGRAM, "plot", "relu"],
    "actcli compare of five": [PROGRAM, "compare", "relu", "gelu", "silu", "mish", "tanh"],
    "actcli --version": [PROGRAM, "--version"],
    "actcli --help": [PROGRAM, "--help"],
    "Tab in bash": ["bash", "--norc", "-c", _TAB, str(_SCRIPT)],
}
BOUNDS = {
    "actcli evaluate relu 1": (NUMPY, 1.5),
    "actcli plot relu": (NUMPY, 1.9),
    "actcli compare of five": (NUMPY, 2.2),
    "actcli --version": (TYPER, 1.3),
    "actcli --help": (TYPER, 2.0),
    "Tab in bash": (TYPER, 1.3),
}


def measured(repeats: int = REPEATS) -> list[Figure]:
    found = medians(COMMANDS, repeats)
    return [
        Figure(name, reference, found[name] / found[reference], bound, found[name])
        for name, (reference, bound) in BOUNDS.items()
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    return report(measured(parser.parse_args().repeats))


if __name__ == "__main__":
    sys.exit(main())
