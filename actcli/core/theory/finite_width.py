"""Fluctuation of the gradient over networks of finite width.

The backward signal of one input is δ = φ'(z) ⊙ Wᵀ δ_above, with weights N(0, σ_w²/n) for n units. Given δ_above, the
n entries are independent. Per layer

    ‖δ‖² / ‖δ_above‖² = σ_w² S,    S = (1/n) Σ_i φ'(z_i)² g_i²,    z_i ~ N(0, q), g_i ~ N(0, 1)

At infinite width S equals its mean E[φ'²]. At width n, log S has a mean below log E[S] and a variance of order 1/n.
Both add up over the layers: the variance grows with depth / width.

Sources: Hanin (2018), Which neural net architectures give rise to exploding and vanishing gradients?; Hanin and Nica
(2020), Products of many large random matrices and gradients in deep neural networks.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.arrays import Array
from actcli.core.numerics.quadrature import fixed_rule

_STEP: Final = 0.5
_U: Final = np.arange(-40.0, 100.0, _STEP) + 0.5 * _STEP
"""Grid of log t. Below it 1 - L(t) is under 1e-17; its upper end is for one unit, where L(t) falls like t^(-1/2)."""
_PER_DECADE: Final = 4
"""Variances computed per decade: between neighbours the mean and variance of the logarithm hardly change."""
_NUDGE: Final = 0.05
_LARGEST: Final = 1e300
_LARGEST_EXPONENT: Final = 300.0
"""Of e in the range: more is a sign that the fluctuations are too large for this theory."""
_VARIANCE_OF_LOG_EXPONENTIAL: Final = math.pi**2 / 6.0


@dataclass(frozen=True, slots=True)
class LogOfMean:
    """Mean and variance of log(S / E[S]) in one layer, given that S is not 0."""

    mean: float
    variance: float


@dataclass(frozen=True, slots=True)
class FiniteWidth:
    """Factor per layer of the norm of one input's backward signal, in networks of a finite width.

    typical:   median over networks
    low, high: range of 19 in 20 networks; the logarithm tends to a normal distribution with depth
    """

    low: float
    typical: float
    high: float


def finite_width(activation: Elementwise, variances: Sequence[float], width: int, theory: float) -> FiniteWidth | None:
    """Distribution of the factor per layer. None if a moment of some layer is unknown, or its q is
    0, or so large that it may overflow; and if the range is as large.

    variances: q of each layer that the signal passes
    theory:    the factor at infinite width

    Two fluctuations add up: that of log S, and that of q in the forward pass, which log E[φ'²] follows to first order.
    """
    if not variances or not all(0.0 < q < _LARGEST for q in variances):
        return None
    layers = [_layer(activation, round(_PER_DECADE * math.log10(q)), width) for q in variances]
    if not all(math.isfinite(layer.mean) for layer in layers):
        return None
    # Covariances of d, the deviation of log q, and t, the sum of the deviations of log S.
    dd = dt = tt = 0.0
    for layer in layers:
        a, b = layer.forward_response, layer.backward_response
        tt += 2.0 * b * dt + b * b * dd + layer.variance
        dt = a * (dt + b * dd) + layer.covariance
        dd = a * a * dd + layer.forward_variance
    # 0.5: the norm is the square root.
    typical = theory * math.exp(0.5 * math.fsum(layer.mean for layer in layers) / len(layers))
    exponent = 1.96 * 0.5 * math.sqrt(max(tt, 0.0)) / len(layers)
    if exponent > _LARGEST_EXPONENT:
        return None
    spread = math.exp(exponent)
    return FiniteWidth(typical / spread, typical, typical * spread)


@dataclass(frozen=True, slots=True)
class _Layer:
    """One layer at variance q: fluctuation of its logarithms over networks, and their response to log q.

    mean, variance:      of log S, as LogOfMean
    forward_variance:    of log q of the next layer, to the order 1/n
    covariance:          of both
    forward_response:    d log q' / d log q without biases
    backward_response:   d log E[φ'²] / d log q
    """

    mean: float
    variance: float
    forward_variance: float
    covariance: float
    forward_response: float
    backward_response: float


@lru_cache(maxsize=256)
def _layer(activation: Elementwise, place: int, width: int) -> _Layer:
    q = 10.0 ** (place / _PER_DECADE)
    log_s = log_of_mean(activation, q, width)
    (second, slope_second), squares, weights = _moments(activation, q)
    (second_beyond, slope_beyond), _, _ = _moments(activation, q * math.exp(_NUDGE))
    with np.errstate(all="ignore"):  # a moment that is 0 has no logarithm, and its layer is left out
        fluctuations = squares / np.array([[second], [slope_second]]) - 1.0
        forward_variance, covariance = (fluctuations[0] * fluctuations @ weights / width).tolist()
        forward, backward = (np.log([second_beyond / second, slope_beyond / slope_second]) / _NUDGE).tolist()
    return _Layer(log_s.mean, log_s.variance, forward_variance, covariance, forward, backward)


def _moments(activation: Elementwise, q: float) -> tuple[Array, Array, Array]:
    """E[φ²] and E[φ'²], the squares at the nodes of a rule, and its weights."""
    x, weights = fixed_rule(activation.kinks(2), math.sqrt(q))
    with np.errstate(all="ignore"):
        squares = np.square(activation.value_and_slope(x))
        return squares @ weights, squares, weights


def log_of_mean(activation: Elementwise, q: float, width: int) -> LogOfMean:
    """Mean and variance of log(S / E[S]) for a layer of `width` units at variance q, to three digits.

    nan if φ jumps, or if E[φ'²] is 0 or diverges.

    For an exponential variable E independent of S, P(E / S > t) = E[exp(-t S)] = L(t). L is the n-th power of one
    Gaussian expectation: E[(1 + 2 t φ'² / n)^(-1/2)]. The mean and variance of log(E / S) are integrals of L over
    log t; subtracting those of log E gives those of log S.
    """
    x, weights = fixed_rule(activation.kinks(2), math.sqrt(q))
    with np.errstate(all="ignore"):  # a slope that overflows makes the second moment infinite
        squared = np.square(activation.value_and_slope(x)[1])
        second = float(squared @ weights)
        if activation.kinks(0) or not 0.0 < second < math.inf:
            return LogOfMean(math.nan, math.nan)
        # In units of E[S], so that one grid fits every activation.
        t = np.exp(_U)[:, None] * (2.0 / (width * second))
        survival = ((1.0 / np.sqrt(1.0 + t * squared)) @ weights) ** width
    off = float(weights[squared == 0.0].sum()) ** width
    excess = (survival - off) / (1.0 - off) - (_U < 0.0)
    first = _STEP * float(excess.sum())
    # h²/12: Euler-Maclaurin correction of the midpoint rule for the slope 1 of u L(u) at its beginning.
    square = 2.0 * _STEP * float(_U @ excess) - _STEP**2 / 12.0
    return LogOfMean(-float(np.euler_gamma) - first, square - first * first - _VARIANCE_OF_LOG_EXPONENTIAL)
