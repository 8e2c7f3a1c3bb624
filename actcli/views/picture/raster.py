"""Rasterisation of curves to the dots of a canvas.

Where a curve oscillates within the columns of a picture, each column shows it from its minimum to its maximum: a band.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from actcli.core.arrays import Array, Mask, union
from actcli.views.picture.description import Curve, Histogram, Trail
from actcli.views.picture.dots import DotAxis
from actcli.views.ranges import VISIBLE, evenly, y_range
from actcli.views.terminal import Terminal

Numbers = npt.NDArray[np.int64]
Dots = tuple[Numbers, Numbers]
NOWHERE: Dots = (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))

DASHES = ((1, 0), (4, 3), (1, 2), (1, 4), (2, 2))
"""Lengths of drawn and of omitted runs of dots, in turn."""
GUIDE_DASH = 4

# Columns of a curve in turn, where several run together.
_TURN = 3


def line(curve: Curve, x: DotAxis, y: DotAxis) -> Dots:
    """Dots of the curve's line and band."""
    parts = [*_paths(_interpolated(curve, x), x, y), band(curve, x, y)]
    return _inside(np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts]), x, y)


def path(curve: Curve, x: DotAxis, y: DotAxis) -> Dots:
    """Every other dot of a line whose x need not ascend."""
    known = curve.finite()
    across, up = known.x / x.step - x.first, known.y / y.step - y.first
    along = np.concatenate([np.zeros(1), np.cumsum(np.maximum(np.abs(np.diff(across)), np.abs(np.diff(up))))])
    at = np.arange(0.0, along[-1] + 1.0, 2.0)
    columns, rows = (np.floor(np.interp(at, along, part) + 0.5).astype(np.int64) for part in (across, up))
    return _inside(columns, rows, x, y)


def upright(at: float, x: DotAxis, y: DotAxis) -> Dots:
    """Every other dot of a vertical line."""
    up = np.arange(0, y.last_dot + 1, 2 if y.dots > 1 else 1)
    return _inside(np.repeat(x.dot(np.array([at])), up.size), up, x, y)


def level(at: float, x: DotAxis, y: DotAxis) -> Dots:
    across = np.arange(0, x.last_dot + 1, 2)
    return _inside(across, np.repeat(y.dot(np.array([at])), across.size), x, y)


def walked(trail: Trail, x: DotAxis, y: DotAxis) -> tuple[Array, Array]:
    """Positions along a trail in dots, at most half a dot apart; the trail is on the scales of the axes."""
    across, up = trail.x / x.step - x.first, trail.y / y.step - y.first
    # Parts far outside are cut off.
    across, up = np.clip(across, -x.last_dot, 2 * x.last_dot), np.clip(up, -y.last_dot, 2 * y.last_dot)
    length = np.append(0.0, np.cumsum(np.maximum(np.abs(np.diff(across)), np.abs(np.diff(up)))))
    along = np.linspace(0.0, length[-1], 2 * int(length[-1]) + 2)
    return np.interp(along, length, across), np.interp(along, length, up)


def trail_dots(trail: Trail, x: DotAxis, y: DotAxis) -> Dots:
    """All dots of a trail."""
    across, up = (np.rint(part).astype(np.int64) for part in walked(trail, x, y))
    return _inside(across, up, x, y)


def area(low: Numbers, high: Numbers, columns: Numbers) -> Dots:
    """All dots of columns from low to high."""
    counts = np.maximum(high - low + 1, 0)
    start = np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(columns, counts), np.arange(counts.sum()) - start + np.repeat(low, counts)


def hatched(x_values: Array, low: Array, high: Array, x: DotAxis, y: DotAxis) -> Dots:
    """Every other dot between two curves over x, all on the scales of the axes."""
    columns = np.arange(max(int(x.dot(x_values[:1])[0]), 0), min(int(x.dot(x_values[-1:])[0]), x.last_dot) + 1)
    at = x.step * (x.first + columns.astype(np.float64))
    bottom, top = (np.clip(y.dot(np.interp(at, x_values, part)), 0, y.last_dot) for part in (low, high))
    across, up = area(bottom, top, columns)
    keep = (across + up) % 2 == 0
    return across[keep], up[keep]


def filled(histogram: Histogram, edges: Array, height: Array, x: DotAxis, y: DotAxis) -> Dots:
    """Dots of a histogram's area, from the bottom or from zero; edges and height on the scales of the axes."""
    dots = x.step * (x.first + np.arange(x.last_dot + 2, dtype=np.float64) - 0.5)
    heights = _highest(dots, edges, height) if histogram.peaks else _mean(dots, edges, height)
    zero = max(int(y.dot(np.zeros(1))[0]), 0) if y.low <= 0.0 <= y.high and not histogram.peaks else 0
    shown = np.flatnonzero(np.isfinite(heights))
    up = np.minimum(y.dot(heights[shown]), y.last_dot)
    keep = up > zero if not histogram.peaks else up >= 0
    return area(np.full(int(keep.sum()), zero), up[keep], shown[keep])


