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
from typing import Final

import numpy as np

from actcli.core.activations.activation import Activation
from actcli.core.arrays import Array
from actcli.core.errors import InputError
from actcli.core.numerics.quadrature import expectation, expectations

_REACH: Final = 8.5  # deviations; beyond lie 2e-17 of the probability
_EDGES: Final = np.linspace(-_REACH, _REACH, 18)  # of the panels for pairs, in deviations
_AROUND: Final = np.array([-8.0, -4.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0, 8.0])
_FEATURES: Final = np.concatenate([-(2.0 ** np.arange(-6, 6)), 2.0 ** np.arange(-6, 6)])  # of x: where curves bend
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(10)


class MeanField:
    """The Gaussian expectations of one activation as functions of q, the variance of its argument.

    A moment that diverges is nan, as is one of the slope where the function jumps. InputError: a row-wise activation.
    """

    def __init__(self, activation: Activation) -> None:
        if activation.rowwise:
            raise InputError(f"{activation.name} acts on whole rows, and the theory is one of single units")
        self.activation = activation
        self.breaks = activation.kinks(2)
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
        """χ∥ / χ⊥ - 1, whatever σ_w²; nan where χ⊥ is 0."""

        def integrands(x: Array) -> Array:
            value, slope = self.activation.value_and_slope(x)
            return np.stack([slope * (value * x / q - slope), slope * slope])

        with np.errstate(all="ignore"):  # as in _expectation
            gap, slope_second = expectations(integrands, self.breaks, math.sqrt(q)).tolist()
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
        product = self.second_moment(q) if c == 1.0 else self._pair_expectation(self.activation, c, q)
        variance = self.next_variance(q, sigma_w2, sigma_b2)
        return (sigma_w2 * product + sigma_b2) / variance if variance else math.nan

    def correlation_slope(self, c: float, q: float, sigma_w2: float, sigma_b2: float = 0.0) -> float:
        """dc'/dc; nan where q' is 0."""
        variance = self.next_variance(q, sigma_w2, sigma_b2)
        if self.jumps or not variance:
            return math.nan

        def slope(x: Array) -> Array:
            return self.activation.value_and_slope(x)[1]

        product = self.slope_second_moment(q) if c == 1.0 else self._pair_expectation(slope, c, q)
        return sigma_w2 * product * q / variance

    def _expectation(self, function: Callable[[Array], Array], q: float) -> float:
        with np.errstate(all="ignore"):  # where a square overflows, the expectation says that it diverges
            return expectation(function, self.breaks, math.sqrt(q))

    def _pair_expectation(self, function: Callable[[Array], Array], c: float, q: float) -> float:
        """E[g(u) g(v)]: for each node u, v is normal around c u; the panels of both end at the breaks."""
        scale, spread = math.sqrt(q), math.sqrt(q * (1.0 - c * c))
        breaks = np.array(self.breaks)
        # A break of v smears out over u by the spread between them.
        smeared = (breaks[:, None] + spread * _AROUND) / scale
        u, u_weights = _gauss_legendre(
            np.sort(np.concatenate([_EDGES, _inside(_FEATURES / scale), *_inside(smeared)]))[None]
        )
        u = scale * u[0]
        inner = (np.append(breaks, _FEATURES) - c * u[:, None]) / spread
        edges = np.sort(np.hstack([np.broadcast_to(_EDGES, (len(u), len(_EDGES))), _inside(inner)]), axis=1)
        v, v_weights = _gauss_legendre(edges)
        with np.errstate(all="ignore"):
            conditional = (function((c * u[:, None] + spread * v).ravel()).reshape(v.shape) * v_weights).sum(axis=1)
            return float((function(u) * conditional) @ u_weights[0])


def is_homogeneous(activation: Activation) -> bool:
    """φ(λ x) = λ φ(x) for λ > 0, as for relu: two half lines through the origin."""
    x = np.logspace(-3, 1.5, 28)
    x = np.concatenate([-x, x])
    same = np.allclose(activation(1.7 * x), 1.7 * activation(x), rtol=1e-13, atol=0.0)
    return same and set(activation.kinks(1)) <= {0.0}


def _slope_at_zero(activation: Activation, side: float) -> float:
    """The limit of φ' at 0 from one side: 0 or ∞ where it falls or rises without end, as for x² and √x."""
    near, nearer = np.abs(derivatives := activation.derivative([side * 1e-24, side * 1e-30])).tolist()
    if abs(nearer - near) <= 1e-6 * near:
        return float(derivatives[1])
    return 0.0 if nearer < near else math.inf


def _inside(points: Array) -> Array:
    clipped: Array = np.clip(points, -_REACH, _REACH)
    return clipped


def _gauss_legendre(edges: Array) -> tuple[Array, Array]:
    """Nodes and weights for E[g(z)] on panels between ascending edges, both (rows, nodes)."""
    centre, half = 0.5 * (edges[:, 1:] + edges[:, :-1]), 0.5 * (edges[:, 1:] - edges[:, :-1])
    z = centre[..., None] + half[..., None] * _NODES
    weights = half[..., None] * _WEIGHTS * np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    return z.reshape(len(edges), -1), weights.reshape(len(edges), -1)
