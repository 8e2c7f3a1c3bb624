"""Zeros of a sampled curve, and their confirmation in more digits."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from actcli.core.analysis.function import Function
from actcli.core.analysis.sampling import CLOSE, Run, SampledCurve, covers, peaks_in, runs_of, stretch_of, turns_of
from actcli.core.arrays import Mask
from actcli.core.numerics.roots import bracket

MOST_ZEROS: Final = 12
"""Largest number of zeros that are told."""
_EPS: Final = 2.0**-52
_MOST_CROSSINGS = 64
_BESIDE, _ALL_FOUND = 2.0**-8, 8.0


def zeros(sampled: SampledCurve, gaps: tuple[float, ...]) -> tuple[tuple[float, ...], tuple[tuple[float, float], ...]]:
    """Isolated zeros in ascending order, and intervals on which the curve is zero.

    gaps: jumps and poles; a change of sign there is no zero
    """
    intervals, points = [], []
    for first, last in runs_of(sampled.value == 0.0):
        here = sampled.x[first:last]
        if stretch := stretch_of(sampled, (first, last)):
            intervals.append(stretch)
        elif last - first == 1 or not _underflows(sampled, (first, last), gaps):
            points.append(float(here[np.abs(here).argmin()]))
    touches, dips = _touches(sampled)
    points += _at_breakpoints(sampled, gaps) + touches
    points = _without_rest(sampled, points) + _crossings(sampled, gaps, dips)
    found: list[float] = []
    for point in (sampled.breakpoint_at(point, point) for point in points):
        inside = any(low <= point <= high for low, high in intervals)
        if not inside and not any(abs(point - other) <= 1e-9 * max(abs(point), 1e-3) for other in found):
            found.append(point)
    return tuple(sorted(found)), tuple(intervals)


def _without_rest(sampled: SampledCurve, points: list[float]) -> list[float]:
    """The zeros beside which the curve is not zero, beyond the intervals found."""
    if sampled.constant is None:
        return points
    kept = [point for point in points if abs(point) <= _ALL_FOUND]
    further = [point for point in points if abs(point) > _ALL_FOUND]
    for some in (further[i : i + _TOGETHER] for i in range(0, len(further), _TOGETHER)):
        beside = np.array(some)[:, None] + np.array([-_BESIDE, _BESIDE])
        zero = (sampled.curve(beside.ravel())[0] == 0.0).reshape(beside.shape)
        rests = [any(map(sampled.constant, at[here].tolist())) for at, here in zip(beside, zero, strict=True)]
        kept += [point for point, rest in zip(some, rests, strict=True) if not rest]
    return kept


_TOGETHER: Final = 12
"""Points whose 24 neighbours are few enough for more digits at each."""


def _underflows(sampled: SampledCurve, run: Run, gaps: tuple[float, ...]) -> bool:
    """Whether the zeros of a run are underflow, towards ±∞ or a pole."""
    return run[0] == 0 or run[1] == len(sampled.x) or any(covers(sampled, run, gap) for gap in gaps)


def _crossings(sampled: SampledCurve, gaps: tuple[float, ...], dips: Sequence[float] = ()) -> list[float]:
    """Points at which the curve changes its sign. dips: extrema between two changes of sign within one interval."""
    x, value = sampled.x, sampled.value
    if len(dips):
        inner = np.array(sorted(dips))
        at = np.searchsorted(x, inner)
        x, value = np.insert(x, at, inner), np.insert(value, at, sampled.curve(inner)[0])
    with np.errstate(invalid="ignore"):
        crossing = (np.sign(value[1:]) * np.sign(value[:-1]) < 0.0) & (np.nextafter(x[:-1], np.inf) < x[1:])
    for gap in gaps:
        crossing &= (x[1:] < gap) | (gap < x[:-1])
    nearest = np.flatnonzero(crossing)
    nearest = nearest[np.argsort(np.abs(x[nearest]), kind="stable")[:_MOST_CROSSINGS]]
    if not nearest.size:
        return []
    low, high = x[nearest], x[nearest + 1]
    sides = np.maximum(np.abs(value[nearest]), np.abs(value[nearest + 1]))
    low, high = bracket(lambda x: np.sign(sampled.curve(x)[0]), low, high)
    at_low, at_high = np.abs(sampled.curve(low)[0]), np.abs(sampled.curve(high)[0])
    # At an unknown jump or pole the values on both sides are not small.
    small = np.minimum(at_low, at_high) <= 1e-3 * sides
    return [float(point) for point in np.where(at_low <= at_high, low, high)[small]]


def _at_breakpoints(sampled: SampledCurve, gaps: tuple[float, ...]) -> list[float]:
    """Breakpoints at which the curve is zero up to the rounding of their x, such as π for |sin x|."""
    at = np.array([point for point in sampled.breakpoints if point not in gaps])
    if not at.size:
        return []
    sides = [sampled.curve(np.nextafter(at, direction))[1] for direction in (-np.inf, np.inf)]
    steepest = np.fmax(*np.abs(sides))
    small = (np.abs(sampled.curve(at)[0]) <= 2.0 * _EPS * np.abs(at) * steepest) & np.isfinite(steepest)
    return [float(point) for point in at[small]]


def _touches(sampled: SampledCurve) -> tuple[list[float], list[float]]:
    """Zeros without a change of sign, and the extrema that lie a little beyond zero."""
    sides = sampled, sampled.flipped()
    touches, dips = [], []
    for peaks, heights in peaks_in(sides, [_may_touch(side) for side in sides]):
        if peaks.size:
            # Zero relative to both neighbours: in an underflowing tail one neighbour is 0 too.
            beside = np.minimum(np.abs(sampled.curve(peaks - 2.0**-8)[0]), np.abs(sampled.curve(peaks + 2.0**-8)[0]))
            touching = np.abs(heights) <= 1e-11 * beside
            touches += peaks[touching].tolist()
            dips += peaks[~touching & (heights > 0.0)].tolist()
    return touches, dips


def _may_touch(sampled: SampledCurve) -> Mask:
    turns, height = turns_of(sampled)
    below = np.maximum(sampled.value[:-1], sampled.value[1:]) <= 0.0
    may_touch: Mask = turns & below & (height >= 0.0)
    return may_touch


# --- in more digits -----------------------------------------------------------------------------------------------


def confirmed(function: Function, found: tuple[float, ...]) -> tuple[float, ...]:
    """The zeros nearest to 0 in more digits: around a zero of a flat f, float64 gives 0 on an interval."""
    if not function.exact:
        return found
    nearest = sorted(found, key=abs)
    zeros: list[float] = []
    for i, point in enumerate(nearest):
        if len(zeros) > MOST_ZEROS:
            return tuple(sorted([*zeros, *nearest[i:]]))
        zero = _zero_near(function, point)
        if zero is None or any(abs(zero - other) <= 1e-9 * max(abs(zero), 1e-3) for other in zeros):
            continue
        if not _stays_above(function, zero):
            zeros.append(zero)
    return tuple(sorted(zeros))


def _zero_near(function: Function, point: float) -> float | None:
    """The zero near a point by Newton's method; the point itself if the method fails."""
    at = point
    for _ in range(_MOST_STEPS):
        found = function.at(at, 1, free=True, far=abs(at) <= CLOSE)
        if found is None:
            return point
        crosses = abs(found[1]) > _UNDERFLOW  # so steep that what underflows is no distance from the zero
        if not math.isfinite(found[0]) or (found[0] == 0.0 and not crosses and function.underflows(at)):
            return None
        value, slope = found
        if value == 0.0 or abs(value) <= 2.0**-50 * abs(slope * at):
            return at
        step = value / slope if slope else math.inf
        if not abs(step) <= 1e-6 * max(abs(point), 1.0):
            beside = function.at(at + 2.0**-8, 0, free=True)
            return point if beside is not None and abs(value) <= 1e-11 * abs(beside[0]) else None
        at -= step
    return at


