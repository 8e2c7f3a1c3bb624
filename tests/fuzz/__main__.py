"""Random formulas and files of numbers, in this process, with limits for memory and for the time of each case.

    python -m tests.fuzz [--formulas 5000] [--files 50000] [--seed 0]

Prints the cases with an exception other than the two that the program reports in one line, with a warning, with more
than one line, or with more than `LONG` processor seconds.
"""

import argparse
import resource
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType
from typing import TypeVar

from tests import conftest as _one_thread_for_numpy  # noqa: F401 - before NumPy is imported
from tests.fuzz import formulas, streams

MEMORY = 2 << 30
LONG = 5.0

Case = TypeVar("Case")


def faults(cases: Iterable[Case], fault: Callable[[Case], str | None]) -> list[str]:
    found = []
    for case in cases:
        signal.setitimer(signal.ITIMER_VIRTUAL, LONG)
        wrong = fault(case)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        if wrong:
            found.append(f"{wrong}: {ascii(case)[:2000]}")
    return found


def _too_long(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"more than {LONG} s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--formulas", type=int, default=5000)
    parser.add_argument("--files", type=int, default=50000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGVTALRM, _too_long)
    found = faults(formulas.formulas(options.seed, options.formulas), formulas.fault)
    with tempfile.TemporaryDirectory() as directory:
        found += faults(streams.cases(options.seed, options.files), lambda case: streams.fault(case, Path(directory)))
    print(*found, f"{len(found)} of {options.formulas + options.files} cases went wrong", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
