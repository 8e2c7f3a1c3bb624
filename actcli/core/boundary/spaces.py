"""The plane in each layer: the output of every hidden unit over it, and its image under the layers.

Olah (2014), Neural Networks, Manifolds, and Topology.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from actcli.core.analysis.saturation import SATURATION, saturation_threshold
from actcli.core.arrays import Array, Mask
from actcli.core.boundary.decision import Window
from actcli.core.depth.experiment import DepthExperiment
from actcli.core.network.mlp import ForwardPass, forward, population

GRID_LINES: Final = 9
"""Lines of the grid in each direction."""


@dataclass(frozen=True, eq=False)
class UnitMaps:
    """Outputs of a hidden layer's units over a window.

    values:    (width, n2, n1), or (width, n1) over one feature
    dead:      (width,), units whose slope is zero at every point of the data set
    saturated: (width,), other units whose slope is below `least` at every point
    least:     5 % of the activation's largest slope, or 0.05 if there is no largest
    """

    layer: int
    values: Array
    dead: Mask
    saturated: Mask
    least: float = SATURATION


def unit_maps(experiment: DepthExperiment, window: Window) -> list[UnitMaps]:
    """The maps of each hidden layer, with the present parameters."""
    seen = _passed(experiment, window.points())
    on_data = _passed(experiment, experiment.inputs)
    least = saturation_threshold(experiment.network.activation)
    maps = []
    for layer in range(experiment.network.hidden):
        values = seen.layer_inputs[layer + 1].T.reshape(-1, *window.shape)
        slopes = np.abs(on_data.slopes[layer])
        dead = (slopes == 0.0).all(axis=0)
        maps.append(UnitMaps(layer + 1, values, dead, (slopes < least).all(axis=0) & ~dead, least))
    return maps


@dataclass(frozen=True, eq=False)
class Space:
    """A layer's output for the data set and for a grid of lines over the plane, projected on two directions.

    layer:   0 is the plane itself
    points:  projections of the data set, (n, 2)
    lines:   projections of the grid, (lines, points of a line, 2): lines of constant x1, then of constant x2
    seen_by: the directions. "units": the layer's one or two units; "directions": the first two principal components;
             "cut": the output's weight vector, and the first principal component orthogonal to it
    share:   of the points' variance in the two directions; 0 if all points have the same values
    cut:     the boundary on the first axis of a "cut", a vertical line; else None
    """

    layer: int
    points: Array
    lines: Array
    seen_by: str
    share: float
    cut: float | None


@np.errstate(all="ignore")  # a network that diverged
def spaces(experiment: DepthExperiment, window: Window) -> list[Space]:
    """The plane and its image in each hidden layer, with the present parameters. The window has two features."""
    on_points = _passed(experiment, experiment.inputs).layer_inputs
    lines = grid_lines(window)
    on_lines = _passed(experiment, lines.reshape(-1, 2)).layer_inputs
    found = []
    for layer, (points, grid) in enumerate(zip(on_points, on_lines, strict=True)):
        last = layer == experiment.network.hidden
        directions, centre, seen_by, cut = _view(experiment, points, last)
        seen = (points - centre) @ directions
        spread = float(np.ptp(points, axis=0).max())  # squares of very small or large values would be 0 or inf
        total = float((points / spread).var(axis=0).sum()) if spread else 1.0
        share = float((seen / spread).var(axis=0).sum()) / total if spread else 0.0
        bent = ((grid - centre) @ directions).reshape(*lines.shape[:2], 2)
        found.append(Space(layer, seen, bent, seen_by, min(share, 1.0), cut))
    return found


def grid_lines(window: Window, points: int = 121) -> Array:
    """GRID_LINES lines of constant x1 and as many of constant x2 across the window: (lines, points, 2)."""
    assert window.x2 is not None
    first = np.linspace(window.x1[0], window.x1[-1], points)
    second = np.linspace(window.x2[0], window.x2[-1], points)
    upright = [np.column_stack([np.full(points, x), second]) for x in _few(window.x1)]
    level = [np.column_stack([first, np.full(points, x)]) for x in _few(window.x2)]
    return np.stack([*upright, *level])


def _few(axis: Array) -> Array:
    lines: Array = np.linspace(axis[0], axis[-1], GRID_LINES)
    return lines


def _view(experiment: DepthExperiment, points: Array, last: bool) -> tuple[Array, Array, str, float | None]:
    """Directions (width, 2), origin (width,), `seen_by` and `cut` of a layer's Space."""
    width = points.shape[1]
    if not np.isfinite(points).all():  # a network that diverged
        return np.eye(width, 2), np.zeros(width), "directions", None
    if width == 1:
        return np.array([[1.0, 0.0]]), np.zeros(1), "units", None
    weights = experiment.network.parameters.weights[-1]
    output = weights[:, 0].astype(np.float64)
    norm = float(np.linalg.norm(output))
    if last and experiment.loss_name == "binary_cross_entropy" and norm > 0.0 and math.isfinite(norm):
        cut = -float(experiment.network.parameters.biases[-1][0]) / norm
        first = output / norm
        rest = points - np.outer(points @ first, first)
        second = _main_directions(rest)[:, 0]
        second -= (second @ first) * first
        length = float(np.linalg.norm(second))
        second = second / length if length > 0.0 else _across(first)
        return np.column_stack([first, second]), np.zeros(width), "cut", cut
    if width == 2:
        return np.eye(2), np.zeros(2), "units", None
    return _main_directions(points), points.mean(axis=0), "directions", None


def _main_directions(points: Array) -> Array:
    """First two principal components (width, 2), with the largest entry of each positive."""
    centred = points - points.mean(axis=0)
    _, _, rows = np.linalg.svd(centred, full_matrices=False)
    directions: Array = rows[:2].T.copy()
    if directions.shape[1] < 2:
        directions = np.column_stack([directions, _across(directions[:, 0])])
    directions *= np.sign(np.take_along_axis(directions, np.abs(directions).argmax(axis=0)[None], axis=0))
    return directions


def _across(direction: Array) -> Array:
    """A unit vector orthogonal to a unit vector."""
    other = np.zeros(len(direction))
    other[int(np.abs(direction).argmin())] = 1.0
    other -= (other @ direction) * direction
    across: Array = other / np.linalg.norm(other)
    return across


def _passed(experiment: DepthExperiment, points: Array) -> ForwardPass:
    network = experiment.network
    with np.errstate(all="ignore"):  # a network that diverged
        moments = population(network, experiment.inputs)
        return forward(network, points.astype(network.parameters.vector.dtype, copy=False), moments)
