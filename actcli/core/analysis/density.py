"""Distribution of f(z) for z ~ N(0, 1).

The z axis is cut into cells: at breakpoints of f, at zeros of its slope, and where f equals an edge of a bin. f is
monotone on a cell, and the cell lies in one bin. Its probability is a difference of two values of the normal
cumulative distribution. This needs neither sampling nor a division by the slope.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from actcli.core.activations.activation import MAX_ORDER, Elementwise
from actcli.core.analysis.sampling import discontinuities, refined, runs_of
from actcli.core.arrays import Array, Mask, union
from actcli.core.numerics.quadrature import expectations
from actcli.core.numerics.roots import bracket
from actcli.core.numerics.special import normal_cdf

_REACH: Final = 8.5  # P(|z| > 8.5) = 2e-17
_CELLS: Final = 2048
_SMALLEST_ATOM: Final = 1e-6
_HALVINGS: Final = 44  # bisections of a cell, to find where f equals an edge


@dataclass(frozen=True, eq=False)
class Histogram:
    """Probabilities of the bins between ascending `edges` and beyond the outer edges, without atoms."""

    edges: Array
    probability: Array
    below: float
    above: float

    @property
    def density(self) -> Array:
        """Probability per unit of f(z) in each bin."""
        density: Array = self.probability / np.diff(self.edges)
        return density


@dataclass(frozen=True, eq=False)
class Pushforward:
    """The distribution of f(z).

    mean, deviation: None if the integral diverges
    atoms:           (value, probability) of each value that f has on an interval
    undefined:       probability of no finite value
    """

    activation: Elementwise
    mean: float | None
    deviation: float | None
    atoms: tuple[tuple[float, float], ...]
    undefined: float
    _z: Array
    _value: Array
    _probability: Array

    def quantile(self, *levels: float) -> Array:
        """Quantiles at the levels, atoms included, from cells 0.01 wide in z."""
        values = np.append(self._value, [value for value, _ in self.atoms])
        weights = np.append(self._probability, [probability for _, probability in self.atoms])
        keep = np.isfinite(values) & (weights > 0)
        values, weights = values[keep], weights[keep]
        if not values.size:
            return np.full(len(levels), np.nan)
        order = np.argsort(values, kind="stable")
        below = np.cumsum(weights[order])
        at = np.searchsorted(below, np.array(levels) * below[-1])
        found: Array = values[order][np.minimum(at, values.size - 1)]
        return found

    def histogram(self, edges: Array) -> Histogram:
        """Probability of every bin, exact to rounding. A bin contains its lower edge, the last one both edges."""
        with np.errstate(all="ignore"):
            z = union(self._z, self._crossings(edges))
            middle = self.activation(0.5 * (z[1:] + z[:-1]))
        probability = _probability(z)
        probability[self._is_atom(z)] = 0.0
        known = ~np.isnan(middle)
        bins = np.searchsorted(edges, middle[known], side="right") - 1
        bins[middle[known] == edges[-1]] -= 1
        count = len(edges) - 1
        sums = np.bincount(np.clip(bins, -1, count) + 1, weights=probability[known], minlength=count + 2)
        return Histogram(edges, np.asarray(sums[1:-1], dtype=np.float64), float(sums[0]), float(sums[-1]))

    def _crossings(self, edges: Array) -> Array:
        """Every z at which f crosses an edge."""
        value = self.activation(self._z)
        low, high = np.fmin(value[1:], value[:-1]), np.fmax(value[1:], value[:-1])
        first, last = np.searchsorted(edges, low, side="right"), np.searchsorted(edges, high, side="left")
        count = np.where(np.isnan(value[1:]) | np.isnan(value[:-1]), 0, np.maximum(last - first, 0))
        cell = np.repeat(np.arange(count.size), count)
        edge = edges[np.repeat(first - np.append(0, np.cumsum(count[:-1])), count) + np.arange(cell.size)]
        left, right, rises = self._z[cell], self._z[cell + 1], value[cell + 1] > value[cell]
        for _ in range(_HALVINGS):
            middle = 0.5 * (left + right)
            before = (self.activation(middle) < edge) == rises
            left, right = np.where(before, middle, left), np.where(before, right, middle)
        return right

    def _is_atom(self, z: Array) -> Mask:
        """Mask of the cells of z that belong to an atom."""
        cells = np.clip(np.searchsorted(self._z, z[:-1], side="right") - 1, 0, self._probability.size - 1)
        inside: Mask = self._probability[cells] == 0.0
        return inside


def pushforward(activation: Elementwise) -> Pushforward:
    """The distribution of f(z), z ~ N(0, 1), for an elementwise activation f."""
    with np.errstate(all="ignore"):  # formulas overflow and have poles: such values count as undefined
        breakpoints = [x for x in activation.kinks(MAX_ORDER) if abs(x) < _REACH]
        beside = [np.nextafter(breakpoints, side) for side in (-np.inf, np.inf)]
        start = union(np.linspace(-_REACH, _REACH, _CELLS + 1), breakpoints, *beside)
        z, table, gaps = refined(lambda x: activation.derivatives(x, 1), start)
        jumps, poles = discontinuities(z, table, gaps, activation.kinks(1))
        turns = np.flatnonzero(table[1, 1:] * table[1, :-1] < 0.0)
        tops, _ = bracket(lambda x: np.sign(activation.derivative(x)), z[turns], z[turns + 1])
        z = union(z, tops)
        value, slope = activation.derivatives(z, 1)
        middle = activation(0.5 * (z[1:] + z[:-1]))
    probability = _probability(z)
    constant = (value[1:] == value[:-1]) & (middle == value[1:]) & ((slope[1:] == 0.0) | (slope[:-1] == 0.0))
    found: dict[float, float] = {}
    ends = {-_REACH, _REACH}
    for first, last in runs_of(constant):
        # A constant piece begins at a break; away from breaks equal values come from rounding near a limit.
        if not _touches((*breakpoints, *jumps, *poles), z[first], z[last]) and {z[first], z[last]} != ends:
            continue
        mass = float(probability[first:last].sum())
        if mass > _SMALLEST_ATOM:
            at = float(value[first + (last - first) // 2]) + 0.0
            found[at] = found.get(at, 0.0) + mass
            probability[first:last] = 0.0
    mean, deviation = _moments(activation, (*breakpoints, *jumps, *poles))
    undefined = float(probability[np.isnan(middle)].sum())
    return Pushforward(activation, mean, deviation, tuple(sorted(found.items())), undefined, z, middle, probability)


def _probability(z: Array) -> Array:
    """P(z_i < z < z_(i+1)): from the nearer tail, where the difference of two cumulative probabilities is exact."""
    lower, upper = np.diff(normal_cdf(z)), -np.diff(normal_cdf(-z))
    return np.where(z[1:] <= 0.0, lower, upper)


def _touches(breakpoints: tuple[float, ...], low: float, high: float) -> bool:
    margin = 2.0**-30
    return any(min(abs(point - low), abs(point - high)) <= margin for point in breakpoints)


def _moments(activation: Elementwise, breakpoints: tuple[float, ...]) -> tuple[float | None, float | None]:
    mean, square = expectations(lambda z: activation(z) ** np.array([[1], [2]]), breakpoints).tolist()
    if not np.isfinite(mean):
        return None, None
    if not np.isfinite(square):
        return mean, None
    # E[f²] - E[f]² of a nearly constant f would be rounding error alone.
    variance = float(expectations(lambda z: (activation(z) - mean)[None] ** 2, breakpoints)[0])
    return mean, variance**0.5
