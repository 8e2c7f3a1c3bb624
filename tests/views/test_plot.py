"""The picture of `actcli plot`."""

import re
from typing import Any

import numpy as np
import pytest

from actcli.commands.report import graphs_on
from actcli.core.activations.family import family
from actcli.core.analysis.graph import Spot, gathered
from actcli.core.errors import InputError
from actcli.views.palette import RAMP, appearance
from actcli.views.picture.terminal import paint
from actcli.views.plot import plot_picture
from actcli.views.ranges import of_graph, places
from actcli.views.terminal import Terminal
from tests.narrow import elementwise
from tests.views.screens import Picture, screen

RANGE = (-6.0, 6.0)
DEFAULT, TALL = Terminal(), Terminal(100, 40)


def picture(
    *names: str,
    order: int = 0,
    at: tuple[float, ...] = (),
    terminal: Terminal = DEFAULT,
    data: tuple[float, ...] = (),
    **options: Any,
) -> str:
    activations = [elementwise(name) for name in names]
    drawn = graphs_on(activations, RANGE, terminal, order)
    spots = [Spot.of(activation, x, max(order, 1)) for x in at for activation in activations]
    points = gathered([np.array(data)], RANGE) if data else None
    values = [activation(points.x) for activation in activations] if points else ()
    described = plot_picture(
        drawn,
        spots,
        of=", ".join(names),
        interval=RANGE,
        points=points,
        values=values,
        source="data.txt",
    )
    text = paint(described, terminal, strict=True, **options)
    screen(text, terminal)
    return text


def test_one_activation_and_its_slope() -> None:
    lines = picture("gelu", order=1).splitlines()
    assert lines[:2] == ["f = gelu on [-6, 6]", "● f   ■ f'"]
    assert picture("gelu", order=2).splitlines()[1] == "● f   ■ f'   ▲ f''"
    assert picture("gelu").splitlines()[0] == "gelu on [-6, 6]"


def test_the_slopes_of_several_have_their_colour_and_other_markers() -> None:
    lines = picture("relu", "x*tanh(x)", order=1).splitlines()
    assert lines[1] == "● relu   ■ x*tanh(x)   ○ relu'   □ (x*tanh(x))'"
    coloured = picture("relu", "gelu", order=1, terminal=Terminal(colour=True)).splitlines()[1]
    assert (
        coloured.count(f"\x1b[38;5;{appearance(0).colour}m")
        == coloured.count(f"\x1b[38;5;{appearance(1).colour}m")
        == 2
    )


@pytest.mark.parametrize("count", [1, 2, 3, 4])
@pytest.mark.parametrize("order", [0, 1])
def test_no_two_curves_of_eight_have_the_same_marker(count: int, order: int) -> None:
    names = ("relu", "gelu", "tanh", "silu")[:count]
    legend = " ".join(picture(*names, order=order).splitlines()[1:4])
    markers = re.findall(r"([●■▲◆○□△◇]) [a-z]", legend)
    assert len(markers) == len(set(markers))


def test_the_slope_of_relu_is_a_jump_and_not_a_line_up() -> None:
    shown = Picture(picture("relu", order=1, terminal=Terminal(100, 30)), Terminal(100, 30))
    zero, right = shown.columns["0"], shown.columns["1"]
    between = range(shown.rows["1"] + 1, shown.rows["0"])
    assert {shown.canvas[row][zero] for row in between} == {"│"}
    assert shown.canvas[shown.rows["1"]][right] != " "


def test_broken_lines_are_broken() -> None:
    flat = picture("identity", "relu", order=1, terminal=Terminal(unicode=True)).splitlines()[2:-2]
    slope_of_identity = max(flat, key=lambda line: line.count("⠤") + line.count("⠒") + line.count("⣀"))
    assert " " in slope_of_identity.strip(" ┤│├0123456789")[3:-3]


def test_a_point_is_marked_with_its_value_slope_and_tangent() -> None:
    text = picture("tanh", at=(0.0, -2.0))
    assert text.splitlines()[-2:] == [
        "x =  0.0   f =  0.0         f' = 1.0",
        "x = -2.0   f = -0.9640276   f' = 0.07065082",
    ]
    shown = Picture(text.rpartition("x =  0.0")[0], Terminal())
    assert shown.at("0", "0.0") == "◉"
    # The tangent at 0 is y = x.
    assert shown.at("1", "1.0") not in " ─│"
    assert Picture(picture("tanh"), Terminal()).at("1", "1.0") in " ─│"


