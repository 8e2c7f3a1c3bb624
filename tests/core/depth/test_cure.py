"""Every cure is tried again here as an experiment of its own, and judged by the rules of the verdict."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from actcli.core.activations.activation import Activation
from actcli.core.activations.catalogue import CATALOGUE, resolve
from actcli.core.depth.config import DepthConfig
from actcli.core.depth.cure import Cure, cures
from actcli.core.depth.experiment import DepthRun, gradient_depth
from actcli.core.network.datasets import from_examples

DEEP = DepthConfig(layers=20, width=64, batch=64, steps=0)
SHALLOW = DepthConfig(layers=3, width=16, batch=32, steps=20)


def changed(activation: Activation, config: DepthConfig, cure: Cure) -> DepthRun:
    """The whole experiment with the cure."""
    settings: dict[str, Any] = dict(cure.change)
    other = settings.pop("activation", None)
    return gradient_depth(CATALOGUE[other] if other else activation, replace(config, **settings))


def is_healthy(run: DepthRun) -> bool:
    first, last = run.layers[0].signal_norm_initial, run.layers[-2].signal_norm_initial
    return (
        all(map(math.isfinite, run.loss))
        and last / 100 <= first <= last * 100
        and max(layer.dead_fraction_final for layer in run.layers[:-1]) <= 0.5
    )


@pytest.mark.parametrize(
    ("act", "settings", "verdict", "expected"),
    [
        ("sigmoid", {}, "vanishing", [{"activation": "relu"}, {"residual": True}]),
        ("relu", {"init": "lecun"}, "vanishing", [{"init": "critical"}]),
        ("relu", {"init": "normal"}, "exploding", [{"init": "critical"}]),
        ("tanh", {"init": "normal:0.01"}, "vanishing", [{"init": "critical"}]),
        ("tanh", {"init": "normal:0.01", "seed": 3}, "vanishing", [{"init": "critical"}]),
        ("gelu(2*x)/2", {"init": "lecun"}, "vanishing", [{"init": "critical"}]),
    ],
)
def test_a_signal_that_gets_lost_is_cured_and_before_all_else_by_other_weights(
    act: str, settings: dict[str, Any], verdict: str, expected: list[dict[str, Any]]
) -> None:
    activation, config = resolve(act), replace(DEEP, **settings)
    sick = gradient_depth(activation, config)
    assert sick.verdict == verdict
    assert not is_healthy(sick)
    found = cures(activation, config, verdict)
    assert [cure.change for cure in found] == expected
    for cure in found:
        # Another activation comes with the initialisation of its own.
        again = changed(activation, replace(config, init="auto") if "activation" in cure.change else config, cure)
        assert is_healthy(again)
        assert cure.loss is None, "nothing was trained"
        assert cure.decay_per_layer == pytest.approx(again.decay_per_layer, rel=1e-12)


@pytest.mark.parametrize(
    ("act", "settings", "verdict"),
    [
        ("relu", {"learning_rate": 1e30, "layers": 6}, "diverged"),
        ("tanh", {"learning_rate": 1e30}, "dead"),
        ("relu", {"learning_rate": 3.0, "data": "sine"}, "diverged"),
    ],
)
def test_a_training_that_went_wrong_is_cured_by_training_slower(
    act: str, settings: dict[str, Any], verdict: str
) -> None:
    activation, config = resolve(act), replace(SHALLOW, **settings)
    assert gradient_depth(activation, config).verdict == verdict
    (cure,) = cures(activation, config, verdict)
    assert list(cure.change) == ["learning_rate"]
    assert cure.change["learning_rate"] < config.learning_rate
    again = changed(activation, config, cure)
    assert is_healthy(again)
    assert (cure.steps, cure.loss) == (config.steps, again.loss_final)
    assert cure.decay_per_layer == again.decay_per_layer


def test_what_jumps_has_no_slope_and_wants_another_activation() -> None:
    (cure,) = cures(CATALOGUE["step"], SHALLOW, "dead")
    assert cure.change == {"activation": "leaky_relu"}
    assert is_healthy(changed(CATALOGUE["step"], SHALLOW, cure))


def test_a_cure_that_is_dead_is_none() -> None:
    """The signal of relu with he arrives over 60 layers, but half of the units are 0 for every input."""
    config = replace(DEEP, layers=60)
    assert gradient_depth(CATALOGUE["relu"], config).verdict == "dead"
    found = cures(CATALOGUE["sigmoid"], config, "vanishing")
    assert found
    assert {"activation": "relu"} not in [cure.change for cure in found]
    assert all(is_healthy(changed(CATALOGUE["sigmoid"], config, cure)) for cure in found)


def test_where_nothing_helps_nothing_is_named() -> None:
    abyss = DepthConfig(layers=400, width=8, batch=16, steps=0)
    found = cures(CATALOGUE["sigmoid"], abyss, "vanishing")
    assert all(is_healthy(changed(CATALOGUE["sigmoid"], abyss, cure)) for cure in found)
    assert gradient_depth(resolve("exp(exp(x))"), SHALLOW).verdict == "diverged"
    assert cures(resolve("exp(exp(x))"), SHALLOW, "diverged") == []
    assert [cure.change for cure in cures(resolve("exp(x**2)"), SHALLOW, "diverged")] == [{"norm": "layer"}]


def test_relu_is_no_cure_for_relu() -> None:
    found = cures(CATALOGUE["relu"], replace(DEEP, layers=200, width=8), "vanishing")
    assert {"activation": "relu"} not in [cure.change for cure in found]


def test_a_cure_is_found_on_the_data_that_was_given() -> None:
    generator = np.random.default_rng(0)
    inputs = generator.normal(size=(64, 5))
    data = from_examples("own", inputs, inputs @ [1.0, -2.0, 0.5, 0.0, 3.0])
    config = replace(SHALLOW, learning_rate=1e4, data="own")
    assert gradient_depth(CATALOGUE["relu"], config, data).verdict != "healthy"
    (cure,) = cures(CATALOGUE["relu"], config, "diverged", data)
    settings: dict[str, Any] = dict(cure.change)
    assert cure.loss == gradient_depth(CATALOGUE["relu"], replace(config, **settings), data).loss_final


# --- a setting that does harm is undone -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "settings", "verdict", "undone"),
    [
        ("identity", {"residual": True}, "exploding", {"residual": False}),
        ("identity", {"residual": True, "steps": 20}, "diverged", {"residual": False}),
        ("relu", {"residual": True}, "dead", {"residual": False}),
        ("relu", {"norm": "batch"}, "exploding", {"norm": None}),
    ],
)
def test_what_did_the_harm_is_left_out(
    act: str, settings: dict[str, Any], verdict: str, undone: dict[str, Any]
) -> None:
    activation, config = CATALOGUE[act], replace(DEEP, **settings)
    assert gradient_depth(activation, config).verdict == verdict
    found = cures(activation, config, verdict)
    assert undone in [cure.change for cure in found]
    assert all(is_healthy(changed(activation, config, cure)) for cure in found)


@pytest.mark.parametrize(
    ("act", "settings"),
    [("sigmoid", {}), ("sigmoid", {"init": "lecun"}), ("sigmoid", {"init": "he"})],
)
def test_another_activation_says_so_where_it_needs_another_initialisation(act: str, settings: dict[str, Any]) -> None:
    activation, config = CATALOGUE[act], replace(DEEP, **settings)
    other, *_ = cures(activation, config, "vanishing")
    assert other.change == {"activation": "relu"} | ({"init": "auto"} if "init" in settings else {})
    assert is_healthy(changed(activation, config, other)), "changed in nothing but what is named"


# --- dead networks ----------------------------------------------------------------------------------------------------


def test_a_dead_network_tries_other_weights() -> None:
    """All units of tanh are saturated; leaky ReLUs with residual connections explode."""
    config = replace(SHALLOW, layers=20, init="normal:1000", residual=True)
    assert gradient_depth(CATALOGUE["tanh"], config).verdict == "dead"
    (cure,) = cures(CATALOGUE["tanh"], config, "dead")
    assert cure.change == {"init": "critical"}
    assert is_healthy(changed(CATALOGUE["tanh"], config, cure))


def test_a_network_that_is_dead_before_training_is_not_cured_by_training_slower() -> None:
    config = replace(DEEP, init="normal:0.1", residual=True)
    dead = gradient_depth(CATALOGUE["relu"], config)
    assert (dead.verdict, dead.loss) == ("dead", ())
    assert cures(CATALOGUE["relu"], config, "dead") == []


# --- how long a search takes ------------------------------------------------------------------------------------------


def test_a_trial_is_no_longer_than_fifty_steps() -> None:
    config = replace(SHALLOW, learning_rate=1e30, steps=1000, layers=6)
    (cure,) = cures(CATALOGUE["relu"], config, "diverged")
    assert cure.steps == 50
    assert cure.loss == changed(CATALOGUE["relu"], replace(config, steps=50), cure).loss_final


@pytest.mark.parametrize("patience", [0, 1, 5, 20])
def test_a_search_that_is_stopped_tries_nothing_more(patience: int) -> None:
    config = replace(SHALLOW, learning_rate=1e30, layers=6)
    asked = []

    def stop() -> bool:
        asked.append(None)
        return len(asked) > patience

    assert cures(CATALOGUE["relu"], config, "diverged", stop=stop) == []
    assert len(asked) <= patience + 2, "a step each, and then the end of the search"
    assert cures(CATALOGUE["relu"], config, "diverged", stop=lambda: len(asked) < patience) != []


@pytest.mark.parametrize("verdict", ["dead", "diverged", "vanishing", "exploding"])
def test_what_the_sentence_denies_was_tried(verdict: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Mapping[str, Any]] = []
    monkeypatch.setattr("actcli.core.depth.cure._Trial._tried", lambda trial, change: tried.append(change))
    assert cures(CATALOGUE["tanh"], SHALLOW, verdict) == []
    for change in ({"init": "critical"}, {"init": "he"}, {"residual": True}, {"norm": "layer"}, {"norm": "batch"}):
        assert change in tried
    assert ({"learning_rate": 0.001} in tried) == (verdict in ("dead", "diverged"))
