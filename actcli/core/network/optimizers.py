"""Optimizers: from gradients to updates.

An optimizer is a function from the gradient g to the update to add, both vectors over all parameters. It keeps its
state from step to step, so each run makes its own, from a learning rate η.

    sgd        -η g                                Robbins and Monro (1951)
    momentum   -η v with v ← 0.9 v + g             Polyak (1964), in the form of Sutskever et al. (2013)
    adam       -η m̂ / (sqrt(v̂) + 1e-8)             Kingma and Ba (2015): running means m of g (0.9) and v of g² (0.999),
                                                   m̂ and v̂ corrected for their start from 0
"""

from collections.abc import Callable

import numpy as np

from actcli.core.arrays import Array

Optimizer = Callable[[Array], Array]


def sgd(learning_rate: float) -> Optimizer:
    """Plain gradient descent: -η g."""
    return lambda gradient: -learning_rate * gradient


def momentum(learning_rate: float, decay: float = 0.9) -> Optimizer:
    """Gradient descent with momentum: -η v with v ← decay v + g, and v = g at first."""
    velocity: Array | None = None

    def update(gradient: Array) -> Array:
        nonlocal velocity
        velocity = gradient.copy() if velocity is None else decay * velocity + gradient
        return -learning_rate * velocity

    return update


def adam(learning_rate: float, decay: float = 0.9, square_decay: float = 0.999, epsilon: float = 1e-8) -> Optimizer:
    """Adam: -η m̂ / (sqrt(v̂) + epsilon), m with decay and v with square_decay."""
    mean: Array | None = None
    square: Array | None = None
    step = 0

    def update(gradient: Array) -> Array:
        nonlocal mean, square, step
        step += 1
        if mean is None or square is None:
            mean, square = np.zeros_like(gradient), np.zeros_like(gradient)
        mean += (1 - decay) * (gradient - mean)
        square *= square_decay  # not square += ... (gradient² - square), which is nan once gradient² was infinite
        square += (1 - square_decay) * gradient * gradient
        size = np.sqrt(square / (1 - square_decay**step)) + epsilon
        return -learning_rate / (1 - decay**step) * mean / size

    return update


OPTIMIZERS: dict[str, Callable[[float], Optimizer]] = {
    "sgd": sgd,
    "momentum": momentum,
    "adam": adam,
}
