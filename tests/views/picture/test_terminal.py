from typing import Any

import numpy as np
import pytest

from actcli.views.palette import appearance
from actcli.views.picture.description import Axis, Curve, Panel, Picture, Style, legend_of
from actcli.views.picture.terminal import grid, paint, shape, visible
from actcli.views.ranges import sample_points, value_axis
from actcli.views.terminal import Terminal
from tests.views.screens import Picture as Screen
from tests.views.screens import screen

RANGE = (-6.0, 6.0)
SIZES = [(80, 24), (100, 30), (120, 40), (200, 60), (50, 15), (64, 20)]


def chart(terminal: Terminal, *functions: Any, x_range: Any = RANGE, **options: Any) -> str:
    x = sample_points(x_range, terminal)
    with np.errstate(all="ignore"):  # warnings at the poles of the test functions
        values = [np.asarray(f(x), dtype=float) for f in functions]
    return drawn(
        [Curve(f"curve {i}", x, y, Style(member=i)) for i, y in enumerate(values)], terminal, x_range, **options
    )


def drawn(curves: list[Curve], terminal: Terminal, x_range: Any = RANGE, height: int | None = None) -> str:
    panel = Panel(Axis(*x_range), value_axis(curves, x_range), curves, square=True)
    return paint(Picture("a title", [panel], legend_of(*curves)), terminal, height)


def relu(x: Any) -> Any:
    return np.maximum(x, 0.0)


def is_curve(character: str) -> bool:
    return "⠀" < character <= "⣿" or character in set("*o+x●■▲◆")


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("unicode", [True, False])
def test_relu_passes_through_its_known_points(width: int, height: int, unicode: bool) -> None:
    terminal = Terminal(width, height, unicode=unicode)
    picture = Screen(chart(terminal, relu), terminal)
    zero = next(label for label in picture.rows if float(label) == 0)
    crossings = [(x, y) for x in picture.columns for y in picture.rows if float(x) == float(y) >= 0]
    assert len(crossings) >= 2
    for x, y in crossings:
        assert is_curve(picture.at(x, y)), f"relu({x}) = {y}"
    for x in picture.columns:
        if float(x) < 0:
            assert is_curve(picture.at(x, zero)), f"relu({x}) = 0"
        if float(x) > 0:
            assert not is_curve(picture.at(x, zero)), f"relu({x}) is not 0"


def test_relu_at_80x24_passes_through_the_origin_and_through_3_3_at_45_degrees() -> None:
    for terminal in (Terminal(80, 24), Terminal(90, 24)):
        picture = Screen(chart(terminal, relu), terminal)
        assert is_curve(picture.at("0", "0"))
        assert is_curve(picture.at("3", "3"))
    across = picture.columns["6"] - picture.columns["0"]
    up = picture.rows["0"] - picture.rows["6"]
    assert across == 2 * up, "a character is twice as high as wide"


@pytest.mark.parametrize(("function", "low", "middle", "high"), [(np.tanh, "-1.0", "0.0", "1.0")])
def test_tanh_saturates_where_the_ticks_say(function: Any, low: str, middle: str, high: str) -> None:
    terminal = Terminal(80, 24)
    picture = Screen(chart(terminal, function), terminal)
    assert is_curve(picture.at("-6", low))
    assert is_curve(picture.at("0", middle))
    assert is_curve(picture.at("6", high))
    assert not is_curve(picture.at("-6", high))


def test_the_axes_run_through_zero() -> None:
    terminal = Terminal(80, 24)
    picture = Screen(chart(terminal, np.exp, x_range=(-2.0, 2.0)), terminal)
    column = picture.columns["0.0"]
    assert sum(line[column : column + 1] in set("│┼") for line in picture.canvas) > 10
    row = picture.canvas[picture.rows["0"]]
    assert row[column + 1 :].count("─") > 30


def test_ticks_are_round_numbers() -> None:
    terminal = Terminal(80, 24)
    picture = Screen(chart(terminal, relu), terminal)
    assert [int(label) for label in picture.columns] == list(range(-6, 7))
    assert sorted(int(label) for label in picture.rows) == list(range(7))


def test_it_leaves_a_line_for_the_command_and_one_for_the_prompt() -> None:
    assert len(chart(Terminal(80, 24), relu).splitlines()) == 22
    assert len(chart(Terminal(80, 24), relu, np.tanh).splitlines()) == 22
    assert len(chart(Terminal(80, 24), relu, height=12).splitlines()) == 12


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("functions", [(relu,), (relu, np.tanh, np.exp)])
def test_any_size_gives_a_picture_or_one_clear_line(unicode: bool, functions: Any) -> None:
    for width in (1, 2, 7, 8, 9, 15, 20, 23, 24, 25, 33, 50, 80, 150):
        for height in (1, 2, 3, 5, 8, 9, 15, 24, 60):
            terminal = Terminal(width, height, unicode=unicode)
            lines = screen(chart(terminal, *functions), terminal)
            assert 1 <= len(lines) <= max(height - 1, 1)
            assert len(lines) == 1 or any(map(is_curve, "".join(lines)))


