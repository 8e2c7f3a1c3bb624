"""Mean-field theory of a deep random network: how the variance and the backward signal change from layer to layer.

Weights are N(0, σ_w²/fan_in), biases N(0, σ_b²). With q the variance of the pre-activations and z ~ N(0, 1):

    q' = σ_w² E[φ(√q z)²] + σ_b²             the variance map
    χ⊥ = σ_w² E[φ'(√q z)²]                   the factor of the squared backward signal per layer
    χ∥ = dq'/dq = σ_w² E[φ φ' z] / √q        the factor of a small change of q

Sources: Poole, Lahiri, Raghu, Sohl-Dickstein and Ganguli 2016; Schoenholz, Gilmer, Ganguli and Sohl-Dickstein 2017;
Roberts, Yaida and Hanin, The Principles of Deep Learning Theory (2022), chapter 5.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from actcli.core.activation import Activation
from actcli.core.errors import InputError
from actcli.core.expectation import expectation
from actcli.core.jet import Array

Kind = Literal["scale-invariant", "zero-fixed-point", "half-stable", "none"]

INITIALISATIONS: Final = {"xavier": 1.0, "he": 2.0, "lecun": 1.0}
"""σ_w² of a square layer (fan_in = fan_out) for each initialiser; all have σ_b² = 0."""


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
class Gain:
    """What an activation does to a standard normal, and the initialisation that it wants.

    gain: 1 / sqrt(E[φ²]), the factor that keeps the second moment; None where E[φ²] is zero or diverges.
    mean, second_moment, slope_second_moment: E[φ], E[φ²], E[φ'²]; None where they diverge.
    decay_per_layer: for each initialisation the factor of the backward signal's norm per layer, sqrt(χ⊥) at the q where
        the forward signal settles; None where it does not settle.
    """

    activation: str
    gain: float | None
    mean: float | None
    second_moment: float | None
    slope_second_moment: float | None
    critical: CriticalPoint
    decay_per_layer: dict[str, float | None]


def gain(activation: Activation) -> Gain:
    """The moments, the critical point and the decay per layer. Raises InputError for row-wise activations."""
    field = MeanField(activation)
    mean = expectation(activation, field.breaks)
    second = field.second_moment(1.0)
    return Gain(
        activation=activation.label,
        gain=1.0 / math.sqrt(second) if 0.0 < second < math.inf else None,
        mean=_finite(mean),
        second_moment=_finite(second),
        slope_second_moment=_finite(field.slope_second_moment(1.0)),
        critical=critical_point(activation),
        decay_per_layer={name: _decay(field, sigma_w2) for name, sigma_w2 in INITIALISATIONS.items()},
    )


class MeanField:
    """The Gaussian expectations of one activation as functions of q, the variance of its argument."""

    def __init__(self, activation: Activation) -> None:
        if activation.rowwise:
            raise InputError(f"{activation.name} acts on whole rows, and the theory is one of single units")
        self.activation = activation
        self.breaks = activation.kinks(2)
        self.jumps = bool(activation.kinks(0))

    def second_moment(self, q: float) -> float:
        """E[φ(√q z)²]; nan where it diverges."""
        return self._expectation(lambda x: self.activation(x) ** 2, q)

    def slope_second_moment(self, q: float) -> float:
        """E[φ'(√q z)²]; nan where it diverges, as it does for a jump."""
        return math.nan if self.jumps else self._expectation(lambda x: self.activation.derivative(x) ** 2, q)

    def second_moment_slope(self, q: float) -> float:
        """d/dq E[φ(√q z)²] = E[φ φ' z] / √q."""

        def integrand(x: Array) -> Array:
            value, slope = self.activation.value_and_slope(x)
            return value * slope * x / q

        return math.nan if self.jumps else self._expectation(integrand, q)

    def next_variance(self, q: float, sigma_w2: float, sigma_b2: float = 0.0) -> float:
        """The variance map q' = σ_w² E[φ(√q z)²] + σ_b²."""
        return sigma_w2 * self.second_moment(q) + sigma_b2

    def _expectation(self, function: Callable[[Array], Array], q: float) -> float:
        with np.errstate(all="ignore"):  # where a square overflows, the expectation says that it diverges
            return expectation(function, self.breaks, math.sqrt(q))


def critical_point(activation: Activation) -> CriticalPoint:
    """The critical initialisation, searched for q from 1e-6 to 1e4. See CriticalPoint."""
    field = MeanField(activation)
    none = CriticalPoint("none", None, None, None)
    small = 1e-8
    start, slope = field.second_moment(small), field.slope_second_moment(small)
    if not 0.0 < slope < math.inf:
        return none
    if _is_homogeneous(activation):
        return CriticalPoint("scale-invariant", _inverse_slope_at_zero(activation), 0.0, None)
    vanishes = float(activation(0.0)) == 0.0
    if vanishes and field.second_moment(4.0 * small) <= 4.0 * start * (1.0 + 1e-12):
        return CriticalPoint("zero-fixed-point", _inverse_slope_at_zero(activation), 0.0, 0.0)
    q = _half_stable(field)
    if q is None:
        return none
    sigma_w2 = 1.0 / field.slope_second_moment(q)
    return CriticalPoint("half-stable", sigma_w2, q - sigma_w2 * field.second_moment(q), q)


def _is_homogeneous(activation: Activation) -> bool:
    """φ(λ x) = λ φ(x) for λ > 0, as for relu: two half lines through the origin."""
    x = np.array([-30.0, -1.0, -1e-3, 1e-3, 1.0, 30.0])
    return bool(np.allclose(activation(1.7 * x), 1.7 * activation(x), rtol=1e-13, atol=0.0))


def _inverse_slope_at_zero(activation: Activation) -> float:
    """1 / lim E[φ'²] for q -> 0, where only the slopes on both sides of 0 matter."""
    left, right = activation.derivative([-1e-30, 1e-30])
    return float(2.0 / (left * left + right * right))


def _half_stable(field: MeanField) -> float | None:
    """The smallest q > 0 where χ∥ = χ⊥ at a variance of the biases that is not negative."""

    def difference(q: float) -> float:
        return field.second_moment_slope(q) - field.slope_second_moment(q)

    for low, high in _sign_changes(difference, np.logspace(-6, 4, 61)):
        q = _root(difference, low, high)
        if q >= field.second_moment(q) / field.slope_second_moment(q):
            return q
    return None


def _decay(field: MeanField, sigma_w2: float) -> float | None:
    q = 1.0 if _is_homogeneous(field.activation) else _settled(field, sigma_w2)
    decay = math.nan if q is None else math.sqrt(sigma_w2 * field.slope_second_moment(q))
    return _finite(decay)


def _settled(field: MeanField, sigma_w2: float) -> float | None:
    """Where the variance goes from 1, without biases: to the next fixed point, to (all but) zero, or nowhere: None."""

    def growth(q: float) -> float:
        return field.next_variance(q, sigma_w2) / q - 1.0

    if abs(growth(1.0)) < 1e-12:
        return 1.0
    up = growth(1.0) > 0.0
    steps = np.logspace(0, 12, 49) if up else np.logspace(0, -12, 49)
    for near, far in _sign_changes(growth, steps):
        return _root(growth, near, far)
    return None if up or math.isnan(growth(1.0)) else 1e-12


def _sign_changes(function: Callable[[float], float], points: Array) -> list[tuple[float, float]]:
    """The neighbouring points between which the function changes its sign."""
    values = [function(q) for q in points.tolist()]
    pairs = zip(points.tolist(), points.tolist()[1:], values, values[1:], strict=False)
    return [(low, high) for low, high, left, right in pairs if left * right < 0.0]


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Bisection, of the logarithm."""
    left = function(low)
    while True:
        middle = math.sqrt(low * high)
        if not min(low, high) < middle < max(low, high) or abs(high - low) <= 4e-16 * middle:
            return middle
        if function(middle) * left > 0.0:
            low = middle
        else:
            high = middle


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
