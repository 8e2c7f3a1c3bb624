"""Exported arrays, replayed by an independent forward pass and differentiated by finite differences."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from actcli.core.activations.catalogue import resolve
from actcli.core.depth.config import DepthConfig
from actcli.core.depth.experiment import DepthExperiment, replay
from actcli.core.network.datasets import DataSet, from_examples

Arrays = dict[str, npt.NDArray[Any]]
Numbers = npt.NDArray[np.float64]

ACTIVATIONS: dict[str, Callable[[Numbers], Numbers]] = {
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "x/(1+exp(-x))": lambda x: x / (1 + np.exp(-x)),
}
DATA = {"spirals": "binary_cross_entropy", "blobs": "cross_entropy", "sine": "mean_squared_error"}


def loss_of(arrays: Arrays) -> float:
    """Loss of the batch, written from the file's description alone."""
    phi = ACTIVATIONS[str(arrays["activation"])]
    layers = sum(name.startswith("W") for name in arrays)
    h = arrays["inputs"].astype(np.float64)
    for layer in range(1, layers):
        z = h @ arrays[f"W{layer}"] + arrays[f"b{layer}"]
        if (norm := str(arrays["norm"])) != "none":
            axis = {"layer": 1, "batch": 0}[norm]
            mean = z.mean(axis=axis, keepdims=True)
            variance = ((z - mean) ** 2).mean(axis=axis, keepdims=True)
            z = (z - mean) / np.sqrt(variance + 1e-5)
        bent = phi(z)
        h = h + bent if arrays["residual"] and h.shape == bent.shape else bent
    z, t = h @ arrays[f"W{layers}"] + arrays[f"b{layers}"], arrays["targets"]
    if str(arrays["loss"]) == "mean_squared_error":
        return float(np.mean((z - t) ** 2))
    if str(arrays["loss"]) == "cross_entropy":
        return float(np.mean(-np.sum(t * (z - np.log(np.exp(z).sum(axis=1, keepdims=True))), axis=1)))
    p = 1 / (1 + np.exp(-z))
    return float(np.mean(-t * np.log(p) - (1 - t) * np.log(1 - p)))


def numerical_gradient(arrays: Arrays, name: str, places: list[tuple[int, ...]]) -> list[float]:
    """By central differences of fourth order."""
    step = 1e-3
    slopes = []
    for place in places:
        losses = []
        for shift in (-2, -1, 1, 2):
            moved = arrays[name].copy()
            moved[place] += shift * step
            losses.append(loss_of({**arrays, name: moved}))
        slopes.append((losses[0] - 8 * losses[1] + 8 * losses[2] - losses[3]) / (12 * step))
    return slopes


def exported(act: str = "tanh", examples: DataSet | None = None, **settings: Any) -> tuple[DepthExperiment, Arrays]:
    config = replace(DepthConfig(layers=3, width=5, batch=7, steps=0, seed=3), **settings)
    experiment = DepthExperiment(resolve(act), config, examples)
    return experiment, replay(experiment)


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("norm", [None, "layer", "batch"])
@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("act", ACTIVATIONS)
def test_loss_and_gradients_follow_from_the_arrays_alone(act: str, data: str, norm: str | None, residual: bool) -> None:
    experiment, arrays = exported(act, data=data, norm=norm, residual=residual)
    assert (str(arrays["loss"]), str(arrays["norm"])) == (DATA[data], norm or "none")
    assert bool(arrays["residual"]) is residual
    assert loss_of(arrays) == pytest.approx(experiment.initial.loss, rel=1e-12)
    generator = np.random.default_rng(0)
    for layer in range(1, 5):
        for name in (f"W{layer}", f"b{layer}"):
            gradient = arrays[f"g{name}"]
            places = [tuple(int(generator.integers(size)) for size in gradient.shape) for _ in range(3)]
            numerical = numerical_gradient(arrays, name, places)
            assert [gradient[place] for place in places] == pytest.approx(numerical, rel=1e-6, abs=1e-9), name


@pytest.mark.parametrize(
    ("data", "features", "outputs"), [("spirals", 2, 1), ("xor", 2, 1), ("blobs", 2, 3), ("sine", 1, 1)]
)
def test_all_layers_are_there_in_their_shapes(data: str, features: int, outputs: int) -> None:
    _, arrays = exported(data=data, layers=4)
    sizes = [features, 5, 5, 5, 5, outputs]
    names = {f"{kind}{layer}" for kind in ("W", "b", "gW", "gb") for layer in range(1, 6)}
    assert set(arrays) == names | {"inputs", "targets", "activation", "loss", "norm", "residual"}
    for layer in range(1, 6):
        for prefix in ("", "g"):
            assert arrays[f"{prefix}W{layer}"].shape == (sizes[layer - 1], sizes[layer])
            assert arrays[f"{prefix}b{layer}"].shape == (sizes[layer],)
    assert (arrays["inputs"].shape, arrays["targets"].shape) == ((7, features), (7, outputs))
    assert [arrays[name].shape for name in ("activation", "loss", "norm", "residual")] == [()] * 4


def test_of_classes_the_targets_are_one_hot() -> None:
    _, arrays = exported(data="blobs", batch=60)
    assert np.unique(arrays["targets"]).tolist() == [0, 1]
    assert (arrays["targets"].sum(axis=1) == 1).all()
    assert arrays["targets"].any(axis=0).all()


def test_somebody_s_own_examples() -> None:
    inputs = np.random.default_rng(1).normal(size=(30, 4))
    experiment, arrays = exported(examples=from_examples("own", inputs, inputs[:, 0] ** 2))
    assert str(arrays["loss"]) == "mean_squared_error"
    assert arrays["inputs"].shape == (7, 4)
    assert loss_of(arrays) == pytest.approx(experiment.initial.loss, rel=1e-12)


def test_float32_stays_float32() -> None:
    _, arrays = exported(dtype="float32")
    assert {array.dtype for name, array in arrays.items() if name[0] in "Wbgit"} == {np.dtype(np.float32)}
    assert loss_of(arrays) > 0


def test_the_biases_of_a_critical_point_are_exported_too() -> None:
    experiment, arrays = exported("x/(1+exp(-x))", init="critical", width=50)
    assert arrays["b1"].std() > 0
    assert loss_of(arrays) == pytest.approx(experiment.initial.loss, rel=1e-12)


def test_the_norms_are_those_that_the_report_shows() -> None:
    experiment, arrays = exported(layers=6)
    run = experiment.result()
    for layer in run.layers:
        norm = float(np.sqrt(np.sum(arrays[f"gW{layer.layer}"] ** 2)))
        assert norm == pytest.approx(layer.weight_gradient_norm_initial, rel=1e-12)
