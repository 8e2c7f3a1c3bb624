"""Random formulas and files crash nothing; `python -m tests.fuzz` tries more of them."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.helpers import environment

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("formulas", "files"), [(30, 300), pytest.param(5_000, 50_000, marks=pytest.mark.slow)])
def test_random_formulas_and_files_are_answered_or_refused_in_one_line(formulas: int, files: int) -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--formulas", str(formulas), "--files", str(files)]
    run = subprocess.run(command, capture_output=True, text=True, env=environment(), cwd=ROOT, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, f"0 of {formulas + files} cases went wrong\n", "")
