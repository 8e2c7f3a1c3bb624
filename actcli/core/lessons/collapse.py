"""A tower of layers with nothing between them is one layer; with an activation between them it bends.

The tower maps the plane to a number: L layers y = h @ W + b, and between each two of them the activation. Without
an activation the tower equals a single layer:

    W = W₁ W₂ ⋯ W_L        b = b₁ W₂ ⋯ W_L + b₂ W₃ ⋯ W_L + … + b_L
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from actcli.core.activations.catalogue import CATALOGUE, ActivationLike, resolve_all
from actcli.core.arrays import Array
from actcli.core.errors import InputError, check_memory, count, instance, whole_number
from actcli.core.lessons.bends import Bends, Counted, Line, find_bends
from actcli.core.network.initialisers import Initialiser, initialise
from actcli.core.network.mlp import Network, Parameters, forward, of_hidden_units

INPUTS = 2
POINTS = 1000

# The line goes through the origin, this far to either side.
REACH = 3.0
PROFILE_POINTS = 601

# Large enough that tanh folds what it is given instead of shrinking it to a line: Poole et al. (2016), Exponential
# expressivity in deep neural networks through transient chaos.
_WEIGHTS = Initialiser(lambda fan_in, fan_out: 9 / fan_in)
# Biases move the bends away from the origin. They are drawn apart from the weights, so that a lower tower's are the
# first of a taller one's.
BIAS_STD = 0.5


@dataclass(frozen=True)
class CollapseConfig:
    """The tower: `layers` layers, all but the last of `width` units. InputError for what cannot be built."""

    layers: int = 10
    width: int = 16
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in {"layers": 1, "width": 1, "seed": 0}.items():
            whole_number(name, getattr(self, name), least)
        memory = 8 * self.layers * self.width * (self.width + 3 * POINTS)
        size = f"{count(self.layers, 'layer')} of {count(self.width, 'unit')}"
        check_memory(memory, f"a tower of {size} takes about")

    @property
    def depths(self) -> tuple[int, ...]:
        """1, 2, 4, 8, … up to the tower's layers, and these."""
        powers = (2**n for n in range(self.layers.bit_length()))
        return tuple(sorted({*powers, self.layers}))


@dataclass(frozen=True, eq=False)
class LineProfile:
    """The tower's output, and the single layer's, at the inputs t * direction; t, tower, single_layer (n,).

    The bends are among the t.
    """

    direction: Array

    t: Array
    tower: Array
    single_layer: Array


@dataclass(frozen=True, eq=False)
class DepthBends:
    """How often the output of a tower of so many layers bends along the line; more often where not `complete`.

    window:    the interval of t, of those 6/2^n long, in which the output turns most: drawn from corner to corner of a
               square, it is the one with the largest sum of angles
    in_window: how many of the bends it holds
    t, output: the tower's output over the window, (n,): at its ends and the bends, and between them where it is curved
    """

    layers: int
    bends: int
    complete: bool
    window: tuple[float, float]
    in_window: int
    t: Array
    output: Array


@dataclass(frozen=True, eq=False)
class CollapseRun:
    """One tower beside one layer.

    single_layer:            "product" of the tower's matrices, or the "least squares" fit to the tower's outputs
    weights, bias:           of that layer, y = x @ weights + bias
    max_relative_difference: max|tower - single layer| / max|tower| on normal random inputs
    bends, bends_at:         their number along the line, and their t
    counted, complete:       what counts as a bend, and whether these are all; see `Bends`
    bends_by_depth:          the same for towers of 1, 2, 4, … layers from the same random numbers
    """

    activation: str
    layers: int
    single_layer: str
    weights: Array
    bias: float
    max_relative_difference: float
    bends: int
    bends_at: Array
    counted: Counted
    complete: bool
    bends_by_depth: tuple[DepthBends, ...]
    profile: LineProfile


def collapse(
    activations: Iterable[ActivationLike] | ActivationLike = "relu", config: CollapseConfig | None = None
) -> tuple[CollapseRun, ...]:
    """The tower without activations first, then with each of them. InputError where one cannot stand in a tower.

    config: CollapseConfig() where there is none

    >>> [(run.activation, run.bends) for run in collapse("relu")]
    [('identity', 0), ('relu', 173)]
    """
    config = CollapseConfig() if config is None else instance("config", config, CollapseConfig)
    units = [of_hidden_units(activation) for activation in resolve_all(activations)]
    return tuple(_run(unit, config) for unit in (None, *units))


def tower(activation: ActivationLike, config: CollapseConfig, layers: int) -> Network:
    """`layers` layers, random weights and biases. A taller tower begins with the hidden layers of a lower one."""
    weights_generator, biases_generator, *_ = _generators(config)
    parameters = initialise(_WEIGHTS, [INPUTS, *[config.width] * (layers - 1), 1], weights_generator)
    for biases in parameters.biases:
        biases[...] = biases_generator.normal(0, BIAS_STD, biases.shape)
    return Network(of_hidden_units(activation), parameters)


