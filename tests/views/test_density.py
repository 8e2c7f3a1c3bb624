"""Pictures of the distributions before and after an activation."""

from typing import Any

import pytest

from actcli.core.analysis.density import pushforward
from actcli.views.density import bounds, density_picture
from actcli.views.palette import AXIS_COLOUR, appearance
from actcli.views.picture.terminal import paint
from actcli.views.terminal import Terminal
from tests.narrow import elementwise
from tests.views.screens import screen

DEFAULT = Terminal()
BEFORE = pushforward(elementwise("identity"))


def chart(*names: str, terminal: Terminal = DEFAULT, **options: Any) -> str:
    pushforwards = [pushforward(elementwise(name)) for name in names]
    return paint(density_picture(BEFORE, pushforwards, title="a title"), terminal, **options)


def test_before_and_after_stand_side_by_side() -> None:
    lines = screen(chart("relu"), DEFAULT)
    assert lines[0] == "a title"
    assert lines[1].split("  ")[0] == "─ before: z"
    assert lines[1].endswith("● after: relu")
    assert len(lines) == 22


def test_relu_leaves_nothing_below_zero_and_an_atom_there() -> None:
    lines = screen(chart("relu"), DEFAULT)
    after = [line.ljust(80)[41:] for line in lines[2:-4]]
    spike = {line.index("┃") for line in after if "┃" in line}
    assert len(spike) == 1
    (column,) = spike
    assert after[0][column] == "▲"
    assert not any("⠀" < character <= "⣿" for line in after for character in line[:column])
    assert any("⣿" in line[column:] for line in after)
    ticks = lines[-3].ljust(80)[41:]
    assert ticks[column] == "0"
    assert lines[-1] == "relu   mean 0.398942   deviation 0.583819   P(f = 0) = 0.5"


def test_the_area_is_as_high_as_the_density() -> None:
    """Expected heights: φ(0) = 0.399, φ(1) = 0.242."""
    lines = screen(chart("identity", terminal=Terminal(160, 50), height=40), Terminal(160, 50))
    panel = [line[:79] for line in lines[2:-2]]
    rows = {line[: line.index("┤")].strip(): i for i, line in enumerate(panel) if "┤" in line}
    rule = next(i for i, line in enumerate(panel) if "└" in line)
    columns = dict(zip(panel[rule + 1].split(), [i for i, c in enumerate(panel[rule]) if c in "┬┴"], strict=True))

    def top(column: int) -> float:
        first = next(i for i in range(rule) if "⠀" < panel[i][column] <= "⣿")
        (low, low_row), (high, high_row) = ((float(k), rows[k]) for k in ("0.10", "0.30"))
        return low + (first - low_row) * (high - low) / (high_row - low_row)

    assert top(columns["0"]) == pytest.approx(0.399, abs=0.012)
    assert top(columns["1"]) == pytest.approx(0.242, abs=0.025)
    assert top(columns["-1"]) == pytest.approx(0.242, abs=0.025)


def test_what_is_far_narrower_has_an_axis_of_its_own() -> None:
    assert "0.9" in screen(chart("sigmoid", terminal=Terminal(120, 30)), Terminal(120, 30))[-3].split()
    ticks = screen(chart("tanh", terminal=Terminal(120, 30)), Terminal(120, 30))[-3].split()
    assert ticks.count("-2") == 2, "tanh is shown on the axis of the normal"


def test_long_tails_are_cut() -> None:
    assert bounds(pushforward(elementwise("1/x")))[1] < 30
    assert bounds(pushforward(elementwise("exponential")))[1] < 10
    assert bounds(pushforward(elementwise("identity"))) == (
        pytest.approx(-3.09, abs=0.01),
        pytest.approx(3.09, abs=0.01),
    )
    assert bounds(pushforward(elementwise("log(-1 - x*x)"))) == (-1.0, 1.0)


def test_facts() -> None:
    lines = screen(chart("step", "log(x)", "1/x"), DEFAULT)
    assert lines[-4].endswith("deviation 0.5") or "P(f = 0) = 0.5, P(f = 1) = 0.5" in " ".join(lines[-6:])
    assert any("P(no value) = 0.5" in line for line in lines)
    assert any(line.startswith("1/x") and line.count("diverges") == 2 for line in lines)


def test_the_colours_are_those_of_every_other_chart() -> None:
    text = chart("relu", "gelu", terminal=Terminal(100, 30, colour=True))
    for colour in (AXIS_COLOUR, appearance(0).colour, appearance(1).colour):
        assert f"\x1b[38;5;{colour}m" in text
    assert screen(text, Terminal(100, 30, colour=True)) == screen(
        chart("relu", "gelu", terminal=Terminal(100, 30)), Terminal(100, 30)
    )


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("size", [(80, 24), (50, 15), (20, 24), (80, 5), (20, 5), (5, 3), (200, 60)])
def test_any_size(size: tuple[int, int], unicode: bool) -> None:
    terminal = Terminal(*size, unicode=unicode)
    for names in (("relu",), ("relu", "gelu", "sigmoid", "step", "1/x")):
        lines = screen(chart(*names, terminal=terminal), terminal)
        assert lines
        if size[0] >= 80 and size[1] >= 24:
            assert len(lines) <= size[1] - 1


def test_an_atom_outside_of_the_picture_is_in_the_facts_alone() -> None:
    """The value 1000 has probability 1 - Φ(3.5) = 2.3e-4. Apart from the atoms, only rounding errors are left."""
    lines = screen(chart("1000*(x > 3.5)"), DEFAULT)
    after = [line.ljust(80)[41:] for line in lines[2:-4]]
    assert "".join(after).count("▲") == 1
    assert "P(f = 1000) = 0.0002326" in " ".join(lines)
    heights = [float(line.split("┤")[0]) for line in after if "┤" in line]
    assert max(heights) == 1.0


def test_a_peak_that_is_cut_off_says_how_high_it_is() -> None:
    """The density of gelu is unbounded at its minimum. Those of relu, tanh and the normal are shown completely."""
    lines = chart("relu", "gelu", terminal=DEFAULT).splitlines()
    assert any(line.startswith("gelu   mean 0.282095") and "   a peak of 5.2 is cut off" in line for line in lines)
    assert "cut off" not in chart("relu", "tanh", "identity", terminal=Terminal(120, 30))
