"""Collapse of a network without activations to a single layer, and bends of one with activations.

The tower maps the plane to a number by L layers y = h @ W + b, with an activation between neighbouring layers. Without
activations it equals a single layer:

    W = W₁ W₂ ⋯ W_L        b = b₁ W₂ ⋯ W_L + b₂ W₃ ⋯ W_L + … + b_L
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from actcli.core.activations.catalogue import CATALOGUE, ActivationLike, resolve_all
from actcli.core.arrays import Array, Indices
from actcli.core.errors import InputError, check_memory, count, instance, whole_number
from actcli.core.lessons.bends import Bends, Counted, Line, find_bends
from actcli.core.network.initialisers import Initialiser, initialise
from actcli.core.network.mlp import Network, Parameters, forward, of_hidden_units

INPUTS = 2
POINTS = 1000

# Half the length of the line, which is centred at the origin.
REACH = 3.0
PROFILE_POINTS = 601

# σ_w² = 9: tanh is in its chaotic phase, where it folds the line (Poole et al. 2016, Exponential expressivity in deep
# neural networks through transient chaos).
_WEIGHTS = Initialiser(lambda fan_in, fan_out: 9 / fan_in)
# Biases move the bends away from the origin. They have a stream of random numbers of their own, so that a lower tower's
# are the first of a taller one's.
BIAS_STD = 0.5


@dataclass(frozen=True)
class CollapseConfig:
    """A tower of `layers` layers, all but the last with `width` units. InputError: sizes that cannot be built."""

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
        """Depths of the towers: 1, 2, 4, 8, … below `layers`, and `layers`."""
        powers = (2**n for n in range(self.layers.bit_length()))
        return tuple(sorted({*powers, self.layers}))


@dataclass(frozen=True, eq=False)
class LineProfile:
    """Outputs of the tower and of the single layer at the inputs t * direction; all (n,), bends included."""

    direction: Array

    t: Array
    tower: Array
    single_layer: Array


@dataclass(frozen=True, eq=False)
class DepthBends:
    """Bends along the line of a tower of `layers` layers.

    bends:     their number; there are more if not `complete`
    window:    the interval of t, among those 6/2^n long, on which the output turns most: see `_turning`
    in_window: number of bends inside the window
    t, output: the tower's output over the window, (n,): at its ends and the bends, and at points between if curved
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
    """A tower compared with a single layer.

    single_layer:            "product" of the tower's matrices, or "least squares" fit to the tower's outputs
    weights, bias:           of that layer, y = x @ weights + bias
    max_relative_difference: max|tower - single layer| / max|tower| on normal random inputs
    bends, bends_at:         number and t of the bends along the line
    counted, complete:       as in `Bends`
    jumps:                   the activation jumps, and the bends are jumps too
    bends_by_depth:          the same for towers of 1, 2, 4, … layers with the same random numbers
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
    jumps: bool
    bends_by_depth: tuple[DepthBends, ...]
    profile: LineProfile


def collapse(
    activations: Iterable[ActivationLike] | ActivationLike = "relu", config: CollapseConfig | None = None
) -> tuple[CollapseRun, ...]:
    """The tower without activations, then with each of them.

    config: default CollapseConfig()
    InputError: a row-wise activation, or an output that is not finite.

    >>> [(run.activation, run.bends) for run in collapse("relu")]
    [('identity', 0), ('relu', 173)]
    """
    config = CollapseConfig() if config is None else instance("config", config, CollapseConfig)
    units = [of_hidden_units(activation) for activation in resolve_all(activations)]
    return tuple(_run(unit, config) for unit in (None, *units))


def tower(activation: ActivationLike, config: CollapseConfig, layers: int) -> Network:
    """A tower with random weights and biases. A taller tower begins with the hidden layers of a lower one."""
    weights_generator, biases_generator, *_ = _generators(config)
    parameters = initialise(_WEIGHTS, [INPUTS, *[config.width] * (layers - 1), 1], weights_generator)
    for biases in parameters.biases:
        biases[...] = biases_generator.normal(0, BIAS_STD, biases.shape)
    return Network(of_hidden_units(activation), parameters)


def product(parameters: Parameters) -> tuple[Array, Array]:
    """Weights (inputs, outputs) and bias (outputs,) of all layers composed without activations."""
    weights: Array = parameters.weights[0]
    bias: Array = parameters.biases[0]
    for next_weights, next_bias in zip(parameters.weights[1:], parameters.biases[1:], strict=True):
        weights, bias = weights @ next_weights, bias @ next_weights + next_bias
    return weights, bias


def _run(activation: ActivationLike | None, config: CollapseConfig) -> CollapseRun:
    """One tower. Its single layer is the product of its matrices, or with an activation the least-squares fit."""
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
        jumps=bool(network.activation.kinks(0)),
        bends_by_depth=tuple(_at_depth(towers[layers], line, found) for layers, found in by_depth.items()),
        profile=LineProfile(line.direction, t, _output(network, on_line)[:, 0], (on_line @ weights + bias)[:, 0]),
    )


# The narrowest windows have 257 points.
_HALVINGS, _SCAN = 5, 1 << 13
_LOOK = 32
_CURVED_POINTS = 301
_STRAIGHT = 1e-9


def _at_depth(network: Network, line: Line, found: Bends) -> DepthBends:
    """One tower's bends, and its output over the window."""
    low, high = _window(network, line)
    straight = found.complete and found.counted == "slope changes"  # between neighbouring bends
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
    """The window of half, a quarter, … of the line with the largest turning; the whole line if none turns more."""
    t = line.points(_SCAN + 1)
    output = _output(network, t[:, None] * line.direction)[:, 0]
    best, most = (0, _SCAN), float(_turning(output, np.zeros(1, int), _SCAN)[0])
    for width in (_SCAN >> halving for halving in range(1, _HALVINGS + 1)):
        starts = np.arange(0, _SCAN - width + 1, width // 4)
        for first, turning in zip(starts.tolist(), _turning(output, starts, width).tolist(), strict=True):
            if turning > 1.01 * most:
                best, most = (first, first + width), turning
    return float(t[best[0]]), float(t[best[1]])


def _turning(output: Array, starts: Indices, width: int) -> Array:
    """Sum of the angles between neighbouring pieces, 256 a window, of the curve drawn in a square: (windows,)."""
    y = output[starts[:, None] + np.arange(0, width + 1, width // (8 * _LOOK))]
    size = np.ptp(y, axis=1)
    straight = size <= _STRAIGHT * np.abs(y).max(axis=1)
    angles = np.arctan(np.diff(y, axis=1) / np.where(straight, 1.0, size)[:, None] * (y.shape[1] - 1))
    turning: Array = np.abs(np.diff(angles, axis=1)).sum(axis=1)
    return np.where(straight | (turning <= _STRAIGHT), 0.0, turning)


def _generators(config: CollapseConfig) -> list[np.random.Generator]:
    """Separate generators for weights, biases, inputs and line, so that a taller tower has the same inputs."""
    return np.random.default_rng(config.seed).spawn(4)


def _output(network: Network, inputs: Array) -> Array:
    """The tower's output. InputError: it is not finite."""
    with np.errstate(over="ignore", invalid="ignore"):  # checked below
        output = forward(network, inputs).output
    if not np.isfinite(output).all():
        layers = len(network.parameters.weights)
        name = network.activation.label
        raise InputError(f"the output of {count(layers, 'layer')} with {name} is not finite: try fewer layers")
    return output


def _least_squares(inputs: Array, outputs: Array) -> tuple[Array, Array]:
    """Weights and bias of the least-squares fit outputs = inputs @ weights + bias."""
    columns = np.column_stack([inputs, np.ones(len(inputs))])
    solution = np.linalg.lstsq(columns, outputs, rcond=None)[0].astype(np.float64)
    return solution[:-1], solution[-1]


def _relative_difference(tower: Array, layer: Array) -> float:
    """max|tower - layer| / max|tower|; 0 if the two are equal."""
    difference, size = np.abs(tower - layer).max(), np.abs(tower).max()
    return float(difference / size) if difference else 0.0
