"""Saturation: the largest slope of a function, and the tails in which its slope stays below 5 % of that."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Final

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.analysis.extrema import Extremum, extremes
from actcli.core.analysis.function import Function, apart
from actcli.core.analysis.sampling import FAR, SampledCurve, Samples, bends, sample
from actcli.core.arrays import Array
from actcli.core.numerics.roots import bracket

if TYPE_CHECKING:
    from fractions import Fraction

    from actcli.core.analysis.sides import Sides

_ROUNDING: Final = 2.0**-40

SATURATION: Final = 0.05
"""A slope below this share of the largest one counts as saturated."""


def largest_slope(activation: Elementwise) -> float:
    """The largest |f'|, from |x| up to a million; inf if unbounded, nan if f has no slope."""
    return steepest(*_extreme_slopes(activation)).value


def slope_range(activation: Elementwise) -> tuple[float, float]:
    """The smallest and the largest f', as in `largest_slope`; (-inf, inf) if f jumps."""
    if activation.kinks(0):
        return -math.inf, math.inf
    lowest, highest = _extreme_slopes(activation)
    return lowest.value, highest.value


def saturation_threshold(activation: Elementwise) -> float:
    """|f'| below which a slope is saturated: SATURATION times the largest |f'|, or times 1 if that is 0 or unknown."""
    largest = largest_slope(activation)
    return SATURATION * (largest if 0.0 < largest < math.inf else 1.0)


@cache
def _extreme_slopes(activation: Elementwise) -> tuple[Extremum, Extremum]:
    with np.errstate(all="ignore"):  # formulas overflow, have poles, and end
        function = Function(activation)
        return extremes(sampled_curve(function, samples_of(function), 1))


def samples_of(function: Function) -> Samples:
    """Value, slope and curvature at points dense enough for all features of the function."""

    def derivatives(x: Array) -> Array:
        return function.derivatives(x, 2)

    def first(x: Array) -> tuple[Array, Array]:
        table, doubtful = function.corrected(x, 2)
        return x[~doubtful], table[:, ~doubtful]

    known, jumps = function.breakpoints, function.activation.kinks(0)
    if not function.exact and not function.activation.given_parameters:
        return sample(derivatives, known, jumps)
    from actcli.core.analysis.features import features  # imported only where it may find some

    further = features(function.activation)
    if not function.exact:
        return sample(derivatives, known, jumps, further=further)
    samples = sample(derivatives, known, jumps, first, further)
    return replace(samples, breakpoints=apart({*samples.breakpoints, *bends(derivatives, samples)}))


def slopes_by_sides(x: Array, slope: Array, sides: Mapping[float, Sides]) -> Array:
    """The slopes at x, corrected at breakpoints: the derivative if it exists; nan for a slope that neither side has."""
    for point, side in sides.items():
        at = x == point
        if side.derivative is not None:
            slope[at] = side.derivative
        elif not any(np.isclose(slope[at], limit, _ROUNDING, 0.0).all() for limit in side.slope if limit is not None):
            slope[at] = np.nan
    return slope


def sampled_curve(
    function: Function, samples: Samples, order: int, sides: Mapping[float, Sides] | None = None
) -> SampledCurve:
    """The value (order 0) or the slope (order 1) as a sampled curve, which has a slope itself."""
    breakpoints = sides or {}

    def curve(x: Array) -> tuple[Array, Array]:
        table = function.derivatives(x, order + 1)
        slopes_by_sides(x, table[1], breakpoints)
        value, slope = table[order:]
        return value, slope

    def exactly(x: float) -> float | None:
        found = function.at(x, order) if function.exact and order == 0 else None
        return None if found is None else found[order]

    def digits(x: float) -> tuple[Fraction, Fraction] | None:
        return function.in_many_digits(x, order) if function.exact else None

    def here(x: float) -> float:
        side = breakpoints[x]
        if side.blur and side.jumps:  # x is not the break itself
            return math.nan
        return float(curve(np.array([x]))[0][0]) if order else side.here if not side.blur else _or_nan(side.value[0])

    value, slope = (samples.value, samples.slope, samples.curvature)[order : order + 2]
    left, right = function.ends
    limits = [(end.end.limit if end.end else None) if order == 0 else end.slope for end in (left, right)]
    known = {point: (side.value, side.slope)[order] for point, side in breakpoints.items()}
    return SampledCurve(
        curve,
        samples.x,
        value,
        slope,
        samples.breakpoints,
        (_or_nan(limits[0]), _or_nan(limits[1])),
        {point: (_or_nan(below), _or_nan(above)) for point, (below, above) in known.items()},
        partial(function.constant_at, order=order) if function.exact else None,
        exactly,
        digits,
        here,
    )