def test_no_colour_no_ansi_and_ascii_only() -> None:
    plain = chart(Terminal(colour=False), relu, np.tanh)
    assert "\x1b" not in plain
    assert not plain.isascii()
    assert chart(Terminal(unicode=False), relu, np.tanh).isascii()


def test_colour_changes_nothing_but_the_colour() -> None:
    import re

    coloured = chart(Terminal(colour=True), relu, np.tanh)
    for index in (0, 1):
        assert f"\x1b[38;5;{appearance(index).colour}m" in coloured
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert plain == chart(Terminal(colour=False), relu, np.tanh)
    assert "\x1b[48" not in coloured, "the background is the user's"


def test_curves_are_told_apart_without_colour() -> None:
    picture = chart(Terminal(), relu, np.tanh)
    title, legend, *canvas = picture.splitlines()
    assert (title, legend) == ("a title", "● curve 0   ■ curve 1")
    for marker in "●■":
        assert "".join(canvas).count(marker) >= 3
    ascii_canvas = "".join(chart(Terminal(unicode=False), relu, np.tanh).splitlines()[2:])
    assert ascii_canvas.count("*") > 20
    assert ascii_canvas.count("o") > 20


def test_one_curve_is_all_braille_and_needs_no_legend() -> None:
    picture = chart(Terminal(), relu)
    assert not set(picture) & set("●■▲◆○□△◇")
    assert "curve 0" not in picture


def test_a_long_legend_takes_more_lines_and_a_long_name_is_cut() -> None:
    terminal = Terminal(40, 24)
    x = sample_points(RANGE, terminal)
    names = ["x*sigmoid(1.702*x)", "leaky_relu:negative_slope=0.2", "a very long formula " * 5]
    lines = screen(drawn([Curve(name, x, x, Style(member=i)) for i, name in enumerate(names)], terminal), terminal)
    assert lines[1:3] == ["● x*sigmoid(1.702*x)", "■ leaky_relu:negative_slope=0.2"]
    assert lines[3].endswith("…")
    assert len(lines) == 22


def test_what_is_not_finite_is_left_out() -> None:
    terminal = Terminal()
    picture = Screen(chart(terminal, np.log), terminal)
    left = [line[len("-10┤") : picture.columns["0"]] for line in picture.canvas[1:]]
    assert not any(map(is_curve, "".join(left))), "log has no value to the left of zero"
    assert is_curve(picture.at("1", "0"))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nothing_finite_is_said(value: float) -> None:
    text = chart(Terminal(), lambda x: np.full_like(x, value))
    assert text == "no finite values to draw: a title\n"


@pytest.mark.parametrize(("width", "height", "text"), [(80, 3, "no room for a chart: a title\n"), (5, 24, "no r…\n")])
def test_where_there_is_no_room_it_is_said(width: int, height: int, text: str) -> None:
    assert chart(Terminal(width, height), np.tanh) == text
    assert "room" not in chart(Terminal(max(width, 10), max(height, 4)), np.tanh)


def test_a_pole_is_clipped_and_not_crossed() -> None:
    terminal = Terminal()
    picture = Screen(chart(terminal, lambda x: 1 / (x - 1 / 77)), terminal)  # a pole beside the points
    assert max(abs(float(label)) for label in picture.rows) <= 10
    zero = picture.columns["0"]
    between = [line.ljust(80)[zero] for line in picture.canvas[1:]]
    assert sum(map(is_curve, between)) < len(between) * 0.6, "the two branches are not joined"


def test_a_curve_ends_where_its_points_end() -> None:
    terminal = Terminal()
    x = np.linspace(0, 2, 200)
    picture = Screen(drawn([Curve("short", x, x)], terminal), terminal)
    columns = [i for line in picture.canvas[1:] for i, character in enumerate(line) if is_curve(character)]
    assert picture.columns["0"] <= min(columns)
    assert max(columns) == picture.columns["2"]


@pytest.mark.parametrize("unicode", [True, False])
def test_two_curves_in_one_place_have_it_in_turn(unicode: bool) -> None:
    text = chart(Terminal(unicode=unicode, colour=True), relu, relu)
    colours = [text.count(f"\x1b[38;5;{appearance(index).colour}m") for index in (0, 1)]
    assert min(colours) > 0.4 * max(colours)
    if not unicode:
        canvas = "".join(text.splitlines()[2:])
        assert min(canvas.count("*"), canvas.count("o")) > 20


