"""The fuzzers of command lines, pictures and audits find a planted fault, and nothing in a few cases."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from mpmath import mpf

from tests.cli.helpers import environment
from tests.fuzz.audit import FUNCTIONS, report, rounded
from tests.fuzz.commands import shown_badly
from tests.fuzz.pictures import unreadable
from tests.fuzz.process import Ended, ended_badly

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["commands", "pictures", "audit"])
def test_two_hundred_cases(name: str) -> None:
    command = [sys.executable, "-m", f"tests.fuzz.{name}", "--cases", "200"]
    run = subprocess.run(command, capture_output=True, text=True, env=environment(), cwd=ROOT, check=False)
    assert (run.returncode, run.stdout) == (0, "0 of 200 cases went wrong\n"), run.stdout + run.stderr


@pytest.mark.parametrize(
    ("code", "err", "fault"),
    [
        (None, "", "no end"),
        (70, "", "exit code 70"),
        (0, "RuntimeWarning: overflow", "traceback or warning"),
        (2, "actcli: one\nactcli: two\n", "not one line"),
        (2, "actcli: one\n", None),
    ],
)
def test_what_ends_badly(code: int | None, err: str, fault: str | None) -> None:
    found = ended_badly(Ended(["plot", "relu"], {}, code, "", err))
    assert (found or "").startswith(fault or "")
    assert bool(found) == bool(fault)


@pytest.mark.parametrize(
    ("words", "out", "faults"),
    [
        (["plot", "relu"], "x" * 81, 1),
        (["plot", "relu"], "x" * 80, 0),
        (["plot", "relu", "--size", "90x"], "x" * 81, 0),
        (["plot", "relu"], "\x1b[1m", 1),
        (["plot", "relu", "--color", "always"], "\x1b[1m", 0),
    ],
)
def test_what_is_shown_badly(words: Sequence[str], out: str, faults: int) -> None:
    assert len(shown_badly(Ended(words, {}, 0, out, ""), 80)) == faults


def test_texts_that_cannot_be_read() -> None:
    page = Figure((4, 3))
    page.text(0.1, 0.5, "first")
    assert unreadable(page) == []
    page.text(0.12, 0.5, "second")
    page.text(0.95, 0.1, "beyond")
    assert [fault.split()[0] for fault in unreadable(page)] == ["over", "'first'"]


def test_the_figures_of_a_result_that_is_two_numbers_off() -> None:
    """tanh(1) = 0.7615941559… in float16, whose numbers are 2^-11 apart there; 0.76171875 is the nearest."""
    exact = FUNCTIONS["tanh"](mpf(1))
    right = rounded(exact, "float16")
    found = report([exact] * 2, [right, right + mpf(2) ** -10], "float16")
    assert float(right) == 0.76171875
    assert (found["correctly_rounded"], found["max_steps"], found["nan"]) == (0.5, 2, 0)
    assert found["max_ulp"] == pytest.approx((0.76171875 - 0.7615941559557649) * 2048 + 2)
