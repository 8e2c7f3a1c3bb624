"""The graph of a function on an interval: enough of its points, and where it is broken."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.analysis.sampling import discontinuities, only_where_finite, refined, runs_of
from actcli.core.arrays import Array, union

# Beside a break the points on both sides, so that a line through the points is right up to it.
_SIDES = (-np.inf, np.inf)

Limits = Callable[[Array], tuple[float, float]]
"""From the values of a derivative, some of which may not be finite, to the interval of them that counts."""

# A wave that turns between the points is looked for at so many more in each interval, and followed with so many.
_PROBES, _CLOSER, _MOST_CLOSER = 2, 32, 1 << 15
_GOLDEN = 0.6180339887498949  # (sqrt(5) - 1)/2, whose multiples stay apart modulo 1


@dataclass(frozen=True, eq=False)
class Graph:
    """f, f', ... f^(order) at ascending x, of shape (order + 1, n); nan or inf where there is no value.

    breakpoints: for each order the points where that derivative jumps, or grows beyond all bounds
    """

    activation: str
    x: Array
    derivatives: Array
    breakpoints: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, eq=False)
class Spot:
    """f, f', ... f^(order) at one point, and whether it is a kink, where f' is the one that PyTorch returns."""

    activation: str
    x: float
    derivatives: Array
    kink: bool

    @classmethod
    def of(cls, activation: Elementwise, x: float, order: int = 1) -> "Spot":
        """An elementwise activation at x, up to the derivative of that order."""
        derivatives = only_where_finite(activation.derivatives(np.array([x]), order))[:, 0]
        return cls(activation.label, x, derivatives, x in activation.kinks(order))


def graphs(
    activations: Iterable[Elementwise], x: Array, order: int, limits: Limits, tolerance: float
) -> tuple[Graph, ...]:
    """Each activation on the interval from x[0] to x[-1], all at the same points: those of x, and what they miss.

    Points are added beside every kink, and where values and slopes do not fit together: at jumps and poles, at
    the edges of the domain, in steps far narrower than the distance of the points; and where a derivative turns
    faster than the points follow, at random, so that they tell how high and low it comes there.

    limits, tolerance: a straight line between two points may miss a derivative by this share of its limits
    """
    activations = tuple(activations)
    orders = range(order + 1)
    found: list[tuple[Array, set[float]]] = []
    with np.errstate(all="ignore"):  # nan and inf are answers here
        for activation in activations:
            kinks = [kink for kink in activation.kinks(order) if x[0] <= kink <= x[-1]]
            around = [np.nextafter(kinks, side) for side in _SIDES]
            points, table = refined(lambda x, f=activation: f.derivatives(x, 1), union(x, kinks, *around))  # type: ignore[misc]  # the default binds f
            jumps, poles = discontinuities(points, table, activation.kinks(1))
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
    """The same graphs without points that lie together, as those beside a break and around a pole: a slope between two
    of them would be noise.

    All graphs have the same x. Of those that follow each other within 1e-9 of the interval's length the one with the
    fewest digits stays, which a kink has.
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
    """Points in the intervals of x on which a straight line misses a derivative by more than the tolerance."""
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
    """So many points between each low and high, at no regular distance: no wave falls in with them."""
    fractions = np.arange(1.0, low.size * count + 1.0) * _GOLDEN % 1.0
    points: Array = low[:, None] + (high - low)[:, None] * fractions.reshape(low.size, count)
    return points


def _within(x: Array, points: set[float]) -> tuple[float, ...]:
    return tuple(sorted(point for point in points if x[0] <= point <= x[-1]))


def missing(x: Array, y: Array) -> tuple[tuple[float, float], ...]:
    """The intervals of x, first to last point, on which y is not finite."""
    return tuple((float(x[first]), float(x[last - 1])) for first, last in runs_of(~np.isfinite(y)))


MOST: Final = 1 << 16
"""So many points are kept: memory does not grow with the input."""


@dataclass(frozen=True, eq=False)
class GivenPoints:
    """A user's numbers.

    x:          ascending, each once; of more than 65536 different ones a choice that is as evenly spread
    count:      how many there were
    outside:    how many of them lie outside of the interval
    low, high:  the smallest and the largest that is finite; inf and -inf where there is none
    not_finite: how many are nan or infinite
    """

    x: Array
    count: int
    outside: int
    low: float
    high: float
    not_finite: int


def gathered(blocks: Iterable[Array], interval: tuple[float, float] | None = None) -> GivenPoints:
    """The numbers of all blocks that lie in the interval (None: all that are finite), folded block by block."""
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
