"""Initialisation of an activation: gain, critical point, and fixed points under the usual initialisers.

The quantities are those of core/theory/mean_field.py. Sources: Schoenholz, Gilmer, Ganguli and Sohl-Dickstein 2017;
Roberts, Yaida and Hanin, The Principles of Deep Learning Theory (2022), chapter 5.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

import numpy as np

from actcli.core.activations.activation import Elementwise, elementwise
from actcli.core.activations.catalogue import ActivationLike, resolve
from actcli.core.errors import InputError, real_number
from actcli.core.numerics.quadrature import expectation
from actcli.core.numerics.roots import root, sign_changes
from actcli.core.theory.fixed_point import FixedPoint, fixed_point
from actcli.core.theory.mean_field import MeanField, is_homogeneous

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

LAYERS: Final = 30
"""Hidden layers of the network in which initialisations are compared."""

_NOISE: Final = 1e-9  # relative error of a quotient of two quadratures


@dataclass(frozen=True, slots=True)
class CriticalPoint:
    """Critical initialisation, χ⊥ = χ∥ = 1: variance and gradient neither grow nor shrink with depth.

    kind: "scale-invariant" (every q is a fixed point: relu), "zero-fixed-point" (a stable q = 0: tanh), "half-stable"
        (one q > 0: gelu, silu; where it is every q, as for soft_shrink, q = 1) or "none" (sigmoid).
    sigma_w2, sigma_b2, q: None if there is no critical point; q is also None if every q is a fixed point.
    stable_from: "above" or "below": the side from which a half-stable q is approached.
    """

    kind: Kind
    sigma_w2: float | None = None
    sigma_b2: float | None = None
    q: float | None = None
    stable_from: Literal["above", "below"] | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate initialisation.

    signal_change: factor of the backward signal's norm from the last to the first of LAYERS hidden layers, for inputs
        of mean square 1: the first pre-activations have q = σ_w² + σ_b². None if unknown.
    """

    sigma_w2: float
    sigma_b2: float
    signal_change: float | None


@dataclass(frozen=True, slots=True)
class Gain:
    """Moments of an activation under a standard normal, its fixed points, and candidate initialisations.

    gain: 1 / sqrt(E[φ²]), the factor that keeps the second moment; None if E[φ²] is 0 or diverges.
    mean, second_moment, slope_second_moment: E[φ], E[φ²], E[φ'²]; None if divergent.
    decay_per_layer: initialisation -> factor per layer of the backward signal's norm, sqrt(χ⊥) at the fixed point;
        None if the variance does not settle.
    fixed_points: initialisation -> fixed point; "given" is the one of the σ_w² and σ_b² passed to `gain`.
    pytorch_gain: torch.nn.init.calculate_gain; None if PyTorch has none.
    candidates: "critical" (the critical point) and "gain" (σ_w² = gain², σ_b² = 0, which keeps q = 1), if they exist.
    recommended: the candidate with the smaller |log signal_change|; None without candidates.
    """

    activation: str
    gain: float | None
    mean: float | None
    second_moment: float | None
    slope_second_moment: float | None
    critical: CriticalPoint
    decay_per_layer: dict[str, float | None]
    fixed_points: dict[str, FixedPoint]
    pytorch_gain: float | None
    candidates: dict[str, Candidate]
    recommended: str | None


def gain(activation: ActivationLike, sigma_w2: float | None = None, sigma_b2: float | None = None) -> Gain:
    """Moments, critical point and fixed points, including the one at σ_w² and σ_b² (default 0) if σ_w² is given.

    Raises InputError for row-wise activations, for variances that are negative or not finite, and for σ_b² alone.

    >>> gain("relu").critical
    CriticalPoint(kind='scale-invariant', sigma_w2=2.0, sigma_b2=0.0, q=None, stable_from=None)
    """
    sigma_w2 = None if sigma_w2 is None else real_number("sigma_w2", sigma_w2, 0.0)
    sigma_b2 = None if sigma_b2 is None else real_number("sigma_b2", sigma_b2, 0.0)
    if sigma_w2 is None and sigma_b2 is not None:
        raise InputError("sigma_b2 needs sigma_w2, the variance of the weights, beside it; 1 is Xavier's, 2 is He's")
    activation = resolve(activation)
    unit = elementwise(activation, f"{activation.name} acts on whole rows; the theory is for elementwise activations")
    field = MeanField(unit)
    mean = expectation(unit, field.breakpoints)
    second, slope_second = field.second_moments(1.0)
    points = {variance: fixed_point(field, variance) for variance in set(INITIALISATIONS.values())}
    fixed_points = {name: points[variance] for name, variance in INITIALISATIONS.items()}
    if sigma_w2 is not None:
        fixed_points["given"] = fixed_point(field, sigma_w2, sigma_b2 or 0.0)
    critical = critical_point(unit)
    factor = _factor(second)
    candidates = _candidates(field, critical, factor)
    return Gain(
        activation=unit.label,
        gain=factor,
        mean=_finite(mean),
        second_moment=_finite(second),
        slope_second_moment=_finite(slope_second),
        critical=critical,
        decay_per_layer={
            name: None if point.chi_perpendicular is None else math.sqrt(point.chi_perpendicular)
            for name, point in fixed_points.items()
        },
        fixed_points=fixed_points,
        pytorch_gain=pytorch_gain(unit),
        candidates=candidates,
        recommended=_best(candidates),
    )


