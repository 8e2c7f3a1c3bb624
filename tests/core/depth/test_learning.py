"""Losses and accuracies recomputed from the weights, and runs that had a wrong verdict before."""

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from actcli.core.activations.catalogue import CATALOGUE, resolve
from actcli.core.arrays import Array
from actcli.core.depth.config import DepthConfig
from actcli.core.depth.experiment import DepthExperiment, DepthRun, gradient_depth
from actcli.core.network.datasets import DataSet, from_examples


def run(activation: str, **settings: Any) -> DepthRun:
    return gradient_depth(resolve(activation), DepthConfig(**settings))


# --- losses and accuracies --------------------------------------------------------------------------------------------


def output_of(experiment: DepthExperiment, norm: str | None) -> Array:
    """Output of the tanh network for the whole data set, computed from its weights."""
    parameters, h = experiment.network.parameters, experiment.inputs
    for weights, biases in zip(parameters.weights[:-1], parameters.biases[:-1], strict=True):
        z = h @ weights + biases
        if norm == "batch":
            z = (z - z.mean(axis=0)) / np.sqrt(z.var(axis=0) + 1e-5)
        h = np.tanh(z)
    answers: Array = h @ parameters.weights[-1] + parameters.biases[-1]
    return answers


def loss_and_accuracy(output: Array, targets: Array, classes: int) -> tuple[float, float | None]:
    """By definition: mean of -log p(true class) and share of points whose true class is likeliest; or squared error."""
    if not classes:
        return float(np.mean((output - targets) ** 2)), None
    if classes == 2:
        output, targets = np.hstack([np.zeros_like(output), output]), np.hstack([1 - targets, targets])
    p = np.exp(output) / np.exp(output).sum(axis=1, keepdims=True)
    right = [row.argmax() == target.argmax() for row, target in zip(p, targets, strict=True)]
    return float(-np.log(p[targets == 1]).mean()), sum(right) / len(right)


def three_thousand_points() -> DataSet:
    generator = np.random.default_rng(0)
    inputs = generator.normal(size=(3000, 2))
    return from_examples("own", inputs, np.where(inputs[:, 0] * inputs[:, 1] > 0.3, "in", "out"))


@pytest.mark.parametrize("norm", [None, "batch"])
@pytest.mark.parametrize(("data", "classes"), [("moons", 2), ("blobs", 3), ("sine", 0), ("own", 2)])
def test_losses_and_accuracies_are_of_the_whole_data_set(data: str, classes: int, norm: str | None) -> None:
    given = three_thousand_points() if data == "own" else None
    name = "moons" if given else data
    config = DepthConfig(layers=2, width=6, batch=16, steps=20, data=name, norm=norm, optimizer="adam")
    experiment = DepthExperiment(CATALOGUE["tanh"], config, given)
    targets = experiment.targets
    before = loss_and_accuracy(output_of(experiment, norm), targets, classes)
    for _ in experiment:
        pass
    measured = experiment.result()
    after = loss_and_accuracy(output_of(experiment, norm), targets, classes)
    assert measured.loss_data_initial == pytest.approx(before[0], rel=1e-9)
    assert measured.loss_data_final == pytest.approx(after[0], rel=1e-9) == experiment.data_loss()
    assert after[0] < before[0]
    assert (measured.accuracy_initial, measured.accuracy_final) == (before[1], after[1])
    # The best constant prediction: the frequencies of the classes, or the mean.
    share = targets.mean(axis=0)
    shares = [1 - share[0], share[0]] if classes == 2 else share
    guess = -sum(p * math.log(p) for p in shares) if classes else targets.var()
    assert measured.loss_guess == pytest.approx(guess, rel=1e-12)


def test_without_training_before_is_after() -> None:
    untrained = run("tanh", layers=2, width=5, steps=0)
    assert untrained.loss_data_initial == untrained.loss_data_final
    assert untrained.accuracy_initial == untrained.accuracy_final
    trained = run("tanh", layers=2, width=5, steps=5)
    assert (trained.loss_data_initial, trained.accuracy_initial) == (
        untrained.loss_data_initial,
        untrained.accuracy_initial,
    )


@pytest.mark.parametrize(
    ("one", "other"), [("max(0,x)", "relu"), ("x*sigmoid(x)", "silu"), ("1/(1+exp(-x))", "sigmoid")]
)
def test_two_spellings_of_one_function_give_the_same_run(one: str, other: str) -> None:
    config = DepthConfig(layers=5, width=16, steps=30)
    first, second = (DepthExperiment(resolve(name), config) for name in (one, other))
    assert first.init == second.init
    assert first.network.parameters.vector.tolist() == second.network.parameters.vector.tolist()
    runs = gradient_depth(resolve(one), config), gradient_depth(resolve(other), config)
    assert runs[0].loss == pytest.approx(runs[1].loss, rel=1e-10)
    assert runs[0].loss_data_final == pytest.approx(runs[1].loss_data_final, rel=1e-10)
    assert runs[0].verdict == runs[1].verdict


# --- runs that had a wrong verdict before -----------------------------------------------------------------------------

GUESS = math.log(2)


