"""Medians and spreads over seeds against sorted values."""

import dataclasses
import statistics
from typing import Any

import pytest

from actcli.core.activations.catalogue import CATALOGUE
from actcli.core.depth.config import DepthConfig
from actcli.core.depth.experiment import LAYER_FIELDS, DepthRun, gradient_depth
from actcli.core.depth.seeds import SeedSummary, Spread, summaries

CONFIG = DepthConfig(layers=4, width=8, batch=16, steps=3)


def runs(name: str, *seeds: int, **settings: object) -> list[DepthRun]:
    return [
        gradient_depth(CATALOGUE[name], dataclasses.replace(CONFIG, seed=seed, **settings))  # type: ignore[arg-type]  # of several types
        for seed in seeds
    ]


def only(runs: list[DepthRun]) -> SeedSummary:
    (summary,) = summaries(runs)
    return summary


@pytest.mark.parametrize("seeds", [(0,), (0, 1), (3, 1, 2), (5, 0, 9, 7)])
def test_every_number_of_every_layer_is_reduced_by_itself(seeds: tuple[int, ...]) -> None:
    all_runs = runs("tanh", *seeds)
    summary = only(all_runs)
    assert summary.seeds == seeds
    assert [record.layer for record in summary.layers] == [1, 2, 3, 4, 5]
    for place in range(5):
        for field in LAYER_FIELDS:
            ordered = [getattr(run.layers[place], field) for run in all_runs]
            reduced = [getattr(records[place], field) for records in (summary.low, summary.layers, summary.high)]
            if ordered[0] is None:
                assert reduced == [None] * 3
                continue
            ordered.sort()
            middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
            assert reduced == [ordered[0], pytest.approx(middle, rel=1e-15), ordered[-1]], field


def test_the_run_as_a_whole() -> None:
    all_runs = runs("tanh", 0, 1, 2)
    summary = only(all_runs)
    measured: dict[str, list[Any]] = {
        "decay_per_layer": [run.decay_per_layer for run in all_runs],
        "decay_per_layer_theory": [run.decay_per_layer_theory for run in all_runs],
        "loss": [run.loss_final for run in all_runs],
        **{
            name: [getattr(run, name) for run in all_runs]
            for name in (
                *("loss_guess", "loss_data_initial", "loss_data_final"),
                *("accuracy_initial", "accuracy_final"),
            )
        },
    }
    for name, numbers in measured.items():
        low, middle, high = sorted(number for number in numbers if number is not None)
        assert getattr(summary, name) == Spread(middle, low, high), name
    assert (summary.activation, summary.init) == ("tanh", "he")


def test_verdicts_are_counted_and_the_most_frequent_is_first() -> None:
    (run,) = runs("tanh", 0)
    verdicts = ["dead", "healthy", "vanishing", "healthy"]
    summary = only([dataclasses.replace(run, verdict=verdict) for verdict in verdicts])
    assert list(summary.verdicts.items()) == [("healthy", 2), ("dead", 1), ("vanishing", 1)]


def test_one_for_each_activation_in_the_order_of_the_runs() -> None:
    tanh, relu = runs("tanh", 0, 1), runs("relu", 0, 1)
    assert [summary.activation for summary in summaries([*tanh, *relu])] == ["tanh", "relu"]
    assert summaries([*tanh, *relu]) == summaries([*relu, *tanh])[::-1]
    assert summaries([]) == []


def test_none_where_any_run_has_none() -> None:
    untrained = only(runs("tanh", 0, 1, steps=0))
    assert untrained.decay_per_layer is not None
    without_theory = only(runs("tanh", 0, 1, norm="layer"))
    assert without_theory.decay_per_layer_theory is None
    assert {record.signal_norm_theory for record in without_theory.layers} == {None}
    first, second = runs("tanh", 0, 1)
    mixed = only([first, dataclasses.replace(second, decay_per_layer=None)])
    assert mixed.decay_per_layer is None
    numbers = only(runs("tanh", 0, 1, data="sine"))
    assert (numbers.accuracy_initial, numbers.accuracy_final) == (None, None)
    single = only(runs("tanh", 0, 1, layers=1))
    assert (single.decay_per_layer, single.decay_per_layer_theory) == (None, None)


def test_a_run_that_diverged_counts_with_its_infinite_numbers() -> None:
    first, second, third = runs("tanh", 0, 1, 2)
    far = dataclasses.replace(second, loss_final=float("inf"))
    loss = only([first, far, third]).loss
    ends = [first.loss_final, third.loss_final]
    assert loss.high == float("inf")
    assert loss.median == max(ends) != statistics.median(ends)
