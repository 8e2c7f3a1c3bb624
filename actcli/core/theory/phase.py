"""Phase diagram over the variances of weights and biases: fixed points on a grid, and the edge of chaos.

The quantities are those of core/theory/fixed_point.py, for thousands of initialisations at once. Both moments are
functions of q alone, and so are the Hermite coefficients a_k(q) of φ(√q z), which give the correlation map:

    E[φ(u) φ(v)] = Σ_k a_k(q)² c^k

Sources: Poole, Lahiri, Raghu, Sohl-Dickstein and Ganguli 2016; Schoenholz, Gilmer, Ganguli and Sohl-Dickstein 2017;
Daniely, Frostig and Singer 2016 for the power series.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from actcli.core.activations.activation import Activation, Elementwise, elementwise
from actcli.core.arrays import Array, Mask
from actcli.core.errors import InputError
from actcli.core.numerics.quadrature import fixed_rule
from actcli.core.theory.fixed_point import LARGEST, SMALLEST
from actcli.core.theory.gain import CriticalPoint, critical_point
from actcli.core.theory.mean_field import MeanField, Moments, moments_of

EDGE_POINTS: Final = 48

_REACHES: Final = 4, 6, 8, 12, 20  # decades from q = 1 over which a fixed point is searched, one after the other
_LAYERS: Final = 32  # layers computed one by one, as in fixed_point
_PER_DECADE: Final = 8
_COEFFICIENTS: Final = 400
_COEFFICIENTS_PER_DECADE: Final = 24
_MARGIN: Final = 1e-9
_NOISE: Final = 1e-10  # relative error of the table: smaller changes of a variance are noise
_REFINEMENTS: Final = 60


@dataclass(frozen=True, eq=False)
class PhaseDiagram:
    """Fixed points for each σ_w² (n,) and σ_b² (m,). Matrices are (m, n), one row per σ_b².

    q:                       variance of the pre-activations; nan if it does not settle
    grows:                   the variance grows without bound
    chi_perpendicular, chi_parallel: χ⊥ and χ∥ at q; nan if q is, and if the function jumps
    correlation:             c* of any two inputs; nan if q is, and if every correlation is kept
    variance_depth_scale, correlation_depth_scale: in layers; inf at the edge, nan if unknown
    edge:                    (σ_w², σ_b²) where χ⊥ = 1 at the fixed point, by ascending σ_b²
    edge_grows:              on the edge the variance grows without bound for every σ_b² > 0, as for relu: χ⊥ is 1 at
                             every q, and there is no fixed point
    """

    activation: str
    sigma_w2: Array
    sigma_b2: Array
    q: Array
    grows: Mask
    chi_perpendicular: Array
    chi_parallel: Array
    correlation: Array
    variance_depth_scale: Array
    correlation_depth_scale: Array
    edge: tuple[tuple[float, float], ...]
    edge_grows: bool
    critical: CriticalPoint


def phase_diagram(activation: Activation, sigma_w2: Array, sigma_b2: Array) -> PhaseDiagram:
    """Fixed points reached from q = 1, over a grid. Relative error: 1e-6 of q, χ⊥ and χ∥; 1e-3 of c*.

    InputError: a row-wise activation, or variances that are negative, not finite or not ascending.
    """
    unit = elementwise(activation, f"{activation.name} acts on whole rows; the theory is for elementwise activations")
    for name, axis in (("sigma_w2", sigma_w2), ("sigma_b2", sigma_b2)):
        if not (
            axis.ndim == 1 and axis.size and np.isfinite(axis).all() and axis[0] >= 0 and (np.diff(axis) > 0).all()
        ):
            raise InputError(f"{name} must be finite numbers, 0 or more, in ascending order")
    weights, biases = (axis.ravel() for axis in np.meshgrid(sigma_w2, sigma_b2))
    maps = VarianceMap(moments_of(unit))
    q, grows = maps.settled(weights, biases)
    perpendicular, parallel = maps.susceptibilities(q, weights)
    correlation, slope = _correlations(unit, q, weights, biases, perpendicular, maps)
    shape = (len(sigma_b2), len(sigma_w2))
    edge, edge_grows = edge_of_chaos(unit, float(sigma_w2[-1]), sigma_b2)
    edge = tuple(point for point in edge if point[0] >= sigma_w2[0])
    variance_scale, correlation_scale = _depth_scales(parallel), _depth_scales(slope)
    return PhaseDiagram(
        activation=activation.label,
        sigma_w2=sigma_w2,
        sigma_b2=sigma_b2,
        q=q.reshape(shape),
        grows=grows.reshape(shape),
        chi_perpendicular=perpendicular.reshape(shape),
        chi_parallel=parallel.reshape(shape),
        correlation=correlation.reshape(shape),
        variance_depth_scale=variance_scale.reshape(shape),
        correlation_depth_scale=correlation_scale.reshape(shape),
        edge=edge,
        edge_grows=edge_grows,
        critical=critical_point(unit),
    )


class VarianceMap:
    """q' = σ_w² E[φ(√q z)²] + σ_b² for many σ_w² and σ_b² at once, from the activation's table of moments."""

    def __init__(self, moments: Moments) -> None:
        self.moments = moments
        self.field = moments.field

    def next(self, q: Array, weights: Array, biases: Array) -> Array:
        """q'"""
        return weights * self.moments.at(q)[0] + biases

    def settled(self, weights: Array, biases: Array) -> tuple[Array, Mask]:
        """Fixed point reached from q = 1, nan if the variance does not settle; mask of unbounded growth."""
        if self.moments.homogeneous:
            return self._of_half_lines(weights, biases)
        q, grows = self._after_layers(weights, biases)
        found = np.full(weights.shape, np.nan)
        open_ = np.flatnonzero(~grows)
        down = up = _REACHES[0]
        down_wanted = up_wanted = True
        # Few variances go far. Moments at large q are slow for oscillating functions.
        for reach in _REACHES:
            down, up = (reach if wanted else before for wanted, before in ((down_wanted, down), (up_wanted, up)))
            lattice = 10.0 ** (np.arange(-down * _PER_DECADE, up * _PER_DECADE + 1) / _PER_DECADE)
            found[open_], grows[open_], left = self._from(lattice, weights[open_], biases[open_], q[open_])
            open_ = open_[left]
            if not open_.size:
                break
            up_wanted = bool(grows[open_].any())
            down_wanted = not grows[open_].all()
        stays = (biases == 0.0) & (self._steepness(weights) <= 1.0 + _MARGIN) & (abs(self.field.value_at_zero) < 1e-10)
        found[(found == 0.0) & ~stays] = np.nan
        return found, grows

    def _after_layers(self, weights: Array, biases: Array) -> tuple[Array, Mask]:
        """Variance after _LAYERS layers, when oscillations have died out; mask of those that grew until unknown."""
        q, grew = np.ones(weights.shape), np.zeros(weights.shape, dtype=np.bool_)
        for _ in range(_LAYERS):
            inside = (q > SMALLEST) & (q < LARGEST)
            if not inside.any():
                break
            before = q[inside]
            q[inside] = self.next(before, weights[inside], biases[inside])
            grew[inside] = np.isnan(q[inside]) & (before > 1.0)
        return q, grew | (q >= LARGEST)

    def _from(self, lattice: Array, weights: Array, biases: Array, q: Array) -> tuple[Array, Mask, Mask]:
        """Next fixed point in the direction of each variance, 0 below the grid of q.

        Also two masks: variances that rise beyond the grid or until unknown, and those that reached an end of the grid.
        """
        second = self.moments.at(lattice)[0]
        with np.errstate(all="ignore"):  # divergent moments are nan and end the search
            growth = (weights[:, None] * second + biases[:, None]) / lattice - 1.0
        signs = np.sign(np.where(np.abs(growth) > _NOISE, growth, 0.0))
        found, grows = np.full(weights.shape, np.nan), np.zeros(weights.shape, dtype=np.bool_)
        reaches_end = np.zeros(weights.shape, dtype=np.bool_)
        start = np.searchsorted(lattice, q).clip(0, len(lattice) - 1)
        brackets: list[tuple[int, float, float]] = []
        for cell, first in enumerate(start.tolist()):
            up = growth[cell, first] > 0.0
            ahead = signs[cell, first:] if up else signs[cell, first::-1]
            unknown = np.flatnonzero(np.isnan(ahead))
            known = ahead[: unknown[0]] if unknown.size else ahead
            turned = np.flatnonzero(known == (-1.0 if up else 1.0))
            if turned.size:
                beyond = int(turned[0])
                seen = np.flatnonzero(known[:beyond])
                before = int(seen[-1]) if seen.size else max(beyond - 1, 0)
                ends = (first + before, first + beyond) if up else (first - beyond, first - before)
                brackets.append((cell, float(lattice[ends[0]]), float(lattice[ends[1]])))
            else:
                grows[cell] = up  # also if only until its moments are unknown, as in `fixed_point`
                reaches_end[cell] = not unknown.size
                found[cell] = math.nan if up or unknown.size else 0.0
        if brackets:
            cells = np.array([cell for cell, _, _ in brackets])
            low, high = np.log([[low, high] for _, low, high in brackets]).T
            excess = partial(self._excess, weights=weights[cells], biases=biases[cells])
            found[cells] = np.exp(_crossings(excess, low, high))
        return found, grows, reaches_end

    def _excess(self, logarithm: Array, weights: Array, biases: Array) -> Array:
        q = np.exp(logarithm)
        change: Array = np.log(self.next(q, weights, biases)) - logarithm
        return change

    def _of_half_lines(self, weights: Array, biases: Array) -> tuple[Array, Mask]:
        """As `settled`, for homogeneous φ: E[φ²] is proportional to q, and the variance map is a line."""
        factor = weights * self.moments.at(np.ones(1))[0]
        with np.errstate(divide="ignore", invalid="ignore"):
            q = np.where(factor < 1.0 - _MARGIN, biases / (1.0 - factor), np.nan)
        keeps = (np.abs(factor - 1.0) <= _MARGIN) & (biases == 0.0)
        q[keeps] = 1.0
        return q, np.isnan(q)

    def _steepness(self, weights: Array) -> Array:
        """σ_w² E[φ'²] at q = 0; without weights 0, however steep the function is."""
        left, right = self.field.slopes_at_zero
        square = 0.5 * (left * left + right * right)
        return np.multiply(weights, square, where=weights > 0.0, out=np.zeros(weights.shape))

    def susceptibilities(self, q: Array, weights: Array) -> tuple[Array, Array]:
        """χ⊥ and χ∥ at each q."""
        perpendicular, parallel = np.full(q.shape, np.nan), np.full(q.shape, np.nan)
        at_zero = q == 0.0
        if not self.field.jumps:
            perpendicular[at_zero] = parallel[at_zero] = self._steepness(weights[at_zero])
        inside = q > 0.0
        if inside.any():
            h = 1e-4
            around = q[inside]
            perpendicular[inside] = weights[inside] * self.moments.at(around)[1]
            above, below = self.moments.at(around * math.exp(h))[0], self.moments.at(around * math.exp(-h))[0]
            parallel[inside] = weights[inside] * (above - below) / (2.0 * h * around)
        if self.moments.homogeneous:  # the same at every q, also if the variance grows
            perpendicular = parallel = weights * self.moments.at(np.ones(1))[1]
        return perpendicular, parallel


