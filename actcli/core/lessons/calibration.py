"""Calibration: confidence and accuracy of a network's softmax on points outside of the training set.

A network with more parameters than training points overfits, and the confidence of its softmax exceeds its accuracy
(Guo, Pleiss, Sun and Weinberger 2017, On calibration of modern neural networks).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from actcli.core.activations.activation import RowWise
from actcli.core.activations.rectifiers import RELU
from actcli.core.arrays import Array
from actcli.core.errors import InputError
from actcli.core.network.datasets import blobs
from actcli.core.network.initialisers import initialise, initialiser
from actcli.core.network.losses import LOSSES
from actcli.core.network.mlp import Network, forward
from actcli.core.network.optimizers import adam
from actcli.core.network.training import shuffled_batches, train

LEARNT: Final = 60
UNSEEN: Final = 20_000
CLASSES: Final = 3
NOISE: Final = 0.75
HIDDEN: Final = (64, 64)
STEPS: Final = 1000
BINS: Final = 10

_BATCH, _RATE = 20, 0.01


@dataclass(frozen=True, eq=False)
class Calibration:
    """Confidence, the largest output, and accuracy on points outside of the training set.

    edges:                of the bins of confidence, (bins + 1,), from 1/classes to 1
    count:                number of points in each bin
    confidence, accuracy: mean confidence and share of correct points in each bin; nan in an empty bin
    mean_confidence, mean_accuracy: over all points
    expected_error:       expected calibration error: mean of |confidence - accuracy| over the bins, weighted by count
    accuracy_learnt:      on the training set
    """

    activation: str
    edges: Array
    count: Array
    confidence: Array
    accuracy: Array
    mean_confidence: float
    mean_accuracy: float
    expected_error: float
    accuracy_learnt: float


def calibrate(activation: RowWise, seed: int = 0) -> Calibration:
    """Calibration of an activation of the output layer, on 20,000 points.

    The network, relu(64), relu(64) and a linear layer, is trained with cross-entropy on 60 points of three overlapping
    blobs.

    InputError: an activation whose outputs are no probabilities.
    """
    for_data, for_weights, for_batches = np.random.default_rng(seed).spawn(3)
    data = blobs(LEARNT + UNSEEN, for_data, classes=CLASSES, noise=NOISE)
    learnt = data.inputs[:LEARNT], data.targets[:LEARNT]
    parameters = initialise(initialiser("he", RELU), [2, *HIDDEN, CLASSES], for_weights)
    network = Network(RELU, parameters)
    batches = shuffled_batches(*learnt, _BATCH, for_batches)
    for step in train(network, batches, LOSSES["cross_entropy"], adam(_RATE)):
        if step.number >= STEPS:
            break
    outputs = activation(forward(network, data.inputs).output)
    if outputs.shape != data.targets.shape or not np.allclose(outputs.sum(axis=1), 1.0) or outputs.min() < 0.0:
        raise InputError(f"{activation.label} makes no probabilities, and has no confidence to be measured")
    right = outputs.argmax(axis=1) == data.targets.argmax(axis=1)
    return _measured(activation.label, outputs[LEARNT:].max(axis=1), right[LEARNT:], float(right[:LEARNT].mean()))


def _measured(label: str, confidence: Array, right: np.typing.NDArray[np.bool_], learnt: float) -> Calibration:
    edges = np.linspace(1 / CLASSES, 1.0, BINS + 1)
    bins = np.clip(np.searchsorted(edges, confidence, side="right") - 1, 0, BINS - 1)
    count = np.bincount(bins, minlength=BINS).astype(np.float64)
    known = np.where(count > 0, count, np.nan)
    means, shares = (np.bincount(bins, weights=each, minlength=BINS) / known for each in (confidence, right))
    return Calibration(
        activation=label,
        edges=edges,
        count=count,
        confidence=means,
        accuracy=shares,
        mean_confidence=float(confidence.mean()),
        mean_accuracy=float(right.mean()),
        expected_error=float(np.nansum(count * np.abs(means - shares)) / count.sum()),
        accuracy_learnt=learnt,
    )
