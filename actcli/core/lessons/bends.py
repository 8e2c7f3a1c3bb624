"""Bends of a network's output along a straight line through its inputs."""

from dataclasses import dataclass, fields
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from actcli.core.activations.activation import Elementwise
from actcli.core.arrays import Array
from actcli.core.errors import InputError
from actcli.core.network.mlp import Network

Counted = Literal["slope changes", "curvature sign changes"]

_MOST_NUMBERS = 1 << 24
_BLOCK = 1 << 12

# Changes of the curvature's sign are counted on _FEWEST_POINTS points, and more where it is not nearly linear: relative
# departures up to _STRAIGHT. Intervals shorter than _SHORTEST lines are divided no more.
_FEWEST_POINTS, _MOST_POINTS = 1 << 11, 1 << 16
_STRAIGHT, _SHORTEST = 0.01, 2.0**-32
# A smaller difference of two slopes counts as rounding, relative to them and to the sum of their terms' sizes.
_ROUNDING, _ROUNDING_OF_TERMS = 2.0**-42, 2.0**-48
_HASH = np.uint64(0x9E3779B97F4A7C15)

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
              others, on points that are as dense as the curvature needs
    complete: False if that many points were too many: there may be more
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


# --- changes of the curvature's sign -------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Curve:
    """The output along the line, at ascending t.

    slope, curvature: its first two derivatives with respect to t
    scale:            sum of the sizes of the slope's terms
    pieces:           equal at two t if all units are on the same pieces of the activation there
    """

    t: Array
    slope: Array
    curvature: Array
    scale: Array
    pieces: NDArray[np.uint64]

    @classmethod
    def at(cls, network: Network, line: Line, t: Array) -> "_Curve":
        blocks = [_derivatives(network, line, part) for part in np.split(t, range(_BLOCK, len(t), _BLOCK))]
        return cls(t, *(np.concatenate(parts) for parts in zip(*blocks, strict=True)))

    def with_points(self, other: "_Curve") -> "_Curve":
        order = np.argsort(np.concatenate([self.t, other.t]), kind="stable")
        pairs = ((getattr(self, each.name), getattr(other, each.name)) for each in fields(self))
        return _Curve(*(np.concatenate(pair)[order] for pair in pairs))

    @property
    def noise(self) -> Array:
        """Rounding of the slope."""
        return np.maximum(_ROUNDING * np.abs(self.slope), _ROUNDING_OF_TERMS * self.scale)

    def unresolved(self) -> NDArray[np.intp]:
        """The intervals in which the curvature may change its sign unseen, by their left ends.

        The quadratic with the curvature at both ends and the mean curvature between them departs from a straight line
        by much, or a unit changes its piece; and the slope changes by more than its rounding.
        """
        length, rise = np.diff(self.t), np.abs(np.diff(self.slope))
        left, right = self.curvature[:-1], self.curvature[1:]
        size = np.maximum(np.abs(left), np.abs(right))
        departure = 6.0 * np.abs(np.diff(self.slope) / length - 0.5 * (left + right))
        seen = np.maximum(rise, length * size) > np.maximum(self.noise[1:], self.noise[:-1])
        bent = (departure > _STRAIGHT * size) | (self.pieces[1:] != self.pieces[:-1])
        return np.flatnonzero(seen & bent)


def _inflections(network: Network, line: Line) -> Bends:
    """The t at which the curvature changes its sign; a kink is a point of large curvature."""
    curve = _Curve.at(network, line, line.points(_FEWEST_POINTS))
    shortest = _SHORTEST * (line.high - line.low)
    while True:
        left = curve.unresolved()
        left = left[np.diff(curve.t)[left] > shortest]
        complete = not left.size
        if complete or len(curve.t) + len(left) > _MOST_POINTS:
            return Bends(_turns(curve), "curvature sign changes", complete)
        curve = curve.with_points(_Curve.at(network, line, 0.5 * (curve.t[left] + curve.t[left + 1])))


@np.errstate(all="ignore")  # tails underflow to their limits
def _derivatives(network: Network, line: Line, t: Array) -> tuple[Array, Array, Array, NDArray[np.uint64]]:
    """Slope, curvature, scale and pieces as in `_Curve`, by the chain rule from input to output."""
    activation, *layers = network.activation, *zip(network.parameters.weights, network.parameters.biases, strict=True)
    kinks = np.array(activation.kinks(2))
    value, slope, curvature = t[:, None] * line.direction, line.direction[None, :], np.zeros((1, len(line.direction)))
    pieces = np.zeros(len(t), dtype=np.uint64)
    for weights, biases in layers[:-1]:
        value, slope, curvature = value @ weights + biases, slope @ weights, curvature @ weights
        for crossed in (value > each for each in kinks):
            pieces = pieces * _HASH + crossed @ (_HASH ** np.arange(1, crossed.shape[1] + 1, dtype=np.uint64))
        value, first, second = activation.derivatives(value, 2)
        curvature = second * slope**2 + first * curvature
        slope = first * slope
    (last, _) = layers[-1]
    ends = (slope @ last, curvature @ last, np.abs(slope) @ np.abs(last))
    one, two, scale = (np.broadcast_to(end[:, 0], t.shape) for end in ends)
    return one, two, scale, pieces


def _turns(curve: _Curve) -> Array:
    """The t between rises and falls of the slope, except for those that may be rounding."""
    t, slope, curvature, noise = curve.t, curve.slope, curve.curvature, curve.noise
    rise = np.diff(slope)
    # Signs of the curvature at a point, of the rise to the next point, and so on.
    signs = np.zeros(2 * len(t) - 1)
    signs[::2] = np.sign(curvature)
    signs[1::2] = np.where(np.abs(rise) > np.maximum(noise[1:], noise[:-1]), np.sign(rise), 0.0)
    known = np.flatnonzero(signs)
    changes = known[:-1][np.diff(signs[known]) != 0]
    extreme = np.concatenate([[0], (changes + 1) // 2, [len(t) - 1]])
    rise = np.diff(slope[extreme])
    real = np.flatnonzero(np.abs(rise) > np.maximum(noise[extreme[1:]], noise[extreme[:-1]]))
    turns = extreme[real[1:][np.diff(np.sign(rise[real])) != 0]]
    # The zero of the curvature, as far as it is linear beside the point.
    found: Array = t[turns]
    for step in (-1, 1):
        beside = np.clip(turns + step, 0, len(t) - 1)
        crosses = curvature[turns] * curvature[beside] < 0.0
        turns_here, beside = turns[crosses], beside[crosses]
        share = curvature[turns_here] / (curvature[turns_here] - curvature[beside])
        found[crosses] = t[turns_here] + share * (t[beside] - t[turns_here])
    return found
