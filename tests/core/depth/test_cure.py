"""Cures: each one is trained again in a separate experiment and must learn as reported."""

import math
from collections import Counter
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import CATALOGUE, resolve
from actcli.core.depth.config import DepthConfig
from actcli.core.depth.cure import Change, Cure, CureSearch, candidates
from actcli.core.depth.experiment import DepthRun, gradient_depth
from actcli.core.errors import InputError
from actcli.core.network.datasets import DataSet, from_examples
from actcli.core.network.mlp import of_hidden_units

SMALL = DepthConfig(layers=5, width=16, batch=32, steps=60, learning_rate=0.05)


def unit(name: str) -> Elementwise:
    return of_hidden_units(resolve(name))


def changed(name: str, config: DepthConfig, change: Change, data: DataSet | None = None) -> DepthRun:
    """A run of the whole experiment with this one change."""
    settings: dict[str, Any] = dict(change)
    return gradient_depth(resolve(settings.pop("activation", name)), replace(config, **settings), data)


def searched(name: str, config: DepthConfig, data: DataSet | None = None) -> CureSearch:
    search = CureSearch(unit(name), config, gradient_depth(resolve(name), config, data), data)
    for _ in search:
        pass
    return search


def check(name: str, config: DepthConfig, cures: list[Cure], data: DataSet | None = None) -> None:
    for cure in cures:
        again = changed(name, config, cure.change, data)
        assert again.verdict == "healthy"
        assert again.loss_data_final <= 0.95 * again.loss_guess
        assert again.loss_data_final == cure.run.loss_data_final
        assert again.accuracy_final == cure.run.accuracy_final
        assert len(again.loss) == config.steps
    losses = [cure.run.loss_data_final for cure in cures]
    assert losses == sorted(losses)
    assert len(cures) <= 3
    assert max(Counter(next(iter(cure.change)) for cure in cures).values(), default=0) <= 2


@pytest.mark.parametrize(
    ("name", "settings", "verdict"),
    [
        ("sigmoid", {"layers": 4}, "vanishing"),
        ("sigmoid", {"layers": 5}, "vanishing"),
        ("sigmoid", {"layers": 8}, "vanishing"),
        ("sigmoid", {"init": "he", "seed": 3}, "vanishing"),
        ("step", {"layers": 4}, "dead"),
        ("exp(exp(x))", {"layers": 3}, "diverged"),
        ("leaky_relu", {"layers": 10, "optimizer": "adam", "learning_rate": 1.0}, "diverged"),
        ("relu", {"layers": 10, "width": 4, "data": "circles", "optimizer": "adam", "learning_rate": 0.01}, "dead"),
        ("tanh", {"data": "sine", "learning_rate": 100.0}, "diverged"),
    ],
)
def test_what_went_wrong_is_cured_as_promised(name: str, settings: dict[str, Any], verdict: str) -> None:
    config = replace(SMALL, **settings)
    search = searched(name, config)
    assert search.run.verdict == verdict
    assert search.cures
    check(name, config, search.cures)


def test_a_straight_line_needs_a_bend() -> None:
    """Cures for identity: another activation, or layer norm, which divides by a different spread for each point."""
    config = replace(SMALL, layers=2, data="xor", optimizer="adam")
    search = searched("identity", config)
    assert search.run.verdict == "stuck"
    assert search.cures
    assert all("activation" in cure.change or cure.change == {"norm": "layer"} for cure in search.cures)
    check("identity", config, search.cures)


def test_where_nothing_learns_nothing_is_named() -> None:
    assert searched("sigmoid", replace(SMALL, layers=40, width=3, batch=8, steps=2)).cures == []


def test_the_best_candidates_of_the_tenth_are_trained_to_the_end() -> None:
    """The three best candidates after 6 steps, at most two of a kind, from training all candidates here."""
    search = searched("sigmoid", SMALL)
    short = replace(SMALL, steps=6)
    ranking = sorted(search.candidates, key=lambda change: changed("sigmoid", short, change).loss_data_final)
    best: list[Change] = []
    for change in ranking:
        if sum(next(iter(one)) == next(iter(change)) for one in best) < 2 and len(best) < 3:
            best.append(change)
    assert [cure.change for cure in search.cures] == sorted(
        best, key=lambda change: changed("sigmoid", SMALL, change).loss_data_final
    )


# --- candidates -------------------------------------------------------------------------------------------------------


def test_what_is_tried_is_a_change() -> None:
    config = DepthConfig(init="he", norm="layer", residual=True, optimizer="adam", learning_rate=0.001)
    tried = candidates(unit("tanh"), config)
    for same in ({"init": "he"}, {"norm": "layer"}, {"residual": True}, {"optimizer": "adam"}):
        assert same not in tried
    for other in ({"init": "xavier"}, {"norm": "batch"}, {"norm": None}, {"residual": False}, {"optimizer": "sgd"}):
        assert other in tried
    assert {change["activation"] for change in tried if "activation" in change} == {"relu", "gelu"}
    rates = {change["learning_rate"] for change in tried if list(change) == ["learning_rate"]}
    assert rates == {0.01, 0.0001, 0.00001}


def test_the_initialisation_that_theory_has_chosen_is_no_change() -> None:
    assert {"init": "xavier"} not in candidates(unit("sigmoid"), DepthConfig())
    assert {"init": "he"} in candidates(unit("sigmoid"), DepthConfig())
    assert {"init": "he"} not in candidates(unit("max(0,x)"), DepthConfig())