def _or_nan(limit: float | None) -> float:
    return math.nan if limit is None else limit


def steepest(lowest: Extremum, highest: Extremum) -> Extremum:
    """The largest |f'|, from the extremes of f'."""
    if -lowest.value > highest.value:
        return replace(lowest, value=-lowest.value)
    return highest


def saturated_from(function: Function, slopes: SampledCurve, largest: float, direction: float) -> float | None:
    """x beyond which |f'| stays below 5 % of the largest, in the direction 1 or -1; None if none, nan if unknown."""
    threshold = SATURATION * largest
    limit = abs(slopes.limits[direction > 0.0])
    if math.isnan(limit):  # a wave, which may be a low one
        limit = float(np.abs(slopes.value[direction * slopes.x > FAR / 16.0]).max(initial=0.0))
    if not limit < threshold < math.inf:
        return None

    def sign(points: Array) -> Array:
        return np.where(function.steep(points, threshold), 1.0, -1.0)

    x = slopes.x[:: int(direction)]
    steep = np.flatnonzero(np.abs(slopes.value[:: int(direction)]) >= threshold)
    if steep.size and direction * x[steep[-1]] >= FAR / 16.0:
        return _far_edge(sign, slopes, float(x[steep[-1]]))
    # A decaying wave may rise again between the samples further out: search there densely, then beyond.
    while steep.size and steep[-1] < len(x) - 1 and direction * x[steep[-1]] < FAR / 16.0:
        inner, outer = (float(x[i]) for i in (steep[-1], steep[-1] + 1))
        x = np.append(inner, np.linspace(outer, outer + 4.0 * direction * max(abs(outer), 1e-3), 4096))
        steep = np.flatnonzero(sign(x) > 0.0)
        if not steep.size:
            return slopes.breakpoint_at(inner, inner)
        if steep[-1] == 0:
            low, high = bracket(sign, x[:1], x[1:2])
            edge = slopes.breakpoint_at(float(low[0]), float(high[0]))
            closer = edge + direction * abs(edge) * _CLOSE_BEYOND
            if not _is_wave(slopes, direction) or not (again := np.flatnonzero(sign(closer) > 0.0)).size:
                return edge
            x, steep = closer, again  # the crests of a wave may be steep on short stretches
    return math.nan if steep.size else None


_CLOSE_BEYOND: Final = np.linspace(2.0**-40, 0.25, 1 << 14)


def _is_wave(slopes: SampledCurve, direction: float) -> bool:
    """Whether the slope changes its sign again and again at |x| > 8."""
    turns = (slopes.value[1:] * slopes.value[:-1] < 0.0) & (direction * slopes.x[1:] > 8.0)
    return bool(turns.sum() > 8)


def _far_edge(sign: Callable[[Array], Array], slopes: SampledCurve, start: float) -> float:
    """The edge beyond `start`, where samples are rare; nan for a wave, or if the slope stays steep up to 2^200."""
    further = start * np.geomspace(1.0, 64.0, 4096)
    further = np.append(further, further[-1] * 2.0 ** np.arange(1.0, 180.0, 0.5))
    steep = np.flatnonzero(sign(further) > 0.0)
    if not steep.size:
        return slopes.breakpoint_at(start, start)
    if steep[-1] == len(further) - 1 or steep[-1] != len(steep) - 1:
        return math.nan
    low, high = bracket(sign, further[steep[-1] :][:1], further[steep[-1] + 1 :][:1])
    return slopes.breakpoint_at(float(low[0]), float(high[0]))