def _crossings(function: Callable[[Array], Array], a: Array, b: Array) -> Array:
    """Zeros of many functions between a and b, by regula falsi, Illinois variant (Dowell and Jarratt 1971)."""
    left, right = function(a), function(b)
    for _ in range(_REFINEMENTS):
        with np.errstate(divide="ignore", invalid="ignore"):  # left = right at a zero already found
            c = np.where(right != left, b - right * (b - a) / (right - left), b)
        c = np.clip(c, np.minimum(a, b), np.maximum(a, b))
        middle = function(c)
        crossed = middle * right <= 0.0
        a, left = np.where(crossed, b, a), np.where(crossed, right, 0.5 * left)
        b, right = c, middle
        if (np.abs(b - a) * (right != 0.0) <= 1e-13).all():
            break
    return b


def hermite_squares(activation: Elementwise, breakpoints: tuple[float, ...], q: float) -> Array:
    """a_k(q)² for k below _COEFFICIENTS, where φ(√q z) = Σ a_k He_k(z) / √k!."""
    x, weights = fixed_rule(breakpoints, math.sqrt(q))
    with np.errstate(all="ignore"):
        value = activation(x)
    z = x / math.sqrt(q)
    squares = np.empty(_COEFFICIENTS)
    weighted = np.where(weights > 0.0, value * weights, 0.0)
    before, now = np.zeros(z.shape), np.ones(z.shape)
    # √weights keeps the polynomials in range: Hermite functions.
    for k in range(_COEFFICIENTS):
        squares[k] = float(weighted @ now) ** 2
        before, now = now, (z * now - math.sqrt(k) * before) / math.sqrt(k + 1)
    return squares