@dataclass(frozen=True)
class Row:
    """verdicts: acceptable ones; least, most: bounds on the loss over the data, divided by that of guessing."""

    activation: str
    verdicts: set[str]
    least: float
    most: float
    settings: dict[str, Any] = field(default_factory=dict)


DYING = {"data": "circles", "layers": 10, "width": 4, "optimizer": "adam", "learning_rate": 0.01, "steps": 600}

QUICK = [
    # Learns nothing; decay 0.24 per layer.
    Row("sigmoid", {"vanishing"}, 0.99, 1.01, {"layers": 4}),
    Row("sigmoid", {"vanishing"}, 0.99, 1.01, {"layers": 5}),
    # A straight line cannot separate xor.
    Row("identity", {"stuck"}, 0.95, 1.05, {"data": "xor", "layers": 2}),
    Row("relu", {"healthy"}, 0.0, 0.6, {"layers": 10}),
    # The output layer alone learns a little; in one of ten seeds that counts as learnt.
    Row("step", {"dead", "healthy"}, 0.9, 1.05, {"layers": 5}),
    Row("leaky_relu:negative_slope=0.2", {"healthy"}, 0.0, 0.01, DYING),
    Row("relu", {"dead", "healthy"}, 0.0, 1.001, DYING),
    # Some seeds learn; the others end with thousands of times the loss of guessing.
    Row(
        "leaky_relu",
        {"diverged", "healthy", "stuck"},
        0.0,
        math.inf,
        {"layers": 10, "optimizer": "adam", "learning_rate": 0.1},
    ),
]
SLOW = [
    Row("sigmoid", {"vanishing"}, 0.99, 1.01, {"layers": 4, "steps": 1000}),
    Row("sigmoid", {"vanishing"}, 0.99, 1.01, {"layers": 20}),
    # The gradient explodes before the first step, but the network learns (Yang et al. 2019).
    Row("sigmoid", {"healthy"}, 0.0, 0.5, {"layers": 20, "norm": "batch"}),
    Row("sigmoid", {"stuck", "exploding"}, 1.5, 10.0, {"layers": 20, "residual": True}),
]
"""Rows that take minutes over all seeds."""


def check(row: Row, seed: int) -> None:
    measured = run(row.activation, seed=seed, **row.settings)
    share = measured.loss_data_final / measured.loss_guess
    told = f"{row.activation} {row.settings}, seed {seed}: {measured.verdict} at {share:.4g} of guessing"
    assert measured.verdict in row.verdicts, told
    assert (measured.verdict == "healthy") == (share <= 0.95), told
    assert (measured.verdict == "diverged") == (share > 10), told
    assert row.least <= share <= row.most, told


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
@pytest.mark.parametrize("row", QUICK, ids=lambda row: f"{row.activation}-{row.settings['layers']}")
def test_the_verdict_is_what_happened(row: Row, seed: int) -> None:
    check(row, seed)


@pytest.mark.parametrize("row", SLOW[1:3], ids=lambda row: row.activation)
def test_the_verdict_is_what_happened_in_deep_networks_too(row: Row) -> None:
    check(replace(row, settings={**row.settings, "width": 32, "steps": 100}), 0)


def test_the_dying_relu_ends_far_above_the_leaky_one() -> None:
    relu, leaky = (run(name, **DYING) for name in ("relu", "leaky_relu:negative_slope=0.2"))
    assert relu.verdict == "dead"
    assert relu.loss_data_final > 2 * leaky.loss_data_final


def test_a_unit_that_is_on_for_one_point_means_not_dead() -> None:
    """The first batch passes no gradient on, but a point outside of it does."""
    for beyond, expected in ((0.0, "vanishing"), (1.0, "dead")):
        config = DepthConfig(layers=1, width=4, batch=8, steps=1, learning_rate=0.0)
        experiment = DepthExperiment(CATALOGUE["relu"], config)
        largest = np.sort(experiment.inputs[:, 0])[-2:]
        assert largest[1] not in experiment.first_batch[0]
        experiment.network.parameters.weights[0][:] = [[1.0] * 4, [0.0] * 4]
        experiment.network.parameters.biases[0][:] = [-largest.mean() - beyond, -9.0, -9.0, -9.0]
        next(iter(experiment))
        assert experiment.result().verdict == expected


def test_born_dead_is_told_apart_from_narrow_layers() -> None:
    """relu networks three units wide are dead if and only if some layer is 0 for every point of the data."""
    verdicts = []
    for seed in range(60):
        experiment = DepthExperiment(
            CATALOGUE["relu"], DepthConfig(layers=10, width=3, data="sine", steps=0, seed=seed)
        )
        h, shut = experiment.inputs, False
        parameters = experiment.network.parameters
        for weights, biases in zip(parameters.weights[:-1], parameters.biases[:-1], strict=True):
            h = np.maximum(h @ weights + biases, 0)
            shut = shut or not h.any()
        verdicts.append(experiment.result().verdict)
        assert (verdicts[-1] == "dead") == shut
    assert 0.4 < verdicts.count("dead") / len(verdicts) < 0.8  # 308 of 500


if __name__ == "__main__":  # all rows over ten seeds
    for row in [*QUICK, *SLOW]:
        for seed in range(10):
            try:
                check(row, seed)
            except AssertionError as error:
                print(str(error).partition("\n")[0])
