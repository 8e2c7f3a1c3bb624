import dataclasses
import itertools
import math

import numpy as np
import pytest

from actcli.core.catalogue import CATALOGUE
from actcli.core.depth import (
    DepthConfig,
    DepthExperiment,
    DepthRun,
    decay_per_layer,
    gradient_depth,
    verdict,
)
from actcli.core.errors import InputError


def run(activation: str, **settings: int | float | str) -> DepthRun:
    return gradient_depth(CATALOGUE[activation], DepthConfig(**settings))  # type: ignore[arg-type]


def decades(run: DepthRun) -> float:
    """How many powers of ten the signal loses from the last hidden layer to the first, before training."""
    return math.log10(run.layers[-2].signal_norm_initial / run.layers[0].signal_norm_initial)


# --- what the experiment is for ----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_sigmoid_vanishes_by_twelve_decades(seed: int) -> None:
    """Mean-field theory: 11.9 (see DESIGN.md)."""
    measured = run("sigmoid", layers=20, steps=0, seed=seed)
    assert decades(measured) == pytest.approx(11.9, abs=0.5)
    assert measured.decay_per_layer == pytest.approx(10 ** (-11.9 / 19), rel=0.07)
    assert (measured.init, measured.verdict) == ("xavier", "vanishing")


@pytest.mark.parametrize("seed", range(10))
def test_relu_with_he_keeps_the_signal(seed: int) -> None:
    measured = run("relu", layers=20, steps=0, seed=seed)
    assert abs(decades(measured)) < 0.7
    assert (measured.init, measured.verdict) == ("he", "healthy")


def test_relu_is_healthy_after_training_and_sigmoid_has_not_moved() -> None:
    relu, sigmoid = run("relu"), run("sigmoid")
    assert (relu.verdict, sigmoid.verdict) == ("healthy", "vanishing")
    assert np.median(relu.loss[-20:]) < 0.4
    assert np.mean(sigmoid.loss[-10:]) == pytest.approx(math.log(2), abs=0.01)


def test_tanh_with_xavier_loses_little() -> None:
    measured = run("tanh", layers=20, steps=0)
    assert 0 < decades(measured) < 1
    assert measured.verdict == "healthy"


def test_large_weights_explode() -> None:
    assert run("leaky_relu", layers=10, steps=0, init="normal").verdict == "exploding"


def test_a_thousand_layers_of_sigmoid_underflow_and_say_so() -> None:
    measured = run("sigmoid", layers=1000, width=8, batch=8, steps=1)
    assert measured.layers[0].signal_norm_initial == 0
    assert measured.layers[-2].signal_norm_initial > 0
    assert (measured.verdict, measured.decay_per_layer) == ("vanishing", 0.0)


def test_an_absurd_learning_rate_diverges_without_a_warning() -> None:
    measured = run("relu", layers=5, width=8, learning_rate=1e150, steps=50)
    assert measured.verdict in {"diverged", "dead"}
    exponential = run("identity", layers=5, width=8, learning_rate=1e150, steps=50)
    assert exponential.verdict == "diverged"
    assert len(exponential.loss) < 50


def test_the_last_update_may_be_the_one_that_diverges() -> None:
    measured = run("identity", layers=5, width=8, learning_rate=1e150, steps=1)
    assert math.isfinite(measured.loss[0])
    assert len(measured.loss) == 1
    assert measured.verdict == "diverged"


# --- closed forms ------------------------------------------------------------------------------------


def test_the_signal_of_linear_units_is_a_product_of_weights() -> None:
    config = DepthConfig(layers=6, width=1, steps=0, learning_rate=0.0)
    experiment = DepthExperiment(CATALOGUE["identity"], config)
    w = [abs(weights.item()) for weights in experiment.network.weights[1:]]
    measured = experiment.result()
    output = measured.layers[-1].signal_norm_initial
    for record in measured.layers:
        assert record.signal_norm_initial == pytest.approx(output * math.prod(w[record.layer - 1 :]), rel=1e-12, abs=0)
    assert measured.decay_per_layer == pytest.approx(math.prod(w[:-1]) ** (1 / 5), rel=1e-12, abs=0)


