"""The largest and smallest value of a sampled curve, where they are, and its zeros."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from actcli.core.jet import Array, Mask
from actcli.core.sampling import FAR

Curve = Callable[[Array], tuple[Array, Array]]
"""From points to a curve's values and its slopes there."""

_EPS: Final = 2.0**-52
_BESIDE: Final = 2.0**-39  # of a break: the formula's own rounding may shift it by as much
_MOST_PEAKS, _MOST_BREAKS, _MOST_CROSSINGS = 64, 32, 64


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
        return next((point for point in self.breaks if _between(min(a, b), point, max(a, b))), b)

    def flipped(self) -> "Track":
        def curve(x: Array) -> tuple[Array, Array]:
            value, slope = self.curve(x)
            return -value, -slope

        left, right = self.limits
        return Track(curve, self.x, -self.value, -self.slope, self.breaks, (-left, -right))


@dataclass(frozen=True, slots=True)
class Extremum:
    """A largest or smallest value, and the points where it is: from `low` to `high`, which mostly are one.

    attained: False where it is only approached, at ±inf or on one side of a break
    """

    value: float
    attained: bool
    low: float
    high: float


def infimum(track: Track) -> Extremum:
    """The greatest lower bound; see `supremum`."""
    found = supremum(track.flipped())
    return Extremum(0.0 - found.value, found.attained, found.low, found.high)


def supremum(track: Track) -> Extremum:
    """The least upper bound: to rounding where it is attained, of several equal ones the nearest to 0.

    nan where the curve has no finite value.
    """
    unbounded = _unbounded(track)
    if unbounded is not None:
        return Extremum(math.inf, False, unbounded, unbounded)
    finite = np.isfinite(track.value)
    if not finite.any():
        return Extremum(math.nan, False, math.nan, math.nan)
    turns, height = _turns(track)
    peaks, heights = _peaks(track, turns & (height >= track.value[finite].max()))
    best = max(float(track.value[finite].max()), float(heights.max(initial=-math.inf)))
    tolerance = _tolerance(track, best)
    for end, limit in zip((math.inf, -math.inf), reversed(track.limits), strict=True):
        if limit > best + tolerance:
            return Extremum(limit, False, end, end)
    return _place(track, best, peaks[heights >= best - tolerance], track.value >= best - tolerance)


def _place(track: Track, best: float, peaks: Array, top: Mask) -> Extremum:
    """The largest value with the place where it is, which one of `peaks` and the points of `top` share."""
    runs = _runs(top)
    if stretches := [stretch for run in runs if (stretch := _stretch(track, run))]:
        return Extremum(best + 0.0, True, *min(stretches, key=_distance))
    # What has come up to its limit by rounding alone has not attained it.
    inner = [run for run in runs if not _reaches_an_end(track, run, best)]
    outer = [run for run in runs if run not in inner]
    points = [point for point in peaks.tolist() if not any(_covers(track, run, point) for run in outer)]
    points += [_middle(track, run) for run in inner if not any(_covers(track, run, point) for point in points)]
    if not points:
        left, right = (limit >= best - _tolerance(track, best) for limit in track.limits)
        return _approached(track, math.inf if right or not left else -math.inf)
    at = min(points, key=abs)
    return _at_break(track, at) or Extremum(_height(track, at, best), True, at, at)


def _tolerance(track: Track, value: float) -> float:
    """How much values near the largest may differ by rounding: of the value, or of what cancels where that is 0."""
    near = np.abs(track.value[np.abs(track.x) <= 8.0])
    size = float(near[np.isfinite(near)].max(initial=0.0))
    return 4.0 * _EPS * max(abs(value), min(size, 1.0))


def _approached(track: Track, end: float) -> Extremum:
    limit = track.limits[end > 0.0]
    finite = track.value[np.isfinite(track.value)]
    return Extremum((float(finite.max()) if math.isnan(limit) else limit) + 0.0, False, end, end)


def _height(track: Track, at: float, best: float) -> float:
    height = float(track.curve(np.array([at]))[0][0])
    return height if abs(height) > _tolerance(track, best) else 0.0


