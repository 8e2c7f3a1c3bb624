"""Ranking of a race, with a test of significance.

A heat is a data set and a seed. In a heat each activation runs with its own best setting, and all run with the same
data, batches and random numbers, so their losses are paired. Two activations are compared by the exact two-sided sign
test (Dixon and Mood 1946) over the heats in which their held-out losses differ. The level is 5 % for all pairs together
(Bonferroni).
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from statistics import fmean, median
from typing import Final

from actcli.core.depth.seeds import Spread
from actcli.core.race.racers import Racer
from actcli.core.race.runs import SETTINGS, Finish, RaceConfig

LEVEL: Final = 0.05


@dataclass(frozen=True)
class Comparison:
    """Two activations over all heats.

    a_wins, b_wins: number of heats with the smaller held-out loss; other heats are ties
    p:              p-value of the sign test
    decided:        p <= level / number of pairs
    """

    a: str
    b: str
    a_wins: int
    b_wins: int
    p: float
    decided: bool


@dataclass(frozen=True)
class Result:
    """One activation on one data set, over the seeds whose heats are done.

    loss:         on the held-out points; inf if the network diverged
    accuracy:     on the held-out points; None for numbers
    init, learning_rate: the setting chosen most often; of several the first
    chosen:       number of seeds in which it was chosen
    """

    data: str
    seeds: int
    loss: Spread
    loss_guess: float
    accuracy: Spread | None
    init: str
    learning_rate: float
    chosen: int


@dataclass(frozen=True)
class Row:
    """One activation in the race.

    activation, given:     as in `Racer`
    best_rank, worst_rank: bounds on its rank: 1 + number of significantly better activations, and number of all minus
                           number of significantly worse ones
    place:                 mean place over the heats; in a heat 1 for the smallest held-out loss, ties share the mean
    best_place, worst_place: over the heats
    results:               one per data set
    nanoseconds:           computing time of value and slope per element
    """

    activation: str
    given: tuple[str, ...]
    best_rank: int
    worst_rank: int
    place: float
    best_place: float
    worst_place: float
    results: tuple[Result, ...]
    nanoseconds: float


@dataclass(frozen=True)
class Race:
    """Results of a race so far.

    rows:         by mean place, best first
    comparisons:  of all pairs
    heats:        number of heats that every activation has finished
    heats_needed: least number of heats with which a difference can be significant
    runs:         number of networks trained
    winner:       the first row's activation if it is significantly better than all others; else None
    chosen:       the runs with the best settings, heat by heat
    """

    config: RaceConfig
    rows: tuple[Row, ...]
    comparisons: tuple[Comparison, ...]
    heats: int
    heats_needed: int
    runs: int
    winner: str | None
    chosen: tuple[Finish, ...]

    @property
    def of_first(self) -> tuple[Comparison, ...]:
        """The first row, as `a`, compared with each other row, in their order."""
        first = self.rows[0].activation
        own = [c if c.a == first else _turned(c) for c in self.comparisons if first in (c.a, c.b)]
        others = {comparison.b: comparison for comparison in own}
        return tuple(others[row.activation] for row in self.rows[1:])


def _turned(c: Comparison) -> Comparison:
    return replace(c, a=c.b, b=c.a, a_wins=c.b_wins, b_wins=c.a_wins)


Heat = dict[str, Finish]
"""Activation -> its run with the best setting."""


def race(config: RaceConfig, racers: Sequence[Racer], nanoseconds: Sequence[float], runs: Iterable[Finish]) -> Race:
    """The race's results from the runs that are done; unfinished heats are left out."""
    done = sorted(runs, key=lambda run: (run.seed, config.data.index(run.data)))
    names = [racer.activation.label for racer in racers]
    heats = _heats(done, names)
    comparisons = compared(heats, names)
    places = {name: [_place(heat, name) for heat in heats] for name in names}
    rows = [
        Row(
            activation=name,
            given=racer.given,
            best_rank=1 + sum(_winner(c) not in (None, name) and name in (c.a, c.b) for c in comparisons),
            worst_rank=len(names) - sum(_winner(c) == name for c in comparisons),
            place=fmean(places[name]),
            best_place=min(places[name]),
            worst_place=max(places[name]),
            results=tuple(_result(heats, name, data) for data in config.data if any(_of(heats, name, data))),
            nanoseconds=cost,
        )
        for name, racer, cost in zip(names, racers, nanoseconds, strict=True)
        if heats
    ]
    rows.sort(key=lambda row: row.place)
    return Race(
        config=config,
        rows=tuple(rows),
        comparisons=comparisons,
        heats=len(heats),
        heats_needed=heats_needed(len(names)),
        runs=len(done),
        winner=rows[0].activation if rows and rows[0].worst_rank == 1 else None,
        chosen=tuple(heat[name] for heat in heats for name in names),
    )


