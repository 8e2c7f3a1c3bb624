"""The graph of a function on an interval: points and breaks for drawing it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.analysis.sampling import discontinuities, only_where_finite, refined, runs_of
from actcli.core.arrays import Array, union

# The neighbouring floats on both sides of a break are added, so that the drawn line is right up to it.
_SIDES = (-np.inf, np.inf)

Limits = Callable[[Array], tuple[float, float]]
"""Values of a derivative, which may be nan or infinite -> the interval of values that is drawn."""

# Extra points per interval: to detect an oscillation, to resolve it, and the largest number in total.
_PROBES, _CLOSER, _MOST_CLOSER = 2, 32, 1 << 15
_GOLDEN = 0.6180339887498949  # (sqrt(5) - 1)/2, whose multiples stay apart modulo 1


@dataclass(frozen=True, eq=False)
class Graph:
    """f, f', ... f^(order) at ascending x, of shape (order + 1, n); nan or inf without a value.

    breakpoints: for each order the points at which that derivative jumps or is unbounded
    """

    activation: str
    x: Array
    derivatives: Array
    breakpoints: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, eq=False)
class Spot:
    """f, f', ... f^(order) at one point; at a kink f' is PyTorch's."""

    activation: str
    x: float
    derivatives: Array
    kink: bool

    @classmethod
    def of(cls, activation: Elementwise, x: float, order: int = 1) -> "Spot":
        """The derivatives up to `order` of an elementwise activation at x."""
        derivatives = only_where_finite(activation.derivatives(np.array([x]), order))[:, 0]
        return cls(activation.label, x, derivatives, x in activation.kinks(order))


def graphs(
    activations: Iterable[Elementwise], x: Array, order: int, limits: Limits, tolerance: float
) -> tuple[Graph, ...]:
    """Graphs of the activations on [x[0], x[-1]], all at the same points: x and added ones.

    Points are added beside every kink; at gaps of value against slope (jumps, poles, edges of the domain, steep steps);
    and, at irregular distances, where a derivative oscillates between the points, so that its range is seen.

    limits, tolerance: largest error of linear interpolation of a derivative, as a share of its limits
    """
    activations = tuple(activations)
    orders = range(order + 1)
    found: list[tuple[Array, set[float]]] = []
    with np.errstate(all="ignore"):  # nan and inf are valid results
        for activation in activations:
            kinks = [kink for kink in activation.kinks(order) if x[0] <= kink <= x[-1]]
            around = [np.nextafter(kinks, side) for side in _SIDES]
            points, table, gaps = refined(lambda x, f=activation: f.derivatives(x, 1), union(x, kinks, *around))  # type: ignore[misc]  # the default binds f
            jumps, poles = discontinuities(points, table, gaps, activation.kinks(1))
            found.append((points, jumps | poles))
        together = union(*(points for points, _ in found))
        together = together[(x[0] <= together) & (together <= x[-1])]
        tables = _tables(activations, together, order)
        closer = _where_it_turns(activations, together, tables, limits, tolerance)
        if closer.size:
            together = union(together, closer)
            tables = _tables(activations, together, order)
        return tuple(
            Graph(
                activation.label,
                together,
                table,
                tuple(_within(x, {*breakpoints, *activation.kinks(k)}) for k in orders),
            )
            for activation, table, (_, breakpoints) in zip(activations, tables, found, strict=True)
        )


_APART = 1e-9


def thinned(graphs: Sequence[Graph]) -> tuple[Graph, ...]:
    """The graphs without points that nearly coincide, as beside breaks and poles: difference quotients would be noise.

    All graphs have the same x. Of successive points within 1e-9 of the interval's length the one with the shortest
    decimal text is kept, because kinks have short ones.
    """
    x = graphs[0].x
    least = _APART * 2.0 * (x[-1] / 2.0 - x[0] / 2.0)
    starts = np.flatnonzero(np.append(True, np.diff(x) > least))
    stops = [*starts[1:].tolist(), x.size]
    kept = [
        start if stop == start + 1 else min(range(start, stop), key=lambda i: len(repr(float(x[i]))))
        for start, stop in zip(starts.tolist(), stops, strict=True)
    ]
    return tuple(replace(graph, x=x[kept], derivatives=graph.derivatives[:, kept]) for graph in graphs)