def test_a_network_is_tried_once() -> None:
    """The critical σ_w² is 2 for relu, He's, and 1 for tanh, LeCun's; gelu's is 1.98, with biases."""
    table: dict[tuple[str, str], set[str]] = {
        ("relu", "xavier"): {"he", "lecun", "orthogonal"},
        ("relu", "gaussian:2,0"): {"xavier", "lecun", "orthogonal"},
        ("tanh", "he"): {"xavier", "lecun", "orthogonal"},
        ("tanh", "lecun"): {"he", "xavier", "orthogonal"},
        ("gelu", "he"): {"xavier", "lecun", "critical", "orthogonal"},
    }
    for (name, init), inits in table.items():
        tried = candidates(unit(name), DepthConfig(init=init))
        assert {change["init"] for change in tried if list(change) == ["init"]} == inits, name
    assert {"activation": "tanh"} not in candidates(unit("2*sigmoid(2*x)-1"), DepthConfig())


def test_another_activation_comes_with_the_initialisation_that_is_its_own() -> None:
    for init, added in (("auto", {}), ("normal:1", {"init": "auto"})):
        others = [change for change in candidates(unit("sigmoid"), DepthConfig(init=init)) if "activation" in change]
        assert others == [{"activation": name, **added} for name in ("relu", "gelu", "tanh")]


def test_a_network_that_starts_below_guessing_is_no_cure() -> None:
    """At a rate of 10^-7 nothing moves; LeCun's network has by chance a loss of 0.653 from the start."""
    config = DepthConfig(layers=4, steps=50, learning_rate=1e-7)
    lucky = changed("tanh", config, {"init": "lecun"})
    assert lucky.verdict == "healthy"
    assert lucky.loss_data_initial < 0.95 * lucky.loss_guess
    assert [dict(cure.change) for cure in searched("tanh", config).cures] == [
        {"optimizer": "adam", "learning_rate": 0.001}
    ]


@pytest.mark.parametrize("name", ["relu", "max(0,x)", "step", "relu6"])
def test_activations_that_are_flat_on_the_left_get_leaky_relu_as_a_cure(name: str) -> None:
    tried = candidates(unit(name), DepthConfig())
    assert {"activation": "leaky_relu"} in tried
    assert {"activation": "relu"} not in tried


def test_what_cannot_be_run_is_not_tried() -> None:
    """sigmoid has no critical initialisation; a batch of one point has no batch norm."""
    run = gradient_depth(CATALOGUE["sigmoid"], replace(SMALL, steps=1))
    assert {"init": "critical"} in candidates(unit("sigmoid"), SMALL)
    assert {"init": "critical"} not in CureSearch(unit("sigmoid"), SMALL, run).candidates
    assert {"init": "critical"} in CureSearch(unit("gelu"), SMALL, run).candidates
    single = CureSearch(unit("gelu"), replace(SMALL, batch=1), run)
    assert single.candidates
    assert not [change for change in single.candidates if change.get("norm") == "batch"]


# --- the search itself ------------------------------------------------------------------------------------------------


def test_a_cure_is_found_on_the_data_that_was_given() -> None:
    generator = np.random.default_rng(0)
    inputs = generator.normal(size=(64, 5))
    data = from_examples("own", inputs, inputs @ [1.0, -2.0, 0.5, 0.0, 3.0])
    config = replace(SMALL, learning_rate=1e4, data="own", layers=3, width=16, batch=32)
    search = searched("relu", config, data)
    assert search.run.verdict != "healthy"
    assert search.cures
    check("relu", config, search.cures, data)


def test_progress_runs_up_to_the_end() -> None:
    config = replace(SMALL, steps=25, layers=3)
    search = CureSearch(unit("sigmoid"), config, gradient_depth(CATALOGUE["sigmoid"], config))
    done = list(search)
    assert search.steps == len(search.candidates) * 3 + 3 * 25
    assert done == sorted(set(done))
    assert (done[0], done[-1]) == (1, search.steps)
    assert len(done) == search.steps, "every step is told: none of them ended early"


def test_steps_that_a_divergence_cuts_off_are_skipped() -> None:
    config = replace(SMALL, steps=25, layers=3, learning_rate=1e150)
    search = CureSearch(unit("identity"), config, gradient_depth(CATALOGUE["identity"], config))
    done = list(search)
    assert done == sorted(set(done))
    assert len(done) < search.steps
    assert done[-1] == search.steps, "what was skipped is counted"
    assert all(math.isfinite(cure.run.loss_data_final) for cure in search.cures)


@pytest.mark.parametrize("patience", [0, 1, 90, 150, 170, 250])
def test_a_search_may_be_left_at_any_step(patience: int) -> None:
    run = gradient_depth(CATALOGUE["sigmoid"], SMALL)
    search = CureSearch(unit("sigmoid"), SMALL, run)
    assert len(list(islice(search, patience))) == patience
    found = len(search.cures)
    assert found == max(0, (patience - len(search.candidates) * 6 - 1) // SMALL.steps)
    check("sigmoid", SMALL, search.cures)


def test_without_steps_there_is_nothing_to_cure() -> None:
    config = replace(SMALL, steps=0)
    with pytest.raises(InputError, match="a cure is found by training, and 0 steps train nothing"):
        CureSearch(unit("sigmoid"), config, gradient_depth(CATALOGUE["sigmoid"], config))
