"""The largest and smallest value of a sampled curve, where they are, and its zeros."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from actcli.core.jet import Array, Mask
from actcli.core.sampling import FAR

Curve = Callable[[Array], tuple[Array, Array]]
"""From points to a curve's values and its slopes there."""

_EPS: Final = 2.0**-52
_MOST_PEAKS = 256


@dataclass(frozen=True, eq=False)
class Track:
    """A curve at ascending points, with its limits at both ends (nan: none) and the places where it may break."""

    curve: Curve
    x: Array
    value: Array
    slope: Array
    breaks: tuple[float, ...]
    limits: tuple[float, float]

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
    peaks, heights = _peaks(track)
    best = max(float(track.value[finite].max()), float(heights.max(initial=-math.inf)))
    tolerance = 4.0 * _EPS * abs(best)
    for end, limit in zip((math.inf, -math.inf), reversed(track.limits), strict=True):
        if limit > best + tolerance:
            return Extremum(limit, False, end, end)
    return _place(track, best, peaks[heights >= best - tolerance], track.value >= best - tolerance)


def _place(track: Track, best: float, peaks: Array, top: Mask) -> Extremum:
    """The largest value with the place where it is, which one of `peaks` and the points of `top` share."""
    runs = _runs(top)
    if stretches := [stretch for run in runs if (stretch := _stretch(track, run))]:
        return Extremum(best, True, *min(stretches, key=_distance))
    # What has come up to its limit by rounding alone has not attained it.
    inner = [run for run in runs if not _reaches_an_end(track, run, best)]
    points = [*peaks.tolist(), *(_middle(track, run) for run in inner if not _has_peak(track, run, peaks))]
    if not points:
        left, right = (limit >= best - 4.0 * _EPS * abs(best) for limit in track.limits)
        end = math.inf if right or not left else -math.inf
        return Extremum(best, False, end, end)
    at = min(points, key=abs)
    return _at_break(track, at, best) or Extremum(best, True, at, at)


def zeros(track: Track, jumps: tuple[float, ...]) -> tuple[tuple[float, ...], tuple[tuple[float, float], ...]]:
    """The isolated zeros in ascending order, and the intervals on which the curve is zero."""
    points, intervals = [], []
    for run in _runs(track.value == 0.0):
        if stretch := _stretch(track, run):
            intervals.append(stretch)
        elif run[0] > 0 and run[1] < len(track.x):  # an underflow at the end is no zero
            points.append(float(track.x[slice(*run)][np.abs(track.x[slice(*run)]).argmin()]))
    points += _crossings(track, jumps) + _touches(track)
    found: list[float] = []
    for point in sorted(points):
        inside = any(low <= point <= high for low, high in intervals)
        if not inside and (not found or point - found[-1] > 1e-9 * max(abs(point), 1e-3)):
            found.append(point)
    return tuple(found), tuple(intervals)


def section(sign: Callable[[Array], Array], low: Array, high: Array) -> tuple[Array, Array]:
    """Where `sign` changes between each low and high, down to two neighbouring numbers.

    sign: from points to -1, 0 or 1; of one sign at `low` and of another at `high`
    """
    start = sign(low)
    parts = np.arange(1, 17) / 16.0
    for _ in range(16):
        inner = np.minimum(low[:, None] + (high - low)[:, None] * parts, high[:, None])
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
    for point in track.breaks:
        if _grows_towards(track, point):
            return point
    infinite = track.x[track.value == math.inf]
    return float(infinite[np.abs(infinite).argmin()]) if infinite.size else None


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
        if value[0] > 0.0 and (value[1:] > 3.0 * value[:-1]).all():
            return True
    return False


# --- peaks ------------------------------------------------------------------------------------------------------


def _peaks(track: Track) -> tuple[Array, Array]:
    """The places and heights of the maxima between the samples, as far as they could be the highest."""
    low, high = _slope_changes(track)
    if not low.size:
        return low, low
    low, high = section(lambda x: np.sign(track.curve(x)[1]), low, high)
    heights = np.stack([track.curve(low)[0], track.curve(high)[0]])
    # Of two neighbours the one where the curve is flatter: their heights are equal by rounding.
    slopes = np.abs(np.stack([track.curve(low)[1], track.curve(high)[1]]))
    flatter = np.where(slopes[0] <= slopes[1], low, high)
    return flatter, heights.max(axis=0)


def _slope_changes(track: Track) -> tuple[Array, Array]:
    """The intervals on which the curve first rises and then falls."""
    with np.errstate(invalid="ignore"):
        over = (track.slope[:-1] > 0.0) & (track.slope[1:] < 0.0)
        gain = np.minimum(track.slope[:-1], -track.slope[1:]) * np.diff(track.x)
        height = np.maximum(track.value[:-1], track.value[1:]) + gain
        over &= np.nextafter(track.x[:-1], np.inf) < track.x[1:]
    chosen = np.flatnonzero(over & np.isfinite(height))
    if chosen.size:
        best = track.value[np.isfinite(track.value)].max()
        chosen = chosen[height[chosen] >= best]
    chosen = chosen[np.argsort(np.abs(track.x[chosen]), kind="stable")[:_MOST_PEAKS]]
    return track.x[chosen], track.x[chosen + 1]


