"""Curves that oscillate within a column (band and note), and positions in words."""

import math

import pytest

from actcli.commands.report import graphs_on
from actcli.core.analysis.comparison import compare
from actcli.views.comparison import comparison_picture
from actcli.views.picture.terminal import paint
from actcli.views.plot import plot_picture
from actcli.views.ranges import places
from actcli.views.terminal import Terminal
from tests.narrow import elementwise
from tests.views.screens import Picture, screen

RANGE = (-6.0, 6.0)
NOTE = "faster than the columns"


def picture(name: str, terminal: Terminal, order: int = 0) -> Picture:
    drawn = graphs_on([elementwise(name)], RANGE, terminal, order)
    return Picture(paint(plot_picture(drawn, of=name, interval=RANGE), terminal), terminal)


def curve_columns(drawn: Picture, row: int) -> list[bool]:
    """Whether the curve is in each column between the first and the last tick."""
    line = drawn.canvas[row].ljust(drawn.columns["6"])
    return [c == "*" or "\u2800" < c <= "\u28ff" for c in line[drawn.columns["-6"] + 1 : drawn.columns["6"] - 1]]


@pytest.mark.parametrize("terminal", [Terminal(), Terminal(50, 16), Terminal(unicode=False), Terminal(120, 40)])
@pytest.mark.parametrize("frequency", [100, 1000, 1e6, 2 * math.pi * 1000 / 12])
def test_a_wave_that_is_too_fast_fills_all_from_lowest_to_highest(terminal: Terminal, frequency: float) -> None:
    drawn = picture(f"2*sin({frequency!r}*x)", terminal)
    rows = {float(label): row for label, row in drawn.rows.items()}
    for row in range(1, len(drawn.canvas)):
        curve = curve_columns(drawn, row)
        assert all(curve) if rows[2.0] < row < rows[-2.0] else row in rows.values() or not any(curve)
    assert sum(NOTE in line for line in drawn.lines) == 1


def test_an_envelope_is_seen() -> None:
    drawn = picture("x*sin(50*x)", Terminal())
    heights = [
        sum(part) for part in zip(*(curve_columns(drawn, row) for row in range(1, len(drawn.canvas))), strict=True)
    ]
    outer, inner = heights[2], heights[len(heights) // 4]
    assert outer == pytest.approx(2 * inner, abs=3)


def test_a_narrow_peak_is_as_high_as_it_is() -> None:
    drawn = picture("exp(-(100*(x - 0.7654321))**2)", Terminal())
    tick = next(row for label, row in drawn.rows.items() if float(label) == 1.0)
    assert sum(curve_columns(drawn, tick)) == 1
    assert NOTE not in "".join(drawn.lines)


def test_what_jumps_is_not_filled() -> None:
    drawn = picture("sign(sin(100*x))", Terminal())
    top, zero = (next(row for label, row in drawn.rows.items() if float(label) == y) for y in (1.0, 0.5))
    assert all(curve_columns(drawn, top))
    assert sum(curve_columns(drawn, zero)) <= 2


@pytest.mark.parametrize("name", ["relu", "gelu", "1/x", "tan(x)", "abs(sin(x))", "log(x)", "sin(3*x)", "tanh(1e6*x)"])
def test_what_can_be_followed_is_drawn_as_a_line(name: str) -> None:
    assert NOTE not in "".join(picture(name, Terminal(), order=1).lines)


def test_a_slope_that_is_too_fast_is_named_alone() -> None:
    lines = picture("x + 0.001*sin(1000*x)", Terminal(), order=1).lines
    assert " ".join(lines).endswith("each of which shows the range of the values there: f'; --range looks closer")


@pytest.mark.parametrize("terminal", [Terminal(), Terminal(140, 40), Terminal(60, 24)])
@pytest.mark.parametrize("names", [("sin(100*x)", "relu"), ("sin(100*x)", "relu", "gelu", "tanh", "silu")])
def test_a_comparison_says_so_too(names: tuple[str, ...], terminal: Terminal) -> None:
    activations = [elementwise(name) for name in names]
    drawn = graphs_on(activations, RANGE, terminal, 1)
    text = paint(comparison_picture(drawn, compare(activations, *RANGE)[0], interval=RANGE), terminal)
    screen(text, terminal)
    assert " ".join(text.split()).count(NOTE) == 1


def test_places_of_intervals() -> None:
    assert places([(-6.0, -1e-20)], -6, 6) == "for x < 0"
    assert places([(1.0, 1.0), (2.0, 6.0)], -6, 6) == "at x = 1 and for x ≥ 2"
    assert places([(-6.0, 6.0)], -6, 6) == "everywhere"
    assert places([], -6, 6) == ""
