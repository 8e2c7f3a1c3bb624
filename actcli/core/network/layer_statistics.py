"""What each layer of a network does to a data set: its activations' mean and spread, saturated and dead units."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from actcli.core.analysis.saturation import SATURATION, largest_slope
from actcli.core.arrays import Array, Mask
from actcli.core.network.mlp import ForwardPass, Network, forward, population

BLOCK = 1024
"""So many inputs at a time: memory does not grow with the data set."""


@dataclass(frozen=True)
class LayerStatistics:
    """One layer, over all units and all inputs.

    activation_mean, activation_std: of h; of the output layer's z
    saturated_fraction:              where |φ'| is under 5 % of its largest value anywhere (of 1 where it has none)
    dead_fraction:                   units whose slope is zero for every input

    The fractions are nan where slopes are.
    """

    activation_mean: float
    activation_std: float
    saturated_fraction: float
    dead_fraction: float


@dataclass(frozen=True, eq=False)
class Survey:
    """What a network does with a data set: each layer's statistics, the output layer's last, and (points, outputs)."""

    layers: list[LayerStatistics]
    output: Array


@np.errstate(all="ignore")  # a network that diverged
def survey(network: Network, inputs: Array) -> Survey:
    """One forward pass of the whole data set, in blocks; to a batch norm it is one batch all the same."""
    largest = largest_slope(network.activation)
    threshold = SATURATION * (largest if 0.0 < largest < math.inf else 1.0)
    count = -(-len(inputs) // BLOCK)
    populations = population(network, inputs) if count > 1 else None
    blocks = [inputs[start::count] for start in range(count)]
    sizes = np.array([len(block) for block in blocks]) / len(inputs)
    output = np.empty((len(inputs), network.parameters.sizes[-1]), network.parameters.vector.dtype)
    shares = []
    for start, block in enumerate(blocks):
        passed = forward(network, block, populations)
        shares.append(_by_layer(passed, threshold))
        output[start::count] = passed.output
    return Survey([_together(sizes, layer) for layer in zip(*shares, strict=True)], output)


@dataclass(frozen=True, eq=False)
class _Share:
    """One layer's statistics over one block of inputs. dead: for each unit."""

    mean: float
    variance: float
    saturated: float
    dead: Mask


def _by_layer(passed: ForwardPass, threshold: float) -> list[_Share]:
    hidden = [
        _Share(_mean(h), _variance(h), _saturated(slope, threshold), (slope == 0).all(axis=0))
        for h, slope in zip(passed.layer_inputs[1:], passed.slopes, strict=True)
    ]
    output = passed.output
    return [*hidden, _Share(_mean(output), _variance(output), 0.0, np.zeros(1, dtype=np.bool_))]


def _together(sizes: Array, shares: Sequence[_Share]) -> LayerStatistics:
    """The variance of all is the mean of the blocks' variances and the variance of their means."""
    mean = float(sizes @ [share.mean for share in shares])
    variance = float(sizes @ [share.variance + (share.mean - mean) ** 2 for share in shares])
    saturated = float(sizes @ [share.saturated for share in shares])
    dead = _mean(np.all([share.dead for share in shares], axis=0))
    return LayerStatistics(mean, variance**0.5, saturated, math.nan if math.isnan(saturated) else dead)


def _saturated(slope: Array, threshold: float) -> float:
    """nan where the network diverged."""
    return _mean(np.abs(slope) < threshold) if np.isfinite(slope).all() else math.nan


def _mean(numbers: Array | Mask) -> float:
    return float(numbers.mean(dtype=np.float64))


def _variance(numbers: Array) -> float:
    return float(numbers.var(dtype=np.float64))
