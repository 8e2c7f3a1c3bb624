"""The initialisation that an activation wants: its gain, its critical point, its fixed points under the usual ones.

The quantities are those of core/theory/mean_field.py. Sources: Schoenholz, Gilmer, Ganguli and Sohl-Dickstein 2017;
Roberts, Yaida and Hanin, The Principles of Deep Learning Theory (2022), chapter 5.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

import numpy as np

from actcli.core.activations.activation import Activation, Elementwise, elementwise
from actcli.core.numerics.quadrature import expectation
from actcli.core.numerics.roots import root, sign_changes
from actcli.core.theory.mean_field import MeanField

Kind = Literal["scale-invariant", "zero-fixed-point", "half-stable", "none"]

Variance = Callable[[int, int], float]

VARIANCES: Final[dict[str, Variance]] = {
    "xavier": lambda fan_in, fan_out: 2 / (fan_in + fan_out),
    "he": lambda fan_in, fan_out: 2 / fan_in,
    "lecun": lambda fan_in, fan_out: 1 / fan_in,
}
"""The variance of a weight, from fan_in and fan_out, under the usual initialisations (core/network/initialisers.py)."""

INITIALISATIONS: Final = {name: variance(1, 1) for name, variance in VARIANCES.items()}
"""σ_w² of a square layer (fan_in = fan_out) for each of them; all have σ_b² = 0."""


@dataclass(frozen=True, slots=True)
class CriticalPoint:
    """Where χ⊥ = χ∥ = 1: the initialisation at which neither variance nor gradient grows or shrinks with depth.

    kind: "scale-invariant" (every q is a fixed point: relu), "zero-fixed-point" (a stable q = 0: tanh), "half-stable"
        (one q > 0: gelu, silu) or "none" (sigmoid).
    sigma_w2, sigma_b2, q: None where there is none; q is None too where it may be any.
    """

    kind: Kind
    sigma_w2: float | None
    sigma_b2: float | None
    q: float | None


@dataclass(frozen=True, slots=True)
class FixedPoint:
    """Where a deep network settles under one initialisation, and how fast. None: it does not settle, or diverges.

    q:                       the variance of the pre-activations; 0 where it decays
    chi_parallel:            χ∥ there; a deviation from q shrinks by this factor per layer
    chi_perpendicular:       χ⊥ there
    correlation:             c* of any two inputs: 1 in the ordered phase (χ⊥ <= 1), less in the chaotic one; None where
                             every correlation stays, as where the signal decays to where the curve is a line
    variance_depth_scale:    -1/ln χ∥, in layers; None where it is infinite
    correlation_depth_scale: -1/ln of the correlation map's slope at c*, in layers; None where it is infinite. What two
                             inputs have to tell apart is lost beyond a few of these
    """

    q: float | None
    chi_parallel: float | None
    chi_perpendicular: float | None
    correlation: float | None
    variance_depth_scale: float | None
    correlation_depth_scale: float | None


@dataclass(frozen=True, slots=True)
class Gain:
    """What an activation does to a standard normal, and the initialisation that it wants.

    gain: 1 / sqrt(E[φ²]), the factor that keeps the second moment; None where E[φ²] is zero or diverges.
    mean, second_moment, slope_second_moment: E[φ], E[φ²], E[φ'²]; None where they diverge.
    decay_per_layer: for each initialisation the factor of the backward signal's norm per layer, sqrt(χ⊥) at the q where
        the forward signal settles; None where it does not settle.
    fixed_points: for each initialisation where it settles.
    """

    activation: str
    gain: float | None
    mean: float | None
    second_moment: float | None
    slope_second_moment: float | None
    critical: CriticalPoint
    decay_per_layer: dict[str, float | None]
    fixed_points: dict[str, FixedPoint]


def gain(activation: Activation) -> Gain:
    """The moments, the critical point and the fixed points. Raises InputError for row-wise activations."""
    unit = elementwise(activation, f"{activation.name} acts on whole rows, and the theory is one of single units")
    field = MeanField(unit)
    mean = expectation(unit, field.breaks)
    second, slope_second = field.second_moments(1.0)
    points = {sigma_w2: fixed_point(field, sigma_w2) for sigma_w2 in set(INITIALISATIONS.values())}
    fixed_points = {name: points[sigma_w2] for name, sigma_w2 in INITIALISATIONS.items()}
    return Gain(
        activation=unit.label,
        gain=1.0 / math.sqrt(second) if 0.0 < second < math.inf else None,
        mean=_finite(mean),
        second_moment=_finite(second),
        slope_second_moment=_finite(slope_second),
        critical=critical_point(unit),
        decay_per_layer={
            name: None if point.chi_perpendicular is None else math.sqrt(point.chi_perpendicular)
            for name, point in fixed_points.items()
        },
        fixed_points=fixed_points,
    )


@cache
def critical_point(activation: Elementwise) -> CriticalPoint:
    """The critical initialisation, searched for q from 1e-6 to 1e4. See CriticalPoint."""
    field = MeanField(activation)
    none = CriticalPoint("none", None, None, None)
    small = 1e-8
    start, slope = field.second_moment(small), field.slope_second_moment(small)
    if not 0.0 < slope < math.inf:
        return none
    if is_homogeneous(activation):
        return CriticalPoint("scale-invariant", _inverse_slope_at_zero(activation), 0.0, None)
    vanishes = float(activation(0.0)) == 0.0
    if vanishes and field.second_moment(4.0 * small) <= 4.0 * start * (1.0 + 1e-12):
        return CriticalPoint("zero-fixed-point", _inverse_slope_at_zero(activation), 0.0, 0.0)
    q = _half_stable(field)
    if q is None:
        return none
    sigma_w2 = 1.0 / field.slope_second_moment(q)
    return CriticalPoint("half-stable", sigma_w2, q - sigma_w2 * field.second_moment(q), q)


def fixed_point(field: MeanField, sigma_w2: float) -> FixedPoint:
    """Where the variance goes from 1, without biases, and what becomes of two inputs there. See FixedPoint."""
    if is_homogeneous(field.activation):  # every q shrinks or grows by the same factor
        settled: float | None = 1.0
        q = None if (growth := field.next_variance(1.0, sigma_w2)) > 1.0 + 1e-12 else float(growth > 1.0 - 1e-12)
    else:
        settled = q = _settled(field, sigma_w2)
        if settled == _ALL_BUT_ZERO:
            q = 0.0
    if settled is None:
        return FixedPoint(None, None, None, None, None, None)
    parallel = field.parallel_susceptibility(settled, sigma_w2)
    perpendicular = field.perpendicular_susceptibility(settled, sigma_w2)
    # χ⊥ where q stays; where q shrinks or grows, the correlation map divides by that.
    slope_at_one = field.correlation_slope(1.0, settled, sigma_w2)
    correlation = _correlation(field, settled, sigma_w2, slope_at_one)
    slope = slope_at_one if correlation in (None, 1.0) else field.correlation_slope(correlation, settled, sigma_w2)
    return FixedPoint(
        q=q,
        chi_parallel=_finite(parallel),
        chi_perpendicular=_finite(perpendicular),
        correlation=None if correlation is None else _finite(correlation),
        variance_depth_scale=_depth_scale(parallel),
        correlation_depth_scale=_depth_scale(slope),
    )


def is_homogeneous(activation: Elementwise) -> bool:
    """φ(λ x) = λ φ(x) for λ > 0, as for relu: two half lines through the origin."""
    x = np.array([-30.0, -1.0, -1e-3, 1e-3, 1.0, 30.0])
    return bool(np.allclose(activation(1.7 * x), 1.7 * activation(x), rtol=1e-13, atol=0.0))


def _inverse_slope_at_zero(activation: Elementwise) -> float:
    """1 / lim E[φ'²] for q -> 0, where only the slopes on both sides of 0 matter."""
    left, right = activation.derivative([-1e-30, 1e-30])
    return float(2.0 / (left * left + right * right))


def _half_stable(field: MeanField) -> float | None:
    """The smallest q > 0 where χ∥ = χ⊥ at a variance of the biases that is not negative."""
    for low, high in sign_changes(field.susceptibility_gap, np.logspace(-6, 4, 61)):
        q = root(field.susceptibility_gap, low, high)
        if q >= field.second_moment(q) / field.slope_second_moment(q):
            return q
    return None


_ALL_BUT_ZERO = 1e-12


def _settled(field: MeanField, sigma_w2: float) -> float | None:
    """Where the variance goes from 1, without biases: to the next fixed point, to (all but) zero, or nowhere: None."""

    def growth(q: float) -> float:
        return field.next_variance(q, sigma_w2) / q - 1.0

    if abs(growth(1.0)) < 1e-12:
        return 1.0
    up = growth(1.0) > 0.0
    steps = np.logspace(0, 12, 49) if up else np.logspace(0, -12, 49)
    for near, far in sign_changes(growth, steps):
        return root(growth, near, far)
    return None if up or math.isnan(growth(1.0)) else _ALL_BUT_ZERO


def _correlation(field: MeanField, q: float, sigma_w2: float, slope_at_one: float) -> float | None:
    """c*: 1 where it is stable, else the fixed point below it, to 1e-12; nan where the theory has no slope.

    None where all are fixed points: a curve that is a line in the reach of q.
    """
    if abs(field.next_correlation(0.3, q, sigma_w2) - 0.3) < 1e-9:
        return None
    if not slope_at_one > 1.0 + 1e-9:
        return 1.0 if slope_at_one == slope_at_one else math.nan

    def excess(c: float) -> float:
        return field.next_correlation(c, q, sigma_w2) - c

    low = 1e-12
    return 0.0 if excess(low) <= low else root(excess, low, 1.0 - 1e-6)


def _depth_scale(factor: float) -> float | None:
    if factor == 0.0:
        return 0.0
    return -1.0 / math.log(factor) if 0.0 < factor < 1.0 - 1e-9 else None


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
