"""A network's decisions over a plane, or along a line for one feature."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from actcli.core.activations.rows import softmax
from actcli.core.arrays import Array
from actcli.core.boundary.pieces import count_pieces
from actcli.core.depth.config import DepthConfig
from actcli.core.depth.experiment import DepthExperiment, replay
from actcli.core.errors import InputError
from actcli.core.jets.elementary import sigmoid
from actcli.core.lessons.bends import is_piecewise_linear
from actcli.core.network.losses import accuracy, guessing_loss
from actcli.core.network.mlp import Network, forward, population

DEFAULT: Final = DepthConfig(layers=3, width=16, optimizer="adam", learning_rate=0.01, steps=600, data="circles")
"""This network learns circles, moons, xor and spirals in a third of a second."""

PLANE: Final = 1e-9
"""Largest residual of a plane fitted to an output, relative to the output's range, that counts as rounding."""

_MARGIN: Final = 0.15
_BLOCK: Final = 1 << 13


@dataclass(frozen=True, eq=False)
class Window:
    """A grid over a part of the plane: x1 (n1,) and x2 (n2,), ascending; x2 is None for one feature."""

    x1: Array
    x2: Array | None

    @classmethod
    def around(cls, inputs: Array, columns: int, rows: int) -> "Window":
        """A grid around the points (n, 1 or 2), with a margin of 15 % of their range on each side.

        InputError: points with more than two features.
        """
        if inputs.shape[1] > 2:
            raise InputError(f"a boundary is drawn over two features, and the points have {inputs.shape[1]}")
        low, high = inputs.min(axis=0), inputs.max(axis=0)
        margin = _MARGIN * np.where(high > low, high - low, 1.0)
        axes = [np.linspace(a, b, n) for a, b, n in zip(low - margin, high + margin, (columns, rows), strict=False)]
        return cls(axes[0], axes[1] if len(axes) == 2 else None)

    def points(self) -> Array:
        """All points of the grid, row by row: (n2 n1, 2), or (n1, 1)."""
        if self.x2 is None:
            return self.x1[:, None]
        first, second = np.meshgrid(self.x1, self.x2)
        return np.column_stack([first.ravel(), second.ravel()])

    @property
    def shape(self) -> tuple[int, ...]:
        """(n2, n1), or (n1,)."""
        return (len(self.x1),) if self.x2 is None else (len(self.x2), len(self.x1))


@dataclass(frozen=True, eq=False)
class Decision:
    """A network's decisions over a window, and its loss on the data set.

    output:      (n2, n1, outputs): logits, or numbers
    probability: of each class, (classes, n2, n1); None for numbers
    decided:     the class decided for at each point, (n2, n1), by the output as in `accuracy_final`; None for numbers
    boundary:    more than one class is decided for, over the window and the data; None for numbers, and if an output
                 is not finite
    affine:      the network is affine for any weights: see `is_affine`
    plane:       every output is a plane a x1 + b x2 + c up to rounding (PLANE), and not all are constant
    pieces:      exact number of straight pieces of the boundary in the window; None without a boundary, for more than
                 two classes, for networks that are not piecewise linear, and if `count_pieces` gives up
    loss_guess, loss_data_final, accuracy_final: as in DepthRun
    """

    activation: str
    window: Window
    output: Array
    probability: Array | None
    decided: npt.NDArray[np.int64] | None
    boundary: bool | None
    affine: bool
    plane: bool
    pieces: int | None
    loss_name: str
    loss_guess: float
    loss_data_final: float
    accuracy_final: float | None


