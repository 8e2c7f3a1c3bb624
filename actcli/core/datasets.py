"""Small data sets to train on, made from a random generator."""

from collections.abc import Callable

import numpy as np

from actcli.core.jet import Array

DataSet = Callable[[int, np.random.Generator], tuple[Array, Array]]


def two_spirals(
    points: int, generator: np.random.Generator, *, turns: float = 1.0, noise: float = 0.02
) -> tuple[Array, Array]:
    """Two spirals wound into each other, one a half-turn of the other; which of the two is a point on?

    (r cos θ, r sin θ) with r = θ / 2π from 0 to `turns`, spread evenly along the arc, plus normal noise.
    Returns inputs (points, 2), scaled to mean 0 and variance 1, and targets (points, 1), 0 and 1 in turn.
    Lang and Witbrock (1988), Learning to tell two spirals apart.

    ValueError: fewer than 2 points, or negative noise.
    """
    if points < 2:
        raise ValueError(f"two spirals need at least 2 points, got {points}")
    if noise < 0:
        raise ValueError(f"noise is a standard deviation and must not be negative, got {noise}")
    targets = np.arange(points) % 2
    radius = turns * np.sqrt(generator.uniform(size=points))  # the arc grows with θ², hence the root
    angle = 2 * np.pi * radius + np.pi * targets
    inputs = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    inputs += generator.normal(0, noise, inputs.shape)
    return standardise(inputs), targets[:, None].astype(float)


def standardise(inputs: Array) -> Array:
    """Each column shifted and scaled to mean 0 and variance 1."""
    standardised: Array = (inputs - inputs.mean(axis=0)) / inputs.std(axis=0)
    return standardised


DATASETS: dict[str, DataSet] = {
    "spirals": two_spirals,
}
