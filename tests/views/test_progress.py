"""The live view, on an emulated terminal with a simulated clock."""

import io
import math
import re
import signal
from collections.abc import Iterator
from typing import Any

import pyte
import pytest

from actcli.core.activations.catalogue import CATALOGUE
from actcli.core.depth.config import DepthConfig
from actcli.core.depth.experiment import DepthExperiment
from actcli.core.network.training import Step
from actcli.views import progress as live
from actcli.views.progress import DELAY, INTERVAL, live_view, progress


class Tty(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Clock:
    """A clock that advances by a given time with each reading."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.now = seconds, 0.0

    def monotonic(self) -> float:
        self.now += self.seconds
        return self.now


@pytest.fixture
def stderr() -> Tty:
    return Tty()


def watch(monkeypatch: pytest.MonkeyPatch, stderr: Tty, seconds: float, size: tuple[int, int] = (80, 24)) -> None:
    """Replace stderr by this terminal, and let each step take this many seconds."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm-256color", "COLUMNS": str(size[0]), "LINES": str(size[1])}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(live, "time", Clock(seconds))
    monkeypatch.setattr("sys.stderr", stderr)  # not in a fixture: pytest replaces stderr again between fixture and test


def experiment(**settings: Any) -> DepthExperiment:
    defaults: dict[str, Any] = {"layers": 5, "width": 6, "batch": 8, "steps": 6}
    return DepthExperiment(CATALOGUE["tanh"], DepthConfig(**{**defaults, **settings}))


def shown(sent: str, width: int, height: int) -> list[str]:
    screen = pyte.Screen(width, height)
    screen.set_mode(pyte.modes.LNM)
    pyte.Stream(screen).feed(sent)
    return [line.rstrip() for line in screen.display]


def screens(
    monkeypatch: pytest.MonkeyPatch, stderr: Tty, size: tuple[int, int] = (80, 24), **settings: Any
) -> Iterator[tuple[Step, list[str]]]:
    """Each step with the screen after it, one drawing per step; at the end the remaining screen."""
    watch(monkeypatch, stderr, max(DELAY, INTERVAL) + 0.1, size)
    for step in live_view(experiment(**settings)):
        yield step, shown(stderr.getvalue(), *size)


def test_loss_and_every_layer_s_gradient_are_shown(monkeypatch: pytest.MonkeyPatch, stderr: Tty) -> None:
    for step, lines in screens(monkeypatch, stderr):
        assert lines[0].endswith(f", step {step.number + 1} of 6: tanh, seed 0")
        assert float(lines[0].removeprefix("loss ").split(",")[0]) == pytest.approx(step.loss, rel=1e-3)
        rows = [line.split() for line in lines[2:8]]
        assert [row[0] for row in rows] == ["1", "2", "3", "4", "5", "output"]
        assert [float(row[1]) for row in rows] == pytest.approx(step.weight_gradient_norms, rel=0.01)
        assert lines[8:] == [""] * 16


def test_bars_are_logarithms(monkeypatch: pytest.MonkeyPatch, stderr: Tty) -> None:
    for step, lines in screens(monkeypatch, stderr):
        bars = [len(line.split()[2]) for line in lines[2:8]]
        decades = [math.log10(norm) for norm in step.weight_gradient_norms]
        for one, other in zip(range(6), range(1, 6), strict=False):
            if abs(decades[one] - decades[other]) > 0.2:
                assert (bars[one] < bars[other]) == (decades[one] < decades[other])
        assert max(bars) <= 80 - 19


def test_it_is_gone_at_the_end(monkeypatch: pytest.MonkeyPatch, stderr: Tty) -> None:
    assert len(list(screens(monkeypatch, stderr))) == 6
    assert shown(stderr.getvalue(), 80, 24) == [""] * 24
    assert stderr.getvalue().rfind("\x1b[?25h") > stderr.getvalue().rfind("\x1b[?25l") >= 0, "the cursor is back"


def test_it_is_gone_when_the_loop_is_left(monkeypatch: pytest.MonkeyPatch, stderr: Tty) -> None:
    steps = screens(monkeypatch, stderr)
    next(steps)
    assert "loss" in shown(stderr.getvalue(), 80, 24)[0]
    steps.close()  # type: ignore[attr-defined]  # a generator
    assert shown(stderr.getvalue(), 80, 24) == [""] * 24


@pytest.mark.parametrize("size", [(80, 24), (50, 15), (24, 8), (20, 5)])
def test_of_many_layers_as_many_as_fit_are_shown(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch, stderr: Tty
) -> None:
    for _, lines in screens(monkeypatch, stderr, size, layers=60, steps=2):
        assert lines[0].startswith("loss 0.")
        rows = [line.split()[0] for line in lines[2:] if line]
        assert rows[0] == "1"
        assert len(rows) == 1 or rows[-1] == "output"
        numbers = [int(row) for row in rows if row != "output"]
        assert numbers == sorted(set(numbers))
        assert lines[-1] == "", "the last line is the cursor's"
    assert shown(stderr.getvalue(), *size) == [""] * size[1], "nothing scrolled or wrapped"


