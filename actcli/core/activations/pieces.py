"""Activations in pieces: rectifiers, clamps, shrinkage and steps.

At a kink they have the slope that PyTorch's autograd returns: that of the piece which contains the kink.
"""

import numpy as np

from actcli.core.activations.tails import SHIFT, UNSHIFT
from actcli.core.arrays import Array
from actcli.core.jets.choice import clamp, maximum, minimum, select, where
from actcli.core.jets.elementary import exp, expm1
from actcli.core.jets.jet import Jet, Operand
from actcli.core.numerics.compensated import two_product, two_sum


def relu(x: Operand) -> Operand:
    """max(0, x), with slope 0 at 0 (Nair and Hinton 2010)."""
    return maximum(x, 0.0)


def leaky_relu(x: Operand, negative_slope: float) -> Operand:
    """max(0, x) + negative_slope min(0, x), with slope negative_slope at 0."""
    if negative_slope == 0.0:
        return relu(x)
    return maximum(x, 0.0) + minimum(x, 0.0) * negative_slope


def rrelu(x: Operand, lower: float, upper: float) -> Operand:
    """In evaluation mode, where the slope is not drawn but the middle of its interval."""
    return leaky_relu(x, 0.5 * (lower + upper))


def relu6(x: Operand) -> Operand:
    """min(6, max(0, x)), with slope 0 at 0 and 6."""
    return clamp(x, 0.0, 6.0)


def relu_squared(x: Operand) -> Operand:
    """max(0, x)²."""
    rectified = relu(x)
    return rectified.square() if isinstance(rectified, Jet) else rectified * rectified


def elu(x: Operand, alpha: float) -> Operand:
    """x above 0, alpha (e^x - 1) below, and slope alpha at 0."""
    return selu(x, alpha, 1.0)


def selu(x: Operand, alpha: float, gamma: float) -> Operand:
    """gamma x above 0, gamma alpha (e^x - 1) below, and slope gamma alpha at 0; the tail to -gamma alpha is shifted."""
    return select(
        x,
        (x < -700.0, lambda x: exp(maximum(x, -1000.0) + SHIFT) * (gamma * alpha) * UNSHIFT - gamma * alpha),
        otherwise=lambda x: (maximum(x, 0.0) + expm1(minimum(x, 0.0)) * alpha) * gamma,
    )


def celu(x: Operand, alpha: float) -> Operand:
    """max(0, x) + alpha (e^(min(0, x) / alpha) - 1), the rounding error of x / alpha carried along."""
    return maximum(x, 0.0) + expm1.of_quotient(minimum(x, 0.0), alpha) * alpha


def threshold(x: Operand, threshold: float, value: float) -> Operand:
    """x above the threshold, `value` at and below it."""
    return where(x <= threshold, value, x)


def hard_tanh(x: Operand, min_val: float, max_val: float) -> Operand:
    """min(max_val, max(min_val, x)), with slope 0 at both ends."""
    return clamp(x, min_val, max_val)


def hard_sigmoid(x: Operand, alpha: float, beta: float) -> Operand:
    """min(1, max(0, alpha x + beta)). The default is exactly (x + 3) / 6 clipped, although 1/6 is no float64."""
    if (alpha, beta) == (1.0 / 6.0, 0.5):
        return (clamp(x, -3.0, 3.0) + 3.0) / 6.0
    return clamp(_line(x, alpha, beta), 0.0, 1.0)


def ends_of_hard_sigmoid(alpha: float, beta: float) -> tuple[float, float]:
    """Where it reaches 0 and 1."""
    return (-3.0, 3.0) if (alpha, beta) == (1.0 / 6.0, 0.5) else (-beta / alpha, (1.0 - beta) / alpha)


def _line(x: Operand, alpha: float, beta: float) -> Operand:
    """alpha x + beta, rounded once."""

    def rounded_once(x: Array) -> Array:
        product, product_rest = two_product(x, alpha)
        total, rest = two_sum(product, beta)
        return np.where(np.isfinite(rest), total + (rest + product_rest), total)

    if isinstance(x, Jet):
        return Jet(np.concatenate([rounded_once(x.value)[None], (x * alpha).derivatives[1:]]))
    return rounded_once(x)


def hard_swish(x: Operand) -> Operand:
    """x min(6, max(0, x + 3)) / 6."""
    middle = clamp(x, -3.0, 3.0)
    return where(x >= 3.0, x, middle * ((middle + 3.0) / 6.0))


def hard_shrink(x: Operand, lambd: float) -> Operand:
    """x where |x| > lambd, else 0."""
    return where(abs(x) <= lambd, 0.0, x)


def soft_shrink(x: Operand, lambd: float) -> Operand:
    """x moved towards 0 by lambd, and 0 where |x| <= lambd."""
    return maximum(x - lambd, 0.0) - maximum(-x - lambd, 0.0)


def sparse_plus(x: Operand) -> Operand:
    """0 below -1, (x + 1)² / 4 up to 1, then x."""
    risen = maximum(x, -1.0) + 1.0
    return where(x >= 1.0, x, risen * risen * 0.25)


def sparse_sigmoid(x: Operand) -> Operand:
    """min(1, max(0, (x + 1) / 2)), with slope 0 at -1 and 1."""
    return (clamp(x, -1.0, 1.0) + 1.0) * 0.5


def step(x: Operand) -> Operand:
    """0 below 0, 1 from 0 on; nan at nan."""
    return where(x >= 0.0, 1.0, where(x < 0.0, 0.0, x))