def test_a_kink_is_said_and_what_is_not_finite_is_not_marked() -> None:
    assert picture("relu", at=(0.0,)).splitlines()[-1] == "x = 0.0   f = 0.0   f' = 0.0   kink"
    text = picture("1/x", at=(0.0,))
    assert "x = 0.0   f = inf   f' = nan" in text
    assert "◉" not in text


def test_several_activations_have_a_line_each() -> None:
    assert picture("relu", "gelu", at=(1.0,)).splitlines()[-2:] == [
        "x = 1.0   relu = 1.0         relu' = 1.0",
        "x = 1.0   gelu = 0.8413447   gelu' = 1.083315",
    ]


def test_an_activation_may_come_twice() -> None:
    assert picture("relu", "relu", at=(1.0, 2.0), order=1).count("relu = 2.0") == 2


def test_a_users_points_lie_on_the_curve() -> None:
    text = picture("relu", terminal=TALL, data=(-3.0, 3.0, 3.0, 50.0, np.nan))
    note = "data.txt: 5 points, 1 outside of [-6, 6] (they reach from -3.0 to 50.0), 1 not finite"
    assert text.splitlines()[-1] == note
    shown = Picture(text.rpartition("data.txt")[0], TALL)
    assert (shown.at("-3", "0"), shown.at("3", "3")) == ("◉", "◉")
    assert "".join(shown.canvas).count("◉") == 2


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("log(x)", "not finite, left out: log(x) for x ≤ 0"),
        ("1/x", "not finite, left out: 1/x at x = 0"),
        ("sqrt(0.3 - x)", "not finite, left out: sqrt(0.3 - x) for x > 0.3"),
        ("sqrt(x*x - 4)", "not finite, left out: sqrt(x*x - 4) for -2 < x < 2"),
        ("1/((x - 1)*(x + 1)*x*(x - 2))", "at x = -1 and at x = 0 and at x = 1 and at 1 more place"),
    ],
)  # fmt: skip
def test_what_is_left_out_is_said(name: str, note: str) -> None:
    joined = " ".join(picture(name).splitlines()[-2:])
    assert note in joined


def test_an_interval_whose_ends_read_alike_is_told_as_one_place() -> None:
    # step's kink at 0 adds the two float64s next to 0, where 1/x overflows too
    assert picture("1/x", "step").splitlines()[-1] == "not finite, left out: 1/x at x = 0"
    assert places([(2.0 + 1e-13, 2.0 + 2e-13)], -6.0, 6.0) == "close to x = 2"
    assert places([(-1e-13, -5e-324), (5e-324, 1e-13)], -6.0, 6.0) == "close to x = 0", "said once of both sides"


def test_there_is_no_note_where_nothing_is_left_out() -> None:
    assert "left out" not in picture("gelu", "step", order=1)


def test_beside_a_pole_the_rest_can_still_be_seen() -> None:
    shown = Picture(picture("1/x").rpartition("not finite")[0], Terminal())
    assert max(float(label) for label in shown.rows) <= 20


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("size", [(80, 24), (50, 15), (20, 24), (80, 5), (20, 5), (8, 3), (1, 1)])
def test_any_size(size: tuple[int, int], unicode: bool) -> None:
    terminal = Terminal(*size, unicode=unicode)
    lines = screen(picture("gelu", "1/x", order=1, at=(1.0,), data=(1.0, 2.0), terminal=terminal), terminal)
    assert size[1] < 10 or len(lines) <= size[1] - 1


@pytest.mark.parametrize(("names", "order", "least"), [(["relu"], 0, 5), (["relu"], 1, 6), (["relu", "gelu"], 1, 6)])
def test_the_least_height_has_both_axes_and_below_it_is_refused(names: list[str], order: int, least: int) -> None:
    for height in range(least, least + 5):
        drawn = Picture(picture(*names, order=order, height=height), DEFAULT)
        assert len(drawn.lines) == height
        assert ("0" in drawn.rows, "6" in drawn.columns) == (True, True)
    with pytest.raises(InputError, match=f"--size x{least - 1}: this picture takes {least} lines or more"):
        picture(*names, order=order, height=least - 1)


