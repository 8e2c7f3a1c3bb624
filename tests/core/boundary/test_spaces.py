"""Images of the plane in the layers, for networks with known layers."""

from dataclasses import replace

import numpy as np
import pytest

from actcli.core.activations.catalogue import resolve
from actcli.core.boundary.decision import DEFAULT, Window
from actcli.core.boundary.spaces import GRID_LINES, _main_directions, grid_lines, spaces, unit_maps
from actcli.core.depth.experiment import DepthExperiment
from actcli.core.network.mlp import forward
from tests.narrow import known

SQUARE = Window(np.linspace(-2.0, 2.0, 5), np.linspace(-1.0, 1.0, 3))


def experiment(act: str = "relu", **changes: object) -> DepthExperiment:
    return DepthExperiment(resolve(act), replace(DEFAULT, **changes))  # type: ignore[arg-type]  # its fields


def test_a_unit_sees_its_weighted_sum_bent() -> None:
    made = experiment(layers=1, width=3)
    made.network.parameters.weights[0][...] = [[1.0, -1.0, 0.0], [0.0, 0.0, 2.0]]
    (maps,) = unit_maps(made, SQUARE)
    x1, x2 = np.meshgrid(SQUARE.x1, known(SQUARE.x2))
    assert np.array_equal(maps.values, np.maximum([x1, -x1, 2 * x2], 0.0))
    assert (maps.layer, maps.dead.tolist(), maps.saturated.tolist()) == (1, [False] * 3, [False] * 3)


def test_dead_and_saturated_units_are_told_apart() -> None:
    made = experiment(layers=1, width=2)
    made.network.parameters.biases[0][...] = [-1e3, 1.0]
    assert unit_maps(made, SQUARE)[0].dead.tolist() == [True, False]
    squashed = experiment("sigmoid", layers=1, width=3)
    squashed.network.parameters.biases[0][...] = [-20.0, 20.0, 0.0]
    (maps,) = unit_maps(squashed, SQUARE)
    assert (maps.dead.tolist(), maps.saturated.tolist()) == ([False] * 3, [True, True, False])


def test_the_grid_covers_the_window() -> None:
    lines = grid_lines(SQUARE)
    assert lines.shape == (2 * GRID_LINES, 121, 2)
    assert np.ptp(lines[:GRID_LINES, :, 0], axis=1).max() == 0.0
    assert np.ptp(lines[GRID_LINES:, :, 1], axis=1).max() == 0.0
    assert (lines.min(axis=(0, 1)).tolist(), lines.max(axis=(0, 1)).tolist()) == ([-2.0, -1.0], [2.0, 1.0])


def test_the_first_space_is_the_plane_itself() -> None:
    made = experiment()
    first = spaces(made, SQUARE)[0]
    assert (first.layer, first.seen_by, first.share, first.cut) == (0, "units", 1.0, None)
    assert np.array_equal(first.points, made.inputs)
    assert np.array_equal(first.lines, grid_lines(SQUARE))


@pytest.mark.parametrize("width", [1, 2, 16])
def test_in_the_last_space_the_decision_is_the_side_of_the_cut(width: int) -> None:
    made = experiment("tanh", width=width)
    for _ in made:
        pass
    last = spaces(made, Window.around(made.inputs, 9, 9))[-1]
    logit = forward(made.network, made.inputs).output[:, 0]
    if width == 1:
        assert last.seen_by == "units"
        return
    assert last.seen_by == "cut"
    assert last.cut is not None
    assert np.array_equal(last.points[:, 0] > last.cut, logit > 0)


@pytest.mark.parametrize("width", [3, 16])
def test_the_two_main_directions_hold_the_most_variance(width: int) -> None:
    made = experiment("tanh", width=width)
    space = spaces(made, SQUARE)[1]
    hidden = forward(made.network, made.inputs).layer_inputs[1]
    variances = np.sort(np.linalg.eigvalsh(np.cov(hidden.T, bias=True)))[::-1]
    assert space.seen_by == "directions"
    assert space.share == pytest.approx(variances[:2].sum() / variances.sum(), rel=1e-9)
    assert np.sort(space.points.var(axis=0))[::-1] == pytest.approx(variances[:2], rel=1e-6)


def test_a_grid_line_and_a_point_at_the_same_place_are_bent_alike() -> None:
    made = experiment("tanh", width=2, layers=2)
    window = Window(np.array([made.inputs[0, 0], made.inputs[0, 0] + 1.0]), np.array([made.inputs[0, 1], 5.0]))
    for space in spaces(made, window):
        assert space.lines[0, 0] == pytest.approx(space.points[0], rel=1e-12)


def test_more_classes_have_no_single_cut() -> None:
    assert spaces(experiment(data="blobs"), SQUARE)[-1].seen_by == "directions"


def test_the_second_axis_is_the_main_direction_orthogonal_to_the_output() -> None:
    made = experiment("tanh", width=16)
    last = spaces(made, SQUARE)[-1]
    output = made.network.parameters.weights[-1][:, 0]
    first = output / np.linalg.norm(output)
    hidden = forward(made.network, made.inputs).layer_inputs[-1]
    rest = hidden - np.outer(hidden @ first, first)
    assert last.points[:, 0] == pytest.approx(hidden @ first)
    assert last.points[:, 1].var() == pytest.approx(np.linalg.eigvalsh(np.cov(rest.T, bias=True))[-1], rel=1e-6)


def test_one_point_has_two_main_directions_too() -> None:
    directions = _main_directions(np.array([[1.0, 2.0, 3.0]]))
    assert directions.T @ directions == pytest.approx(np.eye(2))
