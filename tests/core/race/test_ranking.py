"""Ranking: differences count only if they are significant."""

import math
from collections.abc import Mapping, Sequence

import mpmath
import numpy as np
import pytest

from actcli.core.activations.catalogue import resolve
from actcli.core.network.mlp import of_hidden_units
from actcli.core.race.racers import Racer
from actcli.core.race.ranking import Race, heats_needed, race, sign_test
from actcli.core.race.runs import SETTINGS, Finish, RaceConfig


def held(losses: Mapping[str, Sequence[float]], data: tuple[str, ...] = ("moons",), cut: int | None = None) -> Race:
    """A race with these held-out losses of the chosen setting, one per heat."""
    heats = len(next(iter(losses.values())))
    config = RaceConfig(seeds=heats // len(data), data=data)
    runs = [
        Finish(name, data[heat % len(data)], heat // len(data), *setting, float(number), loss + number, 1.0, 0.5)
        for heat in range(heats)
        for name, own in losses.items()
        for number, setting in enumerate(SETTINGS)
        for loss in [own[heat]]
    ]
    racers = [Racer(of_hidden_units(resolve(name)), (name,)) for name in losses]
    return race(config, racers, [1.0] * len(racers), runs[:cut])


@pytest.mark.parametrize(("wins", "losses"), [(5, 0), (0, 6), (14, 1), (9, 6), (10, 10), (0, 0), (300, 250)])
def test_the_sign_test_is_the_binomial_distribution(wins: int, losses: int) -> None:
    n, least = wins + losses, min(wins, losses)
    with mpmath.workdps(30):
        tail = mpmath.fsum(mpmath.binomial(n, k) for k in range(least + 1)) / mpmath.mpf(2) ** n
        assert sign_test(wins, losses) == pytest.approx(float(min(mpmath.mpf(1), 2 * tail)), rel=1e-12)


def test_the_number_of_heats_needed() -> None:
    assert heats_needed(2) == 6  # 2 / 2^6 = 0.031
    assert heats_needed(3) == 7  # 2 / 2^7 = 0.0156 <= 0.05 / 3
    assert heats_needed(6) == 10  # 2 / 2^10 = 0.00195 <= 0.05 / 15


def test_the_winner_of_every_heat_wins() -> None:
    found = held({"tanh": [2.0] * 6, "relu": [1.0] * 6})
    assert found.winner == "relu"
    assert [(row.activation, row.best_rank, row.worst_rank, row.place) for row in found.rows] == [
        ("relu", 1, 1, 1.0),
        ("tanh", 2, 2, 2.0),
    ]


@pytest.mark.parametrize(
    "losses",
    [
        {"tanh": [2.0] * 5, "relu": [1.0] * 5},  # 0.0625
        {"tanh": [2.0] * 7, "relu": [1.0] * 6 + [3.0]},  # 6 of 7: 0.125
        {"tanh": [1.0] * 9, "relu": [1.0] * 9},
        {"tanh": [2.0] * 6, "relu": [1.0] * 6, "silu": [3.0] * 6},  # 0.031, and three pairs to be compared
        {"tanh": [math.inf] * 9, "relu": [math.inf] * 9},
    ],
)
def test_nobody_wins_where_the_heats_do_not_tell(losses: Mapping[str, Sequence[float]]) -> None:
    found = held(losses)
    assert found.winner is None
    assert all((row.best_rank, row.worst_rank) == (1, len(losses)) for row in found.rows)


def test_among_equals_a_winner_is_rarely_named() -> None:
    """Five activations with identically distributed losses: a winner in at most 5 % of the races, up to chance."""
    generator, races = np.random.default_rng(4), 300
    names = ("relu", "tanh", "silu", "gelu", "elu")
    won = sum(
        any(c.decided for c in held(dict(zip(names, generator.normal(size=(5, 12)).tolist(), strict=True))).comparisons)
        for _ in range(races)
    )
    assert won <= 0.05 * races + 2 * math.sqrt(0.05 * 0.95 * races)


def test_one_that_diverges_is_behind() -> None:
    found = held({"tanh": [1.0] * 6, "relu": [math.inf] * 6})
    assert found.winner == "tanh"
    assert found.rows[1].results[0].loss.median == math.inf


def test_the_setting_is_chosen_by_other_points_than_those_that_count() -> None:
    """The first setting has the smallest loss on the points for choosing, and the largest on the held-out points."""
    config = RaceConfig(seeds=1, data=("moons",))
    racers = [Racer(of_hidden_units(resolve(name)), (name,)) for name in ("relu", "tanh")]
    runs = [
        Finish(racer.activation.label, "moons", 0, *setting, abs(number - 7.0), 20.0 - number, 1.0, None)
        for racer in racers
        for number, setting in enumerate(SETTINGS)
    ]
    found = race(config, racers, [1.0, 1.0], reversed(runs))
    assert {run.loss for run in found.chosen} == {13.0}
    assert {(run.init, run.learning_rate) for run in found.chosen} == {SETTINGS[7]}
    results = [result for row in found.rows for result in row.results]
    assert {(result.init, result.learning_rate, result.chosen, result.seeds) for result in results} == {
        (*SETTINGS[7], 1, 1)
    }


def test_heats_that_are_not_finished_are_left_out() -> None:
    losses = {"tanh": [2.0] * 6, "relu": [1.0] * 6}
    assert held(losses, cut=-1).heats == 5
    assert held(losses, ("moons", "sine"), cut=5 * len(SETTINGS)).heats == 2
    nothing = held(losses, cut=3)
    assert (nothing.heats, nothing.rows, nothing.winner, nothing.runs) == (0, (), None, 3)


def test_places_are_shared_by_ties() -> None:
    found = held({"tanh": [1.0, 1.0], "relu": [1.0, 2.0], "silu": [3.0, 3.0]})
    assert [(row.activation, row.place, row.best_place, row.worst_place) for row in found.rows] == [
        ("tanh", 1.25, 1.0, 1.5),
        ("relu", 1.75, 1.5, 2.0),
        ("silu", 3.0, 3.0, 3.0),
    ]
