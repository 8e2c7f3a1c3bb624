"""Distributions before and after an activation: areas under their densities, side by side."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from actcli.core.analysis.density import Histogram, Image
from actcli.core.errors import count
from actcli.views.axis import Axis, axis_across, axis_up, span_across, span_up
from actcli.views.canvas import HEIGHT_WITH_TICKS, SMALLEST_HEIGHT, SMALLEST_WIDTH, Mark, Stroke, draw, framed
from actcli.views.chart import (
    check_lines,
    grid,
    room,
    shape,
)
from actcli.views.curve import spread
from actcli.views.notation import align, format_number, in_columns, short
from actcli.views.palette import NEUTRAL, Look, look
from actcli.views.terminal import Terminal, cut, wrapped

NARROWEST_PANEL, WIDEST_PANEL, SMALLEST_PANEL = 24, 78, 7
# A distribution that is narrower than this share of the common axis gets one of its own.
_SHARE = 0.3
_LEVELS, _INNER_LEVELS = (0.001, 0.999), (0.02, 0.98)
_LONG_TAIL = 2.2
# How far above the typical density a peak is drawn; the sides of the picture are cut off there.
_PEAK = 3.0
# So much probability is left beside the atoms by rounding.
_ROUNDING = 1e-12
DIGITS = 6


def density_chart(
    before: Image, images: Sequence[Image], terminal: Terminal, *, title: str, height: int | None = None
) -> str:
    """The standard normal and what becomes of it, a panel each, with a line of facts for each below them.

    Raises InputError for a height that has no room for them.
    """
    check_lines(height, HEIGHT_WITH_TICKS + 2)
    facts = _facts(before, images, terminal)
    total = room(terminal) if height is None else height
    panels = [(before, "before: z", NEUTRAL), *((each, _after(each), look(i)) for i, each in enumerate(images))]
    left = total - 1 - len(facts)
    columns, width, each_height = shape(len(panels), terminal.width, left, NARROWEST_PANEL, SMALLEST_PANEL)
    if left < SMALLEST_PANEL and columns == len(panels):  # all in one row: the facts give way
        facts, each_height = [], total - 1
    width = min(width, WIDEST_PANEL)
    if width < SMALLEST_WIDTH or each_height < SMALLEST_HEIGHT + 1:
        return cut(f"no room for a chart: {title}", terminal) + "\n"
    common = _common(before, images)
    small = replace(terminal, width=width)
    drawn = [_panel(each, name, style, common, small, each_height) for each, name, style in panels]
    return "\n".join([cut(title, terminal), grid(drawn, columns, width) + "\n".join(facts)]).rstrip("\n") + "\n"


def bounds(each: Image) -> tuple[float, float]:
    """The values between which nearly all of the probability lies; of a long tail less."""
    low, high, inner_low, inner_high = each.quantile(*_LEVELS, *_INNER_LEVELS).tolist()
    if high - low > _LONG_TAIL * (inner_high - inner_low) > 0:
        low, high = inner_low, inner_high
    return spread([np.array([low, high])]) if np.isfinite(low) else (-1.0, 1.0)


def _common(before: Image, images: Sequence[Image]) -> tuple[float, float]:
    """The interval of all those that are about as wide as the standard normal."""
    low, high = bounds(before)
    wide = [b for b in map(bounds, images) if _SHARE <= (b[1] - b[0]) / (high - low) <= 1 / _SHARE]
    return min([low, *(b[0] for b in wide)]), max([high, *(b[1] for b in wide)])


def _after(each: Image) -> str:
    return f"after: {each.activation.label}"


def _panel(each: Image, name: str, style: Look, common: tuple[float, float], terminal: Terminal, height: int) -> str:
    low, high = bounds(each)
    if high - low >= _SHARE * (common[1] - common[0]) and common[0] <= low and high <= common[1]:
        low, high = common
    heading = terminal.paint(style.mark(terminal.unicode), style.colour) + " " + cut(name, terminal, terminal.width - 2)
    x_dots, y_dots = terminal.dots

    @cache
    def histogram(x: Axis) -> Histogram:
        return each.histogram(x.step * (x.first - 0.5 + np.arange(x.last_dot + 2, dtype=np.float64)))

    def axes(columns: int, rows: int) -> tuple[Axis, Axis]:
        x = axis_across(span_across(low, high, columns, x_dots))
        return x, axis_up(span_up(0.0, _top(histogram(x)), rows, y_dots))

    frame = framed(terminal.width, height - 1, axes)
    area = Stroke.of(_area(histogram(frame.x), frame.y), style, terminal)
    marks = [mark for value, _ in each.atoms for mark in _spike(value, frame.x, frame.y, style, terminal)]
    return "\n".join([heading, *draw(frame, [area] if area.x else [], marks, terminal)]) + "\n"


def _top(histogram: Histogram) -> float:
    """The largest density, or a few times the typical one where a peak would leave nothing else to be seen."""
    density, weight = histogram.density, histogram.probability
    if not weight.sum() > _ROUNDING:
        return 1.0
    order = np.argsort(density)
    typical = density[order][np.searchsorted(np.cumsum(weight[order]), 0.5 * weight.sum())]
    return float(min(density.max(), _PEAK * typical))


def _area(histogram: Histogram, y: Axis) -> tuple[list[int], list[int]]:
    """One line that fills all below the density: up and down, a dot at a time."""
    zero = int(y.dot(np.zeros(1))[0])
    heights = np.minimum(y.dot(histogram.density), y.last_dot)
    filled = np.flatnonzero((histogram.probability > 0) & (heights > zero)).tolist()
    ups = [(zero, int(heights[i])) if i % 2 else (int(heights[i]), zero) for i in filled]
    return [i for i in filled for _ in range(2)], [up for pair in ups for up in pair]


def _spike(value: float, x: Axis, y: Axis, style: Look, terminal: Terminal) -> list[Mark]:
    """An atom: its density is infinite, so it leaves through the top."""
    column, zero = x.cell(value), y.cell(0.0)
    if not 0 <= column < x.cells:
        return []
    shaft = [*range(zero, y.cells - 1)]
    body, head = ("┃", "▲") if terminal.unicode else ("|", "^")
    return [
        Mark([column] * len(shaft), shaft, body, style.colour),
        Mark([column], [y.cells - 1], head, style.colour),
    ]


def _facts(before: Image, images: Sequence[Image], terminal: Terminal) -> list[str]:
    """Mean and deviation of each, and the probabilities of what its density does not show."""
    names = ["z", *(each.activation.label for each in images)]
    columns = [names]
    for head, values in (
        ("mean", [each.mean for each in (before, *images)]),
        ("deviation", [each.deviation for each in (before, *images)]),
    ):
        numbers = align("diverges" if value is None else format_number(value, DIGITS) for value in values)
        columns.append([f"{head} {number}" for number in numbers])
    columns.append([_atoms(each) for each in (before, *images)])
    return [part for line in in_columns(columns) for part in wrapped(line, terminal)]


def _atoms(each: Image) -> str:
    texts = [f"P(f = {short(value, 4)}) = {short(p, 4)}" for value, p in each.atoms[:3]]
    texts += [f"and {count(len(each.atoms) - 3, 'more value')}"] if len(each.atoms) > 3 else []
    texts += [f"P(no value) = {short(each.undefined, 4)}"] if each.undefined > 1e-6 else []
    return ", ".join(texts)