def _heats(runs: Sequence[Finish], names: Sequence[str]) -> list[Heat]:
    """Finished heats: all activations are trained under all settings; each one's best run is kept."""
    order = {setting: place for place, setting in enumerate(SETTINGS)}
    found: dict[tuple[int, str], dict[str, list[Finish]]] = {}
    for run in runs:
        found.setdefault((run.seed, run.data), {}).setdefault(run.activation, []).append(run)
    return [
        {name: min(heat[name], key=lambda run: (run.choice_loss, order[run.init, run.learning_rate])) for name in names}
        for heat in found.values()
        if all(len(heat.get(name, ())) == len(SETTINGS) for name in names)
    ]


def _of(heats: Sequence[Heat], name: str, data: str) -> list[Finish]:
    return [heat[name] for heat in heats if heat[name].data == data]


def _place(heat: Heat, name: str) -> float:
    own, losses = heat[name].loss, [run.loss for run in heat.values()]
    return 1 + sum(loss < own for loss in losses) + (losses.count(own) - 1) / 2


def _result(heats: Sequence[Heat], name: str, data: str) -> Result:
    runs = _of(heats, name, data)
    right = [run.accuracy for run in runs if run.accuracy is not None]
    (setting, chosen), *_ = Counter((run.init, run.learning_rate) for run in runs).most_common()
    return Result(
        data=data,
        seeds=len(runs),
        loss=Spread.of([run.loss for run in runs]),
        loss_guess=median(run.loss_guess for run in runs),
        accuracy=Spread.of(right) if right else None,
        init=setting[0],
        learning_rate=setting[1],
        chosen=chosen,
    )


def compared(heats: Sequence[Heat], names: Sequence[str]) -> tuple[Comparison, ...]:
    """All pairs, in the order of the names."""
    pairs = [*combinations(names, 2)]
    found = []
    for a, b in pairs:
        a_wins = sum(heat[a].loss < heat[b].loss for heat in heats)
        b_wins = sum(heat[b].loss < heat[a].loss for heat in heats)
        p = sign_test(a_wins, b_wins)
        found.append(Comparison(a, b, a_wins, b_wins, p, p <= LEVEL / len(pairs)))
    return tuple(found)


def sign_test(wins: int, losses: int) -> float:
    """p-value of the exact two-sided sign test: min(1, 2 P(X <= min(wins, losses))), X ~ B(wins + losses, 1/2).

    >>> sign_test(5, 0)
    0.0625
    """
    trials = wins + losses
    tail = sum(math.comb(trials, k) for k in range(min(wins, losses) + 1))
    return min(1.0, 2 * tail / (1 << trials))


def heats_needed(activations: int) -> int:
    """Least number of heats, all won, with which a difference is significant."""
    pairs = math.comb(activations, 2)
    return next(heats for heats in range(1, 1000) if sign_test(heats, 0) <= LEVEL / pairs)


def _winner(comparison: Comparison) -> str | None:
    """The significantly better activation; None if none is."""
    if not comparison.decided:
        return None
    return comparison.a if comparison.a_wins > comparison.b_wins else comparison.b
