"""Extrema of a sampled curve."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from actcli.core.analysis.sampling import (
    BESIDE,
    CLOSE,
    FAR,
    Run,
    SampledCurve,
    between,
    covers,
    peaks_in,
    runs_of,
    stretch_of,
    turns_of,
)
from actcli.core.arrays import Array, Mask, union

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
    beside = _beside_breakpoints(sampled)
    unbounded = [_unbounded(side, sign * beside) for side, sign in zip(sides, (-1.0, 1.0), strict=True)]
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
        if not (left or right) and outer:  # a wave without a limit
            end = -math.inf if outer[0][0] == 0 else math.inf
            return Extremum(best, False, end, end)
        return _approached(sampled, math.inf if right or not left else -math.inf)
    at = min(points, key=abs)
    if abs(at) > CLOSE and len(points) > 1:
        at = min([at, *_crests_up_to(sampled, best, abs(at))], key=abs)
    if beyond := _fading(sampled, best, at, points) or _crept_up(sampled, best, at, runs):
        return beyond
    if further := _further_out(sampled, best, at, points):
        return further
    if beside := _at_breakpoint(sampled, at):
        return beside
    height = _height(sampled, at, best)
    broken = any(between(at, point, at) for point in sampled.breakpoints)
    if broken and height < best - 2.0 * _tolerance(sampled, best):  # a slope of the other piece here
        return Extremum(best, False, at, at)
    return Extremum(height, True, at, at)


def rises_beyond(sampled: SampledCurve, found: Extremum) -> bool:
    """Whether a wave rises above its supremum among the samples further out, as softsign(x) cos(x) does."""
    end = math.copysign(1.0, found.low)
    far_out = abs(found.low) >= FAR / 64.0 and (found.attained or math.isinf(found.low))
    if not (far_out and math.isfinite(found.value) and math.isnan(sampled.limits[end > 0.0])):
        return False
    beyond = union(np.linspace(_BEYOND, _BEYOND + 400.0, _CRESTS), np.geomspace(_BEYOND, 64.0 * _BEYOND, _CRESTS))
    x = np.sort(end * beyond)
    value, slope = sampled.curve(x)
    closer = replace(sampled, x=x, value=value, slope=slope)
    [(_, heights)] = peaks_in([closer], [turns_of(closer)[0]])
    return bool(heights.max(initial=-math.inf) > found.value + _tolerance(sampled, found.value))


_BEYOND: Final = 4.0 * FAR


def _crests_up_to(sampled: SampledCurve, best: float, reach: float) -> list[float]:
    """The places of the supremum at CLOSE < |x| < reach, where the samples are too rare for each crest of a wave."""
    side = np.linspace(CLOSE, reach, _CRESTS)
    x = np.concatenate([-side[::-1], side])
    value, slope = sampled.curve(x)
    closer = replace(sampled, x=x, value=value, slope=slope)
    turns, height = turns_of(closer)
    least = best - _tolerance(sampled, best)
    [(peaks, heights)] = peaks_in([closer], [turns & (height >= least)])
    found: list[float] = peaks[heights >= least].tolist()
    return found


_CRESTS: Final = 1 << 13
_NOTHING: Final = 2.0**-150
"""What the rounding of a break in more digits leaves of a value of 0, relative to the rounding of float64."""


def _crept_up(sampled: SampledCurve, best: float, at: float, runs: Sequence[Run]) -> Extremum | None:
    """The supremum at a break, where float64 rounds the values of a whole run beside it to the limit there."""
    for run in (run for run in runs if covers(sampled, run, at)):
        x = sampled.x[slice(*run)]
        for point in (point for point in sampled.sides if covers(sampled, run, point)):
            for side, limit in zip((-1.0, 1.0), sampled.sides[point], strict=True):
                beside = x[side * (x - point) > 0.0][:: int(-side)]
                near = _tolerance(sampled, best)
                if abs(limit - best) <= near and beside.size and _climbs(sampled, beside, limit):
                    met = abs(sampled.here(point) - limit) <= near
                    return Extremum(limit if abs(limit) > _NOTHING * near else 0.0, met, point, point)
    return None


def _climbs(sampled: SampledCurve, x: Array, limit: float) -> bool:
    """Whether the curve is below the limit at the first of the points, and rises from there to the last."""
    from fractions import Fraction  # imported only for more digits

    onwards = 1 if x[-1] > x[0] else -1
    known = [sampled.digits(float(x[i])) for i in (0, len(x) // 2, -1)]
    first = known[0]
    below = first is not None and first[0] < Fraction(limit) and onwards * first[1] > 0
    return below and all(found is None or onwards * found[1] >= 0 for found in known)


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
    highest = sampled.x[part][sampled.value[part] == best]
    met = [point for point in sampled.breakpoints if highest[0] <= point <= highest[-1] and point in highest]
    if met:
        return met[0]
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
                height = value + step if math.isfinite(step) else value
                return Extremum(height if abs(height) > _tolerance(sampled, value) else 0.0, False, point, point)
    return None


def _fading(sampled: SampledCurve, best: float, at: float, points: Sequence[float]) -> Extremum | None:
    """The supremum 0 of a wave that only fades towards it, as that of -max(cos(x), exp(x)) does towards -∞."""
    if abs(best) > _tolerance(sampled, best):
        return None
    for end, limit in zip((1.0, -1.0), reversed(sampled.limits), strict=True):
        outer = sorted((point for point in points if end * point > end * at), key=abs)[:_OUTER]
        if math.isnan(limit) and len(outer) >= _RISING and _higher_than(sampled, at, outer):
            return Extremum(0.0, False, end * math.inf, end * math.inf)
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
            height = best if known is None else float(known[0])
            height = height if abs(height) > _tolerance(sampled, best) else 0.0
            return Extremum(height, False, end * math.inf, end * math.inf)
    return None


_NOISE: Final = 2.0**-30
"""Largest rounding error of a value, relative to it."""
_OUTER: Final = 8
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


def _unbounded(sampled: SampledCurve, beside: Array) -> Extremum | None:
    """Infinity as extremum, if the curve is unbounded. beside: as from `_beside_breakpoints`."""
    at = _where_unbounded(sampled, beside)
    return None if at is None else Extremum(math.inf, False, at, at)


def _nearest_breakpoints(sampled: SampledCurve) -> list[float]:
    return sorted(sampled.breakpoints, key=abs)[:_MOST_BREAKPOINTS]


def _where_unbounded(sampled: SampledCurve, beside: Array) -> float | None:
    """x at which the curve is unbounded: ±inf, a break, or a sample with value inf."""
    for end, limit in zip((math.inf, -math.inf), reversed(sampled.limits), strict=True):
        if limit == math.inf or (math.isnan(limit) and _wave_grows(sampled, end)):
            return end
    for point, both in zip(_nearest_breakpoints(sampled), beside, strict=True):
        if math.inf in sampled.sides.get(point, ()):
            return point
        if any(_grows(values) for values in both):
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
    near, far = value[(x > 16.0) & (x < 4096.0)], value[(x > FAR / 16.0) & (x <= FAR)]
    if not (far.size and np.isfinite(far).all() and np.isfinite(near).all() and far.max() > 2.0 * near.max()):
        return False
    crests = [float(far.max())]
    for further in _FURTHER:
        beyond = sampled.curve(math.copysign(further, end) * _SPREAD)[0]
        crests.append(float(beyond.max()) if np.isfinite(beyond).all() else -math.inf)
    return all(later > 2.0 * crest > 0.0 for crest, later in pairwise(crests))


_FURTHER: Final = 2.0**24, 2.0**36, 2.0**48
_SPREAD: Final = np.geomspace(1.0, 8.0, 600)


def _beside_breakpoints(sampled: SampledCurve) -> Array:
    """Values at four points ever closer to a breakpoint, (breakpoints, 2 sides, 4); nan where its limits are known."""
    points = _nearest_breakpoints(sampled)
    found = np.full((len(points), 2, len(_CLOSER) + 1), np.nan)
    unknown = [i for i, point in enumerate(points) if point not in sampled.sides]
    for some in (unknown[i : i + _TOGETHER] for i in range(0, len(unknown), _TOGETHER)):
        at, side = np.array(points)[some, None], np.array([-1.0, 1.0])
        x = at[..., None] + side[:, None] * _CLOSER
        x = np.concatenate([x, np.nextafter(at, side * math.inf)[..., None]], axis=2)
        found[some] = sampled.curve(x.ravel())[0].reshape(x.shape)
    return found


_CLOSER: Final = np.array([2.0**-20, 2.0**-30, 2.0**-40])
_TOGETHER: Final = 3
"""Breakpoints whose 24 points are few enough for more digits at each."""


def _grows(value: Array) -> bool:
    """Whether the values grow like a power of the distance to the breakpoint, up to the nearest float."""
    grows = value[1:] > 3.0 * value[:-1]
    return bool(value[0] > 0.0 and grows[:2].all() and (grows[2] or np.isnan(value[3])))
