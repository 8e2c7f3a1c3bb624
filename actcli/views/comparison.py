"""The picture of `actcli compare`: curves over each other and their slopes below, or a panel each."""

from collections.abc import Sequence
from dataclasses import replace
from math import inf, isfinite
from typing import Any

from actcli.core.analysis.comparison import Difference
from actcli.core.analysis.graph import Graph
from actcli.core.function_name import primed
from actcli.views.bands import crowded_lines
from actcli.views.chart import NOTHING, Annotations, check_height, curve_chart, room
from actcli.views.curve import Curve, Upright, evenly, of_graph, y_range
from actcli.views.notation import interval_text, missing_lines
from actcli.views.number import format_number
from actcli.views.palette import BACKGROUND, DASHES, look
from actcli.views.panels import GAP, grid, shape
from actcli.views.terminal import Terminal
from actcli.views.text import cut

MOST_IN_ONE_CHART = 4
# From this width on the slopes stand beside the curves, and each has so much room.
SIDE_BY_SIDE = 120
SMALLEST_CHART = 8
NARROWEST_PANEL, SMALLEST_PANEL = 18, 8
LABEL_WIDTH = 4


def comparison_chart(
    drawn: Sequence[Graph],
    largest: Difference,
    terminal: Terminal,
    *,
    interval: tuple[float, float],
    height: int | None = None,
) -> str:
    """The values and slopes of `drawn` (of order 1), with the largest difference marked.

    Raises InputError for a height that has no room for them.
    """
    total = room(terminal) if height is None else height
    values, slopes = ([of_graph(graph, k, primed(graph.activation, k)) for graph in drawn] for k in (0, 1))
    title = f"{', '.join(graph.activation for graph in drawn)} on {interval_text(*interval)}"
    if len(drawn) > MOST_IN_ONE_CHART:
        return _multiples(values, slopes, largest, terminal, title, interval, total)
    mark = _mark(largest)
    beside = terminal.width >= SIDE_BY_SIDE
    part = replace(terminal, width=(terminal.width - GAP) // 2) if beside else terminal
    crowded = crowded_lines([*values, *slopes], interval, part)
    notes = [*_sentence(largest), *missing_lines(values, interval), *crowded]
    check_height(height, values, part, notes)
    if beside:
        pictures = [
            curve_chart(values, part, title=title, x_range=interval, height=total - len(notes), annotations=mark),
            curve_chart(slopes, part, title="their slopes", x_range=interval, height=total - len(notes)),
        ]
        return grid(pictures, 2, part.width) + "".join(f"{cut(note, terminal)}\n" for note in notes)
    lower = max((total - len(notes)) * 2 // 5, SMALLEST_CHART)
    if (upper := total - lower) < SMALLEST_CHART:  # no room for two: the slopes follow further down
        upper = lower = total
    stacked: dict[str, Any] = {"x_range": interval, "square": False, "label_width": LABEL_WIDTH}
    return curve_chart(
        values, terminal, title=title, height=upper, annotations=replace(mark, notes=notes), **stacked
    ) + curve_chart(slopes, terminal, title="their slopes", height=lower, legend=False, marked=True, **stacked)


def _multiples(
    values: Sequence[Curve],
    slopes: Sequence[Curve],
    largest: Difference,
    terminal: Terminal,
    title: str,
    interval: tuple[float, float],
    total: int,
) -> str:
    """A small chart each, with the same axes."""
    notes = [*_sentence(largest), *missing_lines(values, interval)]
    room_for_panels = total - 2 - len(notes)
    across, width, each = shape(len(values), terminal.width, room_for_panels, NARROWEST_PANEL, SMALLEST_PANEL)
    panel = replace(terminal, width=width)
    notes += crowded_lines([*values, *slopes], interval, panel)
    reach = max(map(abs, interval))
    limits = y_range([evenly(curve, *interval) for curve in (*values, *slopes)], reach)
    pictures = []
    for index, (value, slope) in enumerate(zip(values, slopes, strict=True)):
        style = look(index)
        name = cut(f"{style.mark(terminal.unicode)} {value.label}", panel)
        curves = [replace(value, look=style), replace(slope, look=style, dash=DASHES[1])]
        mark = _mark(largest) if value.label in (largest.a, largest.b) else NOTHING
        picture = curve_chart(
            curves, panel, x_range=interval, y_limits=limits, height=each - 1, legend=False, annotations=mark
        )
        pictures.append(f"{terminal.paint(name, style.colour)}\n{picture}")
    heading = [cut(title, terminal), cut("solid: the function, broken: its slope", terminal)]
    above = "".join(f"{line}\n" for line in heading)
    below = "".join(f"{cut(note, terminal)}\n" for note in notes)
    return above + grid(pictures, across, panel.width) + below


def _mark(largest: Difference) -> Annotations:
    """A dotted line through the place where two curves are farthest apart."""
    if not largest.max_abs > 0.0:
        return NOTHING
    return Annotations(uprights=[Upright(largest.at, -inf, inf, BACKGROUND)])


def _sentence(largest: Difference) -> list[str]:
    if not isfinite(largest.at):
        return []
    if largest.max_abs == 0.0:
        return ["no difference between them"]
    size, at = format_number(largest.max_abs), format_number(largest.at)
    return [f"largest difference: {size} between {largest.a} and {largest.b} at x = {at} (dotted line)"]
