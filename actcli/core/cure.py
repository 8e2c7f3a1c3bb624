"""Cures: what would have to change in an experiment that went wrong, found by measuring the changed network.

A signal that vanishes or explodes does so before the first update, so a cure is tried on one batch. One for a network
that dies or diverges has to be trained.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from actcli.core.activation import Activation
from actcli.core.catalogue import CATALOGUE
from actcli.core.datasets import DataSet
from actcli.core.depth import DepthExperiment
from actcli.core.depth_config import DepthConfig
from actcli.core.errors import InputError
from actcli.core.verdict import decay_per_layer, verdict

Change = Mapping[str, Any]

MOST_STEPS: Final = 200

_OTHER_WEIGHTS: Final[tuple[Change, ...]] = ({"init": "critical"}, {"init": "he"}, {"init": "xavier"})
_OTHER_LAYERS: Final[tuple[Change, ...]] = ({"residual": True}, {"norm": "layer"}, {"norm": "batch"})


@dataclass(frozen=True)
class Cure:
    """A change after which the verdict on the same network, data and seed is healthy.

    change:          settings of DepthConfig, or the activation, and their new values
    decay_per_layer: of the changed network, before training
    loss:            at the last step of its training; None where it was not trained
    """

    change: Change
    decay_per_layer: float | None
    loss: float | None


def cures(activation: Activation, config: DepthConfig, verdict: str, data: DataSet | None = None) -> list[Cure]:
    """The first change that works with the same activation, and where that is more than other weights, another one."""
    if verdict in ("vanishing", "exploding"):
        untrained = replace(config, steps=0)
        kept = _first(activation, untrained, (*_OTHER_WEIGHTS, *_OTHER_LAYERS), data)
        if kept and "init" in kept.change:
            return [kept]
        other = _first(activation, replace(untrained, init="auto"), [{"activation": "relu"}], data)
        return [cure for cure in (other, kept) if cure]
    trained = replace(config, steps=min(config.steps, MOST_STEPS))
    slower: list[Change] = [{"learning_rate": rate} for rate in _smaller(config.learning_rate)]
    further = {"dead": ({"activation": "leaky_relu"},), "diverged": _OTHER_WEIGHTS}.get(verdict, ())
    found = _first(activation, trained, [*slower, *further], data)
    return [found] if found else []


def _smaller(learning_rate: float) -> Iterator[float]:
    """A tenth, or the usual one where that is less, and a hundredth of that."""
    usual = DepthConfig.learning_rate
    first = usual if learning_rate > 10 * usual else learning_rate / 10
    yield from (first, first / 100)


def _first(activation: Activation, config: DepthConfig, changes: Iterable[Change], data: DataSet | None) -> Cure | None:
    tried = (_tried(activation, config, change, data) for change in changes)
    return next((cure for cure in tried if cure), None)


def _tried(activation: Activation, config: DepthConfig, change: Change, data: DataSet | None) -> Cure | None:
    settings = {name: value for name, value in change.items() if name != "activation"}
    changed = CATALOGUE[str(change["activation"])] if "activation" in change else activation
    if changed.name == activation.name and "activation" in change:
        return None
    try:
        experiment = DepthExperiment(changed, replace(config, **settings), data)
    except InputError:  # sigmoid has no critical initialisation
        return None
    if config.steps:
        for _ in experiment:
            pass
        run = experiment.result()
        return Cure(change, run.decay_per_layer, run.loss[-1]) if run.verdict == "healthy" else None
    signals, losses = experiment.initial.signal_norms, [experiment.initial.loss]
    if verdict(losses, [], signals[0], signals[-2]) != "healthy":
        return None
    return Cure(change, decay_per_layer(signals[0], signals[-2], config.layers), None)
