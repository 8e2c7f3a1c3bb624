"""Adaptive sampling of f, f' and f''.

The first points cover all magnitudes: evenly spaced near 0, powers of two further out, and denser towards 0 and the
breakpoints. Points are added between two neighbours whose values differ by more than their slopes allow: between them
lies a step such as that of tanh(1e6 x), a pole or the edge of the domain.

Extrema and constant pieces are then found on the sampled curve of f or f'.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from actcli.core.arrays import Array, Mask, union
from actcli.core.numerics.roots import bracket

if TYPE_CHECKING:
    from fractions import Fraction

Derivatives = Callable[[Array], Array]
"""n points -> f, f' and f'', of shape (3, n)."""

Indices = npt.NDArray[np.intp]

FAR: Final = 2.0**20
"""Largest |x| of the samples."""

_EVEN = np.concatenate([np.linspace(-32.0, 32.0, 1025), np.linspace(-8.0, 8.0, 4097)])
_MAGNITUDES = 2.0 ** np.arange(-40.0, 20.01, 0.125)
_CLOSER = 2.0 ** -np.arange(1.0, 47.0)
_MOST_CLOSE_LOOKS = 32

CLOSE: Final = 64.0
"""Largest |x| at which oscillations are resolved."""

_MOST_FAR_GAPS, _MOST_POINTS, _MOST_ROUNDS = 32, 1 << 15, 64


@dataclass(frozen=True, eq=False)
class Samples:
    """f, f' and f'' at ascending x; nan or inf if f has no value.

    breakpoints: points at which f or a derivative jumps, known or found, or f has no value
    jumps:       breakpoints at which f jumps
    poles:       points at which |f| is unbounded
    """

    x: Array
    value: Array
    slope: Array
    curvature: Array
    breakpoints: tuple[float, ...]
    jumps: tuple[float, ...]
    poles: tuple[float, ...]


def sample(
    derivatives: Derivatives,
    breakpoints: tuple[float, ...],
    jumps: tuple[float, ...],
    first: Callable[[Array], tuple[Array, Array]] | None = None,
    further: Array | None = None,
) -> Samples:
    """Samples of the function with the given `derivatives` and known breakpoints and jumps.

    first:   selects among the first points, and gives `derivatives` at the selected ones
    further: points to be sampled beside the usual ones
    """
    points = _first_points(breakpoints)
    if further is not None and further.size:
        points = union(points, further)
    x, table, gaps = refined(derivatives, points) if first is None else refined(derivatives, *first(points))
    found_jumps, poles = discontinuities(x, table, gaps, breakpoints)
    edges, infinities = _edges(x, table[0])
    poles |= infinities
    return Samples(
        x,
        value=table[0],
        slope=table[1],
        curvature=table[2],
        breakpoints=tuple(sorted({*breakpoints, *found_jumps, *poles, *edges})),
        jumps=tuple(sorted({*jumps, *found_jumps})),
        poles=tuple(sorted(poles)),
    )


def refined(derivatives: Derivatives, x: Array, table: Array | None = None) -> tuple[Array, Array, Indices]:
    """Adaptive refinement of the points x: (points, derivatives at them, intervals that still have a gap).

    A gap is a change of value that the slopes at both ends do not explain. An interval is given by the index of its
    left end.

    derivatives: f, f', ... of shape (order + 1, n) with order >= 1
    table:       the derivatives at x, if known
    """
    table = only_where_finite(derivatives(x) if table is None else table)
    gaps = _gaps(x, table)
    for _ in range(_MOST_ROUNDS):
        middle = 0.5 * (x[gaps] + x[gaps + 1])
        new = (x[gaps] < middle) & (middle < x[gaps + 1])
        if not new.any() or len(x) + len(gaps) > _MOST_POINTS:
            break
        x = np.insert(x, gaps[new] + 1, middle[new])
        table = np.insert(table, gaps[new] + 1, only_where_finite(derivatives(middle[new])), axis=1)
        gaps = _gaps(x, table)
    return x, table, gaps


def only_where_finite(table: Array) -> Array:
    """f, f', ... with nan for the slopes outside of the domain, such as 1/x for log(x) at x <= 0."""
    table[1:, ~np.isfinite(table[0])] = np.nan
    return table


def _first_points(breakpoints: tuple[float, ...]) -> Array:
    inner = np.array([b for b in sorted(breakpoints, key=abs) if abs(b) < FAR])
    sides = [inner, np.nextafter(inner, -np.inf), np.nextafter(inner, np.inf)]
    around = inner[:_MOST_CLOSE_LOOKS, None] + np.concatenate([-_CLOSER, _CLOSER])
    return union(_EVEN, -_MAGNITUDES, _MAGNITUDES, *sides, around)