def test_decay_per_layer() -> None:
    assert decay_per_layer(1e-6, 1.0, 7) == pytest.approx(0.1)
    assert decay_per_layer(8.0, 2.0, 3) == pytest.approx(2)
    assert decay_per_layer(1e-300, 1e300, 601) == pytest.approx(0.1)
    assert decay_per_layer(0.0, 1.0, 5) == 0
    assert decay_per_layer(1.0, 1.0, 1) is None
    assert decay_per_layer(0.0, 0.0, 5) is None
    assert decay_per_layer(math.nan, 1.0, 5) is None
    assert decay_per_layer(1.0, math.inf, 5) is None


@pytest.mark.parametrize(
    ("losses", "dead", "first", "last", "expected"),
    [
        ([0.7, math.nan], [1.0], 0.0, 1.0, "diverged"),
        ([0.7, math.inf], [0.0], 1.0, 1.0, "diverged"),
        ([0.7], [0.0], math.nan, 1.0, "diverged"),
        ([0.7], [0.0, 0.51], 0.0, 1.0, "dead"),
        ([0.7], [0.5, 0.5], 1.0, 1.0, "healthy"),
        ([0.7], [0.0], 0.0099, 1.0, "vanishing"),
        ([0.7], [0.0], 0.0101, 1.0, "healthy"),
        ([0.7], [0.0], 0.0, 0.0, "vanishing"),
        ([0.7], [0.0], 0.0, 5e-324, "vanishing"),
        ([0.7], [0.0], 99.0, 1.0, "healthy"),
        ([0.7], [0.0], 101.0, 1.0, "exploding"),
        ([0.7], [0.0], math.inf, 1.0, "exploding"),
        ([0.7], [0.0], math.inf, math.inf, "exploding"),
    ],
)
def test_the_first_verdict_that_applies(
    losses: list[float], dead: list[float], first: float, last: float, expected: str
) -> None:
    assert verdict(losses, dead, first, last) == expected


# --- what is measured when ---------------------------------------------------------------------------


def test_layers_are_the_hidden_ones_and_the_output() -> None:
    measured = run("tanh", layers=3, width=5, steps=4)
    assert [record.layer for record in measured.layers] == [1, 2, 3, 4]
    assert len(measured.loss) == 4
    assert measured.activation == "tanh"


def test_final_is_measured_on_the_first_batch() -> None:
    """With a learning rate of 0 nothing changes, whatever the later batches were."""
    measured = run("tanh", layers=3, width=5, batch=16, steps=4, learning_rate=0)
    assert len(set(measured.loss)) == 4
    for record in measured.layers:
        assert record.signal_norm_final == record.signal_norm_initial
        assert record.weight_gradient_norm_final == record.weight_gradient_norm_initial


def test_the_first_batch_is_the_first_trained_on() -> None:
    experiment = DepthExperiment(CATALOGUE["tanh"], DepthConfig(layers=2, batch=16))
    assert next(iter(experiment)) == experiment.initial


def test_initial_is_measured_before_the_first_update() -> None:
    untrained, trained = (run("tanh", layers=3, width=5, steps=steps) for steps in (0, 9))
    assert untrained.loss == ()
    for before, after in zip(untrained.layers, trained.layers, strict=True):
        assert after.signal_norm_initial == before.signal_norm_initial
        assert after.weight_gradient_norm_initial == before.weight_gradient_norm_initial
        assert after.signal_norm_final != before.signal_norm_final
        assert after.weight_gradient_norm_final != before.weight_gradient_norm_final


def test_an_interrupted_run_has_a_result_and_can_go_on() -> None:
    settings = {"layers": 3, "width": 5}
    experiment = DepthExperiment(CATALOGUE["tanh"], DepthConfig(**settings, steps=9))
    assert [step.number for step in itertools.islice(experiment, 4)] == [0, 1, 2, 3]
    assert experiment.result() == run("tanh", **settings, steps=4)
    assert [step.number for step in experiment] == [4, 5, 6, 7, 8]
    assert experiment.result() == run("tanh", **settings, steps=9)