def _correlations(
    unit: Elementwise, q: Array, weights: Array, biases: Array, perpendicular: Array, maps: VarianceMap
) -> tuple[Array, Array]:
    """c* of each fixed point, and the slope of the correlation map at c*."""
    correlation, slope = np.full(q.shape, np.nan), np.full(q.shape, np.nan)
    ordered = np.isfinite(q) & (perpendicular <= 1.0 + _MARGIN)
    correlation[ordered], slope[ordered] = 1.0, perpendicular[ordered]
    left, right = maps.field.slopes_at_zero
    zero = (q == 0.0) & (left == right)  # flat there, or without weights, nothing is left of two inputs
    correlation[zero], slope[zero] = np.nan, np.where((weights[zero] > 0.0) & (left != 0.0), 1.0, np.nan)
    chaotic = np.isfinite(q) & (q > 0.0) & ~ordered
    if chaotic.any():
        squares = _interpolated_squares(unit, maps.field.breakpoints, q[chaotic])
        second, at = maps.moments.at(q[chaotic])[0], (q[chaotic], weights[chaotic], biases[chaotic])
        correlation[chaotic], slope[chaotic] = _stable_correlation(squares, second, *at)
    return correlation, slope


def _interpolated_squares(unit: Elementwise, breakpoints: tuple[float, ...], q: Array) -> Array:
    """Squared coefficients at each q, by cubic interpolation in log q."""
    position = np.log10(q) * _COEFFICIENTS_PER_DECADE
    first = np.floor(position).astype(int) - 1
    numbers, which = np.unique(first[:, None] + np.arange(4), return_inverse=True)
    nodes = (10.0 ** (numbers / _COEFFICIENTS_PER_DECADE)).tolist()
    table = np.array([hermite_squares(unit, breakpoints, node) for node in nodes])
    t = (position - first)[:, None]
    cubic = np.stack(
        [
            -(t - 1) * (t - 2) * (t - 3) / 6.0,
            t * (t - 2) * (t - 3) / 2.0,
            -t * (t - 1) * (t - 3) / 2.0,
            t * (t - 1) * (t - 2) / 6.0,
        ]
    )
    which = which.reshape(-1, 4)
    squares: Array = np.maximum(sum(cubic[i] * table[which[:, i]] for i in range(4)), 0.0)
    return squares


