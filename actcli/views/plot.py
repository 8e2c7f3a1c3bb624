"""Picture of `plot`: activations, their derivatives, and marked points."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from actcli.core.analysis.graph import GivenPoints as GivenPoints
from actcli.core.analysis.graph import Graph, Spot
from actcli.core.arrays import Array
from actcli.core.errors import count
from actcli.views.notation import align, format_number, in_columns, interval_text, primed
from actcli.views.picture.description import GUIDE, Axis, Curve, Marks, Panel, Picture, Style, legend_of
from actcli.views.ranges import VISIBLE, missing_lines, of_graph, value_axis

DIGITS = 7
MOST_IN_ONE_CHART = 8
_HOLLOW = 4  # distance of a marker to its hollow version
_MOST_LONG_TANGENTS, _TANGENT = 2, 0.2  # if there are more, tangents have this half-width relative to the interval
_UNSEEN = 2 * VISIBLE


def plot_picture(
    drawn: Sequence[Graph],
    spots: Sequence[Spot] = (),
    *,
    of: str,
    interval: tuple[float, float],
    points: GivenPoints | None = None,
    values: Sequence[Array] = (),
    source: str = "",
    caveat: str | None = None,
    family: bool = False,
) -> Picture:
    """All curves in one chart; many activations have a panel each.

    of:     name of the curves, for the title
    spots:  marked points: for each x one per activation, in their order
    points: the user's own x, from `source`; values: of each activation there
    family: the activations are members of a family, coloured on a ramp
    """
    order, alone = len(drawn[0].derivatives) - 1, len(drawn) == 1
    names = ["f"] if alone and (order or spots) else [graph.activation for graph in drawn]
    curves = [
        of_graph(graph, k, primed(name, k), _style(index, k, len(drawn), order + 1, family))
        for k in range(order + 1)
        for index, (name, graph) in enumerate(zip(names, drawn, strict=True))
    ]
    marks = [
        *(Marks(np.array([s.x]), s.derivatives[:1], Style("spot", i % len(drawn))) for i, s in enumerate(spots)),
        *(Marks(points.x, y, Style("spot", i)) for i, y in enumerate(values) if points),
    ]
    x, y = Axis(*interval), value_axis(curves, interval)
    title = f"{'f = ' if names == ['f'] else ''}{of} on {interval_text(*interval)}"
    notes = [
        *_spot_lines(spots, names),
        *([_input_line(points, source, interval)] if points and source else []),
        *missing_lines(curves, interval),
        *([caveat] if caveat else []),
    ]
    if len(drawn) > MOST_IN_ONE_CHART and not family:
        panels = [
            Panel(x, y, curves[i :: len(drawn)], name, Style(member=i), marks[i :: len(drawn)])
            for i, name in enumerate(names)
        ]
        return Picture(title, panels, notes=notes)
    guides = [tangent for spot in spots if (tangent := _tangent(spot, interval, len(spots)))]
    whole = Panel(x, y, curves, marks=marks, guides=guides, square=True)
    close = [] if family else [*_close(curves[: len(drawn)], y)]
    notes[len(spots) : len(spots)] = [
        f"{a.label} and {b.label} differ by {format_number(size, 3)} at most, at x = {format_number(at, 3)}"
        for a, b, size, at in close
    ]
    panels = [whole, *([_differences(close, interval)] if close else [])]
    return Picture(title, panels, legend_of(*curves), "stack" if close else "grid", notes=notes)


def _style(index: int, order: int, of: int, orders: int, family: bool) -> Style:
    """Look of a curve: derivatives of one activation differ in colour; of several, in marker."""
    hollow = of <= _HOLLOW and orders <= 2
    if family:
        marker = index + _HOLLOW * order if hollow else None
        return Style(member=index, marker=marker, dash=order, ramp=index / max(of - 1, 1))
    if of == 1:
        return Style(member=order)
    stride = _HOLLOW if hollow else of
    return Style(member=index, marker=index + stride * order, dash=order)


def _tangent(spot: Spot, interval: tuple[float, float], of: int) -> Curve | None:
    value, slope = spot.derivatives[:2].tolist()
    if not np.isfinite([value, slope]).all():
        return None
    reach = (_TANGENT if of > _MOST_LONG_TANGENTS else 1.0) * (interval[1] - interval[0])
    x = np.array([max(spot.x - reach, interval[0]), min(spot.x + reach, interval[1])])
    return Curve("", x, value + slope * (x - spot.x), GUIDE)


def _close(curves: Sequence[Curve], y: Axis) -> Iterator[tuple[Curve, Curve, float, float]]:
    """Pairs of curves whose difference is too small to be visible: (a, b, largest difference, its x)."""
    for a, b in combinations(curves, 2):
        with np.errstate(invalid="ignore"):  # inf - inf is not visible
            gap = np.nan_to_num(np.abs(a.y - b.y), posinf=0.0)
        largest = int(gap.argmax())
        if 0.0 < gap[largest] < _UNSEEN * (y.high - y.low):
            yield a, b, float(gap[largest]), float(a.x[largest])


def _differences(close: Sequence[tuple[Curve, Curve, float, float]], interval: tuple[float, float]) -> Panel:
    with np.errstate(invalid="ignore"):
        curves = [
            Curve(f"{b.label} − {a.label}", a.x, b.y - a.y, b.style, tuple(sorted({*a.breakpoints, *b.breakpoints})))
            for a, b, *_ in close
        ]
    title = ", ".join(curve.label for curve in curves)
    return Panel(Axis(*interval), value_axis(curves, interval, 0.0), curves, title, extra=True)


def _spot_lines(spots: Sequence[Spot], names: Sequence[str]) -> list[str]:
    """Aligned lines `x = 1   f = 0.8413447   f' = 1.083315`."""
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


def _input_line(points: GivenPoints, source: str, interval: tuple[float, float]) -> str:
    """The line `data.txt: 1000 points, 12 of them outside of [-6, 6] (they reach from -30 to 8), 3 not finite`."""
    text = f"{'stdin' if source == '-' else source}: {count(points.count, 'point')}"
    if points.outside:
        reach = f"from {format_number(points.low)} to {format_number(points.high)}"
        text += f", {points.outside:,} outside of {interval_text(*interval)} (they reach {reach})"
    return text + (f", {points.not_finite:,} not finite" if points.not_finite else "")