def test_a_cell_that_two_curves_share_has_the_dots_of_both() -> None:
    """Two horizontal lines, one dot apart, in the same row of characters."""
    both = chart(Terminal(), lambda x: 0 * x + 5, lambda x: 0 * x + 4.94, lambda x: 0 * x)
    assert any(line.count("⠶") + line.count("⠛") + line.count("⣤") > 30 for line in both.splitlines())


def test_curves_in_one_place_are_both_marked() -> None:
    canvas = "".join(chart(Terminal(), relu, relu, relu).splitlines()[2:])
    assert all(canvas.count(marker) >= 3 for marker in "●■▲")


def test_small_pictures_do_without_a_title() -> None:
    lines = screen(chart(Terminal(30, 5), relu, np.tanh), Terminal(30, 5))
    assert lines[0] == "● curve 0   ■ curve 1"
    assert any(map(is_curve, "".join(lines[1:])))


def test_ticks_are_not_crowded() -> None:
    terminal = Terminal(200, 60)
    assert len(Screen(chart(terminal, relu), terminal).rows) <= 10
    picture = Screen(chart(Terminal(), relu, x_range=(1000.0, 1001.0)), Terminal())
    columns = list(picture.columns.values())
    assert len(columns) == 6
    assert np.ptp(np.diff(columns)) <= 1


def test_a_jump_is_upright() -> None:
    terminal = Terminal()
    picture = Screen(chart(terminal, lambda x: np.where(x > 0, 1.0, 0.0)), terminal)
    for line in picture.canvas[picture.rows["1.0"] + 1 : picture.rows["0.0"]]:
        curve = [i for i, character in enumerate(line) if is_curve(character)]
        assert curve == [picture.columns["0"]]


@pytest.mark.parametrize("value", [0.0, 1.0, -1e-300, 5e-324, 1e300, 1 + 1e-15])
def test_constants(value: float) -> None:
    terminal = Terminal()
    lines = screen(chart(terminal, lambda x: np.full_like(x, value)), terminal)
    drawn = [line for line in lines[1:-2] if sum(map(is_curve, line)) > 50]
    assert len(drawn) == 1


def test_what_is_zero_everywhere_has_an_axis_whatever_its_reach() -> None:
    zero = Curve("", np.array([0.0, 1.0]), np.zeros(2))
    axis = value_axis([zero], (0.0, 1.0), 0.0)
    assert axis.low < 0.0 < axis.high


def test_values_at_the_ends_of_the_floating_point_range() -> None:
    for function in (
        lambda x: x * 1e307,
        lambda x: x * 5e-324,
        lambda x: x * 3e307,
        lambda x: np.exp(100 * x * x),
        lambda x: 1e-12 * x,
    ):
        terminal = Terminal()
        screen(chart(terminal, function), terminal)


def test_a_range_far_from_zero() -> None:
    terminal = Terminal()
    picture = Screen(chart(terminal, np.sqrt, x_range=(100.0, 110.0)), terminal)
    assert "100" in picture.columns


def test_pictures_do_not_depend_on_the_ones_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """plotext has one figure per process, and cuts pictures at the size of the real terminal."""
    monkeypatch.setenv("COLUMNS", "40")
    first = chart(Terminal(150, 40), relu)
    norms(Terminal(), np.ones(8))
    chart(Terminal(colour=True, unicode=False), relu, np.tanh)
    assert chart(Terminal(150, 40), relu) == first
    assert max(map(len, first.splitlines())) > 100


def test_sample_points_hold_the_kinks_and_the_ticks() -> None:
    points = sample_points((-2.0, 3.0), Terminal(), kinks=[1 / 3, 7.0])
    assert {-2.0, -1.0, 0.0, 1 / 3, 1.0, 2.0, 3.0} <= set(points.tolist())
    assert points.min() == -2
    assert points.max() == 3
    assert np.diff(points).max() < 5 / 160, "finer than the dots of 80 columns"
    assert set(range(-6, 7)) <= set(sample_points(RANGE, Terminal(77)).tolist())


# --- norms over depth --------------------------------------------------------------------------------------------

LAYERS = np.arange(1.0, 22.0)


def log_picture(text: str, terminal: Terminal) -> Screen:
    return Screen(text, terminal)


