"""What a finite width adds to the theory of infinite width: how far the gradient of one network strays from it.

One input's signal is handed down as δ = φ'(z) ⊙ Wᵀ δ_above, with weights N(0, σ_w²/n) for n units. Given δ_above the
n entries are independent, so that per layer

    ‖δ‖² / ‖δ_above‖² = σ_w² S,    S = (1/n) Σ_i φ'(z_i)² g_i²,    z_i ~ N(0, q), g_i ~ N(0, 1)

The mean of S is E[φ'²], which is all that infinite width knows. Its logarithm has a smaller mean and a variance of
the order 1/n, and both add up over the layers: the spread grows with depth over width.

Sources: Hanin (2018), Which neural net architectures give rise to exploding and vanishing gradients?; Hanin and Nica
(2020), Products of many large random matrices and gradients in deep neural networks.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from actcli.core.activations.activation import Activation
from actcli.core.numerics.quadrature import fixed_rule

_STEP: Final = 0.5
_U: Final = np.arange(-40.0, 100.0, _STEP) + 0.5 * _STEP
"""log t: 1 - L(t) is under 1e-17 before it; of one unit L(t) falls as slowly as t^(-1/2)."""
_VARIANCE_OF_LOG_EXPONENTIAL: Final = math.pi**2 / 6.0


@dataclass(frozen=True, slots=True)
class LogOfMean:
    """Mean and variance of log(S / E[S]) in one layer, given that S is not 0."""

    mean: float
    variance: float


def log_of_mean(activation: Activation, q: float, width: int) -> LogOfMean:
    """Of one layer of so many units at the variance q, to three digits; nan where φ jumps or E[φ'²] is 0 or diverges.

    With an exponential variable E that is independent of S, P(E / S > t) = E[exp(-t S)] = L(t), and L is the n-th power
    of one Gaussian expectation: E[(1 + 2 t φ'² / n)^(-1/2)]. So mean and variance of log(E / S) are two integrals of L
    over log t, and those of log S follow.
    """
    x, weights = fixed_rule(activation.kinks(2), math.sqrt(q))
    with np.errstate(all="ignore"):  # a slope that overflows makes the second moment infinite
        squared = np.square(activation.value_and_slope(x)[1])
        second = float(squared @ weights)
        if activation.kinks(0) or not 0.0 < second < math.inf:
            return LogOfMean(math.nan, math.nan)
        # In units of E[S], so that the grid fits whatever the activation is.
        t = np.exp(_U)[:, None] * (2.0 / (width * second))
        survival = ((1.0 / np.sqrt(1.0 + t * squared)) @ weights) ** width
    off = float(weights[squared == 0.0].sum()) ** width
    excess = (survival - off) / (1.0 - off) - (_U < 0.0)
    first = _STEP * float(excess.sum())
    # The midpoint rule is exact for all but the slope 1 with which u L(u) begins: h²/12 (Euler and Maclaurin).
    square = 2.0 * _STEP * float(_U @ excess) - _STEP**2 / 12.0
    return LogOfMean(-float(np.euler_gamma) - first, square - first * first - _VARIANCE_OF_LOG_EXPONENTIAL)
