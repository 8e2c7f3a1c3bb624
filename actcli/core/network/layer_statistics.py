"""Statistics of each layer over a data set: mean and standard deviation of activations, saturated and dead units."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from actcli.core.analysis.saturation import SATURATION, largest_slope
from actcli.core.arrays import Array, Mask
from actcli.core.network.mlp import ForwardPass, Network, forward, population

BLOCK = 1024
"""Inputs in a block, which bounds the memory."""


@dataclass(frozen=True)
class LayerStatistics:
    """One layer, over all units and all inputs.

    activation_mean, activation_std: of h; for the output layer of z
    saturated_fraction:              of pairs (input, unit) with |φ'| < 5 % of max |φ'|, or < 0.05 if it has no maximum
    dead_fraction:                   of units whose slope is zero for every input

    Both fractions are nan if a slope is not finite.
    """

    activation_mean: float
    activation_std: float
    saturated_fraction: float
    dead_fraction: float


@dataclass(frozen=True, eq=False)
class Survey:
    """A network's pass over a data set: statistics of each layer, the output layer last; output (points, outputs)."""

    layers: list[LayerStatistics]
    output: Array


@np.errstate(all="ignore")  # a network that diverged
def survey(network: Network, inputs: Array) -> Survey:
    """One forward pass over the data set, in blocks; batch norm takes its statistics from the whole data set."""
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
    """One layer's statistics over one block of inputs; dead: mask of units.

    unit: of the mean, and squared of the variance: 1, or a power of two where squares of the values would overflow
    """

    unit: float
    mean: float
    variance: float
    saturated: float
    dead: Mask


def _by_layer(passed: ForwardPass, threshold: float) -> list[_Share]:
    hidden = [
        _Share(*_spread(h), _saturated(slope, threshold), (slope == 0).all(axis=0))
        for h, slope in zip(passed.layer_inputs[1:], passed.slopes, strict=True)
    ]
    return [*hidden, _Share(*_spread(passed.output), 0.0, np.zeros(1, dtype=np.bool_))]


def _together(sizes: Array, shares: Sequence[_Share]) -> LayerStatistics:
    """Statistics over all blocks. The variance is the blocks' mean variance plus the variance of their means."""
    unit = max(share.unit for share in shares)
    parts = [(share.mean * (share.unit / unit), share.variance * (share.unit / unit) ** 2) for share in shares]
    mean = float(sizes @ [part for part, _ in parts])
    variance = float(sizes @ [own + (part - mean) ** 2 for part, own in parts])
    saturated = float(sizes @ [share.saturated for share in shares])
    dead = _mean(np.all([share.dead for share in shares], axis=0))
    return LayerStatistics(unit * mean, unit * variance**0.5, saturated, math.nan if math.isnan(saturated) else dead)


def _saturated(slope: Array, threshold: float) -> float:
    """Fraction of slopes below the threshold; nan if the network diverged."""
    return _mean(np.abs(slope) < threshold) if np.isfinite(slope).all() else math.nan


def _mean(numbers: Array | Mask) -> float:
    return float(numbers.mean(dtype=np.float64))


def _spread(numbers: Array) -> tuple[float, float, float]:
    """Unit, mean and variance, as in `_Share`."""
    largest = float(np.abs(numbers).max())
    unit = 2.0 ** (math.frexp(largest)[1] - 1) if _SQUARE_OVERFLOWS < largest < math.inf else 1.0
    scaled = numbers if unit == 1.0 else numbers / unit
    return unit, _mean(scaled), float(scaled.var(dtype=np.float64))


_SQUARE_OVERFLOWS: Final = 2.0**490
"""So large that the sum of 10^12 squares may overflow."""
