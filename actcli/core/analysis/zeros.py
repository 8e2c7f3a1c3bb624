"""The zeros of a sampled curve."""

import numpy as np

from actcli.core.analysis.sampled_curve import Run, SampledCurve, covers, peaks_in, runs_of, stretch_of, turns_of
from actcli.core.jet import Mask
from actcli.core.roots import section

_EPS = 2.0**-52
_MOST_CROSSINGS = 64


def zeros(sampled: SampledCurve, gaps: tuple[float, ...]) -> tuple[tuple[float, ...], tuple[tuple[float, float], ...]]:
    """The isolated zeros in ascending order, and the intervals on which the curve is zero.

    gaps: the jumps and poles, where a change of sign is no zero
    """
    intervals, points = [], []
    for first, last in runs_of(sampled.value == 0.0):
        here = sampled.x[first:last]
        if stretch := stretch_of(sampled, (first, last)):
            intervals.append(stretch)
        elif last - first == 1 or not _underflows(sampled, (first, last), gaps):
            points.append(float(here[np.abs(here).argmin()]))
    points += _crossings(sampled, gaps) + _at_breaks(sampled, gaps) + _touches(sampled)
    found: list[float] = []
    for point in (sampled.break_at(point, point) for point in points):
        inside = any(low <= point <= high for low, high in intervals)
        if not inside and not any(abs(point - other) <= 1e-9 * max(abs(point), 1e-3) for other in found):
            found.append(point)
    return tuple(sorted(found)), tuple(intervals)


def _underflows(sampled: SampledCurve, run: Run, gaps: tuple[float, ...]) -> bool:
    """Whether values have become zero on their way to an end or to a pole."""
    return run[0] == 0 or run[1] == len(sampled.x) or any(covers(sampled, run, gap) for gap in gaps)


def _crossings(sampled: SampledCurve, gaps: tuple[float, ...]) -> list[float]:
    x, value = sampled.x, sampled.value
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
    low, high = section(lambda x: np.sign(sampled.curve(x)[0]), low, high)
    at_low, at_high = np.abs(sampled.curve(low)[0]), np.abs(sampled.curve(high)[0])
    # A jump or a pole that nobody announced has no small values.
    small = np.minimum(at_low, at_high) <= 1e-3 * sides
    return [float(point) for point in np.where(at_low <= at_high, low, high)[small]]


def _at_breaks(sampled: SampledCurve, gaps: tuple[float, ...]) -> list[float]:
    """The breaks where the curve is zero but for the rounding of where they are, as |sin x| at π."""
    at = np.array([point for point in sampled.breaks if point not in gaps])
    if not at.size:
        return []
    sides = [sampled.curve(np.nextafter(at, direction))[1] for direction in (-np.inf, np.inf)]
    small = np.abs(sampled.curve(at)[0]) <= 2.0 * _EPS * np.abs(at) * np.fmax(*np.abs(sides))
    return [float(point) for point in at[small]]


def _touches(sampled: SampledCurve) -> list[float]:
    """Where the curve comes up to zero from below, or down from above, and turns back."""
    sides = sampled, sampled.flipped()
    touches = []
    for peaks, heights in peaks_in(sides, [_may_touch(side) for side in sides]):
        if peaks.size:
            # Zero compared with what is beside it, on both sides: in an underflowing tail one of them is nothing too.
            beside = np.minimum(np.abs(sampled.curve(peaks - 2.0**-8)[0]), np.abs(sampled.curve(peaks + 2.0**-8)[0]))
            touches += peaks[np.abs(heights) <= 1e-11 * beside].tolist()
    return touches


def _may_touch(sampled: SampledCurve) -> Mask:
    turns, height = turns_of(sampled)
    below = np.maximum(sampled.value[:-1], sampled.value[1:]) <= 0.0
    may_touch: Mask = turns & below & (height >= 0.0)
    return may_touch
