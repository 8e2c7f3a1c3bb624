"""Random command lines do not crash; `python -m tests.cli.random_command_lines` tries more of them."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.helpers import environment

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_random_command_lines_end_with_an_answer_or_one_line_of_complaint() -> None:
    command = [sys.executable, "-m", "tests.cli.random_command_lines", "--count", "5000"]
    run = subprocess.run(command, capture_output=True, text=True, env=environment(), cwd=ROOT, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.startswith("0 of 5000 lines went wrong; ")
