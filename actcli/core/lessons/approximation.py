"""Approximation of a function of x by a network with one hidden layer.

Cybenko (1989), Approximation by superpositions of a sigmoidal function; Leshno, Lin, Pinkus and Schocken (1993),
Multilayer feedforward networks with a nonpolynomial activation function can approximate any function.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from actcli.core.activations.activation import Activation, Elementwise
from actcli.core.activations.catalogue import ActivationLike
from actcli.core.analysis.comparison import curves_over
from actcli.core.arrays import Array
from actcli.core.errors import InputError, real_number, several, whole_number
from actcli.core.lessons.bends import only_kink
from actcli.core.network.mlp import Network, Parameters, forward, of_hidden_units

MOST_UNITS = 1000
UNITS = (4, 16, 64)
"""Default numbers of units."""

# Range of |hidden weight| * width of the interval: neighbouring units overlap.
_GENTLEST, _STEEPEST = 4.0, 16.0

_FEWEST_FITTED, _FITTED_PER_UNIT = 1001, 4
_MEASURED = 20001

_STRAIGHT = 1e-12

# Singular values below this share of the largest count as zero.
_RANK = 1e-13


@dataclass(frozen=True, eq=False)
class Approximation:
    """A network with one hidden layer fitted to a target, and its error on 20001 evenly spaced points and the kinks.

    max_error, at: largest |network - target|, and its x
    rms_error:     root mean square of network - target
    straight:      the output is a straight line, up to rounding
    """

    units: int
    max_error: float
    at: float
    rms_error: float
    straight: bool
    network: Network

    def __call__(self, x: Array) -> Array:
        """The network's output at x, (n,)."""
        return _outputs(self.network, x)

    def document(self) -> dict[str, Any]:
        """Its fields for JSON, with those of `parameters_document`."""
        return {
            "units": self.units,
            "max_error": self.max_error,
            "at": self.at,
            "rms_error": self.rms_error,
            "straight": self.straight,
            **parameters_document(self.network),
        }


def parameters_document(network: Network) -> dict[str, Any]:
    """JSON fields of a network with one hidden layer, of x.

    The output is output_weights · φ(hidden_weights x + hidden_biases) + output_bias.
    """
    hidden_weights, output_weights = network.parameters.weights
    hidden_biases, output_bias = network.parameters.biases
    return {
        "hidden_weights": hidden_weights[0],
        "hidden_biases": hidden_biases,
        "output_weights": output_weights[:, 0],
        "output_bias": float(output_bias[0]),
    }


def approximate(
    target: ActivationLike,
    activation: ActivationLike = "relu",
    units: Iterable[int] = UNITS,
    low: float = -3.0,
    high: float = 3.0,
    seed: int = 0,
) -> Iterator[Approximation]:
    """Networks fitted to the target on [low, high], one for each number of units, computed when asked for.

    The hidden layer is not trained: its units are centred at the target's kinks, and the remaining ones over the
    interval. The output layer is the least-squares solution.

    InputError, before the first network: a row-wise target or activation, an empty interval, a target that is not
    finite there, no units.

    >>> [(found.units, round(found.max_error, 2)) for found in approximate("sin(3*x)", "tanh", [4, 16])]
    [(4, 1.08), (16, 0.03)]
    """
    (curve,) = curves_over([target], low, high)
    unit = of_hidden_units(activation)
    numbers = [whole_number("units", number, 1, MOST_UNITS) for number in several("units", units, "[4, 16]")]
    if not numbers:
        raise InputError("units must be a list of at least one number of units")
    low, high = real_number("low", low), real_number("high", high)
    seed = whole_number("seed", seed, 0)
    kinks = np.array([kink for kink in curve.kinks() if low < kink < high])
    measured = np.union1d(np.linspace(low, high, _MEASURED), kinks)
    value = finite_values(curve, measured)

    def one(number: int) -> Approximation:
        network = _fitted(curve, unit, number, kinks, (low, high), np.random.default_rng(seed))
        return _measured(network, number, measured, value)

    return map(one, numbers)