def _tables(activations: Sequence[Elementwise], x: Array, order: int) -> list[Array]:
    return [only_where_finite(activation.derivatives(x, order)) for activation in activations]


def _where_it_turns(
    activations: Sequence[Elementwise], x: Array, tables: Sequence[Array], limits: Limits, tolerance: float
) -> Array:
    """Points in the intervals of x on which linear interpolation of a derivative errs by more than the tolerance."""
    probes, order = _scattered(x[:-1], x[1:], _PROBES), len(tables[0]) - 1
    hidden = np.zeros(probes.shape, dtype=np.bool_)
    for known, there in zip(tables, _tables(activations, probes.ravel(), order), strict=True):
        for y, found in zip(known, there, strict=True):
            low, high = limits(np.append(y, found))
            straight = np.interp(probes.ravel(), x, y)
            misses = np.abs(np.clip(found, low, high) - np.clip(straight, low, high)) > tolerance * (high - low)
            hidden |= misses.reshape(probes.shape)
    turns = np.flatnonzero(hidden.any(axis=1))
    return _scattered(x[turns], x[turns + 1], min(_CLOSER, _MOST_CLOSER // max(turns.size, 1))).ravel()


def _scattered(low: Array, high: Array, count: int) -> Array:
    """Points between each low and high, at irregular distances to avoid aliasing."""
    fractions = np.arange(1.0, low.size * count + 1.0) * _GOLDEN % 1.0
    points: Array = low[:, None] + (high - low)[:, None] * fractions.reshape(low.size, count)
    return points


def _within(x: Array, points: set[float]) -> tuple[float, ...]:
    return tuple(sorted(point for point in points if x[0] <= point <= x[-1]))


def missing(x: Array, y: Array) -> tuple[tuple[float, float], ...]:
    """Intervals (first x, last x) on which y is not finite."""
    return tuple((float(x[first]), float(x[last - 1])) for first, last in runs_of(~np.isfinite(y)))


MOST: Final = 1 << 16
"""Largest number of points kept, so that memory does not grow with the input."""


@dataclass(frozen=True, eq=False)
class GivenPoints:
    """A user's numbers.

    x:          distinct, ascending; of more than 65536 distinct ones an even selection
    count:      number of all numbers
    outside:    number outside of the interval
    low, high:  smallest and largest finite number; inf and -inf without one
    not_finite: number of nan and ±inf
    """

    x: Array
    count: int
    outside: int
    low: float
    high: float
    not_finite: int


def gathered(blocks: Iterable[Array], interval: tuple[float, float] | None = None) -> GivenPoints:
    """The numbers of all blocks in the interval (None: all finite numbers), collected block by block."""
    kept, count, outside, not_finite, low, high = np.empty(0), 0, 0, 0, np.inf, -np.inf
    for block in blocks:
        x = block.ravel()
        count += x.size
        x = x[np.isfinite(x)]
        not_finite += block.size - x.size
        low, high = min(low, x.min(initial=np.inf)), max(high, x.max(initial=-np.inf))
        if interval is not None:
            inside = (interval[0] <= x) & (x <= interval[1])
            outside += x.size - int(inside.sum())
            x = x[inside]
        kept = union(kept, x)
        if kept.size > MOST:
            bins = np.floor((kept / 2 - kept[0] / 2) / (kept[-1] / 2 - kept[0] / 2) * (MOST / 2))
            first_of_each = np.append(True, np.diff(bins) > 0)
            first_of_each[-1] = True
            kept = kept[first_of_each]
    return GivenPoints(kept, count, outside, float(low), float(high), not_finite)
