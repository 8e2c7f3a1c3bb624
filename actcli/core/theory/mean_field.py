"""Mean-field theory of a deep random network: how variance, correlation and gradient change from layer to layer.

Weights are N(0, σ_w²/fan_in), biases N(0, σ_b²). With q the variance of the pre-activations and z ~ N(0, 1):

    q' = σ_w² E[φ(√q z)²] + σ_b²             the variance map
    χ⊥ = σ_w² E[φ'(√q z)²]                   factor per layer of the squared norm of the backward signal
    χ∥ = dq'/dq = σ_w² E[φ φ' z] / √q        factor per layer of a small change of q

and for two inputs, whose pre-activations u, v have the variance q and the correlation c:

    c' = (σ_w² E[φ(u) φ(v)] + σ_b²) / q'     the correlation map
    dc'/dc = σ_w² E[φ'(u) φ'(v)] q / q'      its slope, χ⊥ at a fixed point q and c = 1

Sources: Poole, Lahiri, Raghu, Sohl-Dickstein and Ganguli 2016; Schoenholz, Gilmer, Ganguli and Sohl-Dickstein 2017.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Final

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.arrays import Array
from actcli.core.numerics.quadrature import expectation, expectations, pair_expectation

# Table of moments: nodes per decade of q, points of the interpolating polynomial, range of q.
_PER_DECADE: Final = 16
_POINTS: Final = 8
# Product of the distances j - k of node j from the others.
_AT_NODES: Final = np.array([math.prod(j - k for k in range(_POINTS) if k != j) for j in range(_POINTS)])
_SMALLEST, _LARGEST = 1e-30, 1e30
"""Below, a function is replaced by its tangent; above, only homogeneous functions have moments."""


class MeanField:
    """Gaussian expectations of one activation as functions of q, the variance of its argument.

    Divergent moments are nan, and so are moments of the slope if the function jumps.
    """

    def __init__(self, activation: Elementwise) -> None:
        self.activation = activation
        self.breakpoints = activation.kinks(2)
        self.jumps = bool(activation.kinks(0))
        self.value_at_zero = float(activation(0.0))
        self.slopes_at_zero = _slope_at_zero(activation, -1.0), _slope_at_zero(activation, 1.0)
        self._second_moments: dict[float, float] = {}

    def second_moment(self, q: float) -> float:
        """E[φ(√q z)²], computed once for each q."""
        if q not in self._second_moments:
            self._second_moments[q] = self._expectation(lambda x: self.activation(x) ** 2, q)
        return self._second_moments[q]

    def slope_second_moment(self, q: float) -> float:
        """E[φ'(√q z)²]"""
        return math.nan if self.jumps else self._expectation(lambda x: self.activation.value_and_slope(x)[1] ** 2, q)

    def second_moments(self, q: float) -> tuple[float, float]:
        """E[φ²] and E[φ'²], from one quadrature."""

        def squares(x: Array) -> Array:
            value, slope = self.activation.value_and_slope(x)
            return np.stack([value * value, slope * slope])

        with np.errstate(all="ignore"):
            second, slope_second = expectations(squares, self.breakpoints, math.sqrt(q)).tolist()
        return second, math.nan if self.jumps else slope_second

    def second_moment_slope(self, q: float) -> float:
        """d/dq E[φ(√q z)²] = E[φ φ' z] / √q"""

        def integrand(x: Array) -> Array:
            value, slope = self.activation.value_and_slope(x)
            return value * slope * x / q

        return math.nan if self.jumps else self._expectation(integrand, q)

    def susceptibility_gap(self, q: float) -> float:
        """χ∥ / χ⊥ - 1, which does not depend on σ_w²; nan if χ⊥ is 0."""

        def integrands(x: Array) -> Array:
            value, slope = self.activation.value_and_slope(x)
            return np.stack([slope * (value * x / q - slope), slope * slope])

        with np.errstate(all="ignore"):  # as in _expectation
            gap, slope_second = expectations(integrands, self.breakpoints, math.sqrt(q)).tolist()
        return math.nan if self.jumps or not slope_second else gap / slope_second

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
        product = self.second_moment(q) if c == 1.0 else pair_expectation(self.activation, self.breakpoints, q, c)
        variance = self.next_variance(q, sigma_w2, sigma_b2)
        return (sigma_w2 * product + sigma_b2) / variance if variance else math.nan

    def correlation_slope(self, c: float, q: float, sigma_w2: float, sigma_b2: float = 0.0) -> float:
        """dc'/dc; nan where q' is 0."""
        variance = self.next_variance(q, sigma_w2, sigma_b2)
        if self.jumps or not variance:
            return math.nan

        def slope(x: Array) -> Array:
            return self.activation.value_and_slope(x)[1]

        product = self.slope_second_moment(q) if c == 1.0 else pair_expectation(slope, self.breakpoints, q, c)
        return sigma_w2 * product * q / variance

    def _expectation(self, function: Callable[[Array], Array], q: float) -> float:
        with np.errstate(all="ignore"):  # squares that overflow make the expectation divergent
            return expectation(function, self.breakpoints, math.sqrt(q))


def is_homogeneous(activation: Elementwise) -> bool:
    """φ(λ x) = λ φ(x) for λ > 0, as for relu: two half lines through the origin."""
    x = np.logspace(-3, 1.5, 28)
    x = np.concatenate([-x, x])
    same = np.allclose(activation(1.7 * x), 1.7 * activation(x), rtol=1e-13, atol=0.0)
    return same and set(activation.kinks(1)) <= {0.0}


def _slope_at_zero(activation: Elementwise, side: float) -> float:
    """One-sided limit of φ' at 0: 0 for x², ∞ for √x."""
    near, nearer = np.abs(derivatives := activation.derivative([side * 1e-24, side * 1e-30])).tolist()
    if abs(nearer - near) <= 1e-6 * near:
        return float(derivatives[1])
    return 0.0 if nearer < near else math.inf


class Moments:
    """E[φ²] and E[φ'²] interpolated by polynomials in log q. InputError: a row-wise activation."""

    def __init__(self, activation: Elementwise) -> None:
        self.field = MeanField(activation)
        self.homogeneous = is_homogeneous(activation)
        self.known: dict[int, tuple[float, float]] = {}
        self.unknown_from = math.inf

    def at(self, q: Array) -> tuple[Array, Array]:
        """Both moments at each q; nan if one diverges, if the function jumps, and beyond 10^30."""
        if self.homogeneous:
            second, slope_second = self.field.second_moments(1.0)
            return second * q, np.full(q.shape, slope_second)
        # q = 0 is computed as the smallest q.
        place = np.log10(np.clip(q, _SMALLEST, None)) * _PER_DECADE
        place[~(q <= _LARGEST)] = np.nan
        if np.isnan(place).any():
            unknown = np.full(q.shape, np.nan)
            return unknown, unknown
        first = np.floor(place).astype(int) - (_POINTS // 2 - 1)
        numbers, which = np.unique(first[:, None] + np.arange(_POINTS), return_inverse=True)
        table = np.array([self._moments(number) for number in numbers.tolist()])
        weights = _lagrange(place - first)[..., None]
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log(table)[which.reshape(-1, _POINTS)]
            moments = np.exp((logs * weights).sum(axis=1))
        # A moment that underflows at a node is 0, as E[φ²] of a function that is 0 around 0.
        moments[np.isneginf(logs).any(axis=1)] = 0
        second, slope_second = moments.T
        return second, slope_second

    def _moments(self, number: int) -> tuple[float, float]:
        if number not in self.known:
            # A moment that is unknown at q is unknown at larger q: divergence and oscillation only get worse.
            beyond = number > self.unknown_from
            self.known[number] = (math.nan,) * 2 if beyond else self.field.second_moments(10 ** (number / _PER_DECADE))
            if number > 0 and math.isnan(self.known[number][0]):
                self.unknown_from = min(self.unknown_from, number)
        return self.known[number]


@lru_cache(maxsize=64)
def moments_of(activation: Elementwise) -> Moments:
    """The activation's table; its nodes are computed on demand."""
    return Moments(activation)


def _lagrange(t: Array) -> Array:
    """Lagrange weights of the nodes 0, 1, ... at each t: (len(t), _POINTS)."""
    off = t[:, None] - np.arange(_POINTS)
    one = np.ones((len(t), 1))
    below = np.cumprod(np.hstack([one, off[:, :-1]]), axis=1)  # products over the nodes below each node
    above = np.cumprod(np.hstack([one, off[:, :0:-1]]), axis=1)[:, ::-1]
    weights: Array = below * above / _AT_NODES
    return weights