def zeros(track: Track, gaps: tuple[float, ...]) -> tuple[tuple[float, ...], tuple[tuple[float, float], ...]]:
    """The isolated zeros in ascending order, and the intervals on which the curve is zero.

    gaps: the jumps and poles, where a change of sign is no zero
    """
    intervals, points = [], []
    for first, last in _runs(track.value == 0.0):
        here = track.x[first:last]
        if stretch := _stretch(track, (first, last)):
            intervals.append(stretch)
        elif last - first == 1 or not _underflows(track, (first, last), gaps):
            points.append(float(here[np.abs(here).argmin()]))
    points += _crossings(track, gaps) + _at_breaks(track, gaps) + _touches(track) + _touches(track.flipped())
    found: list[float] = []
    for point in (track.break_at(point, point) for point in points):
        inside = any(low <= point <= high for low, high in intervals)
        if not inside and not any(abs(point - other) <= 1e-9 * max(abs(point), 1e-3) for other in found):
            found.append(point)
    return tuple(sorted(found)), tuple(intervals)


def _underflows(track: Track, run: tuple[int, int], gaps: tuple[float, ...]) -> bool:
    """Whether values have become zero on their way to an end or to a pole."""
    return run[0] == 0 or run[1] == len(track.x) or any(_covers(track, run, gap) for gap in gaps)


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


# --- where it goes to infinity ----------------------------------------------------------------------------------


def _unbounded(track: Track) -> float | None:
    """Where the curve grows beyond all bounds, if it does: an end, a break, or an infinity among its values."""
    for end, limit in zip((math.inf, -math.inf), reversed(track.limits), strict=True):
        if limit == math.inf or (math.isnan(limit) and _wave_grows(track, end)):
            return end
    for point in sorted(track.breaks, key=abs)[:_MOST_BREAKS]:
        if _grows_towards(track, point):
            return point
    infinite, finite = track.x[track.value == math.inf], track.x[np.isfinite(track.value)]
    if not infinite.size:
        return None
    for end in (1.0, -1.0):
        beyond = end * infinite > (end * finite).max(initial=-math.inf)
        if beyond.sum() > 1:  # a single point with nothing beyond is an edge of the domain, as 1 is of asin
            return end * math.inf
    return float(infinite[np.abs(infinite).argmin()])


def _wave_grows(track: Track, end: float) -> bool:
    """Whether what has no limit has ever higher crests."""
    x, value = np.copysign(1.0, end) * track.x, track.value
    inner, outer = value[(x > 16.0) & (x < 4096.0)], value[x > FAR / 16.0]
    if not (outer.size and np.isfinite(outer).all() and np.isfinite(inner).all()):
        return False
    return bool(outer.max() > 4.0 * max(inner.max(), 0.0) + 1.0)


def _grows_towards(track: Track, point: float) -> bool:
    """Whether the curve grows like a power of the distance from one side, down to the last digit."""
    for side in (-1.0, 1.0):
        distances = point + side * np.array([2.0**-20, 2.0**-30, 2.0**-40])
        value, _ = track.curve(np.append(distances, np.nextafter(point, side * math.inf)))
        grows = value[1:] > 3.0 * value[:-1]
        if value[0] > 0.0 and grows[:2].all() and (grows[2] or np.isnan(value[3])):
            return True
    return False


# --- peaks ------------------------------------------------------------------------------------------------------


def _peaks(track: Track, over: Mask) -> tuple[Array, Array]:
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


def _turns(track: Track) -> tuple[Mask, Array]:
    """The intervals on which the curve first rises and then falls, and how high it may come there."""
    rises, falls = track.slope[:-1], -track.slope[1:]
    turns = (rises > 0.0) & (falls > 0.0) & (np.nextafter(track.x[:-1], np.inf) < track.x[1:])
    height = np.maximum(track.value[:-1], track.value[1:]) + np.minimum(rises, falls) * np.diff(track.x)
    return turns & np.isfinite(height), height


def _covers(track: Track, run: tuple[int, int], point: float) -> bool:
    return bool(track.x[max(run[0] - 1, 0)] <= point <= track.x[min(run[1], len(track.x) - 1)])


def _middle(track: Track, run: tuple[int, int]) -> float:
    """The flattest point of a run of equal values."""
    part = slice(*run)
    steepness = np.nan_to_num(np.abs(track.slope[part]), nan=0.0)  # nan: at the tip of a cusp
    flattest = track.x[part][steepness == steepness.min()]
    return float(flattest[np.abs(flattest).argmin()])


def _at_break(track: Track, at: float) -> Extremum | None:
    """The extremum that is approached from one side of a break, where `at` is a point just beside it."""
    for point in track.breaks:
        if at != point and abs(at - point) <= _BESIDE * max(abs(point), 1.0):
            value, slope = (float(part[0]) for part in track.curve(np.array([at])))
            step = slope * (point - at)
            if step >= 0.0 or point in (np.nextafter(at, -np.inf), np.nextafter(at, np.inf)):
                return Extremum(value + step if math.isfinite(step) else value, False, point, point)
    return None


