"""A sampled curve: its turns, and where it is constant."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from actcli.core.arrays import Array, Mask
from actcli.core.numerics.roots import section

Curve = Callable[[Array], tuple[Array, Array]]
"""From points to a curve's values and its slopes there."""

Run = tuple[int, int]
"""A half-open range of indices."""

BESIDE: Final = 2.0**-39
"""How far a formula's own rounding may shift a break, as a share of it or of 1."""

_MOST_PEAKS: Final = 64


@dataclass(frozen=True, eq=False)
class SampledCurve:
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

    def flipped(self) -> "SampledCurve":
        """The curve of -f: its maxima are the minima of f."""

        def curve(x: Array) -> tuple[Array, Array]:
            value, slope = self.curve(x)
            return -value, -slope

        left, right = self.limits
        return SampledCurve(curve, self.x, -self.value, -self.slope, self.breaks, (-left, -right))


def peaks_in(sides: Sequence[SampledCurve], over: Sequence[Mask]) -> list[tuple[Array, Array]]:
    """The places and heights of the maxima of a curve and of the curve flipped, in one go.

    over: for each of `sides` the intervals, of which those are looked at that are nearest to 0
    """
    one = sides[0]
    chosen = [np.flatnonzero(mask) for mask in over]
    chosen = [part[np.argsort(np.abs(one.x[part]), kind="stable")[:_MOST_PEAKS]] for part in chosen]
    together = np.concatenate(chosen)
    low, high = one.x[together], one.x[together + 1]
    if together.size:
        low, high = section(lambda x: np.sign(one.curve(x)[1]), low, high)
    ends = np.cumsum([len(part) for part in chosen])[:-1]
    return [_higher(side, *pair) for side, *pair in zip(sides, np.split(low, ends), np.split(high, ends), strict=True)]


def _higher(side: SampledCurve, low: Array, high: Array) -> tuple[Array, Array]:
    """Of two neighbours the one where the curve is flatter: their heights differ by rounding alone."""
    if not low.size:
        return low, low
    heights, slopes = (part.reshape(2, -1) for part in side.curve(np.concatenate([low, high])))
    return np.where(np.abs(slopes[0]) <= np.abs(slopes[1]), low, high), heights.max(axis=0)


def turns_of(sampled: SampledCurve) -> tuple[Mask, Array]:
    """The intervals on which the curve first rises and then falls, and how high it may come there."""
    rises, falls = sampled.slope[:-1], -sampled.slope[1:]
    turns = (rises > 0.0) & (falls > 0.0) & (np.nextafter(sampled.x[:-1], np.inf) < sampled.x[1:])
    height = np.maximum(sampled.value[:-1], sampled.value[1:]) + np.minimum(rises, falls) * np.diff(sampled.x)
    return turns & np.isfinite(height), height


def constant_stretches(sampled: SampledCurve) -> tuple[tuple[float, float], ...]:
    """The intervals on which the slope is zero, from break to break or to an end of the line."""
    stretches = []
    for first, last in runs_of(sampled.slope == 0.0):
        parts = np.flatnonzero(np.diff(sampled.value[first:last]) != 0.0) + 1
        bounds = [first, *(first + parts).tolist(), last]
        stretches += [stretch_of(sampled, run) for run in pairwise(bounds)]
    return tuple(stretch for stretch in stretches if stretch)


def runs_of(mask: Mask) -> list[Run]:
    """The stretches of a mask, as half-open ranges of indices."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(first), int(last)) for first, last in zip(edges[::2], edges[1::2], strict=True)]


def stretch_of(sampled: SampledCurve, run: Run) -> tuple[float, float] | None:
    """The interval on which a run of equal values is constant, and not only so by rounding.

    A function becomes constant at a break; where it creeps up to its limit there is none.
    """
    first, last = run[0], run[1] - 1
    if last - first < 2:
        return None
    at_left, at_right = first == 0, last == len(sampled.x) - 1
    if at_left and at_right:
        return -math.inf, math.inf
    within = [point for point in sampled.breaks if between(sampled.x[first], point, sampled.x[last])]
    if not within or (len(within) == 1 and not (at_left or at_right)):
        return None
    return (-math.inf if at_left else within[0], math.inf if at_right else within[-1])


def covers(sampled: SampledCurve, run: Run, point: float) -> bool:
    """Whether the point lies in the run, or between it and the samples on both sides."""
    return bool(sampled.x[max(run[0] - 1, 0)] <= point <= sampled.x[min(run[1], len(sampled.x) - 1)])


def between(low: float, point: float, high: float) -> bool:
    """Whether the point lies in the interval, give or take the rounding of a formula in which it is a break."""
    margin = BESIDE * max(abs(point), 1.0)
    return low - margin <= point <= high + margin
