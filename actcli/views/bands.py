"""A curve that turns faster than the columns of a picture: in each of them from its lowest to its highest."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from actcli.core.arrays import Array, Mask, union
from actcli.views.axis import Axis
from actcli.views.curve import Curve, Dots, evenly, y_range
from actcli.views.terminal import Terminal

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