def norms(terminal: Terminal, *series: np.ndarray, **options: Any) -> str:
    names = ("before training", "after training")
    curves = [
        Curve(name, LAYERS[: len(y)], y, Style(member=i), measured=True)
        for i, (name, y) in enumerate(zip(names, series, strict=False))
    ]
    known = np.concatenate([y[np.isfinite(y) & (y > 0)] for y in series] or [np.ones(1)])
    low, high = (known.min(), known.max()) if known.size else (0.1, 1.0)
    panel = Panel(Axis(1.0, 21.0, label="layer", counted=True), Axis(low, high, "log"), curves)
    return paint(Picture("norm", [panel], [(c.label, c.style) for c in curves]), terminal, **options)


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (60, 20)])
def test_a_norm_stands_at_its_power_of_ten(unicode: bool, width: int, height: int) -> None:
    terminal = Terminal(width, height, unicode=unicode)
    picture = Screen(norms(terminal, 10.0 ** (LAYERS - 21)), terminal)
    superscripts = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    seen = 0
    for row in picture.rows:
        power = int(row[2:].translate(superscripts)) if unicode else round(np.log10(float(row)))
        layer = str(power + 21)
        if layer in picture.columns:
            assert picture.at(layer, row) == ("●" if unicode else "*")
            seen += 1
    assert seen >= 3


def test_powers_of_ten_up_the_side_and_layers_along_the_bottom() -> None:
    terminal = Terminal()
    picture = Screen(norms(terminal, np.full(21, 1e-3)), terminal)
    assert {"10⁻³", "10⁻⁴", "10⁻⁵"} <= set(picture.rows)
    assert list(picture.columns) == ["1", *(str(layer) for layer in range(2, 21, 2))]
    assert picture.lines[-1].strip() == "layer"


def test_before_and_after_are_told_apart() -> None:
    text = norms(Terminal(), 10.0 ** (LAYERS - 21), np.full(21, 1e-5))
    assert text.splitlines()[1] == "● before training   ■ after training"
    canvas = "".join(text.splitlines()[2:])
    assert canvas.count("●") == 21
    assert canvas.count("■") in (20, 21), "where they meet, one covers the other"


def test_zeros_and_what_is_not_finite_are_left_out() -> None:
    y = 10.0 ** (LAYERS - 21)
    y[:3] = 0.0, np.nan, np.inf
    canvas = "".join(norms(Terminal(), y).splitlines()[2:])
    assert canvas.count("●") == 18
    nothing = norms(Terminal(), np.zeros(21), np.full(21, np.nan))
    assert nothing == "no positive finite values to draw: norm\n"


def test_the_whole_floating_point_range() -> None:
    for low, high in ((-300, 300), (-323, -300), (0, 0)):
        terminal = Terminal()
        picture = Screen(norms(terminal, np.logspace(low, high, 21)), terminal)
        assert "".join(picture.canvas[2:]).count("●") == 21


def test_one_layer() -> None:
    terminal = Terminal()
    assert "●" in "".join(screen(norms(terminal, np.array([0.5])), terminal)[2:])


@pytest.mark.parametrize("unicode", [True, False])
def test_log_charts_of_any_size(unicode: bool) -> None:
    for width in (1, 8, 20, 24, 30, 50, 80, 150):
        for height in (1, 2, 4, 5, 8, 9, 15, 24, 60):
            terminal = Terminal(width, height, unicode=unicode)
            lines = screen(norms(terminal, 10.0 ** (LAYERS - 21), np.full(21, 1e-5)), terminal)
            assert 1 <= len(lines) <= max(height - 1, 1)


def test_pictures_stand_beside_and_below_each_other() -> None:
    assert grid([["a", "bb"], ["c"], ["d", "e"]], 2, 3) == ["a    c", "bb", "d", "e"]


def test_colours_take_no_room() -> None:
    assert visible("\x1b[38;5;32mab\x1b[0m") == 2
    assert grid([["\x1b[1ma\x1b[0m"], ["b"]], 2, 1) == ["\x1b[1ma\x1b[0m  b"]


def test_panels_are_well_shaped() -> None:
    assert shape(8, 80, 20, 18, 8) == (4, 18, 10)
    assert shape(8, 200, 52, 18, 8) == (4, 48, 26)
    assert shape(2, 80, 20, 24, 7) == (2, 39, 20)
    assert shape(5, 30, 20, 24, 7) == (1, 30, 7), "no room for all: they follow each other"
    assert shape(3, 5, 1, 24, 7) == (1, 5, 7)


@pytest.mark.parametrize(("width", "across"), [(80, 4), (60, 2), (30, 1)])
def test_rows_that_belong_together_are_parted_evenly(width: int, across: int) -> None:
    x = np.linspace(0.0, 1.0, 9)
    panels = [Panel(Axis(0.0, 1.0), Axis(0.0, 1.0), [Curve("", x, x)], f"{row}{i}") for row in "ab" for i in range(4)]
    text = paint(Picture("a title", panels, columns=4), Terminal(width=width))
    titles = [line.split() for line in text.splitlines() if line[:1] in {*"ab"} and line[1:2].isdigit()]
    assert titles == [[f"{row}{i + k}" for k in range(across)] for row in "ab" for i in range(0, 4, across)]