def _has_peak(track: Track, run: tuple[int, int], peaks: Array) -> bool:
    first, last = track.x[max(run[0] - 1, 0)], track.x[min(run[1], len(track.x) - 1)]
    return bool(((first <= peaks) & (peaks <= last)).any())


def _middle(track: Track, run: tuple[int, int]) -> float:
    """The flattest point of a run of equal values."""
    part = slice(*run)
    steepness = np.nan_to_num(np.abs(track.slope[part]), nan=math.inf)
    flattest = track.x[part][steepness == steepness.min()]
    return float(flattest[np.abs(flattest).argmin()])


def _at_break(track: Track, at: float, best: float) -> Extremum | None:
    """The extremum that is approached from one side of a break, where `at` is the number next to it."""
    for point in track.breaks:
        if at != point and at in (np.nextafter(point, -np.inf), np.nextafter(point, np.inf)):
            _, slope = track.curve(np.array([at]))
            step = float(slope[0]) * (point - at)
            return Extremum(best + step if math.isfinite(step) else best, False, point, point)
    return None


# --- stretches on which the curve is constant -------------------------------------------------------------------


def constant_stretches(track: Track) -> tuple[tuple[float, float], ...]:
    """The intervals on which the slope is zero, from break to break or to an end of the line."""
    stretches = []
    for first, last in _runs(track.slope == 0.0):
        parts = np.flatnonzero(np.diff(track.value[first:last]) != 0.0) + 1
        bounds = [first, *(first + parts).tolist(), last]
        stretches += [_stretch(track, run) for run in zip(bounds[:-1], bounds[1:], strict=True)]
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
    reach = np.nextafter(track.x[first], -np.inf), np.nextafter(track.x[last], np.inf)
    within = [point for point in track.breaks if reach[0] <= point <= reach[1]]
    if not within or (len(within) == 1 and not (at_left or at_right)):
        return None
    return (-math.inf if at_left else within[0], math.inf if at_right else within[-1])


def _reaches_an_end(track: Track, run: tuple[int, int], value: float) -> bool:
    """Whether the run goes to an end of the line, or of the numbers that are finite there, where it has its limit."""
    finite = np.flatnonzero(np.isfinite(track.value))
    for index, outermost, limit in ((run[0], finite[0], track.limits[0]), (run[1] - 1, finite[-1], track.limits[1])):
        if index in (0, len(track.x) - 1):
            return True
        if index == outermost and abs(limit - value) <= 4.0 * _EPS * abs(value):
            return True
    return False


def _distance(stretch: tuple[float, float]) -> float:
    low, high = stretch
    return 0.0 if low <= 0.0 <= high else min(abs(low), abs(high))


# --- zeros ------------------------------------------------------------------------------------------------------


def _crossings(track: Track, jumps: tuple[float, ...]) -> list[float]:
    value, neighbours = track.value, np.nextafter(track.x[:-1], np.inf) == track.x[1:]
    with np.errstate(invalid="ignore"):
        crossing = np.flatnonzero((np.sign(value[1:]) * np.sign(value[:-1]) < 0.0) & ~neighbours)
    if not crossing.size:
        return []
    low, high = section(lambda x: np.sign(track.curve(x)[0]), track.x[crossing], track.x[crossing + 1])
    at_low, at_high = np.abs(track.curve(low)[0]), np.abs(track.curve(high)[0])
    point, height = np.where(at_low <= at_high, low, high), np.minimum(at_low, at_high)
    # A jump or a pole that nobody announced has no small values.
    small = height <= 1e-3 * np.maximum(np.abs(value[crossing]), np.abs(value[crossing + 1]))
    return [float(x) for x in point[small] if float(x) not in jumps]


def _touches(track: Track) -> list[float]:
    """Where the curve comes to zero and turns back."""
    size = np.sign(track.value)
    touching = Track(
        lambda x: tuple(-np.sign(track.curve(x)[0]) * part for part in track.curve(x)),  # type: ignore[arg-type, return-value]
        track.x, -np.abs(track.value), -size * track.slope, track.breaks, (math.nan, math.nan),
    )  # fmt: skip
    near = np.abs(track.value[np.isfinite(track.value) & (np.abs(track.x) <= 8.0)])
    typical = float(np.median(near)) if near.size else 1.0
    peaks, heights = _peaks(touching)
    return peaks[heights >= -1e-14 * typical].tolist()
