"""Mean-field theory of a deep random network: how variance, correlation and gradient change from layer to layer.

Weights are N(0, σ_w²/fan_in), biases N(0, σ_b²). With q the variance of the pre-activations and z ~ N(0, 1):

    q' = σ_w² E[φ(√q z)²] + σ_b²             the variance map
    χ⊥ = σ_w² E[φ'(√q z)²]                   the factor of the squared backward signal per layer
    χ∥ = dq'/dq = σ_w² E[φ φ' z] / √q        the factor of a small change of q

and for two inputs, whose pre-activations u, v have the variance q and the correlation c:

    c' = (σ_w² E[φ(u) φ(v)] + σ_b²) / q'     the correlation map
    dc'/dc = σ_w² E[φ'(u) φ'(v)] q / q'      its slope, χ⊥ at a fixed point q and c = 1

Sources: Poole, Lahiri, Raghu, Sohl-Dickstein and Ganguli 2016; Schoenholz, Gilmer, Ganguli and Sohl-Dickstein 2017.
"""

import math
from collections.abc import Callable

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.arrays import Array
from actcli.core.numerics.quadrature import expectation, expectations, pair_expectation


class MeanField:
    """The Gaussian expectations of one activation as functions of q, the variance of its argument.

    A moment that diverges is nan, as is one of the slope where the function jumps.
    """

    def __init__(self, activation: Elementwise) -> None:
        self.activation = activation
        self.breaks = activation.kinks(2)
        self.jumps = bool(activation.kinks(0))

    def second_moment(self, q: float) -> float:
        """E[φ(√q z)²]"""
        return self._expectation(lambda x: self.activation(x) ** 2, q)

    def slope_second_moment(self, q: float) -> float:
        """E[φ'(√q z)²]"""
        return math.nan if self.jumps else self._expectation(lambda x: self.activation.value_and_slope(x)[1] ** 2, q)

    def second_moments(self, q: float) -> tuple[float, float]:
        """Both of them, E[φ²] and E[φ'²], at the price of one."""

        def squares(x: Array) -> Array:
            value, slope = self.activation.value_and_slope(x)
            return np.stack([value * value, slope * slope])

        with np.errstate(all="ignore"):
            second, slope_second = expectations(squares, self.breaks, math.sqrt(q)).tolist()
        return second, math.nan if self.jumps else slope_second

    def second_moment_slope(self, q: float) -> float:
        """d/dq E[φ(√q z)²] = E[φ φ' z] / √q"""

        def integrand(x: Array) -> Array:
            value, slope = self.activation.value_and_slope(x)
            return value * slope * x / q

        return math.nan if self.jumps else self._expectation(integrand, q)

    def susceptibility_gap(self, q: float) -> float:
        """(χ∥ - χ⊥) / σ_w²: d/dq E[φ²] - E[φ'²]"""

        def integrand(x: Array) -> Array:
            value, slope = self.activation.value_and_slope(x)
            return slope * (value * x / q - slope)

        return math.nan if self.jumps else self._expectation(integrand, q)

    def next_variance(self, q: float, sigma_w2: float, sigma_b2: float = 0.0) -> float:
        """The variance map, q'."""
        return sigma_w2 * self.second_moment(q) + sigma_b2

    def perpendicular_susceptibility(self, q: float, sigma_w2: float) -> float:
        """χ⊥"""
        return sigma_w2 * self.slope_second_moment(q)

    def parallel_susceptibility(self, q: float, sigma_w2: float) -> float:
        """χ∥"""
        return sigma_w2 * self.second_moment_slope(q)

    def next_correlation(self, c: float, q: float, sigma_w2: float, sigma_b2: float = 0.0) -> float:
        """The correlation map, c', of two inputs of variance q and correlation c, -1 < c <= 1; nan where q' is 0."""
        product = self.second_moment(q) if c == 1.0 else pair_expectation(self.activation, self.breaks, q, c)
        variance = self.next_variance(q, sigma_w2, sigma_b2)
        return (sigma_w2 * product + sigma_b2) / variance if variance else math.nan

    def correlation_slope(self, c: float, q: float, sigma_w2: float, sigma_b2: float = 0.0) -> float:
        """dc'/dc; nan where q' is 0."""
        variance = self.next_variance(q, sigma_w2, sigma_b2)
        if self.jumps or not variance:
            return math.nan

        def slope(x: Array) -> Array:
            return self.activation.value_and_slope(x)[1]

        product = self.slope_second_moment(q) if c == 1.0 else pair_expectation(slope, self.breaks, q, c)
        return sigma_w2 * product * q / variance

    def _expectation(self, function: Callable[[Array], Array], q: float) -> float:
        with np.errstate(all="ignore"):  # where a square overflows, the expectation says that it diverges
            return expectation(function, self.breaks, math.sqrt(q))
