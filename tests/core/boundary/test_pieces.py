"""Straight pieces of a boundary: known shapes, and linear regions found by walking along the boundary."""

from dataclasses import replace

import numpy as np
import pytest

from actcli.core.activations.catalogue import resolve
from actcli.core.arrays import Array
from actcli.core.boundary.decision import DEFAULT, Window, decision, is_countable
from actcli.core.boundary.pieces import count_pieces
from actcli.core.depth.experiment import DepthExperiment
from actcli.core.network.mlp import Network, Parameters, forward, population

SQUARE = np.array([-2.0, 2.0])


def network(act: str, weights: list[list[list[float]]], biases: list[list[float]]) -> Network:
    return Network(resolve(act), Parameters.of([*map(np.array, weights)], [*map(np.array, biases)]))  # type: ignore[arg-type]  # elementwise ones


AXES = [[1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0]]
DIAMOND = network("relu", [AXES, [[1.0]] * 4], [[0.0] * 4, [-1.0]])
"""Boundary |x| + |y| = 1."""


def pieces(given: Network, inputs: Array | None = None) -> int | None:
    return count_pieces(given, np.zeros((2, 2)) if inputs is None else inputs, SQUARE, SQUARE)


def test_a_diamond_has_four_sides() -> None:
    assert pieces(DIAMOND) == 4


def test_a_diamond_that_leaves_the_window_is_cut_into_corners() -> None:
    assert pieces(network("relu", [AXES, [[1.0]] * 4], [[0.0] * 4, [-3.0]])) == 4
    assert pieces(network("relu", [AXES, [[1.0]] * 4], [[0.0] * 4, [-5.0]])) == 0


def test_an_octagon_has_eight_sides() -> None:
    """Boundary |x| + |y| + |x + y|/√2 + |x - y|/√2 = 2."""
    r = 0.5**0.5
    directions = np.array([[1.0, 0.0], [0.0, 1.0], [r, r], [r, -r]])
    weights = np.concatenate([directions, -directions]).T
    assert pieces(network("relu", [weights.tolist(), [[1.0]] * 8], [[0.0] * 8, [-2.0]])) == 8


def test_a_straight_line_through_kinks_is_one_piece() -> None:
    """relu(x) - relu(-x) + y = x + y: the output has no kink at x = 0."""
    assert pieces(network("relu", [AXES, [[1.0], [-1.0], [1.0], [-1.0]]], [[0.0] * 4, [0.0]])) == 1
    assert pieces(network("identity", [[[1.0], [2.0]], [[3.0]]], [[0.1], [0.0]])) == 1


def test_a_corner_is_two_pieces() -> None:
    """Boundary max(x, 0) + y = 0.3."""
    assert pieces(network("relu", [AXES, [[1.0], [0.0], [1.0], [-1.0]]], [[0.0] * 4, [-0.3]])) == 2


def test_a_clipped_line_has_its_steps() -> None:
    """Boundary clip(x, -1, 1) = y: three pieces. The clip of y at 1.5 does not show."""
    assert pieces(network("hard_tanh", [[[1.0, 0.0], [0.0, 0.5]], [[1.0], [-2.0]]], [[0.0, 0.0], [0.0]])) == 3


def test_a_logit_that_is_zero_on_a_polygon_has_no_line() -> None:
    assert pieces(network("relu", [[[1.0], [0.0]], [[1.0]]], [[0.0], [0.0]])) is None


def test_more_polygons_than_are_cut_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actcli.core.boundary.pieces.MOST_POLYGONS", 3)
    assert pieces(DIAMOND) is None


def walked(experiment: DepthExperiment, window: Window) -> int:
    """Number of linear regions that the boundary crosses: different gradients of the output along it."""
    assert window.x2 is not None
    grid, moments = experiment.network, population(experiment.network, experiment.inputs)

    def logit(points: Array) -> Array:
        return forward(grid, points, moments).output[:, 0]

    fine = 600

    def over(axis: Array, count: int) -> Array:
        return np.linspace(axis[0], axis[-1], count)

    lines = [
        np.stack(np.meshgrid(over(window.x1, n), over(window.x2, m)), axis=-1) for n, m in ((fine, 600), (600, fine))
    ]
    found: set[tuple[float, float]] = set()
    for axis, points in enumerate(lines):
        values = logit(points.reshape(-1, 2)).reshape(points.shape[:2])
        across = np.argwhere(np.diff(np.sign(values), axis=1 - axis) != 0)
        step = np.array([0, 1]) if axis == 0 else np.array([1, 0])
        low, high = points[tuple(across.T)], points[tuple((across + step).T)]
        sign = np.sign(logit(low))
        for _ in range(45):
            middle = 0.5 * (low + high)
            same = np.sign(logit(middle)) == sign
            low, high = np.where(same[:, None], middle, low), np.where(same[:, None], high, middle)
        h = 1e-7
        gradient = [(logit(low + h * e) - logit(low - h * e)) / (2 * h) for e in np.eye(2)]
        beside = [(logit(low + 3 * h * e) - logit(low + h * e)) / (2 * h) for e in np.eye(2)]
        smooth = np.hypot(gradient[0] - beside[0], gradient[1] - beside[1]) < 1e-5
        found |= set(zip(*(np.round(g[smooth], 4).tolist() for g in gradient), strict=True))
    return len(found)


@pytest.mark.parametrize(("act", "data", "norm"), [("relu", "moons", None), ("leaky_relu", "xor", "batch")])
def test_the_count_of_a_trained_network_is_that_of_a_walk(act: str, data: str, norm: str | None) -> None:
    experiment = DepthExperiment(resolve(act), replace(DEFAULT, layers=2, width=6, steps=300, data=data, norm=norm))
    for _ in experiment:
        pass
    window = Window.around(experiment.inputs, 40, 40)
    assert decision(experiment, window).pieces == walked(experiment, window)


@pytest.mark.parametrize(
    ("act", "norm", "countable"),
    [
        ("relu", None, True),
        ("relu", "batch", True),
        ("relu", "layer", False),
        ("hard_tanh", None, True),
        ("identity", None, True),
        ("tanh", None, False),
        ("elu", None, False),
        ("step", None, False),
        ("relu(x) + step(x)", None, False),
        ("abs(x)", None, True),
    ],
)
def test_what_can_be_counted(act: str, norm: str | None, countable: bool) -> None:
    given = replace(DIAMOND, activation=resolve(act), norm=norm)  # type: ignore[arg-type]  # elementwise ones
    assert is_countable(given) is countable
