"""Histograms of pre-activations, activations and signals in each layer.

Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural networks, figures 2 to 7.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from actcli.core.arrays import Array
from actcli.core.depth.experiment import DepthExperiment
from actcli.core.network.mlp import backward, forward

BINS: Final = 41
"""Odd, so that a symmetric range has a bin centred at 0."""


@dataclass(frozen=True, eq=False)
class Histogram:
    """counts: of numbers between neighbouring edges; beyond: number of values outside, nan included."""

    edges: Array
    counts: npt.NDArray[np.int64]
    beyond: int


@dataclass(frozen=True, eq=False)
class LayerHistograms:
    """Histograms of one hidden layer on the first batch. A quantity has the same edges in all layers.

    pre_activations: z, before a norm
    activations:     the layer's output, which is the next layer's input
    signals:         the loss's gradient with respect to z
    """

    layer: int
    pre_activations: Histogram
    activations: Histogram
    signals: Histogram


def layer_histograms(experiment: DepthExperiment) -> list[LayerHistograms]:
    """Histograms of each hidden layer, with the present parameters."""
    network, (inputs, targets) = experiment.network, experiment.first_batch
    with np.errstate(all="ignore"):  # a network that diverged
        passed = forward(network, inputs)
        signals = backward(network, passed, experiment.loss(passed.output, targets)[1]).signals[:-1]
        weights, biases = network.parameters.weights[:-1], network.parameters.biases[:-1]
        given = zip(passed.layer_inputs, weights, biases, strict=False)
        pre_activations = [h @ w + b for h, w, b in given]
    quantities = [histograms(values) for values in (pre_activations, passed.layer_inputs[1:], signals)]
    return [LayerHistograms(layer, *each) for layer, each in enumerate(zip(*quantities, strict=True), start=1)]


def histograms(layers: Sequence[Array]) -> list[Histogram]:
    """A histogram for each array. Range: ± the largest 99 % quantile of |values| of a layer."""
    finite = [values[np.isfinite(values)].astype(np.float64) for values in layers]
    reaches = [float(np.quantile(np.abs(values), 0.99)) if values.size else 0.0 for values in finite]
    reach = max(reaches) or 1.0
    edges = np.linspace(-reach, reach, BINS + 1)
    found = []
    for values, kept in zip(layers, finite, strict=True):
        counts, _ = np.histogram(kept, edges)
        found.append(Histogram(edges, counts.astype(np.int64), values.size - int(counts.sum())))
    return found
