import re

import pytest

from actcli.views.comparison import property_table
from actcli.views.palette import appearance
from actcli.views.terminal import Terminal
from tests.views.screens import described, screen

FIVE = ("relu", "gelu", "silu", "mish", "selu")
EIGHT = (*FIVE, "tanh", "sigmoid", "x*sigmoid(1.702*x)")


def table(names: tuple[str, ...], terminal: Terminal = Terminal()) -> str:  # noqa: B008 - it is immutable
    return property_table([described(name) for name in names], terminal)


def lines(names: tuple[str, ...], terminal: Terminal = Terminal()) -> list[str]:  # noqa: B008 - it is immutable
    return screen(table(names, terminal), terminal)


def test_two_side_by_side() -> None:
    shown = lines(("gelu", "relu6"))
    assert shown[0] == "             ● gelu             ■ relu6"
    assert shown[2] == "range        [-0.17, ∞)         [0, 6]"
    assert shown[3:5] == ["minimum      at -0.7518         x ≤ 0", "maximum      –                  x ≥ 6"]
    assert shown[-2] == "E f'(z)²     0.4559             0.5"
    assert not any(line.startswith(("jumps", "poles")) for line in shown), "rows that say nothing are left out"


def test_five_have_room_in_80_columns() -> None:
    shown = lines(FIVE)
    assert shown[0].split() == ["●", "relu", "■", "gelu", "▲", "silu", "◆", "mish", "○", "selu"]
    assert sum(line.startswith("range") for line in shown) == 1
    assert "strictly" in shown[4]
    assert shown[5].split() == ["increasing"], "a long cell is folded within its column"
    assert shown[5].index("increasing") == shown[0].index("○")


def test_eight_are_folded_into_panels() -> None:
    shown = lines(EIGHT)
    assert sum(line.startswith("range") for line in shown) == 2
    assert shown.count("") == 1
    for name in EIGHT:
        assert name in re.sub(r"\n *", "", "\n".join(shown))


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("width", [20, 30, 50, 80, 200])
def test_at_any_width_no_number_is_lost(width: int, unicode: bool) -> None:
    terminal = Terminal(width, unicode=unicode)
    together = "".join("".join(lines(EIGHT, terminal)).split())
    for number in ("-0.7518", "1.129", "-2.279", "0.3989", "0.4252", "-0.1636", "4.357"):
        assert number in together


def test_names_have_the_colours_of_the_chart() -> None:
    text = table(("gelu", "relu"), Terminal(colour=True))
    assert f"\x1b[38;5;{appearance(0).colour}m● gelu" in text
    assert f"\x1b[38;5;{appearance(1).colour}m■ relu" in text
    assert "\x1b" not in table(("gelu", "relu"))


def test_where_not_even_the_labels_have_room_one_line_says_so() -> None:
    for width in (1, 10, 16):
        assert table(("relu", "tanh"), Terminal(width, 24)) == "no room for the properties"[:width] + "\n"
    assert "range" in table(("relu", "tanh"), Terminal(24, 24))
