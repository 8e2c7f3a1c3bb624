"""Fixed points of a deep network at one initialisation: variance of the signal, and correlation of two inputs.

The maps are those of core/theory/mean_field.py. Every correlation map is a power series with nonnegative coefficients
(Daniely, Frostig and Singer 2016) and therefore convex on [0, 1]. Its slope at 1 decides whether c = 1 is stable, and
at most one fixed point lies below 1.

The variance does not oscillate for ever: the density of √q z at x is exp(-x²/2q) / √(2πq). As log q rises, the log
density falls at most half as fast, and so does log q'. An oscillation is at least halved in each layer.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, repeat
from typing import Final, Literal

from actcli.core.numerics.roots import root, sign_changes
from actcli.core.theory.mean_field import MeanField, is_homogeneous

Signal = Literal["settles", "grows", "unknown"]
Phase = Literal["ordered", "edge", "chaotic"]

SMALLEST, LARGEST = 1e-20, 1e20
"""Range of variances. A signal below it has decayed to 0; a signal above it grows without bound."""

_LAYERS: Final = 32  # layers computed one by one; by then every oscillation has died out
_NOISE: Final = 1e-10  # relative error of a quadrature: smaller changes of a variance are noise
_MARGIN: Final = 1e-9  # tolerance around 1 for a quotient of several quadratures


@dataclass(frozen=True, slots=True)
class FixedPoint:
    """Fixed point of the variance at one initialisation. None: the variance does not settle, or the field is unknown.

    q:                       variance of the pre-activations; 0 if the signal decays
    chi_parallel:            χ∥ at q, the factor per layer of a small deviation from q
    chi_perpendicular:       χ⊥ at q; also None if the function jumps
    correlation:             c* of any two inputs: 1, or less if 1 is unstable. None if it is unknown, and if every
                             correlation is kept, as when the signal decays to where the curve is a line
    variance_depth_scale:    -1/ln |χ∥|, in layers; None if infinite
    correlation_depth_scale: -1/ln of the correlation map's slope at c*, in layers; None if infinite. The difference of
                             two inputs is lost after a few depth scales
    signal:                  "settles" (at q), "grows" (up to the largest variance) or "unknown" (E[φ²] is infinite or
                             cannot be computed at a variance on the way)
    phase:                   "ordered" (χ⊥ < 1: vanishing gradient), "edge" (χ⊥ = 1) or "chaotic" (χ⊥ > 1: exploding
                             gradient). None if the variance does not settle. Where χ⊥ is unknown, as for a function
                             that jumps: "chaotic" if c* < 1, else None
    keeps_correlations:      every correlation of two inputs is kept
    """

    q: float | None
    chi_parallel: float | None
    chi_perpendicular: float | None
    correlation: float | None
    variance_depth_scale: float | None
    correlation_depth_scale: float | None
    signal: Signal
    phase: Phase | None
    keeps_correlations: bool


def fixed_point(field: MeanField, sigma_w2: float, sigma_b2: float = 0.0) -> FixedPoint:
    """The fixed point that the variance reaches from q = 1. See FixedPoint."""
    signal, q = _settled(field, sigma_w2, sigma_b2)
    growing_lines = q is None and sigma_b2 == 0.0 and is_homogeneous(field.activation)
    if growing_lines:  # χ does not depend on q
        at = 1.0
    elif q is None:
        return FixedPoint(None, None, None, None, None, None, signal, None, False)
    else:
        at = q or SMALLEST
    parallel = field.parallel_susceptibility(at, sigma_w2)
    perpendicular = field.perpendicular_susceptibility(at, sigma_w2)
    left, right = field.slopes_at_zero
    steepness = 0.5 * (left * left + right * right)
    if q == 0.0 and not field.jumps:
        parallel = perpendicular = sigma_w2 * steepness
    correlation: float | None
    if q == 0.0 and not field.jumps and steepness and sigma_w2:  # near 0 two half lines, or one line
        line = abs(left - right) < _MARGIN * abs(left)
        correlation, slope = _drift(field, sigma_w2) if line else 1.0, 1.0
    else:
        correlation, slope = _correlation(field, at, sigma_w2, sigma_b2)
    return FixedPoint(
        q=q,
        chi_parallel=_finite(parallel),
        chi_perpendicular=_finite(perpendicular),
        correlation=_finite(correlation),
        variance_depth_scale=_depth_scale(parallel),
        correlation_depth_scale=_depth_scale(slope),
        signal=signal,
        phase=None if q is None else _phase(perpendicular, correlation),
        keeps_correlations=correlation is None,
    )


def _settled(field: MeanField, sigma_w2: float, sigma_b2: float) -> tuple[Signal, float | None]:
    """Signal, and fixed point reached from q = 1: first layer by layer, then by root finding."""

    def growth(q: float) -> float:
        return field.next_variance(q, sigma_w2, sigma_b2) / q - 1.0

    q = before = up = 1.0
    for _ in range(_LAYERS):
        if math.isnan(change := growth(q)):
            break
        if abs(change) < 1e-13:
            return "settles", q
        up, before, q = change, q, q * (1.0 + change)
        if not SMALLEST < q < LARGEST:
            break
    else:
        low, high = q * (1.0 - 1e-4), q * (1.0 + 1e-4)
        if growth(low) > 0.0 > growth(high):
            return "settles", root(growth, low, high)
        for near, far in sign_changes(growth, _away(q, up > 0.0), _NOISE):
            return "settles", root(growth, near, far)
    if up > 0.0:
        return ("unknown", None) if q == before else ("grows", None)
    left, right = field.slopes_at_zero
    steepness = 0.5 * sigma_w2 * (left * left + right * right)
    stays = sigma_b2 == 0.0 and sigma_w2 * field.value_at_zero**2 < SMALLEST and steepness <= 1.0 + _MARGIN
    return ("settles", 0.0) if stays else ("unknown", None)


def _away(start: float, up: bool) -> Iterator[float]:
    """Grid from the start to the largest or smallest variance: four steps per decade at first, then one."""
    factors = accumulate([1.0, *repeat(10**0.25, 24), *repeat(10.0, 40)], lambda a, b: a * b)
    points = (start * factor if up else start / factor for factor in factors)
    return (q for q in points if SMALLEST <= q <= LARGEST)


def _correlation(field: MeanField, q: float, sigma_w2: float, sigma_b2: float) -> tuple[float | None, float]:
    """c* to 1e-12 and the slope of the map at c*. None if every c is a fixed point; nan if unknown.

    Every c is a fixed point if the activation is a line on the range of √q z.
    """

    def excess(c: float) -> float:
        return field.next_correlation(c, q, sigma_w2, sigma_b2) - c

    slope = field.correlation_slope(1.0, q, sigma_w2, sigma_b2)
    low, high = 1e-12, 1.0 - 1e-6
    # The jump is out of reach at q, so the slope at c = 1 is unknown.
    if math.isnan(at_low := excess(low)) or (field.jumps and q == SMALLEST):
        return math.nan, slope
    if abs(slope - 1.0) < _MARGIN and abs(excess(0.3)) < _MARGIN:
        return None, slope
    if slope <= 1.0 + _MARGIN or excess(high) >= 0.0:
        return 1.0, slope
    correlation = 0.0 if at_low <= 0.0 else root(excess, low, high)
    return correlation, field.correlation_slope(correlation, q, sigma_w2, sigma_b2)


def _drift(field: MeanField, sigma_w2: float) -> float | None:
    """c* of a signal that decays to 0 while correlations keep changing; None if they come to rest.

    They come to rest if their change per layer becomes small relative to the change of log q.
    """

    def growth(q: float) -> float:
        return field.next_variance(q, sigma_w2) / q - 1.0

    def change(q: float) -> float:
        return (field.next_correlation(0.3, q, sigma_w2) - 0.3) / growth(q)

    for q in _away(1.0, up=False):
        if growth(q) > -3e-3:
            small = q / 100.0
            if not growth(small) < -1e-8 or not abs(change(small)) > 0.5 * abs(change(q)) > 1e-6:
                break
            return _correlation(field, small, sigma_w2, 0.0)[0]
    return None


def _phase(perpendicular: float, correlation: float | None) -> Phase | None:
    if math.isnan(perpendicular):  # the correlation map is convex: c* < 1 means a slope above 1 at c = 1
        return "chaotic" if correlation is not None and correlation < 1.0 else None
    if abs(perpendicular - 1.0) < _MARGIN:
        return "edge"
    return "ordered" if perpendicular < 1.0 else "chaotic"


def _depth_scale(factor: float) -> float | None:
    if factor == 0.0:
        return 0.0
    return -1.0 / math.log(abs(factor)) if abs(factor) < 1.0 - _MARGIN else None


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None
