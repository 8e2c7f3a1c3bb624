import re
from typing import Any

import numpy as np
import pytest

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import CATALOGUE
from actcli.core.analysis.comparison import Difference
from actcli.core.lessons.collapse import CollapseConfig, collapse
from actcli.views.catalogue import catalogue_table
from actcli.views.collapse import collapse_picture, collapse_table
from actcli.views.comparison import difference_table
from actcli.views.palette import appearance, appearance_of
from actcli.views.table import Column, render, table
from actcli.views.terminal import Terminal
from actcli.views.values import jacobian_table, rowwise_table, value_table
from tests.views.screens import screen

WIDTHS = (20, 30, 50, 63, 64, 80, 120)


def lines(renderable: Any, terminal: Terminal = Terminal()) -> list[str]:  # noqa: B008 - it is immutable
    return screen(render(renderable, terminal), terminal)


# --- the frame of all tables -------------------------------------------------------------------------------------


def test_a_table() -> None:
    columns = [Column("layer", ["1", "20"]), Column("name", ["a", "b"], "left")]
    assert lines(table(columns, Terminal(), gaps=[0])) == [
        "layer  name",
        "───────────",
        "    1  a",
        "",
        "   20  b",
    ]


def test_a_table_is_the_same_without_rich() -> None:
    columns = [Column("layer", ["1", "20"]), Column("name", ["a", "b"], "left", [32, None])]
    for terminal in (Terminal(), Terminal(colour=True)):
        drawn = table(columns, terminal, gaps=[0])
        assert screen(drawn.text(terminal), terminal) == lines(drawn)
    assert "\x1b[1mlayer  name\x1b[0m\n" in drawn.text(terminal)
    assert "\x1b[38;5;32ma" in drawn.text(terminal)


def test_columns_that_do_not_fit_are_left_out_whole() -> None:
    columns = [Column("first", ["1" * 10]), Column("second", ["2" * 10]), Column("third", ["3" * 10])]
    assert lines(table(columns, Terminal(width=22)), Terminal(width=22))[0] == "     first      second"
    assert lines(table(columns, Terminal(width=21)), Terminal(width=21))[0] == "     first"


