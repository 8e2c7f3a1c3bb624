"""What is seen while a network trains: the same figures as before and after, at up to fifty steps."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from actcli.core.analysis.saturation import SATURATION, largest_slope
from actcli.core.arrays import Array
from actcli.core.network.mlp import ForwardPass, Network, Parameters
from actcli.core.network.training import Step, frobenius_norm

MOST_MOMENTS: Final = 50


@dataclass(frozen=True)
class Moment:
    """One step of training: on its batch, before its update.

    weight_gradient_norms, update_ratios: of the N + 1 layers; update_ratios is the norm of the step's update of the
        weights over the norm of the weights
    saturated_fractions, dead_fractions: of the N hidden layers: slopes under 5 % of the largest anywhere, and units
        whose slope is zero at each point of the batch
    """

    step: int
    loss: float
    weight_gradient_norms: tuple[float, ...]
    update_ratios: tuple[float, ...]
    saturated_fractions: tuple[float, ...]
    dead_fractions: tuple[float, ...]


def moments_of(steps: int) -> frozenset[int]:
    """The numbers of up to MOST_MOMENTS steps, evenly spaced, the first and the last among them."""
    return frozenset(np.linspace(0, steps - 1, min(steps, MOST_MOMENTS)).round().astype(int).tolist())


class History:
    """Gathers the moments of a run: `watch` sees a step's forward pass, `add` the step when it was made."""

    def __init__(self, network: Network, steps: int) -> None:
        self.moments: list[Moment] = []
        self._network = network
        self._wanted = moments_of(steps)
        largest = largest_slope(network.activation)
        self._least = SATURATION * (largest if 0.0 < largest < math.inf else 1.0)
        self._slopes: list[Array] = []

    def watches(self, number: int) -> bool:
        """Whether the step of this number is one of the moments."""
        return number in self._wanted

    def watch(self, passed: ForwardPass) -> None:
        """The forward pass of the step that comes."""
        self._slopes = passed.slopes

    def add(self, step: Step) -> None:
        """The step, its update made, if it is one of the moments."""
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
    """Each layer's norm of the update over the norm of the weights: 0 where nothing moved, inf where nothing was."""
    return [_ratio(frobenius_norm(a), frobenius_norm(b)) for a, b in zip(updates, weights, strict=True)]


def _ratio(update: float, weights: float) -> float:
    if update == 0.0:
        return 0.0
    return update / weights if weights else math.inf
