"""History of a training: the figures of before and after, at up to fifty steps in between."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from actcli.core.analysis.saturation import saturation_threshold
from actcli.core.arrays import Array
from actcli.core.network.mlp import ForwardPass, Network, Parameters
from actcli.core.network.training import Step, frobenius_norm

MOST_MOMENTS: Final = 50


@dataclass(frozen=True)
class Moment:
    """One step of training, measured on its batch before its update.

    weight_gradient_norms: of the N + 1 layers
    update_ratios:         norm of the step's update of the weights over the norm of the weights, of the N + 1 layers
    saturated_fractions:   of slopes below 5 % of the activation's largest slope, in the N hidden layers
    dead_fractions:        of units whose slope is zero at every point of the batch, in the N hidden layers
    """

    step: int
    loss: float
    weight_gradient_norms: tuple[float, ...]
    update_ratios: tuple[float, ...]
    saturated_fractions: tuple[float, ...]
    dead_fractions: tuple[float, ...]


def moments_of(steps: int) -> frozenset[int]:
    """Numbers of up to MOST_MOMENTS evenly spaced steps, the first and the last included."""
    return frozenset(np.linspace(0, steps - 1, min(steps, MOST_MOMENTS)).round().astype(int).tolist())


class History:
    """The moments of a run. `watch` takes a step's forward pass, `add` the step after its update."""

    def __init__(self, network: Network, steps: int) -> None:
        self.moments: list[Moment] = []
        self._network = network
        self._wanted = moments_of(steps)
        self._least = saturation_threshold(network.activation)
        self._slopes: list[Array] = []

    def watches(self, number: int) -> bool:
        """Whether the step of this number is one of the moments."""
        return number in self._wanted

    def watch(self, passed: ForwardPass) -> None:
        """Take the forward pass of the next step."""
        self._slopes = passed.slopes

    @np.errstate(over="ignore")  # a threshold beyond float32 is inf there
    def add(self, step: Step) -> None:
        """Record the step, after its update, if it is one of the moments."""
        if step.number not in self._wanted or step.update is None:
            return
        parameters = self._network.parameters
        updates = Parameters.over(step.update, parameters.sizes)
        slopes = [np.abs(slope) for slope in self._slopes]
        self.moments.append(
            Moment(
                step=step.number,
                loss=step.loss,
                weight_gradient_norms=step.weight_gradient_norms,
                update_ratios=tuple(update_ratios(updates.weights, parameters.weights)),
                saturated_fractions=tuple(float((slope < self._least).mean()) for slope in slopes),
                dead_fractions=tuple(float((slope == 0.0).all(axis=0).mean()) for slope in slopes),
            )
        )


def update_ratios(updates: Sequence[Array], weights: Sequence[Array]) -> list[float]:
    """Norm of each layer's update over the norm of its weights: 0 without an update, inf for zero weights."""
    return [_ratio(frobenius_norm(a), frobenius_norm(b)) for a, b in zip(updates, weights, strict=True)]


def _ratio(update: float, weights: float) -> float:
    if update == 0.0:
        return 0.0
    return update / weights if weights else math.inf
