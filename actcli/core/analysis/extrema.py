"""Extrema and zeros of a sampled curve."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from actcli.core.analysis.sampling import (
    BESIDE,
    FAR,
    Run,
    SampledCurve,
    covers,
    peaks_in,
    runs_of,
    stretch_of,
    turns_of,
)
from actcli.core.arrays import Array, Mask
from actcli.core.numerics.roots import bracket

_EPS: Final = 2.0**-52
_MOST_BREAKPOINTS: Final = 32


@dataclass(frozen=True, slots=True)
class Extremum:
    """A supremum or infimum; `low` and `high`: smallest and largest x with this value, mostly equal.

    attained: False if the value is only approached, at ±inf or on one side of a break
    """

    value: float
    attained: bool
    low: float
    high: float


def extremes(sampled: SampledCurve) -> tuple[Extremum, Extremum]:
    """Infimum and supremum, to rounding if attained; of several places with this value the nearest to 0.

    nan if the curve has no finite value.
    """
    sides = sampled.flipped(), sampled
    unbounded = [_unbounded(side) for side in sides]
    over = [_may_be_highest(side) & (infinite is None) for side, infinite in zip(sides, unbounded, strict=True)]
    lowest, highest = (
        infinite or _supremum(side, *peaks)
        for side, infinite, peaks in zip(sides, unbounded, peaks_in(sides, over), strict=True)
    )
    return replace(lowest, value=0.0 - lowest.value), highest


def _may_be_highest(sampled: SampledCurve) -> Mask:
    """Mask of intervals that may contain a peak above all samples."""
    turns, height = turns_of(sampled)
    highest = sampled.value[np.isfinite(sampled.value)].max(initial=-math.inf)
    may_be_highest: Mask = turns & (height >= highest)
    return may_be_highest


def _supremum(sampled: SampledCurve, peaks: Array, heights: Array) -> Extremum:
    finite = np.isfinite(sampled.value)
    if not finite.any():
        return Extremum(math.nan, False, math.nan, math.nan)
    best = max(float(sampled.value[finite].max()), float(heights.max(initial=-math.inf)))
    tolerance = _tolerance(sampled, best)
    approached = {max(sides, key=_or_least): point for point, sides in sampled.sides.items()}
    if (top := max(approached, key=_or_least, default=-math.inf)) > best + tolerance:
        ends = [limit for limit in sampled.limits if limit >= top]
        if not ends:
            return Extremum(top, False, approached[top], approached[top])
    for end, limit in zip((math.inf, -math.inf), reversed(sampled.limits), strict=True):
        if limit > best + tolerance:
            return Extremum(limit, False, end, end)
    return _place(sampled, best, peaks[heights >= best - tolerance], sampled.value >= best - tolerance)


def _or_least(limit: float) -> float:
    return -math.inf if math.isnan(limit) else limit


def _place(sampled: SampledCurve, best: float, peaks: Array, top: Mask) -> Extremum:
    """The supremum `best` with its x, from `peaks` and the samples in `top`."""
    runs = runs_of(top)
    if stretches := [stretch for run in runs if (stretch := stretch_of(sampled, run))]:
        return Extremum(best + 0.0, True, *min(stretches, key=_distance))
    # A value that equals the limit by rounding alone does not attain it.
    inner = [run for run in runs if not _reaches_an_end(sampled, run, best)]
    outer = [run for run in runs if run not in inner]
    points = [point for point in peaks.tolist() if not any(covers(sampled, run, point) for run in outer)]
    points += [_middle(sampled, run) for run in inner if not any(covers(sampled, run, point) for point in points)]
    if not points:
        left, right = (limit >= best - _tolerance(sampled, best) for limit in sampled.limits)
        return _approached(sampled, math.inf if right or not left else -math.inf)
    at = min(points, key=abs)
    if further := _further_out(sampled, best, at, points):
        return further
    if beside := _at_breakpoint(sampled, at):
        return beside
    height = _height(sampled, at, best)
    if at in sampled.sides and height < best - 2.0 * _tolerance(sampled, best):  # a slope of the other piece here
        return Extremum(best, False, at, at)
    return Extremum(height, True, at, at)


def _tolerance(sampled: SampledCurve, value: float) -> float:
    """Rounding error of values near the largest: of the value, or, if that is 0, of the terms that cancel."""
    near = np.abs(sampled.value[np.abs(sampled.x) <= 8.0])
    size = float(near[np.isfinite(near)].max(initial=0.0))
    return 4.0 * _EPS * max(abs(value), min(size, 1.0))


def _approached(sampled: SampledCurve, end: float) -> Extremum:
    limit = sampled.limits[end > 0.0]
    finite = sampled.value[np.isfinite(sampled.value)]
    return Extremum((float(finite.max()) if math.isnan(limit) else limit) + 0.0, False, end, end)


def _height(sampled: SampledCurve, at: float, best: float) -> float:
    exact = sampled.exactly(at)
    height = float(sampled.curve(np.array([at]))[0][0]) if exact is None else exact
    if math.isnan(height):  # a slope where two pieces meet
        height = best
    return height if abs(height) > _tolerance(sampled, best) else 0.0


def _reaches_an_end(sampled: SampledCurve, run: Run, value: float) -> bool:
    """Whether the run reaches -∞ or ∞, or the last finite values before it, and `value` is the limit."""
    finite = np.flatnonzero(np.isfinite(sampled.value))
    for index, outermost, limit in (
        (run[0], finite[0], sampled.limits[0]),
        (run[1] - 1, finite[-1], sampled.limits[1]),
    ):
        if index in (0, len(sampled.x) - 1):
            return True
        if index == outermost and abs(limit - value) <= _tolerance(sampled, value):
            return True
    return False


def _middle(sampled: SampledCurve, run: Run) -> float:
    """The flattest point of a run of equal values."""
    part = slice(*run)
    best = sampled.value[part].max()
    for point in sampled.breakpoints:
        if (sampled.value[part][sampled.x[part] == point] == best).any():
            return point
    steepness = np.nan_to_num(np.abs(sampled.slope[part]), nan=0.0)  # nan: at the tip of a cusp
    flattest = sampled.x[part][steepness == steepness.min()]
    return float(flattest[np.abs(flattest).argmin()])


def _at_breakpoint(sampled: SampledCurve, at: float) -> Extremum | None:
    """The extremum approached from one side of a break; `at` is a float next to the break."""
    for point in sampled.breakpoints:
        if at != point and abs(at - point) <= BESIDE * max(abs(point), 1.0):
            value, slope = (float(part[0]) for part in sampled.curve(np.array([at])))
            sides = sampled.sides.get(point, (math.nan, math.nan))
            neighbour = at in (np.nextafter(point, -np.inf), np.nextafter(point, np.inf))
            # On which side of the exact break a neighbouring float lies is not known.
            side = max(sides, key=_or_least) if neighbour else sides[at > point]
            if math.isfinite(side):
                tolerance = _tolerance(sampled, value)
                if side < value - tolerance:
                    return None
                here = float(sampled.curve(np.array([point]))[0][0])
                height = side if abs(side) > tolerance else 0.0
                return Extremum(height, abs(here - side) <= tolerance, point, point)
            step = slope * (point - at)
            if step >= 0.0 or point in (np.nextafter(at, -np.inf), np.nextafter(at, np.inf)):
                return Extremum(value + step if math.isfinite(step) else value, False, point, point)
    return None


def _further_out(sampled: SampledCurve, best: float, at: float, points: Sequence[float]) -> Extremum | None:
    """The supremum that is only approached at an end, where float64 takes its rounding at `at` for a maximum.

    points: the maxima of equal height in float64
    """
    if any(abs(at - point) <= BESIDE * max(abs(point), 1.0) for point in sampled.breakpoints):
        return None
    for end, limit in zip((1.0, -1.0), reversed(sampled.limits), strict=True):
        if abs(limit - best) <= _NOISE * max(abs(best), 1.0):
            beyond = [end * abs(at) * factor + end for factor in (1.0, 2.0, 8.0)]
            if _higher_than(sampled, at, beyond):
                return Extremum(limit + 0.0, False, end * math.inf, end * math.inf)
        crests = sorted((point for point in points if end * point >= end * at), key=abs)[:_RISING]
        if math.isnan(limit) and len(crests) == _RISING and _rises(sampled, crests):
            known = sampled.digits(crests[-1])
            return Extremum(best if known is None else float(known[0]), False, end * math.inf, end * math.inf)
    return None


_NOISE: Final = 2.0**-30
"""Largest rounding error of a value, relative to it."""
_RISING: Final = 3
"""Number of crests, equal in float64 but each higher than the one before, after which a wave counts as rising."""


def _rises(sampled: SampledCurve, crests: Sequence[float]) -> bool:
    return all(_higher_than(sampled, a, [b]) for a, b in pairwise(crests))


def _higher_than(sampled: SampledCurve, at: float, others: Sequence[float]) -> bool:
    """Whether the curve at one of the other points exceeds any maximum within a few roundings of `at`."""
    here = sampled.digits(at)
    if here is None:
        return False
    from fractions import Fraction  # imported only for more digits

    value, slope = here
    highest = value + abs(slope) * Fraction(_ROUNDINGS * max(abs(at), 1.0))
    return any(known is not None and known[0] > highest for known in map(sampled.digits, others))


_ROUNDINGS: Final = 2.0**-48


def _distance(stretch: tuple[float, float]) -> float:
    low, high = stretch
    return 0.0 if low <= 0.0 <= high else min(abs(low), abs(high))


# --- unbounded curves -------------------------------------------------------------------------------------------


def _unbounded(sampled: SampledCurve) -> Extremum | None:
    """Infinity as extremum, if the curve is unbounded."""
    at = _where_unbounded(sampled)
    return None if at is None else Extremum(math.inf, False, at, at)


def _where_unbounded(sampled: SampledCurve) -> float | None:
    """x at which the curve is unbounded: ±inf, a break, or a sample with value inf."""
    for end, limit in zip((math.inf, -math.inf), reversed(sampled.limits), strict=True):
        if limit == math.inf or (math.isnan(limit) and _wave_grows(sampled, end)):
            return end
    for point in sorted(sampled.breakpoints, key=abs)[:_MOST_BREAKPOINTS]:
        if math.inf in sampled.sides.get(point, ()):
            return point
        if point not in sampled.sides and _grows_towards(sampled, point):
            return point
    infinite, finite = sampled.x[sampled.value == math.inf], sampled.x[np.isfinite(sampled.value)]
    if not infinite.size:
        return None
    for end in (1.0, -1.0):
        beyond = end * infinite > (end * finite).max(initial=-math.inf)
        if beyond.sum() > 1:  # a single point with nothing beyond is an edge of the domain, as 1 is of asin
            return end * math.inf
    return float(infinite[np.abs(infinite).argmin()])


def _wave_grows(sampled: SampledCurve, end: float) -> bool:
    """Whether the maxima of an oscillation without a limit keep growing towards an end."""
    x, value = np.copysign(1.0, end) * sampled.x, sampled.value
    inner, outer = value[(x > 16.0) & (x < 4096.0)], value[x > FAR / 16.0]
    if not (outer.size and np.isfinite(outer).all() and np.isfinite(inner).all()):
        return False
    return bool(outer.max() > 4.0 * max(inner.max(), 0.0) + 1.0)


def _grows_towards(sampled: SampledCurve, point: float) -> bool:
    """Whether the curve grows like a power of the distance to the point from one side, up to the nearest float."""
    for side in (-1.0, 1.0):
        distances = point + side * np.array([2.0**-20, 2.0**-30, 2.0**-40])
        value, _ = sampled.curve(np.append(distances, np.nextafter(point, side * math.inf)))
        grows = value[1:] > 3.0 * value[:-1]
        if value[0] > 0.0 and grows[:2].all() and (grows[2] or np.isnan(value[3])):
            return True
    return False


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
    points = [point for point in points if not _rests_beside(sampled, point)] + _crossings(sampled, gaps, dips)
    found: list[float] = []
    for point in (sampled.breakpoint_at(point, point) for point in points):
        inside = any(low <= point <= high for low, high in intervals)
        if not inside and not any(abs(point - other) <= 1e-9 * max(abs(point), 1e-3) for other in found):
            found.append(point)
    return tuple(sorted(found)), tuple(intervals)


def _rests_beside(sampled: SampledCurve, point: float) -> bool:
    """Whether the curve is zero on one side of a zero, beyond the intervals found."""
    if sampled.constant is None or abs(point) <= _ALL_FOUND:
        return False
    beside = point + np.array([-_BESIDE, _BESIDE])
    zero = sampled.curve(beside)[0] == 0.0
    return any(sampled.constant(float(at)) for at in beside[zero])


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
