"""Cures: changes with which a network learns that did not, found by training the changed networks.

A candidate is one change, or two that belong together: of activation, initialisation, norm, residual connections,
optimizer or learning rate. All candidates train on the same data, seed and batches. Each trains for a tenth of the
steps. The three with the smallest loss over the data set, at most two of one kind, train for all steps. Those that
learn are cures; a network that was better than guessing before training has to gain 5 % by it.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import Any, Final

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import CATALOGUE
from actcli.core.depth.config import DepthConfig
from actcli.core.depth.experiment import DepthExperiment, DepthRun, check
from actcli.core.depth.verdict import LEARNT
from actcli.core.errors import InputError
from actcli.core.network.datasets import DataSet
from actcli.core.network.initialisers import choose, initialiser
from actcli.core.network.mlp import of_hidden_units

Change = Mapping[str, Any]
"""Fields of DepthConfig, or `activation`, and their new values."""

MOST_CURES: Final = 3
_MOST_OF_A_KIND: Final = 2
_SHARE: Final = 10

_CHANGES: Final[tuple[Change, ...]] = (
    *({"init": init} for init in ("he", "xavier", "lecun", "critical", "orthogonal")),
    *({"norm": norm} for norm in ("batch", "layer", None)),
    {"residual": True},
    {"residual": False},
    {"residual": True, "norm": "batch"},
    *({"optimizer": optimizer} for optimizer in ("sgd", "momentum", "adam")),
    {"optimizer": "adam", "learning_rate": 0.001},
)
_RATES: Final = (10.0, 0.1, 0.01)
"""Factors of the run's learning rate."""
_FANS: Final = ((1, 2), (2, 2), (2, 1))
"""fan_in and fan_out of layers that widen, keep the width, and narrow: there xavier and lecun differ."""
_PROBES: Final = np.linspace(-4.0, 4.0, 33)


@dataclass(frozen=True)
class Cure:
    """A change and its run, which learnt with as many steps and the same data and seed."""

    change: Change
    run: DepthRun


class CureSearch:
    """A search for cures that advances while it is iterated over.

        search = CureSearch(activation, config, run)
        for done in search:             # training steps so far, of search.steps
            ...                         # progress; the loop may end at any step
        search.cures                    # the cures found so far, smallest loss first

    config: settings of the run that did not learn
    data:   as for DepthExperiment
    InputError: the run had no training steps
    """

    def __init__(
        self, activation: Elementwise, config: DepthConfig, run: DepthRun, data: DataSet | None = None
    ) -> None:
        if not config.steps:
            raise InputError("a cure is found by training, and 0 steps train nothing")
        self.run = run
        self._activation, self._config, self._data = activation, config, data
        self.candidates = [change for change in candidates(activation, config) if self._is_possible(change)]
        self._short = -(-config.steps // _SHARE)
        self.steps = len(self.candidates) * self._short + min(MOST_CURES, len(self.candidates)) * config.steps
        self.cures: list[Cure] = []

    def __iter__(self) -> Iterator[int]:
        done, losses = 0, []
        for change in self.candidates:
            experiment = self._experiment(change)
            for number, _ in enumerate(islice(experiment, self._short), start=1):
                yield done + number
            done += self._short
            losses.append(experiment.data_loss())
        for change in self._best(losses):
            experiment = self._experiment(change)
            for number, _ in enumerate(experiment, start=1):
                yield done + number
            done += self._config.steps
            if _is_cured(run := experiment.result()):
                self.cures = sorted([*self.cures, Cure(change, run)], key=lambda cure: cure.run.loss_data_final)

    def _best(self, losses: list[float]) -> list[Change]:
        order = sorted(range(len(losses)), key=lambda i: losses[i] if math.isfinite(losses[i]) else math.inf)
        chosen: list[Change] = []
        kinds = Counter[str]()
        for change in (self.candidates[i] for i in order):
            kind = next(iter(change))
            if kinds[kind] < _MOST_OF_A_KIND and len(chosen) < MOST_CURES:
                kinds[kind] += 1
                chosen.append(change)
        return chosen

    def _experiment(self, change: Change) -> DepthExperiment:
        return DepthExperiment(*self._changed(change), self._data)

    def _changed(self, change: Change) -> tuple[Elementwise, DepthConfig]:
        changed = dict(change)
        other = changed.pop("activation", None)
        activation = of_hidden_units(CATALOGUE[other]) if other else self._activation
        return activation, replace(self._config, **changed)

    def _is_possible(self, change: Change) -> bool:
        try:
            check(*self._changed(change))
        except InputError:  # for example sigmoid with init "critical"
            return False
        return True


def _is_cured(run: DepthRun) -> bool:
    return run.verdict == "healthy" and run.loss_data_final <= LEARNT * run.loss_data_initial


def candidates(activation: Elementwise, config: DepthConfig) -> list[Change]:
    """All changes to try. Those that give the present network, or that of a change before them, are left out.

    Another activation comes with the initialisation that theory prefers for it.
    """
    auto = {} if config.init == "auto" else {"init": "auto"}
    present = {**asdict(config), "init": choose(config.init, activation, config.layers)}
    # An activation that is flat for x < 0 may have dead units: leaky_relu avoids them.
    rectifier = "relu" if float(activation.derivative(-1.0)) else "leaky_relu"
    others = [{"activation": name, **auto} for name in (rectifier, "gelu", "tanh") if not _is(activation, name)]
    rates = [{"learning_rate": float(f"{config.learning_rate * rate:.12g}")} for rate in _RATES]
    fixed = [change for change in _CHANGES if all(present[name] != value for name, value in change.items())]
    repeated = _repeated_inits([present["init"], *(change["init"] for change in fixed if "init" in change)], activation)
    fixed = [change for change in fixed if change.get("init") not in repeated]
    return [*others, *fixed, *(rate for rate in rates if config.learning_rate > 0)]


def _is(activation: Elementwise, name: str) -> bool:
    """Whether the activation is the catalogue's `name`, perhaps under another label: 2*sigmoid(2*x)-1 is tanh."""
    return np.allclose(activation(_PROBES), of_hidden_units(CATALOGUE[name])(_PROBES), rtol=1e-9, atol=1e-12)


def _repeated_inits(names: list[str], activation: Elementwise) -> set[str]:
    """The initialisations with the distribution and variances of one before them: critical is he for relu."""
    drawn: list[tuple[str, list[float]]] = []
    repeated = set()
    for name in names:
        try:
            chosen = initialiser(name, activation)
        except InputError:  # for example sigmoid with "critical"
            continue
        variances = [part(*fans) for part in (chosen.weight_variance, chosen.bias_variance) for fans in _FANS]
        if any(kind == chosen.distribution and np.allclose(variances, other, 1e-9, 0.0) for kind, other in drawn):
            repeated.add(name)
        drawn.append((chosen.distribution, variances))
    return repeated