def _gaps(x: Array, table: Array) -> Indices:
    """Intervals with a gap, by the index of their left end. See `refined`."""
    value, slope = table[:2]
    run, size, typical = np.diff(x), np.maximum(np.abs(value[1:]), np.abs(value[:-1])), _typical(x, value)
    with np.errstate(all="ignore"):  # inf - inf is nan, and nan is no gap
        rise, noise = np.diff(value), 1e-12 * size + 1e-14 * typical
        steepest = run * np.maximum(np.abs(slope[1:]), np.abs(slope[:-1]))
        # The smaller of two slopes with the same sign; changes against it count as negative.
        along = np.where(slope[1:] * slope[:-1] > 0.0, np.sign(slope[1:]), 0.0)
        least = run * np.minimum(np.abs(slope[1:]), np.abs(slope[:-1]))
        steeper = np.abs(rise) > 3.0 * steepest + noise
        flatter = (along != 0.0) & (rise * along + noise < 0.3 * least)
        peak = (slope[1:] * slope[:-1] < 0.0) & (size > 1e3 * typical) & (steepest > 0.5 * size)
    edge = np.isfinite(value[1:]) != np.isfinite(value[:-1])
    hidden = steeper | flatter | peak | edge
    # Further out an oscillation would make a gap between all points, and need millions of them.
    far = np.abs(x[1:]) > CLOSE
    if (hidden & far).sum() > _MOST_FAR_GAPS:
        hidden &= ~far
    return np.flatnonzero(hidden)