def test_dead_units_are_counted_over_the_data_set() -> None:
    experiment = DepthExperiment(CATALOGUE["relu"], DepthConfig(layers=2, width=8, steps=0))
    experiment.network.biases[0][:4] = -100
    half = experiment.result()
    assert half.layers[0].dead_fraction_final == 0.5
    assert half.verdict != "dead"
    experiment.network.biases[0][4] = -100
    most = experiment.result()
    assert most.layers[0].dead_fraction_final == 0.625
    assert most.layers[-1].dead_fraction_final == 0
    assert most.verdict == "dead"


def test_a_unit_that_lives_for_one_input_is_not_dead() -> None:
    experiment = DepthExperiment(CATALOGUE["relu"], DepthConfig(layers=1, width=2, batch=8, steps=0))
    # relu(x - threshold) with only the data set's largest x, which is not in the first batch, above it
    largest = np.sort(experiment.inputs[:, 0])[-2:]
    assert largest[1] not in experiment.first_batch[0]
    experiment.network.weights[0][:] = [[1, 1], [0, 0]]
    experiment.network.biases[0][:] = -largest.mean(), -largest[1] - 1
    assert experiment.result().layers[0].dead_fraction_final == 0.5


def test_the_seed_decides_and_data_do_not_depend_on_the_network() -> None:
    assert run("tanh", layers=2, steps=3, seed=1) == run("tanh", layers=2, steps=3, seed=1)
    assert run("tanh", layers=2, steps=3, seed=1) != run("tanh", layers=2, steps=3, seed=2)
    small, large = (
        DepthExperiment(CATALOGUE[name], DepthConfig(layers=layers, width=width))
        for name, layers, width in (("relu", 2, 4), ("sigmoid", 9, 16))
    )
    np.testing.assert_array_equal(small.inputs, large.inputs)
    np.testing.assert_array_equal(small.first_batch[0], large.first_batch[0])


def test_a_large_batch_gets_a_data_set_as_large() -> None:
    experiment = DepthExperiment(CATALOGUE["tanh"], DepthConfig(layers=1, batch=1000))
    assert len(experiment.first_batch[0]) == len(experiment.inputs) == 1000


def test_the_initialiser_is_named() -> None:
    assert run("relu", layers=1, steps=0).init == "he"
    assert run("relu", layers=1, steps=0, init="normal:0.2").init == "normal:0.2"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"layers": 0}, "layers must be at least 1, got 0"),
        ({"width": 0}, "width must be at least 1, got 0"),
        ({"batch": -3}, "batch must be at least 1, got -3"),
        ({"steps": -1}, "steps must be at least 0, got -1"),
        ({"seed": -1}, "seed must be at least 0, got -1"),
        ({"learning_rate": math.nan}, "learning_rate must be a number, 0 or more, got nan"),
        ({"learning_rate": -0.1}, "learning_rate must be a number, 0 or more, got -0.1"),
        ({"data": "spiral"}, "unknown data set 'spiral'; there are spirals"),
        ({"init": "glorot"}, "unknown initialiser 'glorot'"),
    ],
)
def test_what_cannot_be_run(settings: dict[str, int | float | str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DepthConfig(**settings)  # type: ignore[arg-type]


def test_row_wise_activations_are_refused() -> None:
    with pytest.raises(InputError, match="softmax works on whole rows"):
        run("softmax")


def test_results_are_plain_values() -> None:
    """What `--format json` writes."""
    fields = dataclasses.asdict(run("tanh", layers=2, steps=2))
    assert list(fields) == ["activation", "init", "layers", "loss", "verdict", "decay_per_layer"]
    values = [value for record in fields["layers"] for value in record.values()] + list(fields["loss"])
    assert {type(value) for value in values} == {int, float}