def _mean(dots: Array, edges: Array, height: Array) -> Array:
    """Mean height within each dot; dots: edges of the dots."""
    total = np.append(0.0, np.cumsum(height * np.diff(edges)))
    covered = np.diff(np.clip(dots, edges[0], edges[-1]))
    with np.errstate(invalid="ignore"):  # 0/0 outside of the histogram
        mean: Array = np.where(covered > 0, np.diff(np.interp(dots, edges, total)) / covered, np.nan)
    return mean


def _highest(dots: Array, edges: Array, height: Array) -> Array:
    first = np.searchsorted(edges[1:], dots[:-1], side="right")
    last = np.searchsorted(edges[:-1], dots[1:], side="left")
    return np.array(
        [
            np.nanmax(height[a:b]) if b > a and np.isfinite(height[a:b]).any() else np.nan
            for a, b in zip(first.tolist(), last.tolist(), strict=True)
        ]
    )


def shared(lines: Sequence[Dots], x: DotAxis, y: DotAxis) -> list[Dots]:
    """Dots of the lines, with one colour per cell: where lines meet they take turns, and the cell shows all dots."""
    cells = [(up // y.dots) * x.cells + across // x.dots for across, up in lines]
    present = np.zeros((len(lines), x.cells * y.cells), dtype=np.bool_)
    for row, own in zip(present, cells, strict=True):
        row[own] = True
    nth = np.cumsum(present, axis=0)
    turn = (np.arange(present.shape[1]) % x.cells // _TURN) % np.maximum(nth[-1], 1) + 1
    owner = ((nth == turn) & present).argmax(axis=0)
    all_x, all_y, all_cells = (np.concatenate(parts) for parts in (*zip(*lines, strict=True), cells))
    return [(all_x[mine], all_y[mine]) for i in range(len(lines)) for mine in [owner[all_cells] == i]]


def outside(dots: Dots, others: Sequence[Dots], x: DotAxis, y: DotAxis) -> Dots:
    """The dots in cells without dots of the others."""
    taken = np.zeros(x.cells * y.cells, dtype=np.bool_)
    for across, up in others:
        taken[(up // y.dots) * x.cells + across // x.dots] = True
    free = ~taken[(dots[1] // y.dots) * x.cells + dots[0] // x.dots]
    return dots[0][free], dots[1][free]


def _inside(across: Numbers, up: Numbers, x: DotAxis, y: DotAxis) -> Dots:
    keep = (across >= 0) & (across <= x.last_dot) & (up >= 0) & (up <= y.last_dot)
    return across[keep], up[keep]


def _interpolated(curve: Curve, x: DotAxis) -> Curve:
    """The curve interpolated linearly at every dot of `x`, with gaps beside values that are not finite."""
    at: Array = x.step * np.arange(x.first, x.first + x.last_dot + 1, dtype=np.float64)
    # A dot up to half a step beyond the curve's end still shows the end.
    nearest = np.clip(at, curve.x[0], curve.x[-1])
    with np.errstate(all="ignore"):  # nan beside a point without a value
        y = np.interp(nearest, curve.x, curve.y)
    return replace(curve, x=at, y=np.where(np.abs(nearest - at) <= 0.5 * x.step, y, np.nan))


def _paths(curve: Curve, x: DotAxis, y: DotAxis) -> list[Dots]:
    """Dots of each connected piece; a curve that leaves at the top and returns at the bottom is broken there."""
    shown = np.isfinite(curve.y)
    across, up = x.dot(curve.x), y.dot(np.where(shown, curve.y, y.low))
    beyond = np.where(up < 0, -1, np.where(up > y.last_dot, 1, 0))
    breakpoints = np.flatnonzero(~curve.joined() | (beyond[1:] * beyond[:-1] == -1)) + 1
    on, off = DASHES[GUIDE_DASH if curve.style.role == "guide" else min(curve.style.dash, GUIDE_DASH - 1)]
    paths = []
    for piece in np.split(np.arange(shown.size), breakpoints):
        if shown[piece[0]] and not beyond[piece].all():
            # Length in dots, the same for steep and flat parts.
            steps = np.maximum(np.abs(np.diff(across[piece])), np.abs(np.diff(up[piece])))
            length = np.append(0, np.cumsum(steps))
            along = np.arange(length[-1] + 1)
            along = along[along % (on + off) < on]
            path = [np.rint(np.interp(along, length, part[piece])).astype(np.int64) for part in (across, up)]
            paths.append((path[0], path[1]))
    return paths


def landmarks(curve: Curve, x: DotAxis, y: DotAxis, index: int, of: int) -> tuple[list[int], list[int]]:
    """Some cells of the curve for markers, between those of the other curves."""
    cells, up = points(curve, x, y)
    apart = max(x.cells // 4, 4 * of)
    wanted = range(int((index + 0.5) * apart / of), x.cells, apart)
    nearest = {int(np.abs(np.array(cells) - cell).argmin()) for cell in wanted if cells}
    return [cells[i] for i in nearest], [up[i] for i in nearest]


def points(curve: Curve, x: DotAxis, y: DotAxis) -> tuple[list[int], list[int]]:
    """Cells of the points inside of the canvas, each once."""
    curve = curve.finite()
    across, up = x.dot(curve.x) // x.dots, y.dot(curve.y) // y.dots
    inside = (across >= 0) & (across < x.cells) & (up >= 0) & (up < y.cells)
    cells = dict.fromkeys(zip(across[inside].tolist(), up[inside].tolist(), strict=True))
    return [cell for cell, _ in cells], [cell for _, cell in cells]


# Least number of neighbouring columns with a band that needs a note; fewer are a narrow peak.
_CROWD = 4
_BESIDE = 2


@dataclass(frozen=True, eq=False)
class _Columns:
    """A curve by columns of a picture.

    first:     index of its first point in each column, and one more
    low, high: minimum and maximum in each column
    turns:     columns in which it turns visibly, or has several jumps
    broken:    columns with a jump, and those beside
    """

    first: npt.NDArray[np.intp]
    low: Array
    high: Array
    turns: Mask
    broken: Mask


def band(curve: Curve, x: DotAxis, y: DotAxis) -> Dots:
    """Dots of the columns in which the curve turns, and of those beside them."""
    middles: Array = x.step * np.arange(x.first, x.first + x.last_dot + 1, dtype=np.float64)
    # As in _paths, a curve that leaves at the top and returns at the bottom is broken there.
    side = np.where(curve.y > y.high, 1, np.where(curve.y < y.low, -1, 0))
    leaps = curve.x[1:][side[1:] * side[:-1] < 0]
    curve = replace(curve, breakpoints=tuple(union(curve.breakpoints, leaps).tolist()))
    columns = _columns(curve, np.append(middles - 0.5 * x.step, middles[-1] + 0.5 * x.step), 0.5 * y.step)
    if not columns.turns.any():
        return NOWHERE
    shown = _widened(columns.turns) & ~np.isnan(columns.low)
    on, off = DASHES[min(curve.style.dash, GUIDE_DASH - 1)]
    shown &= np.arange(len(shown)) % (on + off) < on
    low, high = (np.clip(y.dot(np.nan_to_num(part)), 0, y.last_dot) for part in (columns.low, columns.high))
    whole, torn = np.flatnonzero(shown & ~columns.broken), np.flatnonzero(shown & columns.broken)
    across, up = area(low[whole], high[whole], whole)
    for i in torn.tolist():  # no line across a jump
        points = curve.y[columns.first[i] : columns.first[i + 1]]
        dots = np.unique(y.dot(points[np.isfinite(points)]))
        across, up = np.append(across, np.full(dots.size, i)), np.append(up, dots)
    return across, up


def crowded_lines(curves: Sequence[Curve], interval: tuple[float, float], terminal: Terminal) -> list[str]:
    """Notes on curves that oscillate within the columns of a picture as wide as this terminal."""
    edges, reach = np.linspace(*interval, terminal.width * terminal.dots[0] + 1), max(map(abs, interval))
    crowded = []
    for curve in curves:
        low, high = y_range([evenly(curve, *interval)], reach)
        turns = _columns(curve, edges, 2 * VISIBLE * (high - low)).turns
        if np.convolve(turns, np.ones(_CROWD)).max() >= _CROWD:
            crowded.append(curve.label)
    if not crowded:
        return []
    what = "faster than the columns, each of which shows the range of the values there"
    return [f"{what}: {', '.join(crowded)}; --range looks closer"]


def _columns(curve: Curve, edges: Array, visible: float) -> _Columns:
    """The curve by columns between the edges; visible: the least visible height."""
    edges = np.clip(edges, curve.x[0], curve.x[-1])
    y = np.where(np.isfinite(curve.y), curve.y, np.nan)
    with np.errstate(all="ignore"):  # nan beside values that are not finite
        ends = np.interp(edges, curve.x, y)
    least, most = np.minimum(ends[:-1], ends[1:]), np.maximum(ends[:-1], ends[1:])
    first = np.searchsorted(curve.x, edges)
    inner = np.flatnonzero(first[:-1] < first[1:])
    low, high = least.copy(), most.copy()
    low[inner] = np.fmin(low[inner], np.fmin.reduceat(y[: first[-1]], first[inner]))
    high[inner] = np.fmax(high[inner], np.fmax.reduceat(y[: first[-1]], first[inner]))
    breakpoints = np.diff(np.searchsorted(np.asarray(curve.breakpoints), edges))
    turns = (breakpoints == 0) & ((high > most + visible) | (low < least - visible)) | (breakpoints > 1)
    return _Columns(first, low, high, turns & (edges[:-1] < edges[1:]), _widened(breakpoints > 0))


def _widened(mask: Mask) -> Mask:
    """The columns of the mask and those beside them."""
    widened: Mask = np.convolve(mask, np.ones(2 * _BESIDE + 1), "same") > 0.5
    return widened
