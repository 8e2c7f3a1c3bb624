"""A curve, and what of it comes to stand on a canvas, or is said below it.

Where a curve turns faster than the columns of a picture, each of these shows it from its lowest to its highest: a band.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
import numpy.typing as npt

from actcli.core.analysis.graph import Graph, missing
from actcli.core.arrays import Array, Mask, union
from actcli.core.errors import count
from actcli.views.axis import Axis, multiples, nice_step
from actcli.views.notation import short
from actcli.views.palette import Look
from actcli.views.terminal import Terminal

# Room is left at both ends of the floating-point range, so that an axis is never longer than it.
TINY, HUGE = 1e-300, 1e307

VISIBLE = 0.01
"""What a straight line misses by less than this share of the range of y is not seen."""

Dots = tuple[list[int], list[int]]
Dotted = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Curve:
    """`y` over `x`, which ascends: the points joined by lines, with a gap where a `y` is not finite.

    look:   its colour and marker; None for those of its place among the curves
    breaks: the x at which it jumps, and is not joined
    dash:   how many dots of the line are drawn and how many left out, in turn; None for all
    """

    label: str
    x: Array
    y: Array
    look: Look | None = None
    breaks: tuple[float, ...] = ()
    dash: tuple[int, int] | None = None

    def finite(self) -> "Curve":
        keep = np.isfinite(self.x) & np.isfinite(self.y)
        return replace(self, x=self.x[keep], y=self.y[keep])


def of_graph(
    graph: Graph, order: int, label: str, look: Look | None = None, dash: tuple[int, int] | None = None
) -> Curve:
    """The curve of a derivative."""
    return Curve(label, graph.x, graph.derivatives[order], look, graph.breaks[order], dash)


@dataclass(frozen=True, eq=False)
class Points:
    """Markers on the cells where the points lie, with no line between them."""

    x: Array
    y: Array
    look: Look


@dataclass(frozen=True)
class Upright:
    """A broken line straight up at `x`, between two values of y."""

    x: float
    low: float
    high: float
    look: Look


def sample_points(x_range: tuple[float, float], terminal: Terminal, kinks: Iterable[float] = ()) -> Array:
    """Where a chart on this terminal wants its curves: finer than its dots; kinks and ticks among them."""
    low, high = x_range
    ticks = multiples(nice_step(high - low, 2 * terminal.width), low, high)
    points = np.linspace(low, high, 4 * terminal.width + 1)
    return union(points, [x for x in (0.0, *ticks, *kinks) if low <= x <= high])


def spread(values: Sequence[Array]) -> tuple[float, float]:
    """From the smallest to the largest, with some room when they are one."""
    low, high = float(min(v.min() for v in values if v.size)), float(max(v.max() for v in values if v.size))
    largest = max(abs(low), abs(high))
    if high - low > max(1e-12 * largest, TINY):
        return low, high
    room = largest if largest > TINY else 1.0
    return low - room, high + room


def evenly(curve: Curve, low: float, high: float, count: int = 1001) -> Array:
    """The values at even distances: a curve has many more points where it is steep.

    What a wave hides between them comes last: its highest and its lowest turn.
    """
    at = np.linspace(max(low, curve.x[0]), min(high, curve.x[-1]), count)
    y = curve.y[(low <= curve.x) & (curve.x <= high)]
    turns = y[1:-1][((y[:-2] < y[1:-1]) & (y[1:-1] > y[2:])) | ((y[:-2] > y[1:-1]) & (y[1:-1] < y[2:]))]
    with np.errstate(all="ignore"):  # between a point without a value and its neighbour there is none
        values = np.interp(at, curve.x, curve.y)
    return np.append(values, [turns.max(), turns.min()]) if turns.size else values


def seen(y: Array, reach: float) -> tuple[float, float]:
    """The part of the range of y that is usual."""
    finite = np.sort(y[np.isfinite(y)])
    if not finite.size:
        return 0.0, 0.0
    low, high = _usual_range(finite, reach)
    return max(finite[0], low), min(finite[-1], high)


def _usual_range(ascending: Array, reach: float) -> tuple[float, float]:
    """An interval that leaves out what shoots up, as beside a pole, and nothing from -reach to reach."""
    low, high = ascending[[int(0.05 * (ascending.size - 1)), int(0.95 * (ascending.size - 1))]].tolist()
    beyond = 2.0 * (high - low)
    return min(low - beyond, -reach), max(high + beyond, reach)


def y_range(values: Sequence[Array], reach: float) -> tuple[float, float]:
    """The range of y. What shoots up beside a pole is left out, what is within `reach` never is."""
    y = np.concatenate(values)
    y = y[np.abs(y) < HUGE]
    if not y.size:
        return -1.0, 1.0
    low, high = spread([y])
    usual_low, usual_high = _usual_range(np.sort(y), reach)
    low, high = max(low, usual_low), min(high, usual_high)
    # Zero is drawn where it is near, so that heights can be judged against it.
    low, high = (0.0 if 0 < low < high - low else low), (0.0 if 0 < -high < high - low else high)
    return low, high


def interpolated(curve: Curve, x: Axis) -> Curve:
    """The curve at every dot of `x`: straight between its points, with gaps beside what is not finite."""
    at: Array = x.step * np.arange(x.first, x.first + x.last_dot + 1, dtype=np.float64)
    # A dot just beyond the curve's end, if only by rounding, still shows the end; further out there is no curve.
    nearest = np.clip(at, curve.x[0], curve.x[-1])
    y = np.interp(nearest, curve.x, curve.y)
    return replace(curve, x=at, y=np.where(np.abs(nearest - at) <= 0.5 * x.step, y, np.nan))


def strokes(curve: Curve, x: Axis, y: Axis) -> Iterator[Dots]:
    """The dots of each unbroken piece; a curve that leaves at the top and is back at the bottom is broken."""
    shown = np.isfinite(curve.y)
    across, up = x.dot(curve.x), y.dot(np.where(shown, curve.y, y.low))
    outside = np.where(up < 0, -1, np.where(up > y.last_dot, 1, 0))
    jumps = np.zeros(max(shown.size - 1, 0), dtype=np.bool_)
    for point in curve.breaks:
        jumps |= (curve.x[:-1] <= point) & (point <= curve.x[1:])
    breaks = np.flatnonzero(~(shown[1:] & shown[:-1]) | (outside[1:] * outside[:-1] == -1) | jumps) + 1
    for piece in np.split(np.arange(shown.size), breaks):
        if shown[piece[0]] and not outside[piece].all():
            moved = np.append(True, (np.diff(across[piece]) != 0) | (np.diff(up[piece]) != 0))
            path = across[piece][moved], up[piece][moved]
            yield _dashes(*path, *curve.dash) if curve.dash else (path[0].tolist(), path[1].tolist())


def dotted(upright: Upright, x: Axis, y: Axis) -> Dots:
    """Every other dot of an upright line."""
    low, high = np.clip(y.dot(np.array([upright.low, upright.high])), 0, y.last_dot).tolist()
    up = [*range(low, high + 1, 2 if y.dots > 1 else 1)]
    across = x.dot(np.array([upright.x])).tolist()
    return (across * len(up), up) if 0 <= across[0] <= x.last_dot else ([], [])


def _dashes(across: Dotted, up: Dotted, on: int, off: int) -> Dots:
    """Every dot of a path that is cut into dashes of `on` dots, `off` dots apart, however steep it is."""
    steps = np.maximum(np.abs(np.diff(across)), np.abs(np.diff(up)))
    length = np.append(0, np.cumsum(steps))
    along = np.arange(length[-1] + 1)
    along = along[along % (on + off) < on]
    path_x, path_y = (np.rint(np.interp(along, length, part)).astype(int) for part in (across, up))
    return path_x.tolist(), path_y.tolist()


def landmarks(curve: Curve, x: Axis, y: Axis, index: int, of: int) -> Dots:
    """A few cells on the curve for its marker, beside those of the other curves where they run together."""
    cells, up = points(curve, x, y)
    apart = max(x.cells // 4, 4 * of)
    wanted = range(int((index + 0.5) * apart / of), x.cells, apart)
    nearest = {int(np.abs(np.array(cells) - cell).argmin()) for cell in wanted if cells}
    return [cells[i] for i in nearest], [up[i] for i in nearest]


def points(curve: Curve, x: Axis, y: Axis) -> Dots:
    """The cells of the points that can be shown, each once."""
    curve = curve.finite()
    across, up = x.dot(curve.x) // x.dots, y.dot(curve.y) // y.dots
    inside = (across >= 0) & (across < x.cells) & (up >= 0) & (up < y.cells)
    cells = dict.fromkeys(zip(across[inside].tolist(), up[inside].tolist(), strict=True))
    return [cell for cell, _ in cells], [cell for _, cell in cells]


# So many columns in a row are more than a narrow peak, and the picture has to say what they are.
_CROWD = 4
_BESIDE = 2


@dataclass(frozen=True, eq=False)
class _Columns:
    """A curve in the columns of a picture.

    first:     the index of its first point in each column, and one more
    low, high: the lowest and the highest in each
    turns:     where it turns visibly, and where it is broken more than once
    broken:    where it jumps, and beside
    """

    first: npt.NDArray[np.intp]
    low: Array
    high: Array
    turns: Mask
    broken: Mask


def band(curve: Curve, x: Axis, y: Axis) -> Dots:
    """The dots of the columns in which the curve turns unseen, and of those beside them."""
    middles: Array = x.step * np.arange(x.first, x.first + x.last_dot + 1, dtype=np.float64)
    # As in a curve without bands, what leaves at the top and is back at the bottom is broken.
    side = np.where(curve.y > y.high, 1, np.where(curve.y < y.low, -1, 0))
    leaps = curve.x[1:][side[1:] * side[:-1] < 0]
    curve = replace(curve, breaks=tuple(union(curve.breaks, leaps).tolist()))
    columns = _columns(curve, np.append(middles - 0.5 * x.step, middles[-1] + 0.5 * x.step), 0.5 * y.step)
    if not columns.turns.any():
        return [], []
    shown = _widened(columns.turns) & ~np.isnan(columns.low)
    if curve.dash:
        on, off = curve.dash
        shown &= np.arange(len(shown)) % (on + off) < on
    low, high = (np.clip(y.dot(np.nan_to_num(part)), 0, y.last_dot) for part in (columns.low, columns.high))
    dots: dict[int, list[int]] = {}
    for i in np.flatnonzero(shown).tolist():
        dots[i] = [*range(int(low[i]), int(high[i]) + 1)]
        if columns.broken[i]:  # nothing is drawn across a jump
            points = curve.y[columns.first[i] : columns.first[i + 1]]
            at = set(y.dot(points[np.isfinite(points)]).tolist())
            dots[i] = [dot for dot in dots[i] if dot in at]
    return [column for column, up in dots.items() for _ in up], [dot for up in dots.values() for dot in up]


def crowded_lines(curves: Sequence[Curve], interval: tuple[float, float], terminal: Terminal) -> list[str]:
    """What a picture as wide as this terminal has to say of the curves that it cannot follow."""
    edges, reach = np.linspace(*interval, terminal.width * terminal.dots[0] + 1), max(map(abs, interval))
    crowded = []
    for curve in curves:
        low, high = y_range([evenly(curve, *interval)], reach)
        turns = _columns(curve, edges, 0.01 * (high - low)).turns
        if np.convolve(turns, np.ones(_CROWD)).max() >= _CROWD:
            crowded.append(curve.label)
    if not crowded:
        return []
    what = "too fast for these columns, each shows all that it reaches there"
    return [f"{what}: {', '.join(crowded)}; --range looks closer"]


def _columns(curve: Curve, edges: Array, visible: float) -> _Columns:
    """The curve in the columns between the edges, where `visible` is the least height that is seen."""
    edges = np.clip(edges, curve.x[0], curve.x[-1])
    y = np.where(np.isfinite(curve.y), curve.y, np.nan)
    with np.errstate(all="ignore"):  # beside what is not finite
        ends = np.interp(edges, curve.x, y)
    least, most = np.minimum(ends[:-1], ends[1:]), np.maximum(ends[:-1], ends[1:])
    first = np.searchsorted(curve.x, edges)
    filled = np.flatnonzero(first[:-1] < first[1:])
    low, high = least.copy(), most.copy()
    low[filled] = np.fmin(low[filled], np.fmin.reduceat(y[: first[-1]], first[filled]))
    high[filled] = np.fmax(high[filled], np.fmax.reduceat(y[: first[-1]], first[filled]))
    breaks = np.diff(np.searchsorted(np.asarray(curve.breaks), edges))
    turns = (breaks == 0) & ((high > most + visible) | (low < least - visible)) | (breaks > 1)
    return _Columns(first, low, high, turns & (edges[:-1] < edges[1:]), _widened(breaks > 0))


def _widened(mask: Mask) -> Mask:
    """The columns of the mask and those beside them."""
    widened: Mask = np.convolve(mask, np.ones(2 * _BESIDE + 1), "same") > 0.5
    return widened


_MOST_PLACES = 3


def places(intervals: Sequence[tuple[float, float]], low: float, high: float) -> str:
    """`for x ≤ 0`, `at x = 1 and for 2 < x < 3`: where on [low, high], given by first and last point."""
    texts = [_place(first, last, low, high) for first, last in intervals[:_MOST_PLACES]]
    more = len(intervals) - len(texts)
    return " and ".join(texts) + (f" and at {count(more, 'more place')}" if more else "")


def missing_lines(curves: Sequence[Curve], interval: tuple[float, float]) -> list[str]:
    """`not finite, left out: log(x) for x ≤ 0`; curves with the same holes together."""
    holes = [(places(missing(curve.x, curve.y), *interval), curve.label) for curve in curves]
    known = sorted(hole for hole in holes if hole[0])
    texts = [f"{', '.join(label for _, label in group)} {where}" for where, group in groupby(known, lambda h: h[0])]
    return [f"not finite, left out: {'; '.join(texts)}"] if texts else []


def _place(first: float, last: float, low: float, high: float) -> str:
    nothing = 1e-12 * (high - low)
    (left, after), (right, before) = _end(first, nothing), _end(last, nothing)
    if first == last:
        return f"at x = {left}"
    if first == low and last == high:
        return "everywhere"
    if first == low:
        return f"for x {before} {right}"
    if last == high:
        return f"for x {'>' if after == '<' else '≥'} {left}"
    return f"for {left} {after} x {before} {right}"


def _end(end: float, nothing: float) -> tuple[str, str]:
    """An end as it is written, and < or ≤: the last point of an interval may be just short of that number."""
    text = "0" if abs(end) <= nothing else short(end)
    return text, "≤" if float(text) == end else "<"