# --- stretches on which the curve is constant -------------------------------------------------------------------


def constant_stretches(track: Track) -> tuple[tuple[float, float], ...]:
    """The intervals on which the slope is zero, from break to break or to an end of the line."""
    stretches = []
    for first, last in _runs(track.slope == 0.0):
        parts = np.flatnonzero(np.diff(track.value[first:last]) != 0.0) + 1
        bounds = [first, *(first + parts).tolist(), last]
        stretches += [_stretch(track, run) for run in pairwise(bounds)]
    return tuple(stretch for stretch in stretches if stretch)


def _runs(mask: Mask) -> list[tuple[int, int]]:
    """The stretches of a mask, as half-open ranges of indices."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(first), int(last)) for first, last in zip(edges[::2], edges[1::2], strict=True)]


def _stretch(track: Track, run: tuple[int, int]) -> tuple[float, float] | None:
    """The interval on which a run of equal values is constant, and not only so by rounding.

    A function becomes constant at a break; where it creeps up to its limit there is none.
    """
    first, last = run[0], run[1] - 1
    if last - first < 2:
        return None
    at_left, at_right = first == 0, last == len(track.x) - 1
    if at_left and at_right:
        return -math.inf, math.inf
    within = [point for point in track.breaks if _between(track.x[first], point, track.x[last])]
    if not within or (len(within) == 1 and not (at_left or at_right)):
        return None
    return (-math.inf if at_left else within[0], math.inf if at_right else within[-1])


def _between(low: float, point: float, high: float) -> bool:
    """Whether the point lies in the interval, give or take the rounding of a formula in which it is a break."""
    margin = _BESIDE * max(abs(point), 1.0)
    return low - margin <= point <= high + margin


def _reaches_an_end(track: Track, run: tuple[int, int], value: float) -> bool:
    """Whether the run goes to an end of the line, or of the numbers that are finite there, where it has its limit."""
    finite = np.flatnonzero(np.isfinite(track.value))
    for index, outermost, limit in ((run[0], finite[0], track.limits[0]), (run[1] - 1, finite[-1], track.limits[1])):
        if index in (0, len(track.x) - 1):
            return True
        if index == outermost and abs(limit - value) <= _tolerance(track, value):
            return True
    return False


def _distance(stretch: tuple[float, float]) -> float:
    low, high = stretch
    return 0.0 if low <= 0.0 <= high else min(abs(low), abs(high))


# --- zeros ------------------------------------------------------------------------------------------------------


def _crossings(track: Track, gaps: tuple[float, ...]) -> list[float]:
    x, value = track.x, track.value
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
    low, high = section(lambda x: np.sign(track.curve(x)[0]), low, high)
    at_low, at_high = np.abs(track.curve(low)[0]), np.abs(track.curve(high)[0])
    # A jump or a pole that nobody announced has no small values.
    small = np.minimum(at_low, at_high) <= 1e-3 * sides
    return [float(point) for point in np.where(at_low <= at_high, low, high)[small]]


def _at_breaks(track: Track, gaps: tuple[float, ...]) -> list[float]:
    """The breaks where the curve is zero but for the rounding of where they are, as |sin x| at π."""
    at = np.array([point for point in track.breaks if point not in gaps])
    if not at.size:
        return []
    sides = [track.curve(np.nextafter(at, direction))[1] for direction in (-np.inf, np.inf)]
    small = np.abs(track.curve(at)[0]) <= 2.0 * _EPS * np.abs(at) * np.fmax(*np.abs(sides))
    return [float(point) for point in at[small]]


def _touches(track: Track) -> list[float]:
    """Where the curve comes up to zero from below and turns back."""
    turns, height = _turns(track)
    below = np.maximum(track.value[:-1], track.value[1:]) <= 0.0
    peaks, heights = _peaks(track, turns & below & (height >= 0.0))
    # Zero compared with what is beside it, on both sides: in an underflowing tail one of them is nothing too.
    beside = np.minimum(np.abs(track.curve(peaks - 2.0**-8)[0]), np.abs(track.curve(peaks + 2.0**-8)[0]))
    return [float(point) for point in peaks[np.abs(heights) <= 1e-11 * beside]]