def _stays_above(function: Function, zero: float) -> bool:
    """Whether f only comes close to 0 at a zero of float64, with the same sign on both sides, as max(cos(x), 1e-20).

    The tangents at both sides of a zero meet ever closer to 0, the nearer the sides are; those of a positive minimum
    meet above 0.
    """
    size = max(abs(zero), 1.0)
    signs = np.sign(function.activation(zero + _ASIDE * size * np.array([-1.0, 1.0])))
    if not signs[0] * signs[1] >= 0.0:
        return False
    return _tangents_meet_above(function, zero, size, few=True) or _tangents_meet_above(function, zero, size, few=False)


def _tangents_meet_above(function: Function, zero: float, size: float, few: bool) -> bool:
    """As `_stays_above`, in few digits or in many."""
    from fractions import Fraction  # imported only for formulas

    at, heights, beside = Fraction(zero), list[Fraction](), Fraction(0)
    bits = 256 if few else 1200
    for distance in _DISTANCES:
        step = Fraction(distance * size)
        left, right = (function.in_many_digits(at + side * step, 0, few) for side in (-1, 1))
        if left is None or right is None or left[0] * right[0] <= 0:
            return False
        if left[1] == right[1]:  # a constant other than 0, or a slope all the same
            return left[1] == 0
        away = (right[0] - left[0] - (left[1] + right[1]) * step) / (left[1] - right[1])
        away = Fraction(round(away * (1 << bits)), 1 << bits)  # digits beyond would cost time only
        # The flatter tangent has the smaller rounding error.
        beside, height = min(
            (left[0], left[0] + left[1] * (away + step), abs(left[1])),
            (right[0], right[0] + right[1] * (away - step), abs(right[1])),
            key=lambda side: side[2],
        )[:2]
        at, heights = at + away, [*heights, abs(height)]
    return heights[1] > (_FEW_DIGITS if few else _DIGITS) * abs(beside) and 4 * heights[1] > heights[0]


_ASIDE: Final = 2.0**-20
_DISTANCES: Final = 2.0**-36, 2.0**-60
_DIGITS: Final = 2.0**-1000
"""Rounding error in many digits."""
_FEW_DIGITS: Final = 2.0**-200
"""A height that few digits tell from 0 for certain."""
_MOST_STEPS: Final = 8
_UNDERFLOW: Final = 1e-150
