import dataclasses
import itertools
import math
import warnings
from typing import Any

import numpy as np
import pytest

from actcli.core.activations.catalogue import CATALOGUE, resolve
from actcli.core.arrays import Array
from actcli.core.depth.config import DepthConfig
from actcli.core.depth.experiment import DepthExperiment, DepthRun, gradient_depth
from actcli.core.errors import InputError
from actcli.core.network.datasets import DataSet
from actcli.core.network.training import measure
from tests.each import each
from tests.narrow import known


def run(activation: str, **settings: int | float | str) -> DepthRun:
    return gradient_depth(CATALOGUE[activation], DepthConfig(**settings))  # type: ignore[arg-type]  # of several types


def decades(run: DepthRun) -> float:
    """log10 of the signal's decrease from the last hidden layer to the first, before training."""
    return math.log10(run.layers[-2].signal_norm_initial / run.layers[0].signal_norm_initial)


# --- purpose of the experiment -----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_sigmoid_vanishes_by_twelve_decades(seed: int) -> None:
    """Mean-field theory gives 11.9."""
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
    measured = run("tanh", layers=20, steps=0, init="xavier")
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
    w = [abs(weights.item()) for weights in experiment.network.parameters.weights[1:]]
    measured = experiment.result()
    output = measured.layers[-1].signal_norm_initial
    for record in measured.layers:
        assert record.signal_norm_initial == pytest.approx(output * math.prod(w[record.layer - 1 :]), rel=1e-12, abs=0)
    assert measured.decay_per_layer == pytest.approx(math.prod(w[:-1]) ** (1 / 5), rel=1e-12, abs=0)


@pytest.mark.parametrize("width", [2, 7, 64])
def test_orthogonal_linear_layers_lose_nothing(width: int) -> None:
    measured = run("identity", layers=50, width=width, steps=0, init="orthogonal")
    assert measured.decay_per_layer == pytest.approx(1, rel=1e-14)
    assert run("identity", layers=50, width=width, steps=0, init="orthogonal:0.5").decay_per_layer == pytest.approx(0.5)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_the_update_ratio_is_that_of_the_last_update(optimizer: str) -> None:
    """|W_t - W_(t-1)| / |W_t|"""
    experiment = DepthExperiment(CATALOGUE["tanh"], DepthConfig(layers=2, width=6, steps=4, optimizer=optimizer))
    before: list[Array] = []
    weights = experiment.network.parameters.weights
    for step in experiment:
        if step.number == 2:
            before = [one.copy() for one in weights]
    ratios = [np.linalg.norm(after - one) / np.linalg.norm(after) for one, after in zip(before, weights, strict=True)]
    measured = [record.update_ratio_final for record in experiment.result().layers]
    assert measured == pytest.approx(ratios, rel=1e-9, abs=0)
    assert min(measured) > 0


def test_the_last_update_of_a_training_that_diverged_is_the_one_before_the_end() -> None:
    run = gradient_depth("relu", DepthConfig(layers=3, width=8, learning_rate=1e30, init="normal:3", steps=9))
    assert len(run.loss) < 9
    assert not math.isfinite(run.loss[-1])
    assert all(layer.update_ratio_final == pytest.approx(1.0) for layer in run.layers)


def test_the_first_update_of_sgd_is_the_learning_rate_times_the_gradient() -> None:
    experiment = DepthExperiment(CATALOGUE["relu"], DepthConfig(layers=2, width=6, steps=1, learning_rate=0.25))
    next(iter(experiment))
    for record, weights in zip(experiment.result().layers, experiment.network.parameters.weights, strict=True):
        expected = 0.25 * record.weight_gradient_norm_initial / np.linalg.norm(weights)
        assert record.update_ratio_final == pytest.approx(expected, rel=1e-12)


def test_update_ratios_without_updates_or_with_weights_of_0() -> None:
    assert {record.update_ratio_final for record in run("tanh", layers=2, steps=0).layers} == {0}
    assert {record.update_ratio_final for record in run("tanh", layers=2, steps=3, learning_rate=0).layers} == {0}
    still = run("tanh", layers=2, steps=1, init="normal:0")
    assert [record.update_ratio_final for record in still.layers] == [0, 0, 0]


