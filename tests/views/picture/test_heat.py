"""Heat maps and region maps in characters."""

import re
from dataclasses import replace

import numpy as np
import pyte
import pytest

from actcli.views.palette import appearance, rgb
from actcli.views.picture import heat
from actcli.views.picture.description import Axis, HeatMap, Marks, Panel, Picture, RegionMap, Style, Trail
from actcli.views.picture.dots import DotAxis
from actcli.views.picture.heat import colours_of, depth, nearest, scale_line, trail_cells
from actcli.views.picture.terminal import paint
from actcli.views.terminal import Terminal
from tests.views.screens import screen

COLOUR = Terminal(60, 20, colour=True)
RISING = np.tile(np.linspace(0.0, 1.0, 240), (120, 1))
"""A map that rises from 0 on the left to 1 on the right."""


def picture(
    values: np.ndarray = RISING,
    contours: tuple[float, ...] = (),
    middle: float | None = None,
    marks: tuple[Marks, ...] = (),
) -> Picture:
    drawn = HeatMap(values, 0.0, 1.0, "value", middle, contours)
    return Picture("a map", [Panel(Axis(-3.0, 3.0, label="x1"), Axis(-2.0, 2.0, label="x2"), marks=marks, heat=drawn)])


def cells(text: str) -> list[list[str]]:
    """The cells right of the axis, for each row of the map, without escape sequences."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()
    rows = [line for line in plain[2:] if re.match(r" *(-?\d+)?[┤│|+](?![-+]{2})", line)]
    wide = max(map(len, plain[2:]))
    return [list(re.split("[┤│|+]", row.ljust(wide), maxsplit=1)[1]) for row in rows]


@pytest.mark.parametrize("unicode", [True, False])
def test_without_colour_more_is_darker(unicode: bool) -> None:
    terminal = replace(COLOUR, colour=False, unicode=unicode)
    lines = screen(paint(picture(), terminal), terminal)
    shades = "·░▒▓█" if unicode else ".:-=+*#%@"
    for row in cells("\n".join(lines)):
        ranks = [shades.index(cell) for cell in row]
        assert ranks == sorted(ranks)
        assert (ranks[0], ranks[-1]) == (0, len(shades) - 1)


def test_the_rows_begin_at_the_bottom() -> None:
    terminal = replace(COLOUR, colour=False)
    up = cells(paint(picture(RISING.T), terminal))
    assert {*up[0]} == {"█"}
    assert {*up[-1]} == {"·"}


@pytest.mark.parametrize(("number", "colours"), [(1 << 24, "2"), (256, "5")])
def test_two_pixels_a_cell_in_the_colours_that_there_are(number: int, colours: str) -> None:
    text = paint(picture(RISING.T), replace(COLOUR, colours=number))
    assert text.count("▀") > 500
    codes = {*re.findall(r"\x1b\[38;(\d);[\d;]+48;(\d);", text)}
    assert codes == {(colours, colours)}
    # Each cell has two different colours, upper and lower: the map rises from bottom to top.
    pairs = re.findall(r"\x1b\[38;\d;([\d;]+);48;\d;([\d;]+)m", text)
    assert sum(upper != lower for upper, lower in pairs) > 5


@pytest.mark.parametrize("height", range(18, 24))
def test_a_row_at_the_end_of_the_axis_is_drawn_around_the_marks(height: int) -> None:
    """As in `phase` at σ_b² = 0: half of the lowest row, which has the marks, is below the axis."""
    mark = Marks(np.array([2.0]), np.array([0.0]), Style())
    panel = Panel(Axis(0.0, 4.0), Axis(-1 / 78, 1 + 1 / 78), marks=[mark], heat=HeatMap(RISING, 0.0, 1.0))
    text = paint(Picture("a map", [panel]), replace(COLOUR, height=height))
    row = re.split("[┤│]", next(line for line in text.splitlines() if "●" in line))[1]
    assert {*re.sub(r"\x1b\[[0-9;]*m", "", row)} == {"▀", "●"}
    assert len(re.findall(r";48;", row)) > 10, "a colour for both halves of the cells"


def test_a_cell_whose_half_is_unknown_has_the_colour_of_the_other() -> None:
    unknown = np.full_like(RISING, np.nan)
    terminal = replace(COLOUR, height=19)
    for upper, lower, character in ((RISING, unknown, "▀"), (unknown, RISING, "▄")):
        rows = cells(paint(picture(np.tile(np.vstack([lower[:1], upper[:1]]), (10, 1))), terminal))
        assert character in {cell for row in rows for cell in row}


def test_of_16_colours_five_are_taken_and_of_8_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for colours, count in ((16, 5), (8, 0)):
        monkeypatch.setattr(heat, "depth", lambda terminal, colours=colours: colours)
        map_alone = paint(picture(), COLOUR).split("\n", 2)[2]
        grounds = {*re.findall(r"\x1b\[\d+;(4\d|10\d)m", map_alone)}
        assert len(grounds) == count
    assert "░" in map_alone


def test_no_escape_sequence_leaks_into_the_next_line() -> None:
    for terminal in (COLOUR, replace(COLOUR, unicode=False)):
        emulator = pyte.Screen(terminal.width, 30)
        pyte.Stream(emulator).feed(paint(picture(), terminal).replace("\n", "\r\n") + "after")
        last = emulator.buffer[emulator.cursor.y]
        assert (last[0].data, last[0].fg, last[0].bg) == ("a", "default", "default")


def test_a_contour_is_where_the_level_is_crossed() -> None:
    x, y = np.meshgrid(np.linspace(-3, 3, 300), np.linspace(-2, 2, 200))
    round_hill = np.exp(-(x**2 + y**2) / 2)
    terminal = replace(COLOUR, colour=False)
    rows = cells(paint(picture(round_hill, contours=(0.5,)), terminal))
    line = [(r, c) for r, row in enumerate(rows) for c, cell in enumerate(row) if "\u2800" < cell < "\u2900"]
    assert len(line) > 15
    height, width = len(rows), len(rows[0])
    for r, c in line:
        at = np.hypot(-3 + 6 * c / (width - 1), 2 - 4 * r / (height - 1))
        assert at == pytest.approx(np.sqrt(2 * np.log(2)), abs=0.45), "the circle of half the height"


def test_marks_stand_on_the_map() -> None:
    mark = Marks(np.array([0.0]), np.array([0.0]), Style("spot"))
    for terminal in (COLOUR, replace(COLOUR, colour=False)):
        rows = cells(paint(picture(marks=(mark,)), terminal))
        (place,) = [(r, c) for r, row in enumerate(rows) for c, cell in enumerate(row) if cell == "◉"]
        assert abs(place[0] - len(rows) / 2) <= 1
        assert abs(place[1] - len(rows[0]) / 2) <= 1


def test_what_has_no_value_is_left_blank() -> None:
    values = RISING.copy()
    values[:, 120:] = np.nan
    rows = cells(paint(picture(values), replace(COLOUR, colour=False)))
    assert all("".join(row)[len(row) // 2 + 2 :].strip() == "" for row in rows)
    assert "█" not in "".join(map("".join, rows))


def test_the_scale_is_said() -> None:
    line = scale_line(HeatMap(RISING, 0.0, 1.0, "value"), replace(COLOUR, colour=False))
    assert (line[0], line.split()[-2:]) == ("0", ["1", "value"])
    assert "(0.25 in the middle)" in scale_line(HeatMap(RISING, 0.0, 1.0, "value", 0.25), COLOUR)
    regions = RegionMap(np.zeros((2, 2), dtype=np.int64), ("in", "out"))
    assert re.sub(r"\x1b\[[0-9;]*m", "", scale_line(regions, COLOUR)).split() == ["▀▀", "in", "▀▀", "out"]


def luminance(colours: np.ndarray) -> np.ndarray:
    shares = colours / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def test_the_scale_grows_lighter_evenly() -> None:
    lightness = 116 * np.cbrt(luminance(colours_of(HeatMap(RISING, 0.0, 1.0)))) - 16
    steps = np.diff(lightness)
    assert (steps > 0).all()
    assert steps.max() < 2.0 * steps.mean()


def test_the_two_halves_of_a_diverging_scale_are_told_apart_and_meet_in_the_middle() -> None:
    colours = colours_of(HeatMap(RISING, -1.0, 3.0, middle=0.0))
    middle = colours[round(255 / 4)]
    assert middle.min() > 240
    assert colours[0][2] > colours[0][0], "blue below"
    assert colours[-1][0] > colours[-1][2], "red above"
    # Equal distances from the middle have equal luminance: -1 is no darker than 1.
    assert luminance(colours[0]) == pytest.approx(luminance(colours[round(255 / 2)]), abs=0.12)


def test_the_nearest_of_the_256_colours() -> None:
    for code in (16, 21, 99, 196, 231, 232, 255):
        assert rgb(nearest(*rgb(code))) == rgb(code)


def test_regions_have_the_colours_of_their_members() -> None:
    classes = np.repeat(np.array([[0, 1, 2]]), 50, axis=0)
    drawn = Picture("regions", [Panel(Axis(0.0, 1.0), Axis(0.0, 1.0), heat=RegionMap(classes, ("a", "b", "c")))])
    text = paint(drawn, COLOUR)
    for index in range(3):
        assert f"48;5;{nearest(*rgb(appearance(index).colour))}" in text
    plain = cells(paint(drawn, replace(COLOUR, colour=False)))
    assert len({*plain[3]}) == 3


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("size", [(80, 24), (50, 15), (20, 24), (80, 5), (20, 5), (8, 3), (1, 1), (200, 60)])
def test_any_size(size: tuple[int, int], unicode: bool) -> None:
    terminal = Terminal(*size, unicode=unicode)
    assert screen(paint(picture(contours=(0.5,)), terminal), terminal)
    around_zero = Panel(Axis(-2.0, 6.0), Axis(-0.5, 1.5), heat=HeatMap(RISING, 0.0, 1.0, "value"))
    for height in range(2, 12):
        assert screen(paint(Picture("a map", [around_zero]), replace(terminal, height=height)), terminal)


def test_depth() -> None:
    assert depth(Terminal()) == 0
    assert depth(replace(COLOUR, colours=1 << 24)) == 1 << 24
    assert depth(COLOUR) == 256


def test_a_trail_is_dots_of_braille_where_it_leads() -> None:
    x, y = DotAxis(0, 0.1, 20, 1, 1.0), DotAxis(0, 0.1, 10, 2, 1.0)
    level = Trail(np.array([-0.05, 1.95]), np.array([0.5, 0.5]), Style("reference"))
    # The sixth dot is the upper half of the third cell; its middle is between two braille rows: the upper one counts.
    assert trail_cells([level], x, y, unicode=True) == {(column, 2): "⠉" for column in range(20)}
    assert trail_cells([level], x, y, unicode=False) == {(column, 2): "-" for column in range(20)}
    upright = Trail(np.array([0.5, 0.5]), np.array([-0.05, 1.95]), Style("reference"))
    crossing = trail_cells([level, upright], x, y, unicode=True)
    assert {row for column, row in crossing if column == 5} == {*range(10)}
    assert ord(crossing[5, 2]) & ord("⠉") == ord("⠉"), "both are to be seen where they cross"


def test_the_scale_is_shorter_where_its_label_would_be_cut() -> None:
    heat_map = HeatMap(RISING, -5.58, -0.346, "log10(norm)")
    for width in (39, 80):
        line = re.sub(r"\x1b\[[0-9;]*m", "", scale_line(heat_map, replace(COLOUR, width=width)))
        assert line.startswith("-5.58 ▀▀▀▀▀▀▀▀")
        assert line.endswith("▀ -0.346  log10(norm)")
        assert len(line) <= width


def test_strips_of_thumbnails_stand_below_each_other() -> None:
    """Beside each other the thumbnails of 16 units would be three characters wide and 17 high."""
    strip = Panel(Axis(0.0, 16.0), Axis(0.0, 1.0), heat=HeatMap(RISING, 0.0, 1.0), title="layer", bare=True)
    terminal = Terminal(80, 24, colour=True)
    lines = screen(paint(Picture("units", [strip] * 3, columns=1), terminal), terminal)
    assert [line for line in lines if line.startswith("layer")] == ["layer"] * 3
    assert len(lines) <= 22


def test_no_tick_of_a_counted_axis_is_beyond_its_end() -> None:
    layers = Axis(1.0, 9.0, label="layer", counted=True)
    drawn = Panel(Axis(0.0, 1.0), layers, heat=HeatMap(RISING, 0.0, 1.0))
    for height in range(9, 24):
        labels = [line.split("┤")[0] for line in paint(Picture("", [drawn]), Terminal(60, height)).splitlines()]
        numbers = [int(label) for label in labels if label.strip().isdigit()]
        assert numbers[-1:] == [1], height
        assert 1 < numbers[0] <= 9
