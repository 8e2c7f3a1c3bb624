"""Prediction of mean-field theory for one network and one batch: the backward signal of every hidden layer.

Each sample starts from its own variance, q_1 = σ_w² |x|² / fan_in + σ_b² in the notation of
core/theory/mean_field.py, and follows the variance map from there. Backwards, its squared signal is multiplied by the
χ⊥ of each layer, starting from the measured signal of the last hidden layer.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.arrays import Array
from actcli.core.network.initialisers import Initialiser
from actcli.core.theory.mean_field import moments_of


@dataclass(frozen=True, eq=False)
class Prediction:
    """Predicted signals.

    log_signals: natural logarithms of the signal norms of the N hidden layers; -inf for a signal of 0
    variances:   of the pre-activations of hidden layers 1 to N - 1, mean over the batch
    """

    log_signals: Array
    variances: list[float]

    @property
    def signal_norms(self) -> list[float]:
        """Signal norms; 0 where they underflow, like measured ones."""
        with np.errstate(under="ignore", over="ignore"):
            return [float(norm) for norm in np.exp(self.log_signals)]

    @property
    def decay_per_layer(self) -> float | None:
        """(signal of layer 1 / signal of layer N)^(1 / (N - 1)); None for one layer or a last signal of 0."""
        first, last = float(self.log_signals[0]), float(self.log_signals[-1])
        if len(self.log_signals) == 1 or not math.isfinite(last):
            return None
        return math.exp((first - last) / (len(self.log_signals) - 1))


def predict(
    activation: Elementwise, init: Initialiser, widths: list[int], inputs: Array, last_signal: Array
) -> Prediction | None:
    """Predicted signals of hidden layers 1 to N for a batch, from the measured one of layer N.

    widths:      of the inputs and of the N hidden layers
    inputs:      (batch, features)
    last_signal: of layer N, (batch, width)

    None without a prediction: the activation jumps, or a moment diverges.
    """
    moments = moments_of(activation)
    fans = [*itertools.pairwise(widths)]
    variance = [init.weight_variance(*pair) for pair in fans]
    bias_variance = [init.bias_variance(*pair) for pair in fans]
    q = variance[0] * np.square(inputs, dtype=np.float64).sum(axis=1) + bias_variance[0]
    log_chi, variances = [], []
    for layer in range(1, len(variance)):
        with np.errstate(divide="ignore", over="ignore"):  # relu and its like allow any variance, also inf
            second, slope_second = moments.at(q)
            variances.append(float(q.mean()))
            log_chi.append(np.log(variance[layer] * widths[layer] * slope_second))
            q = variance[layer] * widths[layer] * second + bias_variance[layer]
    with np.errstate(divide="ignore", under="ignore", invalid="ignore"):  # invalid: a signal that overflowed
        # Scaled, because the squares of a signal of 1e-200 underflow.
        largest = float(np.abs(last_signal).max()) or 1.0
        log_squares = np.log(np.square(last_signal / largest, dtype=np.float64).sum(axis=1)) + 2 * math.log(largest)
    log_norms = [0.5 * _log_sum(log_squares)]
    for log_factor in reversed(log_chi):
        log_squares = log_squares + log_factor
        log_norms.append(0.5 * _log_sum(log_squares))
    prediction = Prediction(np.array(log_norms[::-1]), variances)
    return None if np.isnan(prediction.log_signals).any() else prediction


def _log_sum(logs: Array) -> float:
    """log Σ exp(logs)"""
    largest = float(logs.max())
    if not math.isfinite(largest):
        return largest
    with np.errstate(under="ignore"):
        return largest + math.log(float(np.exp(logs - largest).sum()))