def product(parameters: Parameters) -> tuple[Array, Array]:
    """All layers multiplied into one, (inputs, outputs) and (outputs,), as if nothing stood between them."""
    weights: Array = parameters.weights[0]
    bias: Array = parameters.biases[0]
    for next_weights, next_bias in zip(parameters.weights[1:], parameters.biases[1:], strict=True):
        weights, bias = weights @ next_weights, bias @ next_weights + next_bias
    return weights, bias


def _run(activation: ActivationLike | None, config: CollapseConfig) -> CollapseRun:
    """One tower; without an activation its single layer is the product of its matrices."""
    *_, inputs_generator, line_generator = _generators(config)
    inputs = inputs_generator.normal(size=(POINTS, INPUTS))
    angle = line_generator.uniform(0, 2 * np.pi)
    line = Line(np.array([np.cos(angle), np.sin(angle)]), -REACH, REACH)

    network = tower(activation or CATALOGUE["identity"], config, config.layers)
    outputs = _output(network, inputs)
    weights, bias = _least_squares(inputs, outputs) if activation else product(network.parameters)
    towers = {layers: tower(network.activation, config, layers) for layers in config.depths}
    by_depth = {layers: find_bends(each, line) for layers, each in towers.items()}
    found = by_depth[config.layers]
    t = np.union1d(line.points(PROFILE_POINTS), found.at)
    on_line = t[:, None] * line.direction
    return CollapseRun(
        activation=network.activation.label,
        layers=config.layers,
        single_layer="least squares" if activation else "product",
        weights=weights[:, 0],
        bias=float(bias[0]),
        max_relative_difference=_relative_difference(outputs, inputs @ weights + bias),
        bends=len(found.at),
        bends_at=found.at,
        counted=found.counted,
        complete=found.complete,
        bends_by_depth=tuple(_at_depth(towers[layers], line, found) for layers, found in by_depth.items()),
        profile=LineProfile(line.direction, t, _output(network, on_line)[:, 0], (on_line @ weights + bias)[:, 0]),
    )


# 257 points in each of the narrowest windows.
_HALVINGS, _SCAN = 5, 1 << 13
_LOOK = 32
_CURVED_POINTS = 301
_STRAIGHT = 1e-9


def _at_depth(network: Network, line: Line, found: Bends) -> DepthBends:
    """A lower tower, seen where its bends are dense enough to be told apart."""
    low, high = _window(network, line)
    straight = found.complete and found.counted == "slope changes"  # from bend to bend
    inside = found.at[(low <= found.at) & (found.at <= high)]
    t = np.union1d(np.linspace(low, high, 2 if straight else _CURVED_POINTS), inside)
    return DepthBends(
        layers=len(network.parameters.weights),
        bends=len(found.at),
        complete=found.complete,
        window=(low, high),
        in_window=int(((low < found.at) & (found.at < high)).sum()),
        t=t,
        output=_output(network, t[:, None] * line.direction)[:, 0],
    )


def _window(network: Network, line: Line) -> tuple[float, float]:
    """Where the output turns most, of windows of half, a quarter, … of the line; all of it where it is straight."""
    t = line.points(_SCAN + 1)
    output = _output(network, t[:, None] * line.direction)[:, 0]
    best, most = (0, _SCAN), _turning(output)
    for width in (_SCAN >> halving for halving in range(1, _HALVINGS + 1)):
        for first in range(0, _SCAN - width + 1, width // 4):
            turning = _turning(output[first : first + width + 1])
            if turning > 1.01 * most:
                best, most = (first, first + width), turning
    return float(t[best[0]]), float(t[best[1]])


def _turning(output: Array) -> float:
    """The sum of the angles between neighbouring pieces, some hundred of them, of a curve that fills a square."""
    y = output[:: max(len(output) // (8 * _LOOK), 1)]
    size = float(np.ptp(y))
    if size <= _STRAIGHT * float(np.abs(y).max()):
        return 0.0
    angles = np.arctan(np.diff(y) / size * (len(y) - 1))
    turning = float(np.abs(np.diff(angles)).sum())
    return turning if turning > _STRAIGHT else 0.0


def _generators(config: CollapseConfig) -> list[np.random.Generator]:
    """One each for weights, biases, inputs and the line, so that the inputs stay the same when the tower grows."""
    return np.random.default_rng(config.seed).spawn(4)


def _output(network: Network, inputs: Array) -> Array:
    """The tower's output; InputError where it is not finite."""
    with np.errstate(over="ignore", invalid="ignore"):  # said below
        output = forward(network, inputs).output
    if not np.isfinite(output).all():
        layers = len(network.parameters.weights)
        name = network.activation.label
        raise InputError(
            f"the output of {count(layers, 'layer')} with {name} leaves the finite numbers: try fewer layers"
        )
    return output


def _least_squares(inputs: Array, outputs: Array) -> tuple[Array, Array]:
    """The layer y = x @ weights + bias with the least sum of squares."""
    columns = np.column_stack([inputs, np.ones(len(inputs))])
    solution = np.linalg.lstsq(columns, outputs, rcond=None)[0].astype(np.float64)
    return solution[:-1], solution[-1]


def _relative_difference(tower: Array, layer: Array) -> float:
    """max|tower - layer| / max|tower|; 0 where both are 0 everywhere."""
    difference, size = np.abs(tower - layer).max(), np.abs(tower).max()
    return float(difference / size) if difference else 0.0