def test_notes_need_room_too() -> None:
    assert len(picture("log(x)", height=6).splitlines()) == 6
    with pytest.raises(InputError, match="takes 6 lines or more"):
        picture("log(x)", height=5)


# --- differences too small to see, too many curves, panels -------------------------------------------------------


def test_a_small_difference_is_stated_and_drawn_if_there_is_room() -> None:
    note = "relu and leaky_relu differ by 0.06 at most, at x = -6.0"
    assert picture("relu", "leaky_relu").splitlines()[-1] == note
    tall = picture("relu", "leaky_relu", terminal=TALL).splitlines()
    panel = tall.index("leaky_relu − relu")
    assert any(line.startswith(("-0.04", "-0.05", "-0.06")) for line in tall[panel:])
    assert len(tall) > 24


@pytest.mark.parametrize("names", [("relu", "gelu"), ("relu", "max(x, 0)"), ("relu", "relu"), ("log(x)", "log(-x)")])
def test_no_note_for_visible_zero_or_undefined_differences(names: tuple[str, ...]) -> None:
    assert "differ" not in picture(*names)


def test_more_than_eight_have_a_panel_each() -> None:
    names = ("relu", "gelu", "silu", "tanh", "sigmoid", "elu", "selu", "mish", "celu")
    text = picture(*names, terminal=Terminal(120, 40))
    assert len(re.findall(r"└", text)) == 9
    assert len(re.findall(r"└", picture(*names[:8], terminal=Terminal(120, 40)))) == 1


def test_a_family_has_a_ramp_of_colours_in_one_chart() -> None:
    names = family("silu:beta=0.1..10")
    drawn = graphs_on([elementwise(name) for name in names], RANGE, DEFAULT)
    described = plot_picture(drawn, of="silu:beta=0.1..10", interval=RANGE, family=True)
    text = paint(described, Terminal(colour=True))
    colours = re.findall(r"\x1b\[38;5;(\d+)m[●■▲◆○□△]\x1b\[0m silu", text)
    assert len({*colours}) == 7
    assert (int(colours[0]), int(colours[-1])) == (RAMP[0], RAMP[-1])
    assert text.startswith("silu:beta=0.1..10 on [-6, 6]\n")


def test_the_slopes_of_a_small_family_have_markers_of_their_own() -> None:
    names = family("elu:alpha=0.5/1/2")
    drawn = graphs_on([elementwise(name) for name in names], RANGE, DEFAULT, 1)
    described = plot_picture(drawn, of="elu", interval=RANGE, family=True)
    text = paint(described, DEFAULT)
    assert re.findall(r"([●■▲○□△]) \(?elu", text) == [*"●■▲○□△"]


def test_a_tangent_reaches_across_the_picture() -> None:
    """sigmoid(4) = 0.982 with slope 0.0177: the tangent is far above the curve on the left."""
    lines = picture("sigmoid", at=(4.0,)).splitlines()
    row = next(line for line in lines if line.startswith("0.8┤"))
    assert "\u2800" < row[4] <= "\u28ff", "0.982 - 10 * 0.0177 = 0.805"


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("x/(exp(x) - 1)", -1.0, 0.0), ("(1 - cos(x))/x**2", -0.1351, 0.1351), ("tanh(x)/x", -0.4, 0.4)],
)
def test_beside_a_hole_the_rounding_of_a_formula_is_not_drawn(text: str, low: float, high: float) -> None:
    """The bounds are those of the exact slopes; computed as it is written x/(exp(x) - 1) has slopes up to 1e9."""
    (graph,) = graphs_on([elementwise(text)], RANGE, DEFAULT, 1)
    slope = of_graph(graph, 1, "f'")
    seen = slope.finite().y
    assert np.nanmax(np.abs(graph.derivatives[1])) > 2 * high + 1
    assert low - 1e-3 < seen.min() <= seen.max() < high + 1e-3
    assert np.isnan(slope.y[slope.x == 0.0]).all()


def test_beside_a_pole_all_is_drawn() -> None:
    (graph,) = graphs_on([elementwise("1/x")], RANGE, DEFAULT, 1)
    for order in (0, 1):
        np.testing.assert_array_equal(of_graph(graph, order, "").y, graph.derivatives[order])