def _stable_correlation(squares: Array, second: Array, q: Array, weights: Array, biases: Array) -> tuple[Array, Array]:
    """Root of c'(c) = c below 1 by bisection, and the slope at it; the map is convex."""
    # The remainder of the series is added as one more term.
    rest = np.maximum(second - squares.sum(axis=1), 0.0)
    powers = np.arange(squares.shape[1], dtype=np.float64)

    def product(c: Array) -> Array:
        logs = np.log(np.maximum(c, 1e-300))[:, None]
        terms = np.exp(powers * logs)
        total: Array = (squares * terms).sum(axis=1) + rest * np.exp(1.5 * len(powers) * logs[:, 0])
        return total

    low, high = np.zeros(q.shape), np.full(q.shape, 1.0 - 1e-6)
    for _ in range(45):
        middle = 0.5 * (low + high)
        above = (weights * product(middle) + biases) / q > middle
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    c = 0.5 * (low + high)
    logs = np.log(np.maximum(c, 1e-300))[:, None]
    slope = (
        weights
        / q
        * (
            (squares[:, 1:] * powers[1:] * np.exp((powers[1:] - 1.0) * logs)).sum(axis=1)
            + 1.5 * len(powers) * rest * np.exp((1.5 * len(powers) - 1.0) * logs[:, 0])
        )
    )
    return c, slope


