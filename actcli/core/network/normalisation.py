"""Normalisation: pre-activations with mean 0 and variance 1, over a sample's units or over a unit's samples.

    layer    over the units, for each sample     Ba, Kiros and Hinton (2016), Layer normalization
    batch    over the batch, for each unit       Ioffe and Szegedy (2015), Batch normalization

Neither has a learnt scale or shift. Batch norm takes mean and variance from the batch in training, and afterwards from
a population, so that the output for a point does not depend on the other points of its batch.
"""

from dataclasses import dataclass

import numpy as np

from actcli.core.arrays import Array

AXES = {"layer": 1, "batch": 0}
"""The axis of (batch, units) over which each normalises."""

EPSILON = 1e-5
"""Added to the variance, so that constant rows stay finite; the default of both in PyTorch."""


@dataclass(frozen=True, eq=False)
class Normalised:
    """(z - mean) / spread with spread = sqrt(variance + EPSILON), over one axis of (batch, units)."""

    values: Array
    mean: Array
    spread: Array
    axis: int

    def backward(self, gradient: Array) -> Array:
        """The loss's gradient with respect to z, from the gradient g with respect to the values.

        (g - mean(g) - values mean(g values)) / spread: without the components that change mean or variance.
        """
        along = (gradient * self.values).mean(axis=self.axis, keepdims=True)
        gradient = gradient - gradient.mean(axis=self.axis, keepdims=True)
        gradient -= self.values * along
        gradient /= self.spread
        return gradient


@dataclass(frozen=True, eq=False)
class Population:
    """Mean and spread, (1, units) each, of a data set, for batch norm."""

    mean: Array
    spread: Array

    def normalise(self, z: Array) -> Array:
        """(z - mean) / spread for z of shape (batch, units)."""
        return (z - self.mean) / self.spread


def normalise(z: Array, axis: int) -> Normalised:
    """(z - mean) / sqrt(variance + EPSILON) for z of shape (batch, units); axis: a value of AXES."""
    mean = z.mean(axis=axis, keepdims=True)
    centred = z - mean
    spread = np.sqrt((centred * centred).mean(axis=axis, keepdims=True) + z.dtype.type(EPSILON))
    return Normalised(centred / spread, mean, spread, axis)
