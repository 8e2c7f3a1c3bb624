"""Saturation: the largest slope of a function, and where its slope stays under 5 % of that."""

import math
from dataclasses import replace
from functools import cache, partial
from typing import Final

import numpy as np

from actcli.core.activations.activation import MAX_ORDER, Elementwise
from actcli.core.analysis.asymptotes import Outwards
from actcli.core.analysis.extrema import Extremum, extremes
from actcli.core.analysis.sampling import FAR, SampledCurve, Samples, only_where_finite, sample
from actcli.core.arrays import Array
from actcli.core.numerics.roots import section

SATURATION: Final = 0.05
"""A slope under this share of the largest one counts as saturated."""


def largest_slope(activation: Elementwise) -> float:
    """The largest |f'|, as far as |x| up to a million tells; inf where it has no bound, nan where f has no slope."""
    return steepest(*_extreme_slopes(activation)).value


def slope_range(activation: Elementwise) -> tuple[float, float]:
    """The least and the largest f', as `largest_slope` finds it; infinite where f jumps, which is no straight line."""
    if activation.kinks(0):
        return -math.inf, math.inf
    lowest, highest = _extreme_slopes(activation)
    return lowest.value, highest.value


@cache
def _extreme_slopes(activation: Elementwise) -> tuple[Extremum, Extremum]:
    with np.errstate(all="ignore"):  # formulas overflow, have poles, and end
        return extremes(sampled_curve(activation, samples_of(activation), 1, *ends_of(activation)))


def samples_of(activation: Elementwise) -> Samples:
    """Value, slope and curvature at the points that miss nothing of an elementwise activation."""
    return sample(lambda x: activation.derivatives(x, 2), activation.kinks(MAX_ORDER), activation.kinks(0))


def ends_of(activation: Elementwise) -> tuple[Outwards, Outwards]:
    """Value and slope on the way to -∞ and to ∞."""
    derivatives = partial(activation.derivatives, order=1)
    return Outwards.of(derivatives, -1.0), Outwards.of(derivatives, 1.0)


def sampled_curve(
    activation: Elementwise, samples: Samples, order: int, left: Outwards, right: Outwards
) -> SampledCurve:
    """The value or the slope as a curve with a slope of its own."""

    def curve(x: Array) -> tuple[Array, Array]:
        value, slope = only_where_finite(activation.derivatives(x, order + 1))[order:]
        return value, slope

    value, slope = (samples.value, samples.slope, samples.curvature)[order : order + 2]
    return SampledCurve(curve, samples.x, value, slope, samples.breaks, (left.limit(order), right.limit(order)))


def steepest(lowest: Extremum, highest: Extremum) -> Extremum:
    """The largest |f'|, of the extremes of f'."""
    if -lowest.value > highest.value:
        return replace(lowest, value=-lowest.value)
    return highest


def saturated_from(activation: Elementwise, slopes: SampledCurve, largest: float, direction: float) -> float | None:
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
