"""Normalisation: pre-activations with mean 0 and variance 1, over a sample's units or over a unit's samples.

    layer    over the units, for each sample     Ba, Kiros and Hinton (2016), Layer normalization
    batch    over the batch, for each unit       Ioffe and Szegedy (2015), Batch normalization

Neither has a scale or shift of its own: the question here is what becomes of the gradient. In training a batch norm
takes mean and variance from the batch; afterwards from a population, so that the answer for one point does not depend
on its companions.
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
    mean: Array
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


@dataclass(frozen=True, eq=False)
class Population:
    """The mean and spread, (1, units) each, that a batch norm takes from a whole data set."""

    mean: Array
    spread: Array

    def normalise(self, z: Array) -> Array:
        """(z - mean) / spread of (batch, units), each row for itself."""
        return (z - self.mean) / self.spread


def normalise(z: Array, axis: int) -> Normalised:
    """(z - mean) / sqrt(variance + EPSILON) of (batch, units) over the axis, which AXES names."""
    mean = z.mean(axis=axis, keepdims=True)
    centred = z - mean
    spread = np.sqrt((centred * centred).mean(axis=axis, keepdims=True) + z.dtype.type(EPSILON))
    return Normalised(centred / spread, mean, spread, axis)