def test_at_80x24_all_of_20_layers_are_shown(monkeypatch: pytest.MonkeyPatch, stderr: Tty) -> None:
    for _, lines in screens(monkeypatch, stderr, layers=20, steps=1):
        assert [line.split()[0] for line in lines[2:] if line] == [*map(str, range(1, 21)), "output"]


def test_a_run_that_is_soon_over_shows_nothing(monkeypatch: pytest.MonkeyPatch, stderr: Tty) -> None:
    watch(monkeypatch, stderr, DELAY / 100)
    assert len(list(live_view(experiment()))) == 6
    assert stderr.getvalue() == ""


def test_it_is_drawn_a_few_times_a_second(monkeypatch: pytest.MonkeyPatch, stderr: Tty) -> None:
    watch(monkeypatch, stderr, INTERVAL / 10)
    assert len(list(live_view(experiment(steps=120)))) == 120  # 12 intervals
    assert 8 <= stderr.getvalue().count("step ") <= 13


def test_the_steps_are_those_of_the_experiment(monkeypatch: pytest.MonkeyPatch, stderr: Tty) -> None:
    watched = [step for step, _ in screens(monkeypatch, stderr)]
    assert watched == list(experiment())


def test_numbers_that_left_the_ordinary_ones(monkeypatch: pytest.MonkeyPatch, stderr: Tty) -> None:
    last: list[str] = []
    for _, lines in screens(monkeypatch, stderr, learning_rate=1e200, steps=9):
        last = lines
    assert re.search("loss (inf|nan|[0-9.]+e[+][0-9]+)", last[0])


def test_on_a_system_without_jobs_and_their_signals(monkeypatch: pytest.MonkeyPatch, stderr: Tty) -> None:
    """As on Windows: no SIGTSTP, and no foreground process group of the terminal."""
    monkeypatch.delattr("signal.SIGTSTP")
    monkeypatch.delattr("os.tcgetpgrp")
    assert len(list(screens(monkeypatch, stderr))) == 6
    assert "loss" in stderr.getvalue()


def test_ctrl_z_is_as_it_was_when_the_view_is_gone(monkeypatch: pytest.MonkeyPatch, stderr: Tty) -> None:
    steps = screens(monkeypatch, stderr)
    next(steps)
    assert signal.getsignal(signal.SIGTSTP) is not signal.SIG_DFL
    assert len(list(steps)) == 5
    assert signal.getsignal(signal.SIGTSTP) is signal.SIG_DFL


def test_where_ctrl_z_is_ignored_it_stays_so(monkeypatch: pytest.MonkeyPatch, stderr: Tty) -> None:
    before = signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    try:
        steps = screens(monkeypatch, stderr)
        next(steps)
        assert signal.getsignal(signal.SIGTSTP) is signal.SIG_IGN
        assert len(list(steps)) == 5
        assert signal.getsignal(signal.SIGTSTP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTSTP, before)


@pytest.mark.parametrize(("term", "coloured"), [("xterm-256color", True), ("vt100", False), ("linux", False)])
@pytest.mark.parametrize("width", [80, 40, 30])
def test_a_bar_says_how_far_it_is_and_is_gone_at_the_end(
    monkeypatch: pytest.MonkeyPatch, stderr: Tty, term: str, coloured: bool, width: int
) -> None:
    watch(monkeypatch, stderr, max(DELAY, INTERVAL) + 0.1, (width, 24))
    monkeypatch.setenv("TERM", term)
    monkeypatch.delenv("COLORTERM", raising=False)
    seen = []
    for item in progress(iter("abcd"), 4, "what [cures] it?"):
        seen.append(item)
        (line,) = [line for line in shown(stderr.getvalue(), width, 24) if line]
        assert re.fullmatch(rf"what \[c[^0-9]* +{len(seen) - 1}/4 [0-9-]:\S\S:\S\S", line), line
    assert seen == [*"abcd"]
    assert shown(stderr.getvalue(), width, 24) == [""] * 24
    assert stderr.getvalue().rfind("\x1b[?25h") > stderr.getvalue().rfind("\x1b[?25l") >= 0
    assert bool(re.search(r"\x1b\[[0-9;]*[34]\d[;m]|\x1b\[9\d", stderr.getvalue())) == coloured


def test_without_unicode(monkeypatch: pytest.MonkeyPatch, stderr: Tty) -> None:
    monkeypatch.setattr(stderr, "encoding", "ascii", raising=False)
    for _, lines in screens(monkeypatch, stderr):
        assert "#" in lines[3]
    assert stderr.getvalue().isascii()
