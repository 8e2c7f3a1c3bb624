"""Random formulas and files crash nothing; `python -m tests.fuzz` tries more of them."""

import subprocess
import sys
import warnings
from itertools import count
from pathlib import Path

import pytest

from actcli.core.errors import InputError
from tests.cli.helpers import environment
from tests.fuzz.campaign import judged

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("formulas", "files"), [(30, 300), pytest.param(5_000, 50_000, marks=pytest.mark.slow)])
def test_random_formulas_and_files_are_answered_or_refused_in_one_line(formulas: int, files: int) -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--formulas", str(formulas), "--files", str(files)]
    run = subprocess.run(command, capture_output=True, text=True, env=environment(), cwd=ROOT, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, f"0 of {formulas + files} cases went wrong\n", "")


def test_exceptions_warnings_and_lateness_are_faults() -> None:
    def refused(message: str) -> list[str]:
        raise InputError(message)

    def careless() -> list[str]:
        warnings.warn("careful", stacklevel=1)
        return []

    assert judged(list, 5.0) == []
    assert judged(lambda: ["two  words"], 5.0) == ["two words"]
    assert judged(lambda: [str(1 // 0)], 5.0) == ["ZeroDivisionError: integer division or modulo by zero, in <lambda>"]
    assert judged(careless, 5.0) == ["UserWarning: careful, in careless"]
    assert judged(lambda: (str(n) for n in count() if n < 0), 0.05)[0].startswith("TimeoutError")
    assert judged(lambda: refused("one line"), 5.0) == []
    assert judged(lambda: refused("two\nlines"), 5.0) == ["not one line: two\nlines"]
