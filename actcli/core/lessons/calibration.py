"""Calibration: the confidence of a network's softmax beside its accuracy, on points that it has not seen.

A network with more parameters than points learns them by heart. Its softmax is then more confident than it is right
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
    """The largest output on points that the network has not seen, and how often its class was the right one.

    edges:                (bins + 1,), of the confidence, from 1/classes to 1
    count:                how many points have such a confidence
    confidence, accuracy: their mean confidence and the share that was right; nan where there are none
    mean_confidence, mean_accuracy: of all points
    expected_error:       the mean of |confidence - accuracy| over the bins, weighted by their counts
    accuracy_learnt:      on the points that it has learnt from
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
    """Train relu(64), relu(64) and a linear layer with cross-entropy on 60 points of three overlapping blobs, and look
    at the activation of its outputs on 20,000 others.

    InputError: the outputs are no probabilities.
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
