"""Runs of a race: the same points and random numbers for all."""

import numpy as np
import pytest

from actcli.core.arrays import Array
from actcli.core.depth.experiment import DepthExperiment
from actcli.core.errors import InputError
from actcli.core.network.datasets import from_examples
from actcli.core.network.layer_statistics import survey
from actcli.core.network.losses import binary_cross_entropy
from actcli.core.race import runs
from actcli.core.race.racers import racers
from actcli.core.race.runs import SETTINGS, Entry, RaceConfig, entries, finish, nanoseconds_per_element, seconds_of
from actcli.digits import more_digits

SMALL = RaceConfig(layers=1, width=4, steps=3, seeds=2, data=("moons", "sine"))


def test_everybody_has_every_setting_on_every_data_set_under_every_seed() -> None:
    found = entries(racers(["relu", "tanh"], more_digits), SMALL, {})
    assert len(found) == 2 * 2 * 2 * len(SETTINGS)
    keys = {(e.activation, e.config.data, e.seed, e.config.init, e.config.learning_rate) for e in found}
    assert len(keys) == len(found)
    assert {(e.config.layers, e.config.width, e.config.steps, e.config.optimizer) for e in found} == {(1, 4, 3, "adam")}


def test_the_three_parts_are_the_whole_and_the_same_for_all() -> None:
    parts = {name: runs._parts(Entry(name, 3, SMALL.of("moons", 3, "he", 0.01))) for name in ("relu", "sigmoid")}
    (whole, own), (_, others) = parts.values()
    assert [len(part.inputs) for part in own] == [512, 512, 1024]
    for part, other in zip(own, others, strict=True):
        assert (part.inputs == other.inputs).all()
        assert (part.targets == other.targets).all()
    rows = np.concatenate([np.column_stack([part.inputs, part.targets]) for part in own])
    assert sorted(map(tuple, rows)) == sorted(map(tuple, np.column_stack([whole.inputs, whole.targets])))
    assert len({*map(tuple, rows)}) == len(rows), "no point is in two parts"
    _, second = runs._parts(Entry("relu", 4, SMALL.of("moons", 4, "he", 0.01)))
    assert not (second[0].inputs == own[0].inputs).any()


def test_heats_have_no_random_numbers_in_common() -> None:
    """The sign test needs independent heats. Within a heat all draw the same weights, up to a factor."""

    def weights(activation: str, data: str, seed: int) -> Array:
        experiment = DepthExperiment(activation, SMALL.of(data, seed, "he", 0.01))
        return experiment.network.parameters.weights[-1].ravel()

    same = weights("relu", "moons", 0)
    assert (weights("tanh", "moons", 0) == same).all()
    assert SMALL.of("folder/mine.csv", 0, "he", 0.01).seed == SMALL.of("mine.csv", 0, "he", 0.01).seed
    for data, seed in (("spirals", 0), ("sine", 0), ("moons", 1)):
        assert not np.isin(np.abs(weights("relu", data, seed)), np.abs(same)).any()


def test_the_loss_is_that_of_the_points_held_out() -> None:
    entry = Entry("tanh", 0, SMALL.of("moons", 0, "he", 0.03))
    found = finish(entry)
    _, (training, choosing, held_out) = runs._parts(entry)
    experiment = DepthExperiment("tanh", entry.config, training)
    for _ in experiment:
        pass
    logits = [survey(experiment.network, part.inputs).output for part in (choosing, held_out)]
    assert found.choice_loss == binary_cross_entropy(logits[0], choosing.targets)[0]
    assert found.loss == binary_cross_entropy(logits[1], held_out.targets)[0]
    assert found.accuracy == ((logits[1] > 0) == (held_out.targets > 0.5)).mean()
    assert found.loss_guess == pytest.approx(np.log(2))


def test_what_diverges_has_an_infinite_loss() -> None:
    assert finish(Entry("exp(exp(x*x))", 0, SMALL.of("sine", 0, "he", 0.03))).loss == np.inf


def test_own_data_are_divided_too() -> None:
    inputs = np.arange(50.0)[:, None]
    mine = from_examples("mine", inputs, ["a", "b"] * 25)
    _, parts = runs._parts(Entry("relu", 0, SMALL.of("mine", 0, "he", 0.01), mine))
    assert [len(part.inputs) for part in parts] == [30, 10, 10]
    few = from_examples("few", inputs[:19], ["a", "b"] * 9 + ["a"])
    found = racers(["relu", "tanh"], more_digits)
    with pytest.raises(InputError, match="has 19 points, too few to hold some out: a race takes 20"):
        entries(found, RaceConfig(data=("few",)), {"few": few})
    with pytest.raises(InputError, match="unknown data set 'moon'; did you mean moons"):
        entries(found, RaceConfig(data=("moon",)), {})


def test_a_configuration_that_cannot_run() -> None:
    with pytest.raises(InputError, match="different data sets, not moons and moons"):
        RaceConfig(data=("moons", "moons"))
    with pytest.raises(InputError, match="steps must be at least 1"):
        RaceConfig(steps=0)


def test_costs_are_positive() -> None:
    (racer, _) = racers(["relu", "tanh"], more_digits)
    assert nanoseconds_per_element(racer.activation) > 0
    assert seconds_of(Entry("relu", 0, SMALL.of("moons", 0, "he", 0.01))) > 0


def test_the_time_of_a_run_follows_from_its_first_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Built from 100 to 101 s, three steps until 107 s: 1 s and 2 s for each of its steps."""
    monkeypatch.setattr(runs, "perf_counter", iter([100.0, 101.0, 107.0]).__next__)
    assert seconds_of(Entry("relu", 0, SMALL.of("moons", 0, "he", 0.01))) == pytest.approx(1.0 + 2.0 * SMALL.steps)
