"""A curve, and what of it comes to stand on a canvas."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from actcli.core.analysis.graph import Graph
from actcli.core.arrays import Array, union
from actcli.views.axis import Axis, multiples, nice_step
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