def decision(experiment: DepthExperiment, window: Window, *, count: bool = True) -> Decision:
    """The decisions of an experiment's network with its present parameters. count: count the straight pieces."""
    network = experiment.network
    output = outputs(network, experiment.inputs, window)
    answer = _answer(network, experiment.inputs)
    probability = probabilities(experiment.loss_name, output)
    decided, boundary = (None if probability is None else _decided(output)), None
    if decided is not None and np.isfinite(output).all():
        boundary = len(np.unique(np.append(decided, _decided(answer)))) > 1
    with np.errstate(all="ignore"):  # a network that diverged
        loss = experiment.loss(answer, experiment.targets)[0]
    pieces = None
    if count and boundary and experiment.loss_name == "binary_cross_entropy" and is_countable(network):
        pieces = count_pieces(network, experiment.inputs, window.x1[[0, -1]], window.x2)
    return Decision(
        activation=network.activation.label,
        window=window,
        output=output,
        probability=probability,
        decided=decided,
        boundary=boundary,
        affine=is_affine(network),
        plane=is_plane(window, output),
        pieces=pieces,
        loss_name=experiment.loss_name,
        loss_guess=guessing_loss(experiment.loss_name, experiment.targets),
        loss_data_final=loss,
        accuracy_final=accuracy(experiment.loss_name, answer, experiment.targets),
    )


def _decided(output: Array) -> npt.NDArray[np.int64]:
    """The class of each output (..., outputs), as `accuracy` has it: two probabilities may round to the same number."""
    classes = output[..., 0] > 0.0 if output.shape[-1] == 1 else output.argmax(axis=-1)
    return classes.astype(np.int64)


def is_affine(network: Network) -> bool:
    """Whether the network is affine: a linear activation, and no layer norm.

    Batch norm is affine after training, when it takes the moments of the data set.
    """
    activation = network.activation
    return network.norm != "layer" and not activation.kinks(99) and is_piecewise_linear(activation)


def is_countable(network: Network) -> bool:
    """Whether the network is piecewise linear and continuous, so that its boundary consists of straight pieces."""
    activation = network.activation
    return network.norm != "layer" and not activation.kinks(0) and is_piecewise_linear(activation)


def outputs(network: Network, inputs: Array, window: Window) -> Array:
    """Output over the window, (n2, n1, outputs). inputs: (points, features), whose moments batch norm takes."""
    points = window.points().astype(network.parameters.vector.dtype)
    with np.errstate(all="ignore"):
        moments = population(network, inputs)
    starts = range(0, len(points), _BLOCK)
    with np.errstate(all="ignore"):  # a network that diverged
        blocks = [forward(network, points[start : start + _BLOCK], moments).output for start in starts]
    return np.concatenate(blocks).astype(np.float64).reshape(*window.shape, -1)


def exported(experiment: DepthExperiment, window: Window) -> dict[str, npt.NDArray[np.generic]]:
    """The arrays of `replay`, with `points` (n, features) of a window and `output` (n, outputs) there.

    With batch norm also mean1, spread1, ...: a hidden layer gives φ((z - mean) / spread).
    """
    arrays = replay(experiment)
    points = window.points()
    output = outputs(experiment.network, experiment.inputs, window)
    arrays |= {"points": points, "output": output.reshape(len(points), -1)}
    for layer, given in enumerate(population(experiment.network, experiment.inputs), start=1):
        if given is not None:
            arrays |= {f"mean{layer}": given.mean, f"spread{layer}": given.spread}
    return arrays


def _answer(network: Network, inputs: Array) -> Array:
    with np.errstate(all="ignore"):  # a network that diverged
        return forward(network, inputs, population(network, inputs)).output


def probabilities(loss_name: str, output: Array) -> Array | None:
    """Class probabilities (classes, n2, n1) of outputs (n2, n1, outputs): σ(-z), σ(z), or softmax; None for numbers."""
    if loss_name == "mean_squared_error":
        return None
    if loss_name == "binary_cross_entropy":
        logit = output[..., 0]
        return np.stack([sigmoid(-logit), sigmoid(logit)])
    return np.moveaxis(softmax(output), -1, 0)


def is_plane(window: Window, output: Array) -> bool:
    """Whether each output is a plane (over one feature a line) within PLANE of its range, and not all are constant."""
    points = window.points()
    flat = output.reshape(len(points), -1)
    if not np.isfinite(flat).all():
        return False
    design = np.column_stack([points, np.ones(len(points))])
    fitted = design @ np.linalg.lstsq(design, flat, rcond=None)[0]
    spread = np.ptp(flat, axis=0)
    level = spread <= 2.0**-40 * np.abs(flat).max(axis=0)
    residual = np.abs(fitted - flat).max(axis=0)
    return bool(not level.all() and (residual <= PLANE * np.where(level, math.inf, spread)).all())
