"""Random formulas and files crash nothing; `python -m tests.fuzz` tries more of them."""

import subprocess
import sys
from pathlib import Path

from tests.cli.helpers import environment

ROOT = Path(__file__).parents[2]


def test_random_formulas_and_files_are_answered_or_refused_in_one_line() -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--formulas", "120", "--files", "1200"]
    run = subprocess.run(command, capture_output=True, text=True, env=environment(), cwd=ROOT, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "0 of 1320 cases went wrong\n", "")
