"""Bends of a network's output along a straight line through its inputs."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from actcli.core.activations.activation import Elementwise
from actcli.core.arrays import Array
from actcli.core.errors import InputError
from actcli.core.network.mlp import Network, forward

Counted = Literal["slope changes", "curvature sign changes"]

_MOST_NUMBERS = 1 << 24
_BLOCK = 1 << 12

# Changes of the curvature's sign are counted on _FEWEST_POINTS points, then on twice as many, ..., until _SAME counts
# in a row are equal, and no more are found with _FINEST points in the places of those that are known.
_FEWEST_POINTS, _MOST_POINTS = 1 << 11, 1 << 17
_FINEST, _BESIDE = 1 << 18, 2
_SAME = 3
# A smaller relative difference of two slopes counts as rounding.
_ROUNDING = 2.0**-42

_MAGNITUDES = 2.0 ** np.arange(-30.0, 21.0, 0.25)
_PROBES: Final = np.concatenate([-_MAGNITUDES, np.linspace(-32.0, 32.0, 1025), _MAGNITUDES])


@dataclass(frozen=True)
class Line:
    """The inputs t * direction for t from low to high; direction: (inputs,)."""

    direction: Array
    low: float
    high: float

    def points(self, count: int) -> Array:
        """`count` evenly spaced t, ascending."""
        t: Array = np.linspace(self.low, self.high, count)
        return t


@dataclass(frozen=True, eq=False)
class Bends:
    """The t at which the output bends, ascending.

    counted:  "slope changes" for a piecewise linear activation, exact, jumps included; "curvature sign changes" for
              others, on a grid that is refined until their number settles
    complete: False if the number still grew on the finest grid: there are more
    """

    at: Array
    counted: Counted
    complete: bool = True


def find_bends(network: Network, line: Line) -> Bends:
    """The bends of a network's only output along the line. InputError: too many bends for the memory."""
    if is_piecewise_linear(network.activation):
        return Bends(_breakpoints(network, line), "slope changes")
    return _inflections(network, line)


def is_piecewise_linear(activation: Elementwise) -> bool:
    """Whether the second derivative is 0 at about 1400 points and beside the kinks."""
    breakpoints = np.array(activation.kinks(order=99))
    beside = [breakpoints + side * offset for side in (-1.0, 1.0) for offset in (1e-3, 0.1)]
    curvature = activation.derivative(np.concatenate([_PROBES, *beside]), 2)
    return not np.nan_to_num(curvature, nan=1.0).any()


def only_kink(activation: Elementwise) -> float | None:
    """The weighted sum at which a unit bends or jumps; None if the activation has no kink, or several."""
    kinks = activation.kinks()
    return kinks[0] if len(kinks) == 1 else None


@dataclass(frozen=True, eq=False)
class _Pieces:
    """Piecewise linear functions of t: intercepts + slopes * t between neighbouring ends.

    ends: (p + 1,), ascending
    slopes, intercepts: (p, units)
    """

    ends: Array
    slopes: Array
    intercepts: Array

    def through(self, weights: Array, biases: Array) -> "_Pieces":
        return _Pieces(self.ends, self.slopes @ weights, self.intercepts @ weights + biases)

    def bent(self, activation: Elementwise) -> "_Pieces":
        """The activation of each unit, with a new end wherever a unit crosses a kink."""
        ends = np.unique(np.concatenate([self.ends, *map(self._crossings, activation.kinks())]))
        if (len(ends) - 1) * self.slopes.shape[1] > _MOST_NUMBERS:
            raise InputError(f"the output bends more than {len(ends):,} times: try fewer layers or units")
        middle = 0.5 * (ends[1:] + ends[:-1])
        at = np.searchsorted(self.ends, middle) - 1
        slopes = self.slopes[at]
        value, slope = activation.value_and_slope(self.intercepts[at] + slopes * middle[:, None])
        slopes *= slope
        return _Pieces(ends, slopes, value - slopes * middle[:, None]).merged()

    def _crossings(self, kink: float) -> Array:
        """The t inside a piece at which a unit equals the kink."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # a constant unit crosses no kink
            t = (kink - self.intercepts) / self.slopes
        inside: Array = t[(self.ends[:-1, None] < t) & (t < self.ends[1:, None])]
        return inside

    def merged(self) -> "_Pieces":
        """Neighbouring pieces with the same functions joined: a bend behind saturated units is none."""
        rows = np.hstack([self.slopes, self.intercepts])
        first = np.append(True, (rows[1:] != rows[:-1]).any(axis=1))
        return _Pieces(np.append(self.ends[:-1][first], self.ends[-1]), self.slopes[first], self.intercepts[first])


def _breakpoints(network: Network, line: Line) -> Array:
    """All t between the line's ends at which the slope of the output changes."""
    pieces = _Pieces(np.array([line.low, line.high]), line.direction[None, :], np.zeros((1, len(line.direction))))
    for weights, biases in zip(network.parameters.weights[:-1], network.parameters.biases[:-1], strict=True):
        pieces = pieces.through(weights, biases).bent(network.activation)
    return pieces.through(network.parameters.weights[-1], network.parameters.biases[-1]).merged().ends[1:-1]


def _inflections(network: Network, line: Line) -> Bends:
    """The t at which the curvature changes its sign; a kink is a point of large curvature."""
    numbers: list[int] = []
    points = _FEWEST_POINTS
    while True:
        t = line.points(points)
        turns = _turns(_slopes(network, line, t))
        numbers.append(len(turns))
        settled = len(numbers) >= _SAME and len(set(numbers[-_SAME:])) == 1
        if settled:
            settled = len(_turns(_slopes(network, line, _closer(t, turns)))) == len(turns)
        points *= 2
        if settled or points > _MOST_POINTS:
            return Bends(t[turns], "curvature sign changes", settled)


def _closer(t: Array, turns: NDArray[np.intp]) -> Array:
    """The points t, and near those of these indices as many as a grid of _FINEST points has."""
    parts = 2 * (_FINEST // len(t))  # odd ones are between the points
    places = np.unique(parts * turns[:, None] + np.arange(1 - _BESIDE * parts, _BESIDE * parts, 2))
    near = t[0] + (t[1] - t[0]) / parts * places
    return np.union1d(t, near[(t[0] < near) & (near < t[-1])])


def _slopes(network: Network, line: Line, points: Array) -> Array:
    """The output's derivative with respect to t at these t, by the chain rule from input to output."""
    found = []
    for t in np.split(points, range(_BLOCK, len(points), _BLOCK)):
        change = line.direction[None, :]
        for weights, slope in zip(
            network.parameters.weights[:-1], forward(network, t[:, None] * line.direction).slopes, strict=True
        ):
            change = (change @ weights) * slope
        found.append((change @ network.parameters.weights[-1])[:, 0])
    return np.concatenate(found)


def _turns(slopes: Array) -> NDArray[np.intp]:
    """The indices at which the slopes change from rising to falling or back."""
    rise = np.diff(slopes)
    real = np.flatnonzero(np.abs(rise) > _ROUNDING * np.maximum(np.abs(slopes[1:]), np.abs(slopes[:-1])))
    turns: NDArray[np.intp] = real[1:][np.diff(np.sign(rise[real])) != 0]
    return turns
