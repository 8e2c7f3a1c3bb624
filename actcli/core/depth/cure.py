"""Cures: what would have to change in an experiment that went wrong, found by measuring the changed network.

A signal that vanishes or explodes does so before the first update, so a cure is tried on one batch. One for a network
that dies or diverges has to be trained.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from actcli.core.activations.activation import Activation
from actcli.core.activations.catalogue import CATALOGUE
from actcli.core.depth.config import DepthConfig
from actcli.core.depth.experiment import DepthExperiment, verdict
from actcli.core.errors import InputError
from actcli.core.network.datasets import DataSet

Change = Mapping[str, Any]

MOST_STEPS: Final = 50
"""A training that dies or diverges mostly does so at once; a trial must not take longer than what it is to cure."""

_WEIGHTS: Final[tuple[Change, ...]] = ({"init": "critical"}, {"init": "he"}, {"init": "xavier"})
_LAYERS: Final[tuple[Change, ...]] = ({"residual": True}, {"norm": "layer"}, {"norm": "batch"})


@dataclass(frozen=True)
class Cure:
    """A change after which the verdict on the same network, data and seed is healthy.

    change:          settings of DepthConfig, or the activation, and their new values
    decay_per_layer: of the changed network, before training
    steps, loss:     for how long it was trained, and the loss after that; 0 and None where it was not
    """

    change: Change
    decay_per_layer: float | None
    steps: int = 0
    loss: float | None = None


def cures(
    activation: Activation,
    config: DepthConfig,
    verdict: str,
    data: DataSet | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> list[Cure]:
    """The first change that works with the same activation, and where that is more than other weights, another one.

    stop: asked after every step; once it says True, nothing more is tried
    """
    trial = _Trial(activation, replace(config, steps=min(config.steps, MOST_STEPS)), data, stop)
    undone: list[Change] = [{"residual": False}] * config.residual + [{"norm": None}] * bool(config.norm)
    slower: list[Change] = [{"learning_rate": rate} for rate in _smaller(config.learning_rate)]
    if verdict == "dead":
        return trial.first([*slower, _other("leaky_relu", config), *_WEIGHTS, *undone, *_LAYERS])
    if verdict == "diverged":
        return trial.first([*slower, *_WEIGHTS, *undone, *_LAYERS])
    untrained = replace(trial, config=replace(config, steps=0))
    kept = untrained.first([*_WEIGHTS, *undone, *_LAYERS])
    if kept and "init" in kept[0].change:
        return kept
    return untrained.first([_other("relu", config)]) + kept


def _other(activation: str, config: DepthConfig) -> Change:
    """Another activation, with the initialisation that suits it."""
    return {"activation": activation} if config.init == "auto" else {"activation": activation, "init": "auto"}


def _smaller(learning_rate: float) -> Iterator[float]:
    """A tenth, or the usual one where that is less, and a hundredth of that."""
    usual = DepthConfig.learning_rate
    first = usual if learning_rate > 10 * usual else learning_rate / 10
    yield from (first, first / 100)


@dataclass(frozen=True, eq=False)
class _Trial:
    """The experiment that went wrong, to be repeated with changes."""

    activation: Activation
    config: DepthConfig
    data: DataSet | None
    stop: Callable[[], bool]

    def first(self, changes: Iterable[Change]) -> list[Cure]:
        """The first change that cures it, if one does."""
        for change in changes:
            if self.stop():
                break
            if self._differs(change) and (cure := self._tried(change)):
                return [cure]
        return []

    def _differs(self, change: Change) -> bool:
        present = {**asdict(self.config), "activation": self.activation.name}
        return any(present[name] != value for name, value in change.items())

    def _tried(self, change: Change) -> Cure | None:
        settings = {name: value for name, value in change.items() if name != "activation"}
        activation = CATALOGUE[change["activation"]] if "activation" in change else self.activation
        try:
            experiment = DepthExperiment(activation, replace(self.config, **settings), self.data)
        except InputError:  # sigmoid has no critical initialisation
            return None
        first, last = experiment.initial.signal_norms[0], experiment.initial.signal_norms[-2]
        if verdict([experiment.initial.loss], [], first, last) != "healthy":
            return None
        for _ in experiment:
            if self.stop():
                return None
        run = experiment.result()
        if run.verdict != "healthy":
            return None
        return Cure(change, run.decay_per_layer, len(run.loss), run.loss_final if run.loss else None)
