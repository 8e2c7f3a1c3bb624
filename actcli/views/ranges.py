"""Sample points and axis ranges of a picture, and notes on values left out."""

from collections.abc import Iterable, Sequence
from itertools import groupby

import numpy as np

from actcli.core.analysis.graph import Graph, missing
from actcli.core.arrays import Array, union
from actcli.core.errors import count
from actcli.views.notation import short
from actcli.views.picture.description import Axis, Curve, Style
from actcli.views.picture.dots import multiples, nice_step
from actcli.views.terminal import Terminal

# Away from both ends of the floating-point range, so that the length of an axis does not overflow.
TINY, HUGE = 1e-300, 1e307

_COLUMNS = 160

VISIBLE = 0.01
"""Least visible deviation, relative to the range of y."""


def of_graph(graph: Graph, order: int, label: str, style: Style | None = None) -> Curve:
    """The curve of the derivative of this order."""
    y = _without_noise(graph.x, graph.derivatives[order])
    return Curve(label, graph.x, y, style or Style(), graph.breakpoints[order])


_NEAR = 1e-5  # of the interval: too short to be seen
_MOST_HOLES = 64


def _without_noise(x: Array, y: Array) -> Array:
    """y, level so near a hole that the formula's own rounding is larger than its curve: x/(exp(x) - 1) beside 0.

    A pole rises or falls on each side; where it goes up and down within a distance that cannot be seen, that is noise.
    """
    near, y = _NEAR * 2.0 * (x[-1] / 2.0 - x[0] / 2.0), y.copy()
    for first, last in missing(x, y)[:_MOST_HOLES]:
        left, right = np.flatnonzero((first - near <= x) & (x < first)), np.flatnonzero((last < x) & (x <= last + near))
        for side, level in ((left, left[:1]), (right, right[-1:])):
            with np.errstate(invalid="ignore"):  # inf - inf beside another hole
                steps = np.diff(y[side])
            if (steps > 0.0).any() and (steps < 0.0).any():
                y[side] = y[level]
    return y


def sample_points(x_range: tuple[float, float], terminal: Terminal, kinks: Iterable[float] = ()) -> Array:
    """Sample points: denser than the dots of a page and of this terminal, with kinks and ticks."""
    low, high = x_range
    columns = max(terminal.width, _COLUMNS)
    ticks = multiples(nice_step(high - low, 2 * columns), low, high)
    points = np.linspace(low, high, 4 * columns + 1)
    return union(points, [x for x in (0.0, *ticks, *kinks) if low <= x <= high])


def spread(values: Sequence[Array]) -> tuple[float, float]:
    """Smallest and largest value, with some room if they are equal."""
    low, high = float(min(v.min() for v in values if v.size)), float(max(v.max() for v in values if v.size))
    largest = max(abs(low), abs(high))
    if high - low > max(1e-12 * largest, TINY):
        return low, high
    room = largest if largest > TINY else 1.0
    return low - room, high + room


def evenly(curve: Curve, low: float, high: float, count: int = 1001) -> Array:
    """Values at evenly spaced x, because a curve has more points where it is steep.

    The last two are the highest and the lowest local extremum, which a fast wave may have between them.
    """
    at = np.linspace(max(low, curve.x[0]), min(high, curve.x[-1]), count)
    y = curve.y[(low <= curve.x) & (curve.x <= high)]
    turns = y[1:-1][((y[:-2] < y[1:-1]) & (y[1:-1] > y[2:])) | ((y[:-2] > y[1:-1]) & (y[1:-1] < y[2:]))]
    with np.errstate(all="ignore"):  # nan beside a point without a value
        values = np.interp(at, curve.x, curve.y)
    return np.append(values, [turns.max(), turns.min()]) if turns.size else values


def seen(y: Array, reach: float) -> tuple[float, float]:
    """Range of y without outliers: see `_usual_range`."""
    finite = np.sort(y[np.isfinite(y)])
    if not finite.size:
        return 0.0, 0.0
    low, high = _usual_range(finite, reach)
    return max(finite[0], low), min(finite[-1], high)


def _usual_range(ascending: Array, reach: float) -> tuple[float, float]:
    """y-limits: 5th to 95th percentile widened by twice their distance, at least [-reach, reach]."""
    low, high = ascending[[int(0.05 * (ascending.size - 1)), int(0.95 * (ascending.size - 1))]].tolist()
    beyond = 2.0 * (high - low)
    return min(low - beyond, -reach), max(high + beyond, reach)


def y_range(values: Sequence[Array], reach: float) -> tuple[float, float]:
    """Range of the y axis: without the large values beside a pole, and with 0 if it is near.

    Values within [-reach, reach] are never cut off.
    """
    y = np.concatenate([np.empty(0), *values])
    y = y[np.abs(y) < HUGE]
    if not y.size:
        return -1.0, 1.0
    low, high = spread([np.clip(y, *_usual_range(np.sort(y), reach))])
    low, high = (0.0 if 0 < low < high - low else low), (0.0 if 0 < -high < high - low else high)
    return low, high


def places(intervals: Sequence[tuple[float, float]], low: float, high: float) -> str:
    """Intervals (first point, last point) on [low, high] in words: `for x ≤ 0`, `at x = 1 and for 2 < x < 3`."""
    different = [*dict.fromkeys(_place(first, last, low, high) for first, last in intervals)]
    texts = different[:_MOST_PLACES]
    more = len(different) - len(texts)
    return " and ".join(texts) + (f" and at {count(more, 'more place')}" if more else "")


def value_axis(curves: Sequence[Curve], interval: tuple[float, float], reach: float | None = None) -> Axis:
    """Vertical axis for curves over the interval. reach: see `y_range`; default: the largest |x|."""
    reach = max(map(abs, interval)) if reach is None else reach
    return Axis(*y_range([evenly(curve, *interval) for curve in curves], reach))


_MOST_PLACES = 3


def missing_lines(curves: Sequence[Curve], interval: tuple[float, float]) -> list[str]:
    """The line `not finite, left out: log(x) for x ≤ 0`, with curves of the same gaps together."""
    holes = [(places(missing(curve.x, curve.y), *interval), curve.label) for curve in curves]
    known = sorted(hole for hole in holes if hole[0])
    texts = [f"{', '.join(label for _, label in group)} {where}" for where, group in groupby(known, lambda h: h[0])]
    return [f"not finite, left out: {'; '.join(texts)}"] if texts else []


def _place(first: float, last: float, low: float, high: float) -> str:
    nothing = 1e-12 * (high - low)
    (left, after), (right, before) = _end(first, nothing), _end(last, nothing)
    if left == right:
        return f"{'at' if first <= float(left) <= last else 'close to'} x = {left}"
    if first == low and last == high:
        return "everywhere"
    if first == low:
        return f"for x {before} {right}"
    if last == high:
        return f"for x {'>' if after == '<' else '≥'} {left}"
    return f"for {left} {after} x {before} {right}"


def _end(end: float, nothing: float) -> tuple[str, str]:
    """An end as text, and ≤ if the text is exact, else <."""
    text = "0" if abs(end) <= nothing else short(end)
    return text, "≤" if float(text) == end else "<"
