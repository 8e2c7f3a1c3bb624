"""Every picture on both painters: the same curves, labels and ranges."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from itertools import combinations
from typing import Literal
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from actcli.commands.report import graphs_on
from actcli.core.activations.activation import Activation, RowWise
from actcli.core.activations.catalogue import resolve
from actcli.core.analysis.comparison import compare, curves_over
from actcli.core.analysis.density import pushforward
from actcli.core.analysis.graph import Spot, gathered
from actcli.core.analysis.properties import describe
from actcli.core.audit.auditor import Auditor
from actcli.core.errors import InputError
from actcli.core.lessons.approximation import approximate
from actcli.core.lessons.calibration import calibrate
from actcli.core.lessons.collapse import CollapseConfig, collapse
from actcli.views.approximation import approximation_picture
from actcli.views.audit import error_picture
from actcli.views.calibration import calibration_picture
from actcli.views.card import card_picture, plot_range
from actcli.views.collapse import collapse_picture
from actcli.views.comparison import comparison_picture, largest
from actcli.views.density import density_picture
from actcli.views.depth import depth_picture
from actcli.views.depth_table import groups_of
from actcli.views.picture.description import Axis, Curve, HeatMap, Marks, Panel, Picture, RegionMap, Style
from actcli.views.picture.page import figure, page
from actcli.views.picture.page_curves import landmarks
from actcli.views.picture.terminal import paint
from actcli.views.plot import plot_picture
from actcli.views.ranges import of_graph
from actcli.views.terminal import Terminal
from tests.core.kernels import gelu_with_tanh, inputs
from tests.each import each
from tests.fuzz.pictures import unreadable
from tests.narrow import elementwise
from tests.views.screens import screen
from tests.views.test_depth import run

RANGE = (-6.0, 6.0)
ROOMY = Terminal(119, 70)
SVG = "{http://www.w3.org/2000/svg}"


def rowwise(activation: Activation) -> RowWise:
    assert isinstance(activation, RowWise)
    return activation


SOFTMAX = rowwise(resolve("softmax"))


def plotted(*names: str, order: int = 0, at: tuple[float, ...] = (), data: tuple[float, ...] = ()) -> Picture:
    activations = [elementwise(name) for name in names]
    spots = [Spot.of(activation, x, max(order, 1)) for x in at for activation in activations]
    points = gathered([np.array(data)], RANGE) if data else None
    return plot_picture(
        graphs_on(activations, RANGE, Terminal(), order),
        spots,
        of=", ".join(names),
        interval=RANGE,
        points=points,
        values=[activation(points.x) for activation in activations] if points else (),
        source="data.txt",
    )


def compared(*names: str) -> Picture:
    activations = curves_over([resolve(name) for name in names], *RANGE)
    drawn = graphs_on(activations, RANGE, Terminal(), 1)
    return comparison_picture(drawn, largest(compare(activations, *RANGE)), interval=RANGE)


def carded(name: str) -> Picture:
    properties = describe(elementwise(name))
    assert properties.curve is not None
    (graph,) = graphs_on([elementwise(name)], plot_range(properties.curve), Terminal(), 1)
    return card_picture(properties, [of_graph(graph, 0, "f"), of_graph(graph, 1, "slope f'", Style(member=1))])


def audited() -> Picture:
    x = inputs("gelu", "bfloat16")
    auditor = Auditor(resolve("gelu"), "bfloat16")
    auditor.add(x, np.where(x == -2.0, np.nan, gelu_with_tanh("bfloat16")(x)))
    return error_picture(auditor.result())


def approximated() -> Picture:
    (target,) = curves_over([resolve("sin(3*x)")], -3.0, 3.0)
    return approximation_picture(target, [*approximate(target, resolve("relu"), (4, 16), -3.0, 3.0)], (-3.0, 3.0))


PICTURES: dict[str, Callable[[], Picture]] = {
    "plot": lambda: plotted("gelu"),
    "plot with slope, point and data": lambda: plotted("tanh", order=2, at=(1.0,), data=(-2.0, 2.0)),
    "plot of several": lambda: plotted("relu", "gelu", "x*tanh(x)", order=1),
    "plot of many": lambda: plotted("relu", "gelu", "silu", "tanh", "elu", "selu", "mish", "celu", "sin", "softplus"),
    "plot of what is nearly the same": lambda: plotted("relu", "leaky_relu"),
    "plot of a pole": lambda: plotted("1/x", "log(x)"),
    "compare": lambda: compared("relu", "gelu", "silu"),
    "compare many": lambda: compared("relu", "gelu", "silu", "tanh", "elu", "log(x)"),
    "density": lambda: density_picture(
        pushforward(elementwise("identity")),
        [pushforward(elementwise("relu")), pushforward(elementwise("gelu"))],
        title="z",
    ),
    "describe": lambda: carded("gelu"),
    "audit": audited,
    "approximate": approximated,
    "collapse": lambda: collapse_picture(collapse([*map(elementwise, ("relu", "tanh"))], CollapseConfig(8, 6))),
    "gradient-depth": lambda: depth_picture(groups_of([run(theory=0.26)])),
    "gradient-depth of two": lambda: depth_picture(groups_of([run(theory=0.26), run("relu", "he", factor=1.0)])),
    "calibration": lambda: calibration_picture(calibrate(SOFTMAX)),
    "a heat map": lambda: heated(HeatMap(np.outer(*2 * [np.arange(9.0)]), 0.0, 64.0, "v", contours=(20.0,))),
    "regions": lambda: heated(RegionMap(np.arange(12).reshape(3, 4) % 2, ("in", "out"))),
}


def heated(heat: HeatMap | RegionMap) -> Picture:
    marks = [Marks(np.array([0.5]), np.array([1.0]), Style("spot"))]
    return Picture("a map", [Panel(Axis(0.0, 1.0, label="x1"), Axis(0.0, 2.0, label="x2"), marks=marks, heat=heat)])


@cache
def picture(name: str) -> Picture:
    return PICTURES[name]()


@each("name", PICTURES)
def test_the_page_has_the_curves_labels_and_ranges_of_the_picture(name: str) -> None:
    drawn = figure(picture(name))
    axes = [each for each in drawn.axes if each.get_label() != "<colorbar>"]
    shown = [panel for panel in picture(name).panels if not panel.empty]
    assert len(axes) == len(shown)
    for plot, panel in zip(axes, shown, strict=True):
        assert " ".join(plot.get_title(loc="left").split()) == panel.title
        assert panel.x.label in ("", plot.get_xlabel()) or plot is not axes[-1]
        for axis, (low, high) in ((panel.x, plot.get_xlim()), (panel.y, plot.get_ylim())):
            assert low <= axis.low <= axis.high <= high
            if axis.scale == "linear":
                assert high - low <= 1.07 * (axis.high - axis.low), "no more than a margin around it"
        lines = {line.get_gid(): line for line in plot.lines if line.get_gid()}
        assert len(lines) == len({curve.label for curve in panel.curves})
        for curve in panel.curves:
            y = np.asarray(lines[f"curve {curve.label}"].get_ydata())
            if sum(other.label == curve.label for other in panel.curves) == 1:
                assert y[np.isfinite(y)].tolist() == curve.y[np.isfinite(curve.y)].tolist()
        assert len(plot.patches) >= len(panel.histograms)
    legend = drawn.legends[0] if drawn.legends else None
    entries = [] if legend is None else [text.get_text() for text in legend.get_texts()]
    assert entries == [label for label, _ in picture(name).legend]
    words = " ".join(text.get_text() for text in drawn.texts)
    for text in (picture(name).title, *picture(name).notes, *(fact for pair in picture(name).facts for fact in pair)):
        assert " ".join(text.split()) in " ".join(words.split())


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("unicode", [True, False])
def test_the_terminal_has_the_curves_labels_and_ranges_of_the_picture(name: str, unicode: bool) -> None:
    terminal = replace(ROOMY, unicode=unicode)
    text = paint(picture(name), terminal, 66)
    lines = screen(text, terminal)
    words = " ".join(" ".join(lines).split())
    shown = [panel for panel in picture(name).panels if not panel.empty]
    for label in (picture(name).title, *(entry for entry, _ in picture(name).legend)):
        assert terminal.text(" ".join(label.split()))[:70] in words
    for panel in shown:
        assert terminal.text(panel.title)[:12] in words
    frames = [re.findall("└" if unicode else r"\+[-+]{8,}", line) for line in lines]
    assert sum(map(len, frames)) >= len(shown)
    for note in picture(name).notes:
        assert " ".join(terminal.text(note).split())[:40] in words
    ticks = [float(word) for word in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])", words)]
    for axis in {panel.x for panel in shown if panel.x.scale == "linear"}:
        inside = [tick for tick in ticks if axis.low - 1e-9 <= tick <= axis.high + 1e-9]
        assert max(inside) - min(inside) >= 0.45 * (axis.high - axis.low)


@pytest.mark.parametrize("name", ["plot", "plot of several", "compare", "plot of a pole"])
def test_curves_in_svg_are_paths_with_as_many_vertices_as_the_points(name: str) -> None:
    root = ElementTree.fromstring(page(picture(name), ".svg"))
    groups = {group.attrib.get("id"): group for group in root.iter(f"{SVG}g")}
    for curve in picture(name).panels[0].curves:
        path = groups[f"curve {curve.label}"].find(f"{SVG}path")
        assert path is not None
        vertices = re.findall(r"[ML] (\S+) (\S+)", path.attrib["d"])
        low, high = picture(name).panels[0].y.low, picture(name).panels[0].y.high
        if np.nanmin(curve.y) >= low and np.nanmax(curve.y) <= high:
            assert len(vertices) == np.isfinite(curve.y).sum()
            assert path.attrib["d"].count("M") == len([*curve.pieces()])
            # x of the drawing is an affine function of the curve's x.
            x = np.array([float(x) for x, _ in vertices])
            scale = np.polyfit(curve.x[np.isfinite(curve.y)], x, 1)
            assert np.abs(np.polyval(scale, curve.x[np.isfinite(curve.y)]) - x).max() < 1e-3


def test_all_text_of_an_svg_is_text_and_no_braille() -> None:
    for name in PICTURES:
        text = page(picture(name), ".svg").decode()
        words = " ".join("".join(each.itertext()) for each in ElementTree.fromstring(text).iter(f"{SVG}text"))
        assert picture(name).title.split()[0] in words
        assert all(label in words for label, _ in picture(name).legend)
        assert not re.search("[\u2801-\u28ff]", text)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_same_picture_is_the_same_file(theme: str) -> None:
    files = [page(picture("compare"), ".svg", theme) for _ in range(2)]  # type: ignore[arg-type]  # one of the two
    assert files[0] == files[1]


def test_a_dollar_is_no_formula() -> None:
    panel = Panel(Axis(0.0, 1.0), Axis(0.0, 1.0), [Curve("", np.array([0.0, 1.0]), np.array([0.0, 1.0]))])
    assert b"costs $5 and $6" in page(Picture("it costs $5 and $6", [panel], notes=["a$b$c"]), ".svg")


def test_pages_of_any_size() -> None:
    """A page without room for its texts is refused, and they have room in the smallest that is not."""
    for name in ("plot of several", "compare", "describe", "density", "audit", "collapse", "gradient-depth"):
        columns, lines = 15, 5
        for _ in range(2):
            with pytest.raises(InputError) as caught:
                figure(picture(name), size=(columns, lines))
            least, what = re.findall(r"page of this picture takes (\d+) (\w+) or more", str(caught.value))[0]
            columns, lines = (int(least), lines) if what == "columns" else (columns, int(least))
        drawn = figure(picture(name), size=(columns, lines))
        drawn.draw_without_rendering()
        written = [(text.get_text(), text.get_window_extent()) for text in (*drawn.texts, *_numbers(drawn.axes))]
        overlaps = [(a, b) for (a, one), (b, other) in combinations(written, 2) if one.padded(-2).overlaps(other)]
        assert overlaps == [], name
    assert page(picture("compare"), ".png", "light", (400, 100))[:4] == b"\x89PNG"


def _numbers(drawn: Sequence[Axes]) -> list[Text]:
    """The numbers of the axes that are inside of their range."""
    sides = [(axis, label) for axes in drawn for axis in (axes.xaxis, axes.yaxis) for label in axis.get_ticklabels()]
    shown = [(axis.get_view_interval(), label, label.get_position()[axis.axis_name == "y"]) for axis, label in sides]
    return [label for (low, high), label, at in shown if label.get_text() and low <= at <= high]


def test_the_numbers_of_an_axis_with_many_decades_stand_apart() -> None:
    """Both halves, one and none of them, with units far from 1."""
    for low, high, unit in ((-3e38, 3e26, 3e26), (-100.0, 90.0, 1e-7), (0.0, 1e300, 1e288), (-1.0, 1.0, 1.0)):
        panel = Panel(Axis(low, high, "symlog", unit=unit), Axis(0.1, 10.0, "log"), [LINE])
        drawn = figure(Picture("", [panel]), size=(40, 20))
        drawn.draw_without_rendering()
        boxes = [label.get_window_extent() for label in _numbers(drawn.axes)]
        assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
        assert len(boxes) > 3 or high == 1.0


def test_powers_of_ten_up_to_the_largest_number() -> None:
    for low, high in ((1e-2, 1e300), (1e-320, 1e-300), (1e299, 1.7e308), (0.3, 4.0)):
        drawn = figure(Picture("", [Panel(Axis(-1.0, 1.0), Axis(low, high, "log"), [LINE])]), size=(40, 20))
        assert unreadable(drawn) == []
        assert len(_numbers([*drawn.axes])) > 5


@pytest.mark.parametrize("interval", [(-8e307, 8e307), (0.0, 1e-300), (1.0, 1.00000001)])
@pytest.mark.parametrize("name", ["relu", "x*1e307", "tan(x)"])
def test_ranges_at_the_ends_of_the_floating_point_numbers(name: str, interval: tuple[float, float]) -> None:
    drawn = graphs_on([elementwise(name)], interval, Terminal(), 1)
    root = ElementTree.fromstring(page(plot_picture(drawn, of=name, interval=interval), ".svg"))
    assert len([*root.iter(f"{SVG}text")]) > 8, "ticks on both axes"


# --- legibility ---------------------------------------------------------------------------------------------------

LINE = Curve("", np.array([-1.0, 1.0]), np.array([-1.0, 1.0]))
FORMULA = "0.5*x*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x**3)))"


@pytest.mark.parametrize(
    "names", [[FORMULA] * 3, [f"{FORMULA} + {FORMULA}"] * 4, ["x" * 200, "relu"], ["relu 17.5 %"] * 3]
)
@pytest.mark.parametrize("heat", [False, True])
def test_titles_of_panels_beside_each_other_do_not_touch(names: list[str], heat: bool) -> None:
    regions = RegionMap(np.zeros((2, 2), dtype=int), ("0", "1", "2"))
    x = Axis(-1, 1)
    panels = [Panel(x, x, [LINE], name, heat=regions if heat else None, square=heat) for name in names]
    drawn = figure(Picture("", panels))
    drawn.draw_without_rendering()
    boxes = [box for axes in drawn.axes for box in _texts_above(axes)]
    for i, box in enumerate(boxes):
        assert box.x1 <= drawn.bbox.width
        assert box.y1 <= drawn.bbox.height
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])


@pytest.mark.parametrize("size", [(None, None), (60, 20), (100, 16), (None, 17)])
def test_texts_beside_and_above_a_panel_end_before_the_next_text_and_the_edge(size: tuple[int | None, int]) -> None:
    heat = HeatMap(np.linspace(0.0, 1.0, 4).reshape(2, 2), 0.0, 1.0, "probability of the second class")
    square = Panel(Axis(-2, 2), Axis(-2, 2), [], "0.4*log_sigmoid(10*x) + arctan(x**2) 51.8 %", heat=heat, square=True)
    title = "leaky_relu:negative_slope=0.2 − leaky_relu:negative_slope=0.1, leaky_relu:negative_slope=0.3 − relu"
    narrow = Panel(Axis(-1, 1), Axis(-4e7, 4e7), [LINE], title)
    assert unreadable(figure(Picture("", [narrow]), size=(30, None))) == []
    facts = [("zeros", "-6.28319, -3.14159, 0, 3.14159, 6.28319, …")]
    for drawn in (Picture("", [square]), Picture("", [Panel(Axis(-1, 1), Axis(-1, 1), [LINE])], facts=facts)):
        assert unreadable(figure(drawn, size=size)) == []


def test_a_long_name_in_the_legend_is_cut() -> None:
    drawn = figure(Picture("", [Panel(Axis(-1, 1), Axis(-1, 1), [LINE])], [(3 * FORMULA, Style())]))
    drawn.draw_without_rendering()
    (text,) = drawn.legends[0].get_texts()
    assert text.get_text().startswith(FORMULA)
    assert text.get_window_extent().x1 <= drawn.bbox.width


def test_regions_that_the_legend_names_have_no_swatches() -> None:
    x, style = Axis(-1, 1), Style()
    panel = Panel(x, x, heat=RegionMap(np.zeros((2, 2), dtype=int), ("0", "1")), square=True)
    for legend, shown in ((), True), ((("0", style), ("1", style)), False):
        (axes,) = figure(Picture("", [panel], legend)).axes
        assert (axes.get_legend() is not None) == shown


@pytest.mark.parametrize("panels", [1, 2, 5])
def test_the_label_of_a_colour_bar_is_as_long_as_the_bar(panels: int) -> None:
    heat, x = HeatMap(np.zeros((2, 2)), 0.0, 1.0, "from the unit's least to its largest value"), Axis(-1, 1)
    drawn = figure(Picture("", [Panel(x, x, heat=heat, bare=True) for _ in range(panels)], columns=1))
    drawn.draw_without_rendering()
    label = drawn.axes[-1].yaxis.label.get_window_extent()
    assert label.y0 >= 0.0
    assert label.y1 <= drawn.bbox.height


def _texts_above(axes: Axes) -> list[Bbox]:
    """Boxes of the title and of a map's legend."""
    legend, written = axes.get_legend(), axes.get_title("left")
    titles = [each for each in axes.get_children() if isinstance(each, Text) and each.get_text() == written]
    return [titles[0].get_window_extent(), *([legend.get_window_extent()] if legend else [])]