def edge_of_chaos(unit: Elementwise, most_w2: float, sigma_b2: Array) -> tuple[tuple[tuple[float, float], ...], bool]:
    """Edge of chaos: points (σ_w², σ_b²) with χ⊥ = 1 at a stable fixed point, σ_b² over the given range; and
    `edge_grows` of PhaseDiagram. Quadratures to 1e-10.

    Poole et al. 2016: on the edge σ_w² = 1 / E[φ'(√q z)²] and σ_b² = q - σ_w² E[φ(√q z)²], for each q.
    """
    field, moments = MeanField(unit), moments_of(unit)
    if field.jumps:
        return (), False
    if moments.homogeneous:
        share = field.slope_second_moment(1.0)
        weight = 1.0 / share if share > 0.0 else math.inf
        return (tuple((weight, bias) for bias in sigma_b2.tolist()) if weight <= most_w2 else ()), True

    lattice = 10.0 ** (np.arange(-4 * _PER_DECADE, 4 * _PER_DECADE + 1) / _PER_DECADE)

    def biases(q: Array) -> Array:
        second, slope_second = moments.at(q)
        with np.errstate(all="ignore"):  # E[φ'²] = 0: no edge at this q
            found: Array = q - second / slope_second
        return found

    on_lattice = biases(lattice)
    start = _edge_at_zero(field, most_w2, float(sigma_b2[0]))
    ends: list[tuple[float, float, float]] = []
    # Denser at small σ_b², where the edge bends most.
    shares: Array = np.linspace(0.0, 1.0, EDGE_POINTS) ** 2
    for wanted in (sigma_b2[0] + shares * (sigma_b2[-1] - sigma_b2[0])).tolist()[bool(start) :]:
        excess = on_lattice - wanted
        crossed = np.flatnonzero((excess[:-1] < 0.0) & (excess[1:] >= 0.0)).tolist()
        ends += [(wanted, math.log(lattice[i]), math.log(lattice[i + 1])) for i in crossed]
    points = []
    if ends:
        targets, low, high = np.array(ends).T
        for q in np.exp(_crossings(lambda logarithm: biases(np.exp(logarithm)) - targets, low, high)).tolist():
            # σ_b² from q, so that the point lies exactly on the edge.
            second, slope_second = field.second_moments(q)
            weight = 1.0 / slope_second if slope_second > 0.0 else math.inf
            if weight <= most_w2:
                points.append((weight, max(q - weight * second, 0.0), q))
    reached = [(w, b) for (w, b, _), stays in zip(points, _are_reached(moments, points), strict=True) if stays]
    return (*start, *reached), False


def _edge_at_zero(field: MeanField, most_w2: float, least_b2: float) -> list[tuple[float, float]]:
    """End of the edge at q = 0, for φ(0) = 0: σ_w² = 1 / φ'(0)²."""
    left, right = field.slopes_at_zero
    steepness = 0.5 * (left * left + right * right)
    if least_b2 > 0.0 or field.value_at_zero != 0.0 or not 0.0 < steepness < math.inf or 1.0 / steepness > most_w2:
        return []
    weight = 1.0 / steepness
    small = 1e-6
    stays = weight * field.second_moment(small) / small <= 1.0 + 1e-9
    return [(weight, 0.0)] if stays else []


def _are_reached(moments: Moments, points: list[tuple[float, float, float]]) -> list[bool]:
    """Whether each fixed point (σ_w², σ_b², q) is the one reached from q = 1."""
    if not points:
        return []
    weights, biases, q = np.array(points).T
    settled, _ = VarianceMap(moments).settled(weights, biases)
    reached: list[bool] = (np.abs(settled / q - 1.0) < 1e-3).tolist()
    return reached


def _depth_scales(factor: Array) -> Array:
    """-1 / ln |factor|; inf if |factor| >= 1, nan if unknown."""
    with np.errstate(all="ignore"):
        scale = -1.0 / np.log(np.abs(factor))
    scale = np.where(np.abs(factor) >= 1.0 - _MARGIN, np.inf, scale)
    scale[factor == 0.0] = 0.0
    scale[np.isnan(factor)] = np.nan
    return scale
