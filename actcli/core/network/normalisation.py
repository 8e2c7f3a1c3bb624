"""Normalisation: pre-activations with mean 0 and variance 1, over a sample's units or over a unit's samples.

    layer    over the units, for each sample     Ba, Kiros and Hinton (2016), Layer normalization
    batch    over the batch, for each unit       Ioffe and Szegedy (2015), Batch normalization

Neither has a scale or shift of its own: the question here is what becomes of the gradient.
"""

from dataclasses import dataclass

import numpy as np

from actcli.core.arrays import Array

AXES = {"layer": 1, "batch": 0}
"""The axis of (batch, units) over which each normalises."""

EPSILON = 1e-5
"""Is added to the variance, as in both papers' implementations: a constant row stays finite."""


@dataclass(frozen=True, eq=False)
class Normalised:
    """(z - mean) / spread with spread = sqrt(variance + EPSILON), over one axis of (batch, units)."""

    values: Array
    spread: Array
    axis: int

    def backward(self, gradient: Array) -> Array:
        """From the loss's gradient with respect to the values to that with respect to z.

        g - mean(g) - values mean(g values), over the spread: what z cannot change, mean and variance, is taken out.
        """
        along = (gradient * self.values).mean(axis=self.axis, keepdims=True)
        gradient = gradient - gradient.mean(axis=self.axis, keepdims=True)
        gradient -= self.values * along
        gradient /= self.spread
        return gradient


def normalise(z: Array, axis: int) -> Normalised:
    """(z - mean) / sqrt(variance + EPSILON) of (batch, units) over the axis, which AXES names."""
    centred = z - z.mean(axis=axis, keepdims=True)
    spread = np.sqrt((centred * centred).mean(axis=axis, keepdims=True) + z.dtype.type(EPSILON))
    return Normalised(centred / spread, spread, axis)
