"""The recorded history of a training run against figures taken step by step."""

import numpy as np
import pytest

from actcli.core.activations.catalogue import resolve
from actcli.core.depth.config import DepthConfig
from actcli.core.depth.experiment import DepthExperiment, gradient_depth
from actcli.core.depth.histograms import BINS, histograms, layer_histograms
from actcli.core.depth.history import MOST_MOMENTS, moments_of
from actcli.core.network.mlp import forward


@pytest.mark.parametrize(("steps", "count"), [(0, 0), (1, 1), (7, 7), (50, 50), (200, 50), (10**6, 50)])
def test_moments_are_bounded_and_hold_both_ends(steps: int, count: int) -> None:
    moments = moments_of(steps)
    assert len(moments) == count <= MOST_MOMENTS
    assert not steps or {0, steps - 1} <= moments
    assert all(0 <= moment < steps for moment in moments)


def test_a_moment_is_what_the_step_showed() -> None:
    config = DepthConfig(layers=2, width=4, steps=5, batch=512)
    experiment = DepthExperiment(resolve("relu"), config)
    weights = [array.copy() for array in experiment.network.parameters.weights]
    first = next(iter(experiment))
    after = experiment.network.parameters.weights
    (moment,) = experiment.history.moments
    assert (moment.step, moment.loss, moment.weight_gradient_norms) == (0, first.loss, first.weight_gradient_norms)
    expected = [np.linalg.norm(b - a) / np.linalg.norm(b) for a, b in zip(weights, after, strict=True)]
    assert moment.update_ratios == pytest.approx(expected, rel=1e-9)


def test_dead_and_saturated_units_are_those_of_the_batch() -> None:
    experiment = DepthExperiment(resolve("relu"), DepthConfig(layers=1, width=4, steps=1, batch=512))
    experiment.network.parameters.biases[0][...] = [-1e6, 1e6, -1e6, 0.0]
    hidden = forward(experiment.network, experiment.first_batch[0]).layer_inputs[1]
    next(iter(experiment))
    (moment,) = experiment.history.moments
    assert moment.dead_fractions == (0.5,)
    assert moment.saturated_fractions == (float((hidden == 0).mean()),)


def test_a_run_that_diverges_ends_its_history_where_it_ends() -> None:
    run = gradient_depth(resolve("x*x"), DepthConfig(layers=6, steps=60, learning_rate=10.0))
    assert len(run.history) <= len(run.loss)


def test_histograms_count_every_number_once() -> None:
    values = [np.array([-3.0, 0.0, 1.0, np.nan]), np.linspace(-1, 1, 100), np.array([np.inf, 0.0])]
    for values_of_layer, found in zip(values, histograms(values), strict=True):
        assert found.counts.sum() + found.beyond == values_of_layer.size
        assert len(found.edges) == BINS + 1
        assert found.edges == pytest.approx(-found.edges[::-1])


def test_a_layer_that_is_all_zero_is_one_bin_about_zero() -> None:
    (found,) = histograms([np.zeros(7)])
    assert (found.counts[BINS // 2], found.beyond) == (7, 0)


def test_the_layers_of_a_network() -> None:
    experiment = DepthExperiment(resolve("tanh"), DepthConfig(layers=3, width=8, batch=64, steps=0))
    found = layer_histograms(experiment)
    assert [layer.layer for layer in found] == [1, 2, 3]
    for layer in found:
        for quantity in (layer.pre_activations, layer.activations, layer.signals):
            assert quantity.counts.sum() + quantity.beyond == 8 * 64
        inside = layer.activations.edges
        assert inside[-1] <= 1.0


def test_pre_activations_have_their_biases() -> None:
    experiment = DepthExperiment(
        resolve("identity"), DepthConfig(layers=1, width=4, batch=32, steps=0, init="normal:0,3")
    )
    (layer,) = layer_histograms(experiment)
    assert layer.pre_activations.edges == pytest.approx(layer.activations.edges)
    assert layer.pre_activations.counts.tolist() == layer.activations.counts.tolist()
