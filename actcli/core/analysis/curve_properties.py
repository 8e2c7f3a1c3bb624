"""What there is to know about a function of one number, computed from nothing but its values and derivatives."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Literal

import numpy as np

from actcli.core.activations.activation import MAX_ORDER, Activation
from actcli.core.analysis.asymptotes import End, Outwards, behaviour
from actcli.core.analysis.extrema import Extremum, extremes, zeros
from actcli.core.analysis.sampling import FAR, SampledCurve, Samples, constant_stretches, only_where_finite, sample
from actcli.core.arrays import Array
from actcli.core.numerics.quadrature import expectations
from actcli.core.numerics.roots import section

SATURATION: Final = 0.05
"""A slope under this share of the largest one counts as saturated."""

MOST_ZEROS: Final = 12

_ROUNDING: Final = 2.0**-46

Monotone = Literal["increasing", "decreasing", "constant", "non-monotone"]
Symmetry = Literal["odd", "even", "odd about f(0)", "neither"]


@dataclass(frozen=True, slots=True)
class CurveProperties:
    """The properties of a function of one number. None stands for what does not exist, as the mean of exp(x²).

    jumps, poles:       where f jumps, and where it goes to infinity
    infimum, supremum:  the range
    monotone, strictly: on the whole line (or where f has values); not strictly where f is constant on an interval
    slope_infimum, ...: the range of f', one-sided at the kinks
    lipschitz:          the largest |f'|, infinite where f jumps
    saturates_below:    the x below which |f'| stays under 5 % of the largest; None where it does not stay there
    saturates_above:    the same for the x above
    zeros:              those nearest to 0, at most 12; more_zeros tells whether there are others
    zero_intervals:     where f is zero throughout
    mean:               E[f(z)] for z ~ N(0, 1), to 1e-10; likewise E[f(z)²] and E[f'(z)²]
    """

    kinks: tuple[float, ...]
    jumps: tuple[float, ...]
    poles: tuple[float, ...]
    value_at_zero: float
    slope_at_zero: float
    infimum: Extremum
    supremum: Extremum
    monotone: Monotone
    strictly: bool
    symmetry: Symmetry
    slope_infimum: Extremum
    slope_supremum: Extremum
    lipschitz: Extremum
    saturates_below: float | None
    saturates_above: float | None
    zeros: tuple[float, ...]
    more_zeros: bool
    zero_intervals: tuple[tuple[float, float], ...]
    at_minus_infinity: End
    at_infinity: End
    mean: float | None
    second_moment: float | None
    slope_second_moment: float | None


def describe_curve(activation: Activation) -> CurveProperties:
    """All properties of an elementwise activation, good to about 1e-12 where the function's own arithmetic is.

    |x| up to a million is looked at, and the limits beyond. A feature far narrower than 1/256 that changes nothing
    around it (a lone spike away from 0) is not seen.
    """
    # Formulas overflow, have poles, and end: inf - inf is nan, and nan is neither a peak nor a zero.
    with np.errstate(all="ignore"):
        return _described(activation)


def _described(activation: Activation) -> CurveProperties:
    samples = sample(lambda x: activation.derivatives(x, 2), activation.kinks(MAX_ORDER), activation.kinks(0))
    left, right = (Outwards.of(partial(activation.derivatives, order=1), end) for end in (-1.0, 1.0))
    values, slopes = (_sampled(activation, samples, order, (left.limit(order), right.limit(order))) for order in (0, 1))
    (infimum, supremum), (lowest, highest) = extremes(values), extremes(slopes)
    monotone, strictly = _monotone(samples, values)
    isolated, intervals = zeros(values, (*samples.jumps, *samples.poles))
    nearest = sorted(isolated, key=abs)[:MOST_ZEROS]
    steepest = _steepest(lowest, highest)
    at_zero, slope_at_zero = activation.derivatives(0.0, 1).tolist()
    mean, second_moment, slope_second_moment = _moments(activation, samples, (*nearest, lowest.low, highest.low))
    return CurveProperties(
        kinks=tuple(sorted({*activation.kinks(1), *samples.jumps, *samples.poles})),
        jumps=samples.jumps,
        poles=samples.poles,
        value_at_zero=at_zero + 0.0,
        slope_at_zero=slope_at_zero + 0.0,
        infimum=infimum,
        supremum=supremum,
        monotone=monotone,
        strictly=strictly,
        symmetry=_symmetry(activation, samples),
        slope_infimum=lowest,
        slope_supremum=highest,
        lipschitz=_jump(samples) or steepest,
        saturates_below=_saturation(activation, slopes, steepest.value, -1.0),
        saturates_above=_saturation(activation, slopes, steepest.value, 1.0),
        zeros=tuple(sorted(nearest)),
        more_zeros=len(isolated) > len(nearest),
        zero_intervals=intervals,
        at_minus_infinity=behaviour(left),
        at_infinity=behaviour(right),
        mean=mean,
        second_moment=second_moment,
        slope_second_moment=slope_second_moment,
    )


def _sampled(activation: Activation, samples: Samples, order: int, limits: tuple[float, float]) -> SampledCurve:
    """The value or the slope as a curve with a slope of its own."""

    def curve(x: Array) -> tuple[Array, Array]:
        value, slope = only_where_finite(activation.derivatives(x, order + 1))[order:]
        return value, slope

    value, slope = (samples.value, samples.slope, samples.curvature)[order : order + 2]
    return SampledCurve(curve, samples.x, value, slope, samples.breaks, limits)


def _monotone(samples: Samples, values: SampledCurve) -> tuple[Monotone, bool]:
    """Which way f goes, and whether it does so without a rest."""
    slope, noise = samples.slope, _noise(samples)
    steps = _steps(samples)
    rises = bool((slope > noise).any() or (steps > 0.0).any())
    falls = bool((slope < -noise).any() or (steps < 0.0).any())
    if rises and falls:
        return "non-monotone", False
    if not (rises or falls):
        return "constant", False
    return "increasing" if rises else "decreasing", not constant_stretches(values)


def _noise(samples: Samples) -> Array:
    """The slopes that rounding can make of zero: a share of f, and of the slopes that are not further out."""
    size, slope = (np.where(np.isfinite(part), np.abs(part), 0.0) for part in (samples.value, samples.slope))
    outwards = np.argsort(np.abs(samples.x), kind="stable")
    largest = np.empty(slope.shape)
    largest[outwards] = np.maximum.accumulate(slope[outwards])
    noise: Array = _ROUNDING * (np.maximum(largest, slope[np.abs(samples.x) <= 1.0].max()) + size)
    return noise


def _steps(samples: Samples) -> Array:
    """How far f goes up or down at its jumps and poles."""
    at = np.searchsorted(samples.x, [*samples.jumps, *samples.poles])
    at = at[(at > 0) & (at < len(samples.x) - 1)]
    value = samples.value
    steps = np.concatenate([value[at] - value[at - 1], value[at + 1] - value[at], value[at + 1] - value[at - 1]])
    return np.where(np.isnan(steps), 0.0, steps)


def _symmetry(activation: Activation, samples: Samples) -> Symmetry:
    """Whether f(-x) is -f(x) or f(x), or f - f(0) is odd as sigmoid - 1/2 is, wherever f is smooth."""
    x = samples.x[samples.x > 0.0]
    for point in samples.breaks:
        x = x[np.abs(x - abs(point)) > 1e-12 * abs(point)]
    (there, slope), opposite = activation.value_and_slope(x), activation(-x)
    if (np.isnan(there) != np.isnan(opposite)).any():
        return "neither"
    known = ~np.isnan(there)
    x, there, slope, opposite = x[known], there[known], slope[known], opposite[known]
    # The rounding of the values, of the argument, and of what may cancel near 0.
    rounding = 1e-12 * (np.abs(there) + np.abs(opposite)) + 2.0**-50 * (
        np.nan_to_num(np.abs(x * slope), nan=0.0, posinf=0.0) + np.abs(there[x <= 1.0]).max(initial=0.0)
    )
    if (_difference(there, opposite) <= rounding).all():
        return "even"
    if (_difference(there, -opposite) <= rounding).all():
        return "odd"
    middle = float(activation(0.0))
    return "odd about f(0)" if (_difference(there - middle, middle - opposite) <= rounding).all() else "neither"


def _difference(a: Array, b: Array) -> Array:
    return np.where(a == b, 0.0, np.abs(a - b))


# --- the slope --------------------------------------------------------------------------------------------------


def _steepest(lowest: Extremum, highest: Extremum) -> Extremum:
    """The largest |f'|."""
    if -lowest.value > highest.value:
        return replace(lowest, value=-lowest.value)
    return highest


def _jump(samples: Samples) -> Extremum | None:
    """A jump is infinitely steep."""
    if not samples.jumps:
        return None
    nearest = min(samples.jumps, key=abs)
    return Extremum(math.inf, False, nearest, nearest)


def _saturation(activation: Activation, slopes: SampledCurve, largest: float, direction: float) -> float | None:
    """Where |f'| falls under 5 % of the largest for good, in the direction of 1 or -1."""
    threshold = SATURATION * largest
    if not abs(slopes.limits[direction > 0.0]) < threshold < math.inf:
        return None

    def sign(points: Array) -> Array:
        slope = only_where_finite(activation.derivatives(points, 1))[1]
        return np.where(np.abs(slope) >= threshold, 1.0, -1.0)

    x = slopes.x[:: int(direction)]
    steep = np.flatnonzero(np.abs(slopes.value[:: int(direction)]) >= threshold)
    # Waves that die away come back between the samples further out: so look there closely, and then beyond.
    while steep.size and steep[-1] < len(x) - 1 and abs(x[steep[-1]]) < FAR / 16.0:
        inner, outer = (float(x[i]) for i in (steep[-1], steep[-1] + 1))
        x = np.append(inner, np.linspace(outer, outer + 4.0 * direction * max(abs(outer), 1e-3), 4096))
        steep = np.flatnonzero(sign(x) > 0.0)
        if steep[-1] == 0:
            low, high = section(sign, x[:1], x[1:2])
            return slopes.break_at(float(low[0]), float(high[0]))
    return None


# --- moments ----------------------------------------------------------------------------------------------------


def _moments(activation: Activation, samples: Samples, points: Iterable[float]) -> list[float | None]:
    """E[f], E[f²] and E[f'²] for standard normal input; None where they diverge. `points` are worth a closer look."""

    def functions(x: Array) -> Array:
        value, slope = activation.value_and_slope(x)
        return np.stack([value, value * value, slope * slope])

    closer = [point for point in points if math.isfinite(point)]
    moments: list[float] = expectations(functions, (*samples.breaks, *closer)).tolist()
    return [None if math.isnan(moment) else moment for moment in moments]