# --- theory beside measurement ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("activation", "init"),
    [
        ("sigmoid", "xavier"),
        ("tanh", "xavier"),
        ("relu", "he"),
        ("relu", "lecun"),
        ("x*sigmoid(1.702*x)", "lecun"),
        ("tanh", "gaussian:2,0.1"),
        ("gelu", "normal:0.13,0.2"),
        ("tanh", "pytorch"),
    ],
)
def test_theory_and_measurement_agree_within_half_a_decade(activation: str, init: str, seed: int) -> None:
    config = DepthConfig(layers=20, width=128, steps=0, init=init, seed=seed)
    measured = gradient_depth(resolve(activation), config)
    first, last = measured.layers[0], measured.layers[-2]
    assert last.signal_norm_theory == pytest.approx(last.signal_norm_initial, rel=1e-12)
    assert abs(math.log10(known(first.signal_norm_theory) / first.signal_norm_initial)) < 0.5
    assert measured.decay_per_layer_theory == pytest.approx(measured.decay_per_layer, rel=10 ** (0.5 / 19) - 1)


def test_theory_of_one_layer_is_the_measurement() -> None:
    measured = run("tanh", layers=1, steps=0)
    assert measured.layers[0].signal_norm_theory == pytest.approx(measured.layers[0].signal_norm_initial, rel=1e-14)
    assert (measured.decay_per_layer, measured.decay_per_layer_theory) == (None, None)


@pytest.mark.parametrize(
    ("activation", "settings"),
    [("tanh", {"norm": "layer"}), ("tanh", {"norm": "batch"}), ("tanh", {"residual": True}), ("step", {})],
)
def test_without_theory_the_field_is_none(activation: str, settings: dict[str, str | bool]) -> None:
    measured = run(activation, layers=3, steps=0, **settings)
    assert {record.signal_norm_theory for record in measured.layers} == {None}
    assert measured.decay_per_layer_theory is None


def test_theory_does_not_change_with_training() -> None:
    untrained, trained = (run("tanh", layers=4, width=9, steps=steps, learning_rate=1.0) for steps in (0, 20))
    assert [record.signal_norm_theory for record in trained.layers] == [
        record.signal_norm_theory for record in untrained.layers
    ]


# --- the cures --------------------------------------------------------------------------------------------------------


def test_batch_norm_and_residual_connections_bring_the_gradient_of_sigmoid_back() -> None:
    bare = decades(run("sigmoid", layers=20, steps=0))
    for settings in ({"norm": "layer"}, {"norm": "batch"}, {"residual": True}):
        assert decades(run("sigmoid", layers=20, steps=0, **settings)) < bare - 4, settings


@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_other_optimizers_learn_too(optimizer: str) -> None:
    measured = run("relu", layers=3, optimizer=optimizer, data="moons")
    assert np.mean(measured.loss[-10:]) < 0.3 < measured.loss[0]


@pytest.mark.parametrize(("data", "loss"), [("blobs", "cross_entropy"), ("sine", "mean_squared_error")])
def test_data_sets_bring_their_loss(data: str, loss: str) -> None:
    config = DepthConfig(layers=2, steps=200, data=data, optimizer="adam")
    experiment = DepthExperiment(CATALOGUE["tanh"], config)
    assert experiment.loss_name == loss
    losses = [step.loss for step in experiment]
    assert np.mean(losses[-10:]) < 0.5 * losses[0]


def test_own_data_take_the_place_of_those_that_are_named() -> None:
    inputs, targets = np.arange(12.0).reshape(4, 3) - 5, np.array([[0.0], [1.0], [1.0], [0.0]])
    own = DataSet("own", inputs, targets, "binary_cross_entropy")
    experiment = DepthExperiment(CATALOGUE["tanh"], DepthConfig(layers=1, width=2, steps=1), own)
    assert experiment.network.parameters.sizes == [3, 2, 1]
    assert sorted(experiment.first_batch[0].tolist()) == inputs.tolist()


# --- float32 ----------------------------------------------------------------------------------------------------------


def test_float32_is_the_dtype_of_everything() -> None:
    config = DepthConfig(layers=3, width=5, steps=2, dtype="float32", optimizer="adam", norm="layer", residual=True)
    experiment = DepthExperiment(CATALOGUE["gelu"], config)
    *_, last = experiment
    arrays = [experiment.inputs, *experiment.first_batch, experiment.network.parameters.vector, experiment.last_signal]
    assert {known(array).dtype for array in [*arrays, last.update]} == {np.dtype(np.float32)}
    _, gradients = measure(experiment.network, experiment.first_batch, experiment.loss)
    assert {array.dtype for array in [gradients.parameters.vector, *gradients.signals]} == {np.dtype(np.float32)}


