"""A sampled curve: its turns, its roots, and where it is constant."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from actcli.core.jet import Array, Mask

Curve = Callable[[Array], tuple[Array, Array]]
"""From points to a curve's values and its slopes there."""

Run = tuple[int, int]
"""A half-open range of indices."""

BESIDE: Final = 2.0**-39
"""How far a formula's own rounding may shift a break, as a share of it or of 1."""

_MOST_PEAKS: Final = 64


@dataclass(frozen=True, eq=False)
class Track:
    """A curve at ascending points, with its limits at both ends (nan: none) and the places where it may break."""

    curve: Curve
    x: Array
    value: Array
    slope: Array
    breaks: tuple[float, ...]
    limits: tuple[float, float]

    def break_at(self, a: float, b: float) -> float:
        """The break that lies at two neighbouring numbers, or the second of them."""
        return next((point for point in self.breaks if between(min(a, b), point, max(a, b))), b)

    def flipped(self) -> "Track":
        """The curve of -f: its maxima are the minima of f."""

        def curve(x: Array) -> tuple[Array, Array]:
            value, slope = self.curve(x)
            return -value, -slope

        left, right = self.limits
        return Track(curve, self.x, -self.value, -self.slope, self.breaks, (-left, -right))


def section(sign: Callable[[Array], Array], low: Array, high: Array) -> tuple[Array, Array]:
    """Where `sign` changes between each low and high (or high and low), down to two neighbouring numbers.

    sign: from points to -1, 0 or 1; of one sign at `low` and of another at `high`
    """
    start = sign(low)
    parts = np.arange(1, 17) / 16.0
    for _ in range(16):
        inner = low[:, None] + (high - low)[:, None] * parts
        inner[:, -1] = high
        changed = sign(inner.ravel()).reshape(inner.shape) != start[:, None]
        changed[:, -1] = True
        first = changed.argmax(axis=1)
        rows = np.arange(len(low))
        low, high = np.where(first > 0, inner[rows, first - 1], low), inner[rows, first]
    return low, high


def peaks_in(track: Track, over: Mask) -> tuple[Array, Array]:
    """The places and heights of the maxima in those of the intervals `over` that are nearest to 0."""
    chosen = np.flatnonzero(over)
    chosen = chosen[np.argsort(np.abs(track.x[chosen]), kind="stable")[:_MOST_PEAKS]]
    low, high = track.x[chosen], track.x[chosen + 1]
    if not chosen.size:
        return low, low
    low, high = section(lambda x: np.sign(track.curve(x)[1]), low, high)
    heights, slopes = np.stack([track.curve(low), track.curve(high)], axis=1)
    # Of two neighbours the one where the curve is flatter: their heights differ by rounding alone.
    return np.where(np.abs(slopes[0]) <= np.abs(slopes[1]), low, high), heights.max(axis=0)


def turns_of(track: Track) -> tuple[Mask, Array]:
    """The intervals on which the curve first rises and then falls, and how high it may come there."""
    rises, falls = track.slope[:-1], -track.slope[1:]
    turns = (rises > 0.0) & (falls > 0.0) & (np.nextafter(track.x[:-1], np.inf) < track.x[1:])
    height = np.maximum(track.value[:-1], track.value[1:]) + np.minimum(rises, falls) * np.diff(track.x)
    return turns & np.isfinite(height), height


def constant_stretches(track: Track) -> tuple[tuple[float, float], ...]:
    """The intervals on which the slope is zero, from break to break or to an end of the line."""
    stretches = []
    for first, last in runs_of(track.slope == 0.0):
        parts = np.flatnonzero(np.diff(track.value[first:last]) != 0.0) + 1
        bounds = [first, *(first + parts).tolist(), last]
        stretches += [stretch_of(track, run) for run in pairwise(bounds)]
    return tuple(stretch for stretch in stretches if stretch)


def runs_of(mask: Mask) -> list[Run]:
    """The stretches of a mask, as half-open ranges of indices."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(first), int(last)) for first, last in zip(edges[::2], edges[1::2], strict=True)]


def stretch_of(track: Track, run: Run) -> tuple[float, float] | None:
    """The interval on which a run of equal values is constant, and not only so by rounding.

    A function becomes constant at a break; where it creeps up to its limit there is none.
    """
    first, last = run[0], run[1] - 1
    if last - first < 2:
        return None
    at_left, at_right = first == 0, last == len(track.x) - 1
    if at_left and at_right:
        return -math.inf, math.inf
    within = [point for point in track.breaks if between(track.x[first], point, track.x[last])]
    if not within or (len(within) == 1 and not (at_left or at_right)):
        return None
    return (-math.inf if at_left else within[0], math.inf if at_right else within[-1])


def covers(track: Track, run: Run, point: float) -> bool:
    """Whether the point lies in the run, or between it and the samples on both sides."""
    return bool(track.x[max(run[0] - 1, 0)] <= point <= track.x[min(run[1], len(track.x) - 1)])


def between(low: float, point: float, high: float) -> bool:
    """Whether the point lies in the interval, give or take the rounding of a formula in which it is a break."""
    margin = BESIDE * max(abs(point), 1.0)
    return low - margin <= point <= high + margin
