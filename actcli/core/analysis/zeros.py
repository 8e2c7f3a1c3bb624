"""Zeros of a sampled curve."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from actcli.core.analysis.sampling import Run, SampledCurve, covers, peaks_in, runs_of, stretch_of, turns_of
from actcli.core.arrays import Mask
from actcli.core.numerics.roots import bracket

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