def test_float32_measures_what_float64_does_as_long_as_its_range_holds() -> None:
    single, double = (run("sigmoid", layers=20, steps=0, dtype=dtype) for dtype in ("float32", "float64"))
    for one, other in zip(single.layers, double.layers, strict=True):
        assert one.signal_norm_initial == pytest.approx(other.signal_norm_initial, rel=1e-4, abs=0)
        assert one.weight_gradient_norm_initial == pytest.approx(other.weight_gradient_norm_initial, rel=1e-4, abs=0)
        assert one.activation_mean_initial == pytest.approx(other.activation_mean_initial, rel=1e-4)


def test_what_float32_cannot_hold_is_no_warning() -> None:
    """Weights of 1e150, and a slope of 1e150, whose threshold of saturation is 5e148."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for act, init in (("tanh", "normal:1e150"), ("1e150*x", "normal:1e20")):
            gradient_depth(act, DepthConfig(layers=4, width=4, steps=2, dtype="float32", init=init, residual=True))


def test_in_float32_the_signal_underflows_where_float64_still_has_one() -> None:
    single, double = (run("sigmoid", layers=100, width=16, steps=0, dtype=dtype) for dtype in ("float32", "float64"))
    assert (single.layers[0].signal_norm_initial, single.layers[0].weight_gradient_norm_initial) == (0, 0)
    assert 0 < double.layers[0].signal_norm_initial < 1e-46
    assert (single.verdict, double.verdict) == ("vanishing", "vanishing")
    assert (single.decay_per_layer, single.layers[-2].signal_norm_initial > 0) == (0, True)
    assert single.decay_per_layer_theory == pytest.approx(double.decay_per_layer_theory, rel=1e-4)


# --- times of measurement ----------------------------------------------------------------------------


def test_layers_are_the_hidden_ones_and_the_output() -> None:
    measured = run("tanh", layers=3, width=5, steps=4)
    assert [record.layer for record in measured.layers] == [1, 2, 3, 4]
    assert len(measured.loss) == 4
    assert measured.activation == "tanh"


def test_final_is_measured_on_the_first_batch() -> None:
    """With learning rate 0 the final figures equal the initial ones, independent of the later batches."""
    measured = run("tanh", layers=3, width=5, batch=16, steps=4, learning_rate=0)
    assert len(set(measured.loss)) == 4
    for record in measured.layers:
        assert record.signal_norm_final == record.signal_norm_initial
        assert record.weight_gradient_norm_final == record.weight_gradient_norm_initial


@pytest.mark.parametrize("steps", [0, 1, 7])
def test_the_final_loss_is_the_first_batch_s_after_the_last_update(steps: int) -> None:
    """Expected: -t ln σ(z) - (1 - t) ln σ(-z), computed from the final weights."""
    experiment = DepthExperiment(CATALOGUE["tanh"], DepthConfig(layers=2, width=5, batch=16, steps=steps))
    for _ in experiment:
        pass
    (inputs, targets), parameters = experiment.first_batch, experiment.network.parameters
    h = inputs
    for weights, biases in zip(parameters.weights[:-1], parameters.biases[:-1], strict=True):
        h = np.tanh(h @ weights + biases)
    z = h @ parameters.weights[-1] + parameters.biases[-1]
    expected = np.mean(targets * np.logaddexp(0, -z) + (1 - targets) * np.logaddexp(0, z))
    assert experiment.result().loss_final == pytest.approx(expected, rel=1e-12)


def test_norm_and_residual_connections_are_named() -> None:
    plain, both = run("tanh", layers=2, steps=0), run("tanh", layers=2, steps=0, norm="batch", residual=True)
    assert [(one.norm, one.residual) for one in (plain, both)] == [(None, False), ("batch", True)]


def test_a_loop_goes_on_where_another_one_was_left() -> None:
    config = DepthConfig(layers=2, width=5, batch=16, steps=7)
    once, twice = DepthExperiment(CATALOGUE["tanh"], config), DepthExperiment(CATALOGUE["tanh"], config)
    losses = [step.loss for step in once]
    left = next(iter(twice))
    assert [left.loss, *(step.loss for step in twice)] == losses
    assert once.result() == twice.result()


@pytest.mark.parametrize(
    ("settings", "after"),
    [({"steps": 3}, "3 steps"), ({"steps": 0}, "0 steps"), ({"steps": 9, "learning_rate": 1e200}, "2 steps")],
)
def test_a_second_loop_over_a_finished_experiment_says_that_there_is_nothing_left(
    settings: dict[str, Any], after: str
) -> None:
    experiment = DepthExperiment(CATALOGUE["relu"], DepthConfig(layers=2, width=5, batch=16, **settings))
    for _ in experiment:
        pass
    with pytest.raises(RuntimeError, match=f"this experiment has ended after {after}: make a new one"):
        iter(experiment)
    assert len(experiment.result().loss) == int(after[0])


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
    settings: dict[str, Any] = {"layers": 3, "width": 5}
    experiment = DepthExperiment(CATALOGUE["tanh"], DepthConfig(**settings, steps=9))
    assert [step.number for step in itertools.islice(experiment, 4)] == [0, 1, 2, 3]
    assert experiment.result() == run("tanh", **settings, steps=4)
    assert [step.number for step in experiment] == [4, 5, 6, 7, 8]
    assert experiment.result() == run("tanh", **settings, steps=9)


def test_dead_units_are_counted_over_the_data_set() -> None:
    experiment = DepthExperiment(CATALOGUE["relu"], DepthConfig(layers=2, width=8, steps=0))
    experiment.network.parameters.biases[0][:4] = -100
    assert experiment.result().layers[0].dead_fraction_final == 0.5
    experiment.network.parameters.biases[0][4] = -100
    most = experiment.result()
    assert most.layers[0].dead_fraction_final == 0.625
    assert most.layers[-1].dead_fraction_final == 0


def test_a_unit_that_lives_for_one_input_is_not_dead() -> None:
    experiment = DepthExperiment(CATALOGUE["relu"], DepthConfig(layers=1, width=2, batch=8, steps=0))
    # relu(x - threshold): only the largest x of the data set is above the threshold; it is not in the first batch
    largest = np.sort(experiment.inputs[:, 0])[-2:]
    assert largest[1] not in experiment.first_batch[0]
    experiment.network.parameters.weights[0][:] = [[1, 1], [0, 0]]
    experiment.network.parameters.biases[0][:] = -largest.mean(), -largest[1] - 1
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


@each(
    ("settings", "message"),
    [
        ({"layers": 0}, "layers must be at least 1, not 0"),
        ({"width": 0}, "width must be at least 1, not 0"),
        ({"batch": -3}, "batch must be at least 1, not -3"),
        ({"steps": -1}, "steps must be from 0 to 100000000, not -1"),
        ({"seed": -1}, "seed must be at least 0, not -1"),
        ({"learning_rate": math.nan}, "learning_rate must be a finite number, 0 or more, not nan"),
        ({"learning_rate": -0.1}, "learning_rate must be a finite number, 0 or more, not -0.1"),
        ({"init": "glorot"}, "unknown initialiser 'glorot'"),
        ({"init": "orthogonal:-1"}, "the gain in 'orthogonal:-1' must be a number, 0 or more"),
        ({"norm": "bach"}, "unknown norm 'bach'; did you mean batch?"),
        ({"optimizer": "lbfgs"}, "unknown optimizer 'lbfgs'; there are sgd, momentum, adam"),
        ({"dtype": "float16"}, "unknown dtype 'float16'; did you mean float"),
        ({"norm": "batch", "batch": 1}, "batch normalisation needs batches of at least 2 points"),
        # Numbers per layer: 5 * 64 * 64 for the weights, and 5 * 64 for each point.
        (
            {"layers": 10**9},
            "a network of 1,000,000,000 layers of 64 units with batches of 128 takes about .* GiB, and",
        ),
        (
            {"layers": 1, "batch": 10**7, "dtype": "float32"},
            "a network of 1 layer of 64 units with batches of 10,000,000 takes about "
            f"{4 * 5 * 64e7 / 2**30:.3g} GiB, and at most 4 are taken",
        ),
    ],
)
def test_what_cannot_be_run(settings: dict[str, int | float | str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        DepthConfig(**settings)  # type: ignore[arg-type]  # of several types


def test_an_unknown_data_set_is_refused() -> None:
    with pytest.raises(InputError, match="unknown data set 'spiral'; did you mean spirals"):
        run("tanh", data="spiral")


def test_row_wise_activations_are_refused() -> None:
    with pytest.raises(InputError, match="softmax works on whole rows"):
        run("softmax")


def test_results_are_plain_values() -> None:
    """Plain values, as `--format json` needs them."""
    fields = dataclasses.asdict(run("tanh", layers=2, steps=2))
    assert list(fields) == [
        *("activation", "init", "seed", "layers", "loss", "verdict", "decay_per_layer", "decay_per_layer_theory"),
        *("loss_final", "loss_name", "loss_guess", "loss_data_initial", "loss_data_final"),
        *("accuracy_initial", "accuracy_final", "norm", "residual"),
        *("decay_per_layer_finite_width", "init_preference", "slope_range", "weight_gain"),
        "history",
    ]
    assert fields["layers"][-1].pop("signal_norm_theory") is None  # of the output layer
    values = [value for record in fields["layers"] for value in record.values()] + list(fields["loss"])
    assert {type(value) for value in values} == {int, float}
