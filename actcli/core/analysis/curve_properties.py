"""Properties of a function of one number, computed from its values and derivatives alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.analysis.asymptotes import End, FarEnd
from actcli.core.analysis.digits import MoreDigits
from actcli.core.analysis.divergence import (
    RANGE,
    SLOPES,
    dies_out,
    has_gap,
    infinite,
    infinite_inside,
    told,
    unbounded_inside,
)
from actcli.core.analysis.extrema import Extremum, extremes, rises_beyond
from actcli.core.analysis.function import Function
from actcli.core.analysis.moments import moments
from actcli.core.analysis.sampling import BESIDE, SampledCurve, Samples, constant_stretches
from actcli.core.analysis.saturation import sampled_curve, samples_of, saturated_from, slopes_by_sides, steepest
from actcli.core.analysis.symmetry import Symmetry, symmetry_of
from actcli.core.analysis.zeros import MOST_ZEROS, confirmed, zeros
from actcli.core.arrays import Array

if TYPE_CHECKING:
    from actcli.core.analysis.sides import Sides

_ROUNDING: Final = 2.0**-46
_SHIFT: Final = 2.0**-42

Monotone = Literal["increasing", "decreasing", "constant", "non-monotone"]


@dataclass(frozen=True, slots=True)
class CurveProperties:
    """Properties of a function of one variable. None: the property does not exist, as the mean of exp(x²).

    uncertain: names of properties that are None because they could not be decided, not even in more digits

    jumps, poles:       x at which f jumps, and at which |f| is unbounded
    infimum, supremum:  range of f
    monotone, strictly: on the domain; not strictly if f is constant on an interval
    slope_infimum, ...: range of f', one-sided at kinks
    lipschitz:          supremum of |f'|; infinite if f jumps
    saturates_below:    x below which |f'| stays under 5 % of lipschitz; None without such an x
    saturates_above:    the same for x above
    zeros:              at most the 12 nearest to 0; more_zeros: there are others
    zero_intervals:     intervals on which f is 0, at most 12 likewise
    mean:               E[f(z)] for z ~ N(0, 1), to 1e-10; likewise E[f(z)²] and E[f'(z)²]
    infinite:           (name, ∞ or -∞) of each moment that is None because it is infinite
    """

    kinks: tuple[float, ...] | None
    jumps: tuple[float, ...] | None
    poles: tuple[float, ...] | None
    value_at_zero: float
    slope_at_zero: float
    infimum: Extremum | None
    supremum: Extremum | None
    monotone: Monotone | None
    strictly: bool | None
    symmetry: Symmetry
    slope_infimum: Extremum | None
    slope_supremum: Extremum | None
    lipschitz: Extremum | None
    saturates_below: float | None
    saturates_above: float | None
    zeros: tuple[float, ...] | None
    more_zeros: bool | None
    zero_intervals: tuple[tuple[float, float], ...] | None
    at_minus_infinity: End | None
    at_infinity: End | None
    mean: float | None
    second_moment: float | None
    slope_second_moment: float | None
    uncertain: tuple[str, ...] = ()
    infinite: tuple[tuple[str, float], ...] = ()


def describe_curve(activation: Elementwise, more: MoreDigits | None = None) -> CurveProperties:
    """All properties of an elementwise activation. Relative error about 1e-12, if its own arithmetic is that accurate.

    The function is sampled up to |x| = 2^20; beyond, only its limits count. An isolated feature far narrower than 1/256
    (a single spike away from 0) is missed. more: multiprecision arithmetic for points at which float64 cannot decide;
    without it rounding, overflow and cancellation of float64 count as properties of the function.
    """
    # Formulas overflow, have poles and edges of their domain: inf - inf is nan, which is neither peak nor zero.
    with np.errstate(all="ignore"):
        return _certain(_described(Function(activation, more)))


def _certain(found: CurveProperties) -> CurveProperties:
    """The properties with None for the uncertain ones."""
    nothing: dict[str, Any] = dict.fromkeys(found.uncertain)
    return replace(found, **nothing)


def _described(function: Function) -> CurveProperties:
    activation, samples, (left, right) = function.activation, samples_of(function), function.ends
    sides = function.sides(samples.breakpoints)
    samples, doubts, swings = _with(sides, samples, function)
    values, slopes = (sampled_curve(function, samples, order, sides) for order in (0, 1))
    (infimum, supremum), (lowest, highest) = extremes(values), extremes(slopes)
    doubts |= _rising(values, slopes, (infimum, supremum, lowest, highest))
    infimum, supremum = (_met(function, bound, sides) for bound in (infimum, supremum))
    if swings:
        lowest, highest = (Extremum(steep, False, swings[0], swings[0]) for steep in (-math.inf, math.inf))
    monotone, strictly = _monotone(samples, values, function.exact)
    if _turns_back(function, monotone, lowest, highest):
        monotone, strictly = "non-monotone", False
    constant = [function.constant_at(x, 0) for x in _PROBES] if strictly and function.exact else [False]
    if any(constant):
        strictly = False
    if all(constant) and infimum.value == supremum.value:
        monotone = "constant"
    isolated, intervals = zeros(values, (*samples.jumps, *samples.poles))
    isolated = confirmed(function, isolated)
    at_breaks = (x for x, side in sides.items() if side.here == 0.0 and _lone(x, isolated, intervals))
    isolated += tuple(x for x in at_breaks if not function.underflows(x))
    nearest = sorted(isolated, key=abs)[:MOST_ZEROS]
    largest, resting = steepest(lowest, highest), sorted(intervals, key=_nearness)[:MOST_ZEROS]
    as_written = activation.derivatives(np.array([0.0]), 1)
    corrected = function.derivatives(np.array([0.0]), 1)
    at_zero, slope_at_zero = np.where(np.isfinite(corrected), corrected, as_written)[:, 0].tolist()
    if 0.0 in sides and (derivative := sides[0.0].derivative) is not None:
        slope_at_zero = derivative
    if math.isnan(at_zero):  # both one-sided slopes may agree beside a hole
        slope_at_zero = math.nan
    if function.exhausted:
        doubts |= {"jumps", "poles", "kinks", "monotone", "strictly", *RANGE, *SLOPES}
    normal = moments(function, samples.breakpoints, (*nearest, lowest.low, highest.low))
    doubts |= _doubts(left, right)
    bounds = infimum, supremum, lowest, highest
    if samples.poles and "poles" not in doubts:
        doubts -= unbounded_inside(infimum, supremum, lowest, highest)
    finite = dies_out(activation) and not (samples.poles or infinite_inside(bounds, sides))
    (mean, second, slope_second), unsure = told(normal, samples, bounds, doubts, finite)
    doubts |= unsure
    diverging = {} if has_gap(samples) else infinite(function, normal, samples.breakpoints, (infimum, supremum))
    below, above = (saturated_from(function, slopes, largest.value, direction) for direction in (-1.0, 1.0))
    edges = (("saturates_below", below), ("saturates_above", above))
    doubts |= {name for name, edge in edges if edge is not None and math.isnan(edge)}
    if monotone == "constant" and not RANGE.isdisjoint(doubts):
        doubts |= {"monotone", "strictly"}
    reached = {bound for interval in intervals for bound in interval}
    if (left.end is None and -math.inf in reached) or (right.end is None and math.inf in reached):
        doubts |= {"zeros", "more_zeros", "zero_intervals"}
    bent = {x for x in activation.kinks(1) if not any(abs(x - point) <= BESIDE * max(abs(x), 1.0) for point in sides)}
    bent |= {point for point, side in sides.items() if side.bent}
    return CurveProperties(
        kinks=tuple(sorted({*bent, *samples.jumps, *samples.poles})),
        jumps=samples.jumps,
        poles=samples.poles,
        value_at_zero=at_zero + 0.0,
        slope_at_zero=slope_at_zero + 0.0,
        infimum=infimum,
        supremum=supremum,
        monotone=monotone,
        strictly=strictly,
        symmetry=symmetry_of(function, samples, left, right),
        slope_infimum=lowest,
        slope_supremum=highest,
        lipschitz=_jump(samples) or largest,
        saturates_below=below,
        saturates_above=above,
        zeros=tuple(sorted(nearest)),
        more_zeros=len(isolated) > len(nearest) or len(intervals) > len(resting),
        zero_intervals=tuple(sorted(resting)),
        at_minus_infinity=_end(left, [-pole for pole in samples.poles]),
        at_infinity=_end(right, samples.poles),
        mean=mean,
        second_moment=second,
        slope_second_moment=slope_second,
        uncertain=tuple(sorted(doubts)),
        infinite=tuple((name, limit) for name, limit in diverging.items() if name not in doubts),
    )


def _met(function: Function, extremum: Extremum, sides: Mapping[float, Sides]) -> Extremum:
    """The extremum as attained, if it is f's value at the point that it is approached at: 0 of exp(-1/x²) at 0.

    As not attained, if f has no value there: 1 of sin(x)/x at 0. At a break that is no float64, as π/2 of tanh(tan(x)),
    the value is that of one side.
    """
    at = extremum.low
    if not (math.isfinite(at) and math.isfinite(extremum.value)) or extremum.high != at:
        return extremum
    if extremum.attained:
        undefined = math.isnan(float(function.activation(at))) and function.exact
        known = function.at(at, 0, free=True) if undefined else None
        return replace(extremum, attained=False) if known is not None and math.isnan(known[0]) else extremum
    blurred = at in sides and sides[at].blur and sides[at].jumps
    met = not blurred and float(function.activation(at)) == extremum.value
    return replace(extremum, attained=True) if met else extremum


def _lone(x: float, isolated: tuple[float, ...], intervals: tuple[tuple[float, float], ...]) -> bool:
    near = 1e-9 * max(abs(x), 1e-3)
    return not any(abs(x - zero) <= near for zero in isolated) and not any(low <= x <= high for low, high in intervals)


def _rising(values: SampledCurve, slopes: SampledCurve, bounds: Sequence[Extremum]) -> set[str]:
    """Names of the properties that are uncertain because a wave exceeds a bound beyond the samples."""
    doubts: set[str] = set()
    for sampled, (lowest, highest), below, above in (
        (values, bounds[:2], {"infimum"}, {"supremum"}),
        (slopes, bounds[2:], SLOPES, SLOPES),
    ):
        deepest = replace(lowest, value=-lowest.value)
        doubts |= above if rises_beyond(sampled, highest) else set()
        doubts |= below if rises_beyond(sampled.flipped(), deepest) else set()
    return doubts


def _end(far: FarEnd, poles: Sequence[float]) -> End | None:
    """The end, or none where poles follow each other further and further out, as those of x + tan(x)."""
    return End(math.nan, None, None) if sum(pole > _FAR_OUT for pole in poles) > _MANY else far.end


_FAR_OUT: Final = 16.0
_MANY: Final = 4


def _doubts(left: FarEnd, right: FarEnd) -> set[str]:
    """Names of the properties that are uncertain because the behaviour at ±∞ is unknown."""
    doubts: set[str] = set()
    for end, name in ((left, "at_minus_infinity"), (right, "at_infinity")):
        doubts |= {name, *RANGE} if end.end is None else set()
        doubts |= SLOPES if end.slope is None else set()
    return doubts


def _with(sides: Mapping[float, Sides], samples: Samples, function: Function) -> tuple[Samples, set[str], list[float]]:
    """The samples with confirmed jumps and poles; names of the properties that a break leaves uncertain.

    Then the points towards which f' swings between -∞ and ∞.
    """
    doubts: set[str] = set()
    swings: list[float] = []
    if any(side.jumps is None or side.pole is None for side in sides.values()):
        doubts |= {"jumps", "poles", "kinks", "monotone", "strictly", *RANGE, *SLOPES}
    if any(side.bent is None for side in sides.values()):
        doubts |= {"kinks", *SLOPES}
    for point, side in sides.items():
        uncertain = _waves_beside(samples, point, side)
        swings += [point] if not SLOPES.isdisjoint(uncertain) and _swings(function, point) else []
        doubts |= uncertain - (SLOPES if point in swings else set())
    checked = [sides[point] for point in samples.jumps if point in sides]
    # Only the points nearest to 0 were checked. If float64's rounding made those, it made the others too.
    refuted = bool(checked) and all(side.jumps is False and side.pole is False for side in checked)
    jumps = set() if refuted else {point for point in samples.jumps if point not in sides}
    poles = {point for point in samples.poles if point not in sides}
    jumps |= {point for point, side in sides.items() if side.jumps and not side.pole}
    poles |= {point for point, side in sides.items() if side.pole}
    slope = slopes_by_sides(samples.x, samples.slope.copy(), sides)
    slope[(samples.value == 0.0) & (np.abs(slope) < _UNDERFLOW)] = 0.0
    return replace(samples, slope=slope, jumps=tuple(sorted(jumps)), poles=tuple(sorted(poles))), doubts, swings


_UNDERFLOW: Final = 2.0**-1000
"""A slope that only remains where f underflows, as that of the first term of max(gelu_tanh(x), 0) far below 0."""


def _waves_beside(samples: Samples, point: float, side: Sides) -> set[str]:
    """Names of the properties that are uncertain because f oscillates towards the point, as sin(1/x) does towards 0."""
    doubts: set[str] = set()
    for direction, value, slope in zip((-1.0, 1.0), side.value, side.slope, strict=True):
        away = direction * (samples.x - point)
        beside = samples.slope[(away > 0.0) & (away < _CLOSE_BY)]
        if (beside[1:] * beside[:-1] < 0.0).sum() < _WAVES:
            continue
        doubts |= set() if value and math.isfinite(value) else {"zeros", "more_zeros", "zero_intervals"}
        doubts |= set() if slope is not None and math.isfinite(slope) else SLOPES
        doubts |= set() if value is not None and math.isfinite(value) else RANGE
    return doubts


def _swings(function: Function, point: float) -> bool:
    """Whether f' swings between ever larger slopes of both signs towards the point, as that of x sin(1/x) towards 0."""
    from fractions import Fraction  # imported only for formulas

    heights = [(0.0, 0.0)]
    for distance in _CLOSER:
        near = [Fraction(point) + Fraction(distance * share) for share in _SHARES]
        known = [float(found[0]) for x in near if (found := function.in_many_digits(x, 1)) is not None]
        heights.append((max(known, default=0.0), -min(known, default=0.0)))
    return all(min(after) > _GROWTH * max(before) for before, after in pairwise(heights))


_CLOSER: Final = 2.0**-20, 2.0**-40, 2.0**-60
_SHARES: Final = tuple(0.71 + 0.037 * k for k in range(12))
_GROWTH: Final = 16.0
_CLOSE_BY: Final = 2.0**-10
_WAVES: Final = 8
"""So many turns within _CLOSE_BY of a point are a wave that shortens towards it."""


def _monotone(samples: Samples, values: SampledCurve, exact: bool) -> tuple[Monotone, bool]:
    """Monotonicity of f, and whether it is strict."""
    slope = samples.slope
    noise = np.nan_to_num(_SHIFT * np.abs(samples.curvature * samples.x)) if exact else _noise(samples)
    sides = [values.sides[point] for point in samples.jumps if point in values.sides]
    steps = np.append(_steps(samples), [np.nan_to_num(above - below, posinf=0.0, neginf=0.0) for below, above in sides])
    rises = bool((slope > noise).any() or (steps > 0.0).any())
    falls = bool((slope < -noise).any() or (steps < 0.0).any())
    if rises and falls:
        return "non-monotone", False
    if not (rises or falls):
        return "constant", False
    return "increasing" if rises else "decreasing", not constant_stretches(values)


_PROBES: Final = -97.3, -18.7, -4.1, -0.83, 0.79, 3.9, 19.1, 96.7
"""Points at which no usual formula has slope 0 by chance, for constant pieces whose ends float64 does not show."""


def _turns_back(function: Function, monotone: Monotone, lowest: Extremum, highest: Extremum) -> bool:
    """Whether the extreme slope has the other sign, at a point between the samples."""
    sign, other = (1, lowest) if monotone == "increasing" else (-1, highest)
    if monotone not in ("increasing", "decreasing") or not (other.attained and sign * other.value < 0.0):
        return False
    if not function.exact:
        return abs(other.value) > _SHIFT * max(abs(lowest.value), abs(highest.value))
    known = function.in_many_digits(other.low, 1) if math.isfinite(other.low) else None
    return known is not None and sign * known[0] < 0


def _noise(samples: Samples) -> Array:
    """Largest slope that may be rounding error of 0: a share of |f| and of the slopes nearer to 0."""
    size, slope = (np.where(np.isfinite(part), np.abs(part), 0.0) for part in (samples.value, samples.slope))
    outwards = np.argsort(np.abs(samples.x), kind="stable")
    largest = np.empty(slope.shape)
    largest[outwards] = np.maximum.accumulate(slope[outwards])
    noise: Array = _ROUNDING * (np.maximum(largest, slope[np.abs(samples.x) <= 1.0].max()) + size)
    return noise


def _steps(samples: Samples) -> Array:
    """Signed changes of f at its jumps and poles, and over intervals without a value."""
    at = np.searchsorted(samples.x, [*samples.jumps, *samples.poles])
    at = at[(at > 0) & (at < len(samples.x) - 1)]
    before, here, after = (samples.value[at + side] for side in (-1, 0, 1))
    known = np.flatnonzero(np.isfinite(samples.value))
    last = np.flatnonzero(np.diff(known) > 1)
    low = np.concatenate([before, here, before, samples.value[known[last]]])
    high = np.concatenate([here, after, after, samples.value[known[last + 1]]])
    steps, rounding = high - low, _ROUNDING * np.maximum(np.abs(low), np.abs(high))
    return np.where(np.abs(steps) > np.nan_to_num(rounding, posinf=0.0), steps, 0.0)


def _nearness(interval: tuple[float, float]) -> float:
    low, high = interval
    return max(low, -high, 0.0)


# --- the slope --------------------------------------------------------------------------------------------------


def _jump(samples: Samples) -> Extremum | None:
    """A jump is infinitely steep."""
    if not samples.jumps:
        return None
    nearest = min(samples.jumps, key=abs)
    return Extremum(math.inf, False, nearest, nearest)
