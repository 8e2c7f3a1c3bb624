"""The picture of `actcli compare`."""

from typing import Any

import pytest

from actcli.commands.report import graphs_on
from actcli.core.analysis.comparison import compare
from actcli.views.comparison import comparison_picture, largest
from actcli.views.palette import appearance
from actcli.views.picture.terminal import paint
from actcli.views.terminal import Terminal
from tests.narrow import elementwise
from tests.views.screens import screen

RANGE = (-6.0, 6.0)
FIVE = ("relu", "gelu", "silu", "mish", "tanh")
EIGHT = (*FIVE, "sigmoid", "selu", "elu")
DEFAULT = Terminal()


def picture(*names: str, terminal: Terminal = DEFAULT, **options: Any) -> list[str]:
    activations = [elementwise(name) for name in names]
    drawn = graphs_on(activations, RANGE, terminal, 1)
    largest_difference = largest(compare(activations, *RANGE))
    return screen(paint(comparison_picture(drawn, largest_difference, interval=RANGE), terminal, **options), terminal)


def test_slopes_stand_below_on_the_same_axis() -> None:
    lines = picture("gelu", "silu", height=30)
    assert len(lines) == 30
    assert lines[:2] == ["gelu, silu on [-6, 6]", "● gelu   ■ silu"]
    below = lines.index("their slopes")
    rules = [line for line in lines if line.lstrip().startswith("└")]
    assert rules[0] == rules[1]
    assert all(any(mark in line for line in lines[below:]) for mark in "●■")


def test_on_a_wide_terminal_they_stand_beside() -> None:
    lines = picture("gelu", "silu", terminal=Terminal(160, 50))
    assert lines[:2] == ["gelu, silu on [-6, 6]", "● gelu   ■ silu"]
    slopes = lines[2].index("their slopes")
    assert all(
        any(mark in line[part] for line in lines) for mark in "●■" for part in (slice(slopes), slice(slopes, 160))
    )


@pytest.mark.parametrize(("size", "names"), [((80, 24), ("relu", "tanh", "gelu")), ((60, 20), ("gelu", "silu"))])
def test_on_a_low_terminal_they_stand_beside_with_room_to_see_a_curve(
    size: tuple[int, int], names: tuple[str, ...]
) -> None:
    lines = picture(*names, terminal=Terminal(*size))
    assert len(lines) <= size[1] - 2
    assert "their slopes" in lines[2]
    rows = [line for line in lines if line.count("│") + line.count("┤") + line.count("├") >= 2]
    assert len(rows) >= size[1] // 2, "lines of the chart"


def test_the_largest_difference_is_said_and_marked() -> None:
    lines = picture("relu", "gelu", height=30)
    assert "largest difference: 0.17 between relu and gelu at x = -0.7518 (dotted line)" in lines
    rule = next(line for line in lines if line.lstrip().startswith("└"))
    ticks = [i for i, character in enumerate(rule) if character in "┬┴"]
    minus_1, zero = ticks[5], ticks[6]
    wanted = round(zero - 0.7518 * (zero - minus_1))
    upper = lines[2 : lines.index(rule)]
    assert all(line.ljust(80)[wanted] != " " for line in upper)


def test_many_have_a_panel_each_in_their_own_colour() -> None:
    lines = picture(*EIGHT)
    assert len(lines) in (21, 22), "all on one screen"
    headings = [line.split() for line in lines if line.startswith(("●", "○"))]
    assert headings == [
        ["●", "relu", "■", "gelu", "▲", "silu", "◆", "mish"],
        ["○", "tanh", "□", "sigmoid", "△", "selu", "◇", "elu"],
    ]
    terminal = Terminal(colour=True)
    activations = [elementwise(name) for name in EIGHT]
    drawn = graphs_on(activations, RANGE, terminal, 1)
    text = paint(comparison_picture(drawn, largest(compare(activations, *RANGE)), interval=RANGE), terminal)
    for index in range(8):
        assert text.count(f"\x1b[38;5;{appearance(index).colour}m") > 3


def test_all_panels_have_the_same_axes() -> None:
    lines = picture(*FIVE, terminal=Terminal(100, 30))
    rules = [line.split() for line in lines if line.lstrip().startswith("└")]
    assert len({rule for line in rules for rule in line}) == 1


def test_what_has_no_value_is_said() -> None:
    assert "not finite, left out: log(x) for x ≤ 0" in picture("log(x)", "relu")
    assert "not finite, left out: log(x) for x ≤ 0" in picture("log(x)", *FIVE)


def test_equal_ones_do_not_differ() -> None:
    lines = picture("relu", "max(x, 0)")
    assert "no difference between them" in lines


def test_without_a_common_value_there_is_no_difference_to_mark() -> None:
    lines = picture("log(x)", "log(-x)")
    assert not any("largest" in line for line in lines)


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize(
    "size", [(80, 24), (50, 15), (20, 24), (80, 5), (20, 5), (5, 3), (119, 30), (120, 30), (200, 60)]
)
def test_any_size(size: tuple[int, int], unicode: bool) -> None:
    for names in (("relu", "gelu"), EIGHT):
        lines = picture(*names, terminal=Terminal(*size, unicode=unicode))
        assert lines
        if size[0] >= 80 and size[1] >= 24:
            assert len(lines) <= size[1] - 1