def test_render_has_ansi_only_with_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # Rich would print colours; here only the terminal decides
    drawn = table([Column("x", ["1"], colours=[32])], Terminal())
    assert render(drawn, Terminal(colour=False)) == "x\n─\n1\n"
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[38;5;32m1\x1b[0m" in render(drawn, Terminal(colour=True))


def test_markup_in_a_name_is_no_markup() -> None:
    assert lines(table([Column("[b]x[/b]", ["[red]"])], Terminal()))[::2] == ["[b]x[/b]", "   [red]"]


# --- list --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_catalogue_at_any_width(width: int, unicode: bool) -> None:
    terminal = Terminal(width, unicode=unicode)
    shown = "".join(lines(catalogue_table(CATALOGUE.values(), terminal), terminal))
    for name in CATALOGUE:
        assert name in shown


def test_the_catalogue_shows_everything_at_80_columns() -> None:
    shown = lines(catalogue_table(CATALOGUE.values(), Terminal()))
    assert shown[0].split() == ["name", "aliases", "parameters", "formula"]
    formulas = shown[0].index("formula")
    folded = " ".join(line[formulas:] for line in shown)
    for activation in CATALOGUE.values():
        assert activation.formula in folded, "a formula is folded between its words"
        for parameter in activation.parameters:
            assert f"{parameter.name}=" in "".join(shown)
        for alias in activation.aliases:
            assert alias in "".join(shown)


def test_a_formula_without_blanks_is_folded_and_not_cut() -> None:
    formula = "+".join(f"x**{n}" for n in range(40))
    activation = Elementwise("long", lambda x: x, formula, "")
    for width in (40, 80):
        shown = lines(catalogue_table([activation], Terminal(width)), Terminal(width))
        assert formula in re.sub(r"[ \n]|long", "", "".join(shown))


def test_brackets_in_a_formula_are_no_markup() -> None:
    activation = Elementwise("odd", lambda x: x, "[b]x[/b]", "")
    for width in (40, 80):
        assert "[b]x[/b]" in render(catalogue_table([activation], Terminal(width)), Terminal(width))


def test_row_wise_ones_say_so() -> None:
    shown = "\n".join(lines(catalogue_table([CATALOGUE["log_softmax"]], Terminal(120)), Terminal(120)))
    assert "(row-wise)" in shown
    assert "(row-wise)" not in "\n".join(lines(catalogue_table([CATALOGUE["relu"]], Terminal())))


# --- evaluate and differentiate ----------------------------------------------------------------------------------


def test_values_keep_every_digit_and_are_aligned_on_the_point() -> None:
    x = np.array([-800.0, -40.0, 0.0, np.nan, np.inf])
    y = np.array([0.0, 4.248354255291589e-18, 0.5, np.nan, 1.0])
    assert lines(value_table(x, y, Terminal(), heading="sigmoid(x)")) == [
        "     x               sigmoid(x)",
        "───────────────────────────────",
        "-800.0    0.0",
        " -40.0    4.248354255291589e-18",
        "   0.0    0.5",
        " nan    nan",
        " inf      1.0",
    ]


def test_kinks_are_marked_if_there_are_any() -> None:
    x, y = np.array([-1.0, 0.0, 1.0]), np.array([0.0, 0.0, 1.0])
    shown = lines(value_table(x, y, Terminal(), heading="relu'(x)", kinks=(0.0,)))
    assert [line.endswith("kink") for line in shown] == [False, False, False, True, False, False]
    assert shown[-1].startswith("kink: ")
    assert "kink" not in "".join(lines(value_table(x + 5, y, Terminal(), kinks=(0.0,))))


@pytest.mark.parametrize("width", WIDTHS)
def test_no_number_is_cut(width: int) -> None:
    x = np.array([-1.2345678901234567e-300, np.pi])
    terminal = Terminal(width)
    shown = lines(value_table(x, x, terminal, heading="a very long formula of x"), terminal)
    for line, value in zip(shown[2:], x, strict=True):
        *_, y = map(float, line.split())
        assert y == pytest.approx(value, rel=1e-2)


def test_values_of_any_shape() -> None:
    assert len(lines(value_table(np.ones((2, 3)), np.ones((2, 3)), Terminal()))) == 8
    assert len(lines(value_table(np.ones(0), np.ones(0), Terminal()))) == 2


def test_probabilities_have_bars_as_long_as_they_are() -> None:
    p = np.array([[0.5, 0.25, 0.25], [1.0, 0.0, 0.0]])
    shown = lines(rowwise_table(p, p, Terminal(), heading="softmax(x)"))
    bars = [line.count("█") for line in shown if line[:1] != "─"]
    assert shown[0].split() == ["row", "i", "x", "softmax(x)"]
    assert bars == [0, 20, 10, 10, 0, 40, 0, 0]


def test_what_is_no_probability_has_no_bar() -> None:
    x = np.array([[1.0, 2.0]])
    assert "█" not in "".join(lines(rowwise_table(x, x, Terminal())))
    shown = lines(rowwise_table(x, -x, Terminal(), heading="log_softmax(x)"))
    assert shown[0].split() == ["i", "x", "log_softmax(x)"]
    assert "█" not in "".join(shown)


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("width", WIDTHS)
def test_rows_and_jacobians_at_any_width(width: int, unicode: bool) -> None:
    terminal = Terminal(width, unicode=unicode)
    x = np.random.default_rng(0).normal(size=(3, 9))
    p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    rows = lines(rowwise_table(x, p, terminal, heading="softmax(x)"), terminal)
    assert len(rows) == 2 + 27 + 2
    assert "(x)" in rows[0], "what was computed is shown"
    shown = " ".join(lines(jacobian_table(np.outer(x[0], x[1]), terminal, name="softmax"), terminal))
    assert [shown.count(f"j = {j}") for j in range(1, 10)] == [1] * 9


def test_a_jacobian_has_i_down_and_j_across() -> None:
    shown = lines(jacobian_table(np.array([[0.1, 0.2], [0.3, 0.4]]), Terminal(), name="softmax"))
    assert shown == [
        "∂softmax_i / ∂x_j",
        "i  j = 1  j = 2",
        "───────────────",
        "1  0.100  0.200",
        "2  0.300  0.400",
    ]


# --- compare -----------------------------------------------------------------------------------------------------

PAIRS = (Difference("relu", "gelu", 0.16997, -0.7518), Difference("relu", "leaky_relu:negative_slope=0.2", 1.2, -6.0))


def test_differences() -> None:
    assert screen(difference_table(PAIRS, Terminal()), Terminal()) == [
        "                                     largest",
        "a     b                              |a − b|   at x =",
        "────────────────────────────────────────────────────────────────",
        "relu  gelu                           0.16997  -0.7518",
        "relu  leaky_relu:negative_slope=0.2  1.2      -6.0     ◀ largest",
    ]
    assert "largest" not in difference_table(PAIRS[:1], Terminal()).splitlines()[-1]


def test_differences_have_the_colours_of_the_chart() -> None:
    text = difference_table(PAIRS, Terminal(colour=True), labels=["relu", "gelu"])
    assert f"\x1b[38;5;{appearance(0).colour}mrelu" in text
    assert f"\x1b[38;5;{appearance(1).colour}mgelu" in text


def test_towers_have_the_colours_of_the_chart() -> None:
    runs = collapse(["relu", "tanh"], CollapseConfig(layers=2, width=4))
    terminal = Terminal(colour=True)
    text = render(collapse_table(runs, terminal), terminal)
    chart = {name: appearance_of(style).colour for name, style in collapse_picture(runs).legend}
    assert list(chart) == ["relu", "tanh", "nothing"]
    for name, colour in chart.items():
        assert f"\x1b[38;5;{colour}m{name}" in text


@pytest.mark.parametrize("width", [20, 40, 60])
def test_long_names_push_no_number_out(width: int) -> None:
    pair = Difference("x*sigmoid(1.702*x)" * 2, "leaky_relu:negative_slope=0.2", 0.125, 4.5)
    shown = "".join(screen(difference_table([pair], Terminal(width)), Terminal(width)))
    assert "0.125" in shown
    assert "4.5" in shown
