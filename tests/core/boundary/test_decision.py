"""Decisions of a network: planes, boundaries and probabilities, against closed forms and independent computations."""

import math
from dataclasses import replace

import mpmath
import numpy as np
import pytest

from actcli.core.activations.catalogue import resolve
from actcli.core.arrays import Array
from actcli.core.boundary.decision import DEFAULT, Window, decision, is_plane, outputs, probabilities
from actcli.core.depth.experiment import DepthExperiment
from actcli.core.errors import InputError
from actcli.core.network.datasets import DataSet


def experiment(act: str, data: DataSet | None = None, train: bool = True, **changes: object) -> DepthExperiment:
    config = replace(DEFAULT, **changes)  # type: ignore[arg-type]  # fields of the configuration
    made = DepthExperiment(resolve(act), config, data)
    if train:
        for _ in made:
            pass
    return made


def window(made: DepthExperiment, columns: int = 40, rows: int = 30) -> Window:
    return Window.around(made.inputs, columns, rows)


@pytest.mark.parametrize("layers", [1, 3, 10])
@pytest.mark.parametrize("data", ["circles", "xor"])
def test_without_a_bend_the_output_is_a_plane_and_guesses(layers: int, data: str) -> None:
    made = (
        experiment("identity", data=None, layers=layers) if data == "circles" else experiment("identity", layers=layers)
    )
    seen = window(made)
    found = decision(made, seen)
    design = np.column_stack([seen.points(), np.ones(seen.points().shape[0])])
    logit = found.output.reshape(-1)
    residual = logit - design @ np.linalg.solve(design.T @ design, design.T @ logit)
    assert np.abs(residual).max() < 1e-9 * np.ptp(logit)
    assert found.plane
    assert found.accuracy_final is not None
    assert found.accuracy_final < 0.7


@pytest.mark.parametrize("act", ["relu", "tanh"])
@pytest.mark.parametrize(("data", "least"), [("circles", 0.95), ("moons", 0.95), ("xor", 0.95), ("spirals", 0.9)])
@pytest.mark.parametrize("seeds", [range(2), pytest.param(range(2, 5), marks=pytest.mark.slow)])
def test_with_a_bend_the_defaults_learn(act: str, data: str, least: float, seeds: range) -> None:
    for seed in seeds:
        made = DepthExperiment(resolve(act), replace(DEFAULT, data=data, seed=seed))
        for _ in made:
            pass
        found = decision(made, window(made), count=False)
        assert found.accuracy_final is not None
        assert found.accuracy_final >= least
        assert not found.plane
        assert found.boundary


def test_the_default_data_are_circles() -> None:
    assert (DEFAULT.data, DEFAULT.layers, DEFAULT.width, DEFAULT.optimizer) == ("circles", 3, 16, "adam")


def test_probabilities_of_two_classes_against_many_digits() -> None:
    logits = np.array([[-800.0, -40.0, -1.0], [0.0, 3.0, 800.0]])[..., None]
    found = probabilities("binary_cross_entropy", logits)
    assert found is not None
    for index, logit in np.ndenumerate(logits[..., 0]):
        with mpmath.workdps(50):
            likely = 1 / (1 + mpmath.exp(-mpmath.mpf(logit)))
            for probability, exact in zip(found[:, *index], (1 - likely, likely), strict=True):
                assert probability == pytest.approx(float(exact), rel=1e-15)


def test_probabilities_of_classes_sum_to_one_and_follow_the_definition() -> None:
    logits = np.random.default_rng(0).normal(0, 10, (4, 5, 3))
    found = probabilities("cross_entropy", logits)
    assert found is not None
    assert found.shape == (3, 4, 5)
    assert np.abs(found.sum(axis=0) - 1).max() < 1e-15
    exact = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    assert found == pytest.approx(np.moveaxis(exact, -1, 0), rel=1e-13)


def test_a_point_of_the_data_set_is_decided_in_the_window_as_in_training() -> None:
    made = experiment("tanh", norm="batch", steps=50)
    alone = Window(made.inputs[:1, 0], made.inputs[:1, 1])
    from actcli.core.network.layer_statistics import survey

    assert float(outputs(made.network, made.inputs, alone)[0, 0, 0]) == pytest.approx(
        float(survey(made.network, made.inputs).output[0, 0]), rel=1e-12
    )


def test_batch_norm_takes_the_moments_of_the_data_and_not_of_the_window() -> None:
    made = experiment("relu", norm="batch", steps=50)
    near, far = window(made, 9, 9), Window(np.linspace(-50, 50, 9), np.linspace(-50, 50, 9))
    middle = float(outputs(made.network, made.inputs, far)[4, 4, 0])
    centre = Window(np.zeros(1), np.zeros(1))
    assert float(outputs(made.network, made.inputs, centre)[0, 0, 0]) == pytest.approx(middle, rel=1e-12)
    assert near.shape == (9, 9)


def test_a_window_of_one_feature_is_a_line() -> None:
    made = experiment("tanh", train=False)
    line = DataSet("line", np.linspace(-1, 1, 50)[:, None], np.linspace(-1, 1, 50)[:, None], "mean_squared_error")
    made = DepthExperiment(resolve("tanh"), replace(DEFAULT, steps=5), line)
    seen = window(made)
    assert (seen.x2, seen.shape, seen.points().shape) == (None, (40,), (40, 1))
    found = decision(made, seen)
    assert (found.output.shape, found.probability, found.boundary, found.pieces) == ((40, 1), None, None, None)


def test_three_features_are_refused() -> None:
    data = DataSet("three", np.random.default_rng(0).normal(size=(20, 3)), np.zeros((20, 1)), "mean_squared_error")
    with pytest.raises(InputError, match="a boundary is drawn over two features, and the points have 3"):
        Window.around(DepthExperiment(resolve("relu"), DEFAULT, data).inputs, 3, 3)


@pytest.mark.parametrize(
    ("function", "plane"),
    [
        (lambda x, y: 3 * x - 2 * y + 1, True),
        (lambda x, y: 1e-12 * x, True),
        (lambda x, y: np.full_like(x, 2.0), False),
        (lambda x, y: np.full_like(x, 0.1) + 1e-16 * x, False),
        (lambda x, y: x + 1e-6 * x * x, False),
        (lambda x, y: np.maximum(x, 0), False),
        (lambda x, y: np.full_like(x, math.nan), False),
        (lambda x, y: np.full_like(x, math.inf), False),
    ],
)
def test_what_is_a_plane(function: object, plane: bool) -> None:
    seen = Window(np.linspace(-2, 2, 21), np.linspace(-1, 3, 17))
    x, y = seen.points().T
    values: Array = function(x, y)  # type: ignore[operator]  # a lambda
    assert is_plane(seen, values.reshape(17, 21, 1)) is plane


def test_a_network_that_answers_the_same_everywhere_has_no_boundary() -> None:
    made = experiment("relu", train=False)
    made.network.parameters.vector[...] = 0.0
    made.network.parameters.biases[-1][...] = 1.0
    found = decision(made, window(made))
    assert (found.boundary, found.pieces, found.plane) == (False, None, False)


def test_a_network_that_diverged_is_neither_a_plane_nor_an_error() -> None:
    made = experiment("relu", train=False)
    made.network.parameters.vector[...] = math.nan
    assert not decision(made, window(made)).plane