def _typical(x: Array, value: Array) -> float:
    near = np.abs(value[np.isfinite(value) & (np.abs(x) <= 8.0)])
    return max(float(np.sort(near)[near.size // 2]) if near.size else 0.0, 1e-3)  # nearly the median


def discontinuities(
    x: Array, table: Array, gaps: Indices, breakpoints: tuple[float, ...]
) -> tuple[set[float], set[float]]:
    """Jumps and poles that are no known breakpoints: the gaps left between two neighbouring floats."""
    jumps: set[float] = set()
    poles: set[float] = set()
    gaps = gaps[np.nextafter(x[gaps], np.inf) == x[gaps + 1]]
    if not gaps.size:
        return jumps, poles
    value, huge = table[0], 1e7 * _typical(x, table[0])
    known = {*breakpoints, *np.nextafter(breakpoints, -np.inf).tolist(), *np.nextafter(breakpoints, np.inf).tolist()}
    for i in gaps.tolist():
        pair = value[i : i + 2]
        if np.isfinite(pair).all() and not {float(x[i]), float(x[i + 1])} & known:
            larger = float(x[i + np.abs(pair).argmax()])
            (poles if np.abs(pair).max() > huge else jumps).add(larger)
    return jumps, poles


_PARTS, _MOST_BENDS, _MOST_PARTINGS = 8, 16, 20


def bends(derivatives: Derivatives, samples: Samples) -> tuple[float, ...]:
    """Jumps of the slope between two samples that are no known breakpoints: 0 for |x| written as sqrt(x**2)."""
    finite = np.isfinite(samples.slope)
    x, slope, curvature = samples.x[finite], samples.slope[finite], np.abs(samples.curvature[finite])
    step = np.abs(np.diff(slope))
    explained = 3.0 * np.diff(x) * np.fmax(curvature[1:], curvature[:-1])
    sudden = step > explained + 1e-6 * np.maximum(np.abs(slope[1:]), np.abs(slope[:-1]))
    for point in samples.breakpoints:
        margin = BESIDE * max(abs(point), 1.0)
        sudden &= (x[1:] < point - margin) | (x[:-1] > point + margin)
    gaps = np.flatnonzero(sudden)
    gaps = gaps[np.argsort(np.abs(x[gaps]), kind="stable")[:_MOST_BENDS]]
    low, high, whole = x[gaps], x[gaps + 1], step[gaps]
    for _ in range(_MOST_PARTINGS):
        if not low.size:
            break
        inner = low[:, None] + (high - low)[:, None] * np.linspace(0.0, 1.0, _PARTS + 1)
        inner[:, -1] = high
        slopes = derivatives(inner.ravel())[1].reshape(inner.shape)
        steps = np.nan_to_num(np.abs(np.diff(slopes, axis=1)), nan=np.inf)
        rows, largest = np.arange(low.size), steps.argmax(axis=1)
        kept = steps[rows, largest] > 0.5 * whole
        low, high = inner[rows, largest][kept], inner[rows, largest + 1][kept]
        whole = whole[kept]
    return tuple(sorted({float(min(a, b, key=abs)) for a, b in zip(low, high, strict=True)}))


def _edges(x: Array, value: Array) -> tuple[set[float], set[float]]:
    """Breakpoints at the edges of the domain and at holes; infinities with finite values beside them."""
    finite = np.isfinite(value)
    ends = np.flatnonzero(finite[1:] != finite[:-1])
    edges, infinities = set(), set()
    for i in ends.tolist():
        inner, outer = (i, i + 1) if finite[i] else (i + 1, i)
        edges.add(float(x[outer] if np.isinf(value[outer]) or x[outer] == 0.0 else x[inner]))
    for first, last in pairwise(ends.tolist()):
        between = x[first + 1 : last + 1]
        infinite = np.isinf(value[first + 1 : last + 1]).any()
        if not finite[first + 1] and (infinite or len(between) == 1):
            edges -= set(x[first : last + 2].tolist())
            centre = float(between[np.abs(between).argmin()])
            edges.add(centre)
            infinities |= {centre} if infinite else set()
    return edges, infinities


Curve = Callable[[Array], tuple[Array, Array]]
"""Points -> values and slopes of a curve."""

Run = tuple[int, int]
"""A half-open range of indices."""

BESIDE: Final = 2.0**-39
"""Tolerated shift of a break by a formula's own rounding, relative to max(|x|, 1)."""

_MOST_PEAKS: Final = 64
_MOST_PIECES: Final = 8


@dataclass(frozen=True, eq=False)
class SampledCurve:
    """A curve at ascending points, with its limits at both ends (nan: none) and its possible breaks.

    sides:    one-sided limits at breakpoints, as far as they are known
    constant: whether the curve is constant around a point; None: decided by its values
    exactly:  value of the curve at a point in more digits, if available
    digits:   value and slope of the curve at a point in many digits; None: not known
    here:     value of the curve exactly at a breakpoint; nan: not known
    """

    curve: Curve
    x: Array
    value: Array
    slope: Array
    breakpoints: tuple[float, ...]
    limits: tuple[float, float]
    sides: Mapping[float, tuple[float, float]] = field(default_factory=dict)
    constant: Callable[[float], bool] | None = None
    exactly: Callable[[float], float | None] = lambda x: None
    digits: Callable[[float], "tuple[Fraction, Fraction] | None"] = lambda x: None
    here: Callable[[float], float] = lambda x: math.nan

    def breakpoint_at(self, a: float, b: float) -> float:
        """The breakpoint at one of two neighbouring floats; b if there is none."""
        return next((point for point in self.breakpoints if between(min(a, b), point, max(a, b))), b)

    def flipped(self) -> "SampledCurve":
        """The curve -f: its maxima are the minima of f."""

        def curve(x: Array) -> tuple[Array, Array]:
            value, slope = self.curve(x)
            return -value, -slope

        def exactly(x: float) -> float | None:
            value = self.exactly(x)
            return None if value is None else -value

        def digits(x: float) -> "tuple[Fraction, Fraction] | None":
            known = self.digits(x)
            return None if known is None else (-known[0], -known[1])

        left, right = self.limits
        sides = {point: (-below, -above) for point, (below, above) in self.sides.items()}
        return replace(
            self,
            curve=curve,
            value=-self.value,
            slope=-self.slope,
            limits=(-left, -right),
            sides=sides,
            exactly=exactly,
            digits=digits,
            here=lambda x: -self.here(x),
        )


def peaks_in(sides: Sequence[SampledCurve], over: Sequence[Mask]) -> list[tuple[Array, Array]]:
    """x and value of the maxima of a curve and of the flipped curve, in one pass.

    over: for each of `sides` the intervals to search; of many, the nearest to 0
    """
    one = sides[0]
    chosen = [np.flatnonzero(mask) for mask in over]
    chosen = [part[np.argsort(np.abs(one.x[part]), kind="stable")[:_MOST_PEAKS]] for part in chosen]
    together = np.concatenate(chosen)
    low, high = one.x[together], one.x[together + 1]
    if together.size:
        low, high = bracket(lambda x: np.sign(one.curve(x)[1]), low, high)
    ends = np.cumsum([len(part) for part in chosen])[:-1]
    return [_higher(side, *pair) for side, *pair in zip(sides, np.split(low, ends), np.split(high, ends), strict=True)]


def _higher(side: SampledCurve, low: Array, high: Array) -> tuple[Array, Array]:
    """The one of two neighbours at which the curve is flatter: their values differ by rounding alone."""
    if not low.size:
        return low, low
    heights, slopes = (part.reshape(2, -1) for part in side.curve(np.concatenate([low, high])))
    return np.where(np.abs(slopes[0]) <= np.abs(slopes[1]), low, high), heights.max(axis=0)


def turns_of(sampled: SampledCurve) -> tuple[Mask, Array]:
    """Intervals on which the curve first rises and then falls, and upper bounds of its values on them."""
    rises, falls = sampled.slope[:-1], -sampled.slope[1:]
    turns = (rises > 0.0) & (falls > 0.0) & (np.nextafter(sampled.x[:-1], np.inf) < sampled.x[1:])
    height = np.maximum(sampled.value[:-1], sampled.value[1:]) + np.minimum(rises, falls) * np.diff(sampled.x)
    return turns & np.isfinite(height), height


def constant_stretches(sampled: SampledCurve) -> tuple[tuple[float, float], ...]:
    """Intervals of zero slope, each from one break to the next or to ±∞."""
    stretches = []
    for first, last in runs_of(sampled.slope == 0.0):
        parts = np.flatnonzero(np.diff(sampled.value[first:last]) != 0.0) + 1
        bounds = [first, *(first + parts).tolist(), last]
        stretches += [stretch_of(sampled, run) for run in pairwise(bounds)]
    return tuple(stretch for stretch in stretches if stretch)


def runs_of(mask: Mask) -> list[Run]:
    """Runs of True in a mask, as half-open ranges of indices."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(first), int(last)) for first, last in zip(edges[::2], edges[1::2], strict=True)]


def stretch_of(sampled: SampledCurve, run: Run) -> tuple[float, float] | None:
    """The interval on which the curve is constant for a run of equal values; None if it only seems so by rounding.

    A constant piece begins at a break; a curve that approaches its limit has none. If more digits confirm that it is
    constant, the interval reaches to the break even if the run of samples begins later.
    """
    first, last = run[0], run[1] - 1
    if last - first < 2:
        return None
    at_left, at_right = first == 0, last == len(sampled.x) - 1
    if at_left and at_right:
        return -math.inf, math.inf
    outer = (max(first - 1, 0), min(last + 1, len(sampled.x) - 1)) if sampled.constant else (first, last)
    within = [point for point in sampled.breakpoints if between(sampled.x[outer[0]], point, sampled.x[outer[1]])]
    if not within or (len(within) == 1 and not (at_left or at_right)):
        return None
    low = -math.inf if at_left else -_nearest_beyond(-sampled.x[first], [-point for point in reversed(within)])
    high = math.inf if at_right else _nearest_beyond(sampled.x[last], within)
    return (low, high) if sampled.constant is None or _at_rest(sampled, run, low, high) else None


def _nearest_beyond(end: float, points: list[float]) -> float:
    """The last of the ascending points; of several that differ by a rounding alone the first beyond the end."""
    alike = [point for point in points if point >= max(end, points[-1] - 2.0 * BESIDE * max(abs(points[-1]), 1.0))]
    return min(alike, default=points[-1])


def _at_rest(sampled: SampledCurve, run: Run, low: float, high: float) -> bool:
    """Whether the curve is constant on each piece and just inside both ends of a run, where it would change most."""
    x = sampled.x[slice(*run)]
    inside = x[(x > low + BESIDE * max(abs(low), 1.0)) | (low == -math.inf)]
    inside = inside[(inside < high - BESIDE * max(abs(high), 1.0)) | (high == math.inf)]
    constant = sampled.constant
    assert constant is not None

    def rests(a: float, b: float) -> bool:
        """Whether the piece is constant; in its middle a term may differ from a constant by less than any digits."""
        just_inside = a + 2.0 * BESIDE * max(abs(a), 1.0), b - 2.0 * BESIDE * max(abs(b), 1.0)
        return any(map(constant, (0.5 * (a + b), *just_inside)))

    ends = [float(inside[i]) for i, end in ((0, low), (-1, high)) if inside.size and math.isfinite(end)]
    met = sorted((point for point in sampled.breakpoints if low < point < high), key=abs)[:_MOST_PIECES]
    pieces = [(a, b) for a, b in pairwise(sorted({low, *met, high})) if math.isfinite(b - a)]
    return bool(ends) and all(map(constant, ends)) and all(rests(a, b) for a, b in pieces)


def covers(sampled: SampledCurve, run: Run, point: float) -> bool:
    """Whether the point lies in the run, or between the run and its neighbouring samples."""
    return bool(sampled.x[max(run[0] - 1, 0)] <= point <= sampled.x[min(run[1], len(sampled.x) - 1)])


def between(low: float, point: float, high: float) -> bool:
    """Whether the point lies in the interval, up to the rounding of a break in a formula."""
    margin = BESIDE * max(abs(point), 1.0)
    return low - margin <= point <= high + margin
