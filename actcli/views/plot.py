"""The picture of `actcli plot`: activations, their derivatives, and the points that somebody asked for."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from actcli.core.analysis.graph import Graph, Spot
from actcli.core.analysis.graph import Points as UserPoints
from actcli.core.errors import count
from actcli.views.chart import Annotations, check_height, curve_chart
from actcli.views.curve import Curve, Points, crowded_lines, missing_lines, of_graph
from actcli.views.notation import align, format_number, in_columns, interval_text, primed
from actcli.views.palette import DASHES, Look, in_colour, look, spot
from actcli.views.terminal import Terminal

DIGITS = 7
_HOLLOW = 4  # the marker so far after a filled one is the same, hollow
_TANGENT = 0.2  # of the interval, to both sides


def plot(
    drawn: Sequence[Graph],
    spots: Sequence[Spot],
    terminal: Terminal,
    *,
    of: str,
    interval: tuple[float, float],
    height: int | None = None,
    points: UserPoints | None = None,
    values: Sequence[NDArray[np.float64]] = (),
    source: str = "",
    caveat: str | None = None,
) -> str:
    """All in one chart; `of` names what is drawn. Raises InputError for a height that has no room for it.

    spots:  for each x one for every activation, in their order
    values: the activations of `points.x`, which `source` held
    """
    order = len(drawn[0].derivatives) - 1
    alone = len(drawn) == 1
    names = ["f"] if alone and (order or spots) else [graph.activation for graph in drawn]
    curves = [
        of_graph(
            graph,
            k,
            primed(name, k),
            _look(index, k, len(drawn), order + 1),
            None if alone else DASHES[min(k, len(DASHES) - 1)],
        )
        for k in range(order + 1)
        for index, (name, graph) in enumerate(zip(names, drawn, strict=True))
    ]
    annotations = Annotations(
        lines=[tangent for each in spots if (tangent := _tangent(each, interval))],
        points=[
            *(Points(np.array([s.x]), s.derivatives[:1], spot(look(i % len(drawn)))) for i, s in enumerate(spots)),
            *(Points(points.x, y, spot(look(i))) for i, y in enumerate(values) if points),
        ],
        notes=[
            *_spot_lines(spots, names),
            *([_input_line(points, source, interval)] if points and source else []),
            *missing_lines(curves, interval),
            *crowded_lines(curves, interval, terminal),
            *([caveat] if caveat else []),
        ],
    )
    check_height(height, curves, terminal, annotations.notes)
    title = f"{'f = ' if names == ['f'] else ''}{of} on {interval_text(*interval)}"
    return curve_chart(curves, terminal, title=title, x_range=interval, height=height, annotations=annotations)


def _look(index: int, order: int, of: int, orders: int) -> Look:
    """The derivatives of a single activation have a colour each; those of several have its own, and other markers."""
    if of == 1:
        return look(order)
    stride = _HOLLOW if of <= _HOLLOW and orders <= 2 else of
    return in_colour(index, index + stride * order)


def _tangent(each: Spot, interval: tuple[float, float]) -> Curve | None:
    value, slope = each.derivatives[:2].tolist()
    if not np.isfinite([value, slope]).all():
        return None
    reach = _TANGENT * (interval[1] - interval[0])
    x = np.array([max(each.x - reach, interval[0]), min(each.x + reach, interval[1])])
    return Curve("", x, value + slope * (x - each.x), dash=(2, 2))


def _spot_lines(spots: Sequence[Spot], names: Sequence[str]) -> list[str]:
    """`x = 1   f = 0.8413447   f' = 1.083315`, aligned below each other."""
    if not spots:
        return []
    at = align(format_number(each.x, DIGITS) for each in spots)
    columns = [[f"x = {x}" for x in at]]
    for order in range(len(spots[0].derivatives)):
        heads = [primed(names[i % len(names)], order) for i in range(len(spots))]
        numbers = align(format_number(float(each.derivatives[order]), DIGITS) for each in spots)
        width = max(map(len, heads))
        columns.append([f"{head.ljust(width)} = {number}" for head, number in zip(heads, numbers, strict=True)])
    columns.append(["kink" if each.kink else "" for each in spots])
    return in_columns(columns)


def _input_line(points: UserPoints, source: str, interval: tuple[float, float]) -> str:
    """`data.txt: 1000 points, 12 of them outside of [-6, 6] (they reach from -30 to 8), 3 not finite`."""
    text = f"{'stdin' if source == '-' else source}: {count(points.count, 'point')}"
    if points.outside:
        reach = f"from {format_number(points.low)} to {format_number(points.high)}"
        text += f", {points.outside:,} outside of {interval_text(*interval)} (they reach {reach})"
    return text + (f", {points.not_finite:,} not finite" if points.not_finite else "")
