"""What mean-field theory predicts for one network and one batch: the backward signal of every hidden layer.

Each sample starts from its own variance, q_1 = σ_w² |x|² / fan_in + σ_b² in the notation of
core/theory/mean_field.py, and has its own path through the variance map. On the way back its squared signal changes
by the χ⊥ of each layer. The prediction is anchored at the last hidden layer, where it takes every sample's measured
signal.
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
    """log_signals: the natural logarithm of the N hidden layers' signal norms; -inf where nothing arrives.

    variances: of the pre-activations of hidden layers 1 to N - 1, mean over the batch
    """

    log_signals: Array
    variances: list[float]

    @property
    def signal_norms(self) -> list[float]:
        """0 where the prediction is under the floating-point range, as the measured signal is."""
        with np.errstate(under="ignore", over="ignore"):
            return [float(norm) for norm in np.exp(self.log_signals)]

    @property
    def decay_per_layer(self) -> float | None:
        """(signal of layer 1 / signal of layer N)^(1 / (N - 1)); None for one layer, or where that is undefined."""
        first, last = float(self.log_signals[0]), float(self.log_signals[-1])
        if len(self.log_signals) == 1 or not math.isfinite(last):
            return None
        return math.exp((first - last) / (len(self.log_signals) - 1))


def predict(
    activation: Elementwise, init: Initialiser, widths: list[int], inputs: Array, last_signal: Array
) -> Prediction | None:
    """The signal of hidden layers 1 to N for a batch, from the measured one of layer N.

    widths:      of the inputs and of the N hidden layers
    inputs:      (batch, features)
    last_signal: of layer N, (batch, width)

    None where the theory has no answer: the activation jumps, or a moment diverges on the way.
    """
    moments = moments_of(activation)
    fans = [*itertools.pairwise(widths)]
    variance = [init.weight_variance(*pair) for pair in fans]
    bias_variance = [init.bias_variance(*pair) for pair in fans]
    q = variance[0] * np.square(inputs, dtype=np.float64).sum(axis=1) + bias_variance[0]
    log_chi, variances = [], []
    for layer in range(1, len(variance)):
        with np.errstate(divide="ignore", over="ignore"):  # half lines are followed through any variance
            second, slope_second = moments.at(q)
            variances.append(float(q.mean()))
            log_chi.append(np.log(variance[layer] * widths[layer] * slope_second))
            q = variance[layer] * widths[layer] * second + bias_variance[layer]
    with np.errstate(divide="ignore", under="ignore"):
        # Scaled first: the squares of a signal of 1e-200 are zero.
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
