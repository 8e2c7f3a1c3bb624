"""Derivatives held against an independent numerical derivative."""

from dataclasses import dataclass

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.arrays import Array, Mask

_SHRINK = 1.4
_STEPS = 12

# What may remain between the two: the numerical derivative's own estimate of its error, a few times, and this share
# of the numbers involved.
_TOLERANCE = 1e-6
_EPS = 2.0**-52


@dataclass(frozen=True, eq=False, slots=True)
class Check:
    """A derivative beside the numerical one, arrays of one shape.

    compared: False at kinks and non-finite values, where there is no derivative to compare with.
    """

    x: Array
    derivative: Array
    numerical: Array
    compared: Mask
    agrees: Mask

    @property
    def disagreements(self) -> Mask:
        """Where they were compared and are further apart than both errors allow."""
        return self.compared & ~self.agrees


def check(activation: Elementwise, x: Array, order: int) -> Check:
    """f^(order) at x, of any shape, beside the numerical derivative of f^(order - 1), for order 1 of f itself.

    The numerical derivative is Ridders' (Adv. Eng. Software 4, 1982): central differences whose steps shrink, and
    extrapolated to the step 0; no step reaches over a kink.
    """
    kinks = np.array(activation.kinks(order))
    distance = np.abs(x[..., None] - kinks).min(axis=-1, initial=np.inf)
    derivative = activation.derivative(x, order)
    with np.errstate(all="ignore"):  # inf - inf at infinite x, which is left out
        step = np.minimum(0.25 * np.maximum(np.abs(x), 1.0), 0.99 * distance)
        step = np.minimum(step, 0.25)
        numerical, error = _ridders(activation, x, order - 1, step)
        compared = np.isfinite(derivative) & np.isfinite(numerical) & (step > 0.0)
        scale = np.abs(derivative) + np.abs(numerical)
        agrees = np.abs(derivative - numerical) <= 10.0 * error + _TOLERANCE * scale + 1e-300
    return Check(x, derivative, numerical, compared, agrees)


def _ridders(activation: Elementwise, x: Array, order: int, step: Array) -> tuple[Array, Array]:
    """The numerical derivative of f^(order) and an estimate of its error."""
    best, best_error = np.full_like(x, np.nan), np.full_like(x, np.inf)
    previous: list[Array] = []
    for _ in range(_STEPS):
        right, left = _values(activation, x + step, order), _values(activation, x - step, order)
        width = (x + step) - (x - step)
        row = [(right - left) / width]
        rounding = 8.0 * _EPS * (np.abs(right) + np.abs(left)) / width
        for k, coarser in enumerate(previous, start=1):
            factor = _SHRINK ** (2 * k)
            row.append((factor * row[k - 1] - coarser) / (factor - 1.0))
            error = np.maximum(np.abs(row[k] - row[k - 1]), np.abs(row[k] - coarser)) + rounding
            better = error < best_error
            best, best_error = np.where(better, row[k], best), np.where(better, error, best_error)
        previous, step = row, step / _SHRINK
    return best, best_error


def _values(activation: Elementwise, x: Array, order: int) -> Array:
    return activation(x) if order == 0 else activation.derivative(x, order)