def units_for(
    target: Activation, activation: Activation, error: float, low: float, high: float, seed: int = 0
) -> list[Approximation]:
    """Networks tried to reach max_error <= error, by ascending number of units; only the last one reaches it.

    The number is doubled until the error is reached, then bisected to two neighbouring numbers. The hidden layer is
    random, so the error does not always fall with more units: a smaller number that was not tried may reach it too.

    InputError: as `approximate`; an error that is not > 0 and finite; MOST_UNITS units do not reach it.
    """
    if not 0.0 < error < math.inf:
        raise InputError(f"the error must be a finite number above 0, not {error:g}")
    tried: dict[int, Approximation] = {}

    def reaches(units: int) -> bool:
        if units not in tried:
            (tried[units],) = approximate(target, activation, [units], low, high, seed)
        return tried[units].max_error <= error

    few, many = 0, 1
    while not reaches(many):
        if many == MOST_UNITS:
            best = tried[many]
            missed = f"{activation.label} still miss {target.label} by {best.max_error:.3g}, more than {error:g}"
            raise InputError(f"{MOST_UNITS} units of {missed}", change="activation")
        few, many = many, min(2 * many, MOST_UNITS)
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if reaches(middle) else (middle, many)
    return [tried[units] for units in sorted(tried) if units <= many]


def _fitted(
    target: Activation,
    activation: Elementwise,
    units: int,
    kinks: Array,
    interval: tuple[float, float],
    generator: np.random.Generator,
) -> Network:
    low, high = interval
    centres, slopes = _hidden_units(units, kinks, low, high, generator)
    biases = (only_kink(activation) or 0.0) - slopes * centres
    network = Network(activation, Parameters.of([slopes[None, :], np.zeros((units, 1))], [biases, np.zeros(1)]))
    x = np.union1d(np.linspace(low, high, max(_FEWEST_FITTED, _FITTED_PER_UNIT * units + 1)), kinks)
    with np.errstate(invalid="ignore", over="ignore"):  # checked below
        hidden = forward(network, x[:, None]).layer_inputs[1]
    if not np.isfinite(hidden).all():
        raise InputError(f"{activation.label} has values in the hidden layer that are not finite", change="activation")
    columns = np.column_stack([hidden, np.ones(len(x))])
    # Columns of length 1, so that a column of small values is not cut off as rounding.
    lengths = np.sqrt((columns**2).sum(axis=0))
    lengths[lengths == 0.0] = 1.0
    solution = np.linalg.lstsq(columns / lengths, finite_values(target, x), rcond=_RANK)[0] / lengths
    network.parameters.weights[-1][:, 0] = solution[:-1]
    network.parameters.biases[-1][0] = solution[-1]
    return network


def finite_values(target: Activation, x: Array) -> Array:
    """The target at each x. InputError: a value that is not finite."""
    value = target(x)
    if not np.isfinite(value).all():
        where = x[~np.isfinite(value)][0]
        raise InputError(f"{target.label} has no finite value at x = {where:g}", change="interval")
    return value


def _hidden_units(
    units: int, kinks: Array, low: float, high: float, generator: np.random.Generator
) -> tuple[Array, Array]:
    """Centre of each unit, where its weighted sum is at the activation's only kink, else 0, and its weight.

    As far as the units suffice, one is at each kink. The others are evenly spaced over the interval, each moved at
    random by up to a quarter of the spacing. The outermost two stay at the ends, with weights that make the weighted
    sums larger inside: a piece that is straight for the activation then covers the whole interval. All other signs
    and all sizes are random.
    """
    at_kinks = kinks[np.linspace(0, len(kinks) - 1, min(units, len(kinks))).round().astype(int)]
    others = units - len(at_kinks)
    even = np.linspace(low, high, others) if others > 1 else np.full(others, 0.5 * (low + high))
    signs = generator.choice([-1.0, 1.0], units)
    if others > 1:
        even[1:-1] += generator.uniform(-0.25, 0.25, others - 2) * (even[1] - even[0])
        signs[len(at_kinks)], signs[-1] = 1.0, -1.0
    sizes = np.exp(generator.uniform(math.log(_GENTLEST), math.log(_STEEPEST), units)) / (high - low)
    return np.concatenate([at_kinks, even]), signs * sizes


def _measured(network: Network, units: int, x: Array, target: Array) -> Approximation:
    output = _outputs(network, x)
    error = np.abs(output - target)
    largest = int(error.argmax())
    line = np.interp(x, x[[0, -1]], output[[0, -1]])
    scale = error[largest] or 1.0  # the square of a large error would overflow
    return Approximation(
        units=units,
        max_error=float(error[largest]),
        at=float(x[largest]),
        rms_error=float(scale * np.sqrt(np.mean((error / scale) ** 2))),
        straight=bool(np.abs(output - line).max() <= _STRAIGHT * np.abs(output).max()),
        network=network,
    )


def _outputs(network: Network, x: Array) -> Array:
    return forward(network, x[:, None]).output[:, 0]