def test_the_probability_of_an_atom_stands_beside_the_curve() -> None:
    """Of relu on the left of 0, where the density is 0; of -relu on the right."""
    for name, side in (("relu", "right"), ("-relu(x)", "left")):
        z, image = (pushforward(elementwise(text)) for text in ("x", name))
        axes = figure(density_picture(z, [image], title="")).axes[1]
        (label,) = (each for each in axes.texts if each.get_text() == "P = 0.5")
        assert label.get_horizontalalignment() == side, "this side of the text is at the arrow"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_marks_on_a_map_stand_out_from_every_colour_of_it(theme: Literal["light", "dark"]) -> None:
    """One of the two edges has a contrast of 4.5 to 1 (WCAG 2.1) with any colour below."""
    values = np.linspace(0, 1, 256).reshape(16, 16)
    heat = HeatMap(values, 0.0, 1.0, "p", middle=0.5)
    marks = Marks(np.zeros(1), np.zeros(1), Style("spot"))
    (axes, *_) = figure(Picture("", [Panel(Axis(-1, 1), Axis(-1, 1), heat=heat, marks=[marks])]), theme).axes
    edges = [luminance(to_rgb(line.get_markeredgecolor())) for line in axes.get_lines() if line.get_zorder() == 5]
    assert len(edges) == 2
    (image,) = axes.get_images()
    for colour in image.cmap(values.ravel()):
        assert max(contrast(edge, luminance(colour)) for edge in edges) >= 4.5


def luminance(colour: Sequence[float]) -> float:
    """Relative luminance of an sRGB colour: WCAG 2.1."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: float, b: float) -> float:
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)


def test_markers_stand_at_even_distances_and_beside_those_of_the_other_curves() -> None:
    x = np.linspace(0.0, 1.0, 101)
    panel = Panel(Axis(0.0, 1.0), Axis(0.0, 1.0), [Curve("", x, x)])
    assert landmarks(x, panel, 0, 1) == [10, 30, 50, 70, 90]
    assert [landmarks(x, panel, index, 2) for index in (0, 1)] == [[5, 25, 45, 65, 85], [15, 35, 55, 75, 95]]
