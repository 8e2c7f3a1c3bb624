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

from actcli.core.activations.activation import Activation
from actcli.core.arrays import Array
from actcli.core.network.initialisers import Initialiser
from actcli.core.theory.mean_field import MeanField, is_homogeneous

_PER_DECADE = 8
_POINTS = 8  # of the interpolating polynomial
_SMALLEST, _LARGEST = 1e-30, 1e30
"""Below, every function is as good as its tangent; beyond, only a homogeneous one is followed."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """log_signals: the natural logarithm of the N hidden layers' signal norms; -inf where nothing arrives."""

    log_signals: Array

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
    activation: Activation, init: Initialiser, widths: list[int], inputs: Array, last_signal: Array
) -> Prediction | None:
    """The signal of hidden layers 1 to N for a batch, from the measured one of layer N.

    widths:      of the inputs and of the N hidden layers
    inputs:      (batch, features)
    last_signal: of layer N, (batch, width)

    None where the theory has no answer: the activation jumps, or a moment diverges on the way.
    """
    moments = _Moments(activation)
    variance = [init.weight_variance(*pair) for pair in itertools.pairwise(widths)]
    q = variance[0] * np.square(inputs, dtype=np.float64).sum(axis=1) + init.bias_variance
    log_chi = []
    for layer in range(1, len(variance)):
        with np.errstate(divide="ignore", over="ignore"):  # half lines are followed through any variance
            second, slope_second = moments.at(q)
            log_chi.append(np.log(variance[layer] * widths[layer] * slope_second))
            q = variance[layer] * widths[layer] * second + init.bias_variance
    with np.errstate(divide="ignore", under="ignore"):
        # Scaled first: the squares of a signal of 1e-200 are zero.
        largest = float(np.abs(last_signal).max()) or 1.0
        log_squares = np.log(np.square(last_signal / largest, dtype=np.float64).sum(axis=1)) + 2 * math.log(largest)
    log_norms = [0.5 * _log_sum(log_squares)]
    for log_factor in reversed(log_chi):
        log_squares = log_squares + log_factor
        log_norms.append(0.5 * _log_sum(log_squares))
    prediction = Prediction(np.array(log_norms[::-1]))
    return None if np.isnan(prediction.log_signals).any() else prediction


class _Moments:
    """E[φ²] and E[φ'²] for many q at once: between a few q per decade, polynomials in log q."""

    def __init__(self, activation: Activation) -> None:
        self.field = MeanField(activation)
        self.homogeneous = is_homogeneous(activation)
        self.known: dict[int, tuple[float, float]] = {}

    def at(self, q: Array) -> tuple[Array, Array]:
        if self.homogeneous:
            second, slope_second = self.field.second_moments(1.0)
            return second * q, np.full(q.shape, slope_second)
        # A variance of zero stays on the curve at its lower end.
        place = np.log10(np.clip(q, _SMALLEST, None)) * _PER_DECADE
        place[~(q <= _LARGEST)] = np.nan
        if np.isnan(place).any():
            unknown = np.full(q.shape, np.nan)
            return unknown, unknown
        first = np.floor(place).astype(int) - (_POINTS // 2 - 1)
        numbers, which = np.unique(first[:, None] + np.arange(_POINTS), return_inverse=True)
        table = np.array([self._moments(number) for number in numbers.tolist()])
        weights = _lagrange(place - first)[..., None]
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log(table)[which.reshape(-1, _POINTS)]
            moments = np.exp((logs * weights).sum(axis=1))
        # Where it underflows nearby, as E[φ²] does for what is 0 around 0, it is as good as zero.
        moments[np.isneginf(logs).any(axis=1)] = 0
        second, slope_second = moments.T
        return second, slope_second

    def _moments(self, number: int) -> tuple[float, float]:
        if number not in self.known:
            self.known[number] = self.field.second_moments(10 ** (number / _PER_DECADE))
        return self.known[number]


def _lagrange(t: Array) -> Array:
    """The weights of values at 0, 1, ... for the polynomial through them, at each t: (len(t), _POINTS)."""
    nodes = np.arange(_POINTS)
    weights = np.ones((len(t), _POINTS))
    for j in nodes:
        for k in nodes[nodes != j]:
            weights[:, j] *= (t - k) / (j - k)
    return weights


def _log_sum(logs: Array) -> float:
    """log Σ exp(logs)"""
    largest = float(logs.max())
    if not math.isfinite(largest):
        return largest
    with np.errstate(under="ignore"):
        return largest + math.log(float(np.exp(logs - largest).sum()))
