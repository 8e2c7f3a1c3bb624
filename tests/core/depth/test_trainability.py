"""Trainability: runs of a sweep, their summary, and the theoretical depth limit."""

import math

import numpy as np
import pytest

from actcli.core.depth.config import DepthConfig
from actcli.core.depth.experiment import gradient_depth
from actcli.core.depth.trainability import Sweep, Trained, depth_limits, train, trainability
from actcli.core.errors import InputError

CONFIG = DepthConfig(width=8, batch=32, steps=5, data="moons", seed=3)


def sweep(**changes: object) -> Sweep:
    settings = {"activation": "tanh", "depths": (1, 3), "sigma_w2": (1.0, 2.0), "sigma_b2": 0.05, "seeds": 2}
    return Sweep(**{**settings, "config": CONFIG, **changes})  # type: ignore[arg-type]  # of each its own type


def test_every_run_once_the_shallow_ones_first() -> None:
    trainings = sweep().trainings()
    found = [(each.config.layers, each.sigma_w2, each.config.seed) for each in trainings]
    assert found == [(depth, weight, seed) for depth in (1, 3) for weight in (1.0, 2.0) for seed in (3, 4)]
    assert trainings[2].config.init == "gaussian:2.0,0.05"


def test_a_run_is_that_of_gradient_depth() -> None:
    training = sweep().trainings()[-1]
    run, found = gradient_depth("tanh", training.config), train(training)
    assert (found.loss, found.accuracy) == (run.loss_data_final, run.accuracy_final)
    assert found.loss_guess == run.loss_guess


def of(layers: int, weight: float, seed: int, loss: float) -> Trained:
    return Trained(layers, weight, seed, loss, 1.0, 0.75)


def test_means_over_the_seeds_that_are_done() -> None:
    runs = [of(1, 1.0, 3, 0.5), of(1, 1.0, 4, 0.9), of(3, 2.0, 3, 0.96), of(3, 1.0, 3, math.nan)]
    found = trainability(sweep(), runs)
    assert found.runs == 4
    np.testing.assert_allclose(found.loss, [[0.7, np.nan], [np.nan, 0.96]])
    np.testing.assert_allclose(found.learnt, [[1.0, np.nan], [0.0, 0.0]])
    assert found.accuracy is not None
    # In theory networks of so few layers learn: one of the three cells agrees.
    assert (found.depth_limit > 3).all()
    assert found.agreement == pytest.approx(1 / 3)


def test_nothing_is_known_of_nothing() -> None:
    found = trainability(sweep(), [])
    assert found.agreement is None
    assert np.isnan(found.loss).all()


def test_numbers_have_no_accuracy() -> None:
    assert trainability(sweep(config=DepthConfig(data="sine")), []).accuracy is None


def test_six_depth_scales_by_mpmath() -> None:
    found = depth_limits("tanh", [1.3, 2.5, 4.0], 0.05)
    assert found == pytest.approx([6 * 7.834, 6 * 11.7956, 6 * 6.98027], rel=1e-4)


def test_depth_limits_of_a_kept_and_of_a_growing_signal() -> None:
    assert depth_limits("identity", [1.0], 0.0).tolist() == [math.inf]
    assert np.isnan(depth_limits("relu", [2.5], 0.1)).all()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"activation": "softmax"}, "softmax acts on whole rows"),
        ({"depths": (3, 1)}, "depths must be in ascending order"),
        ({"sigma_w2": ()}, "sigma_w2 must be in ascending order"),
        ({"config": DepthConfig(steps=0)}, "takes at least one step"),
        ({"sigma_b2": -1.0}, "must be a number, 0 or more"),
    ],
)
def test_what_is_no_sweep(changes: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        sweep(**changes)
