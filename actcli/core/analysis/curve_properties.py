"""What there is to know about a function of one number, computed from nothing but its values and derivatives."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.analysis.asymptotes import End, behaviour
from actcli.core.analysis.extrema import Extremum, extremes, zeros
from actcli.core.analysis.sampling import SampledCurve, Samples, constant_stretches
from actcli.core.analysis.saturation import ends_of, sampled_curve, samples_of, saturated_from, steepest
from actcli.core.arrays import Array
from actcli.core.numerics.quadrature import expectations

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


def describe_curve(activation: Elementwise) -> CurveProperties:
    """All properties of an elementwise activation, good to about 1e-12 where the function's own arithmetic is.

    |x| up to a million is looked at, and the limits beyond. A feature far narrower than 1/256 that changes nothing
    around it (a lone spike away from 0) is not seen.
    """
    # Formulas overflow, have poles, and end: inf - inf is nan, and nan is neither a peak nor a zero.
    with np.errstate(all="ignore"):
        return _described(activation)


def _described(activation: Elementwise) -> CurveProperties:
    samples, (left, right) = samples_of(activation), ends_of(activation)
    values, slopes = (sampled_curve(activation, samples, order, left, right) for order in (0, 1))
    (infimum, supremum), (lowest, highest) = extremes(values), extremes(slopes)
    monotone, strictly = _monotone(samples, values)
    isolated, intervals = zeros(values, (*samples.jumps, *samples.poles))
    nearest = sorted(isolated, key=abs)[:MOST_ZEROS]
    largest = steepest(lowest, highest)
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
        lipschitz=_jump(samples) or largest,
        saturates_below=saturated_from(activation, slopes, largest.value, -1.0),
        saturates_above=saturated_from(activation, slopes, largest.value, 1.0),
        zeros=tuple(sorted(nearest)),
        more_zeros=len(isolated) > len(nearest),
        zero_intervals=intervals,
        at_minus_infinity=behaviour(left),
        at_infinity=behaviour(right),
        mean=mean,
        second_moment=second_moment,
        slope_second_moment=slope_second_moment,
    )


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


def _symmetry(activation: Elementwise, samples: Samples) -> Symmetry:
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


def _jump(samples: Samples) -> Extremum | None:
    """A jump is infinitely steep."""
    if not samples.jumps:
        return None
    nearest = min(samples.jumps, key=abs)
    return Extremum(math.inf, False, nearest, nearest)


# --- moments ----------------------------------------------------------------------------------------------------


def _moments(activation: Elementwise, samples: Samples, points: Iterable[float]) -> list[float | None]:
    """E[f], E[f²] and E[f'²] for standard normal input; None where they diverge. `points` are worth a closer look."""

    def functions(x: Array) -> Array:
        value, slope = activation.value_and_slope(x)
        return np.stack([value, value * value, slope * slope])

    closer = [point for point in points if math.isfinite(point)]
    moments: list[float] = expectations(functions, (*samples.breaks, *closer)).tolist()
    return [None if math.isnan(moment) else moment for moment in moments]