def recommended(activation: Elementwise) -> tuple[str, Candidate] | None:
    """The recommended initialisation as in `gain`, with its name, without the fixed points; None without candidates."""
    field = MeanField(activation)
    candidates = _candidates(field, critical_point(activation), _factor(field.second_moments(1.0)[0]))
    name = _best(candidates)
    return None if name is None else (name, candidates[name])


def _best(candidates: dict[str, Candidate]) -> str | None:
    return min(candidates, key=lambda name: _distance(candidates[name].signal_change), default=None)


def _factor(second: float) -> float | None:
    """1/sqrt(E[φ²])."""
    return 1.0 / math.sqrt(second) if 0.0 < second < math.inf else None


def pytorch_gain(activation: Elementwise) -> float | None:
    """torch.nn.init.calculate_gain of PyTorch 2 (docs.pytorch.org/docs/stable/nn.init.html); None if it has none."""
    if activation.name in ("relu", "leaky_relu"):
        slope = activation.parameter_values.get("negative_slope", 0.0)
        return math.sqrt(2.0 / (1.0 + slope * slope))
    return {"identity": 1.0, "sigmoid": 1.0, "tanh": 5.0 / 3.0, "selu": 0.75}.get(activation.name)


@cache
def critical_point(activation: Elementwise) -> CriticalPoint:
    """The critical point, searched over q from 1e-12 to 1e12. See CriticalPoint."""
    field = MeanField(activation)
    left, right = field.slopes_at_zero
    # E[φ'²] for q -> 0, where only the slopes on both sides of 0 matter.
    slope = 0.5 * (left * left + right * right)
    if 0.0 < slope < math.inf and not field.jumps and field.value_at_zero == 0.0:
        if is_homogeneous(activation):
            return CriticalPoint("scale-invariant", 1.0 / slope, 0.0, None)
        if _decays(field, 1.0 / slope):
            return CriticalPoint("zero-fixed-point", 1.0 / slope, 0.0, 0.0)
    q = _half_stable(field)
    if q is None:
        return CriticalPoint("none")
    sigma_w2 = 1.0 / field.slope_second_moment(q)
    # χ∥ just above q gives the sign of the variance map's curvature. 0.1 %: silu has another fixed point 2 % above.
    steeper = field.parallel_susceptibility(1.001 * q, sigma_w2) > 1.0
    return CriticalPoint(
        "half-stable", sigma_w2, q - sigma_w2 * field.second_moment(q), q, "below" if steeper else "above"
    )


def _decays(field: MeanField, sigma_w2: float) -> bool:
    """Whether a small signal shrinks, for a variance map with slope 1 at 0."""
    for exponent in range(-20, 21):
        growth = field.next_variance(q := 10.0**exponent, sigma_w2) / q - 1.0
        if not abs(growth) < _NOISE:
            return growth < 0.0
    return False


def _half_stable(field: MeanField) -> float | None:
    """The smallest q > 0 with χ∥ = χ⊥ and σ_b² >= 0."""

    def has_biases(q: float) -> bool:
        return q >= field.second_moment(q) / field.slope_second_moment(q)

    if field.jumps:
        return None
    gaps = [abs(field.susceptibility_gap(q)) for q in (0.1, 1.0, 10.0)]
    if all(map(math.isnan, gaps)):  # as for 1/x
        return None
    if max(gaps) < _NOISE and has_biases(1.0):
        return 1.0
    for low, high in sign_changes(field.susceptibility_gap, np.logspace(-12, 12, 49).tolist(), _NOISE):
        if has_biases(q := root(field.susceptibility_gap, low, high)):
            return q
    return None


def _candidates(field: MeanField, critical: CriticalPoint, factor: float | None) -> dict[str, Candidate]:
    wanted: dict[str, tuple[float, float]] = {}
    if critical.sigma_w2 is not None and critical.sigma_b2 is not None:
        wanted["critical"] = (critical.sigma_w2, critical.sigma_b2)
    if factor is not None:
        wanted["gain"] = (factor * factor, 0.0)
    return {name: Candidate(*variances, _signal_change(field, *variances)) for name, variances in wanted.items()}


def _signal_change(field: MeanField, sigma_w2: float, sigma_b2: float) -> float | None:
    """The square root of the product of χ⊥ of layers 1 to LAYERS - 1. See Candidate."""
    q, change = sigma_w2 + sigma_b2, 1.0
    for _ in range(LAYERS - 1):
        second, slope_second = field.second_moments(q)
        q = sigma_w2 * second + sigma_b2
        change *= math.sqrt(sigma_w2 * slope_second)
        if not (math.isfinite(q) and math.isfinite(change)):
            return None
    return change


def _distance(change: float | None) -> float:
    """|log change|; infinite for None and 0."""
    return abs(math.log(change)) if change else math.inf


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
