"""Value and slope in one pass and in closed form: what a training step runs instead of a jet.

A kernel knows the bulk and leaves the far tails to the jet: it is right for |x| up to a radius, which is mostly where
exp(-|x|) is still a normal number. Nothing that can be positive or negative is decided by a branch: exp(-|x|) serves
both sides.
"""

import math
from collections.abc import Callable

import numpy as np

from actcli.core import pieces, special
from actcli.core.activation import Kernel
from actcli.core.compensated import two_product
from actcli.core.gates import gelu_tanh_argument
from actcli.core.jet import Array, Mask

Pair = tuple[Array, Array]
INFINITY = math.inf


def within(radius: float | Callable[..., float]) -> Callable[[Callable[..., Pair]], Kernel]:
    """Make a function of x and the parameters a kernel for |x| <= radius, which may depend on the parameters."""
    return lambda function: Kernel(function, radius if callable(radius) else lambda **_: radius)


everywhere = within(INFINITY)

# --- in pieces ----------------------------------------------------------------------------------------------------


@everywhere
def identity(x: Array) -> Pair:
    return x.copy(), np.ones_like(x)


@everywhere
def relu(x: Array) -> Pair:
    return _positive(x), _indicator(x > 0.0)


@everywhere
def relu_squared(x: Array) -> Pair:
    rectified = _positive(x)
    return rectified * rectified, rectified + rectified


@everywhere
def leaky_relu(x: Array, negative_slope: float) -> Pair:
    slope = np.where(x > 0.0, 1.0, negative_slope)
    return (x * slope if negative_slope else _positive(x)), slope  # where the slope is 0, -inf * slope is nan


@everywhere
def prelu(x: Array, weight: float) -> Pair:
    return leaky_relu.function(x, weight)


@everywhere
def rrelu(x: Array, lower: float, upper: float) -> Pair:
    return leaky_relu.function(x, 0.5 * (lower + upper))


@everywhere
def hard_tanh(x: Array, min_val: float, max_val: float) -> Pair:
    return np.clip(x, min_val, max_val), _indicator((x > min_val) & (x < max_val))


@everywhere
def relu6(x: Array) -> Pair:
    return hard_tanh.function(x, 0.0, 6.0)


@everywhere
def hard_sigmoid(x: Array, alpha: float, beta: float) -> Pair:
    value = pieces.hard_sigmoid(x, alpha, beta)
    if (alpha, beta) == (1.0 / 6.0, 0.5):
        return value, _indicator(np.abs(x) < 3.0) / 6.0
    return value, _indicator((value > 0.0) & (value < 1.0)) * alpha


@everywhere
def hard_swish(x: Array) -> Pair:
    """x (x + 3) / 6 between -3 and 3, where its slope is (2x + 3) / 6."""
    middle = np.clip(x, -3.0, 3.0)
    gate = (middle + 3.0) / 6.0
    bent = _indicator(np.abs(x) < 3.0)
    return np.clip(x, -3.0, INFINITY) * gate, bent * ((middle + 1.5) / 3.0) + _indicator(x >= 3.0)


@within(700.0)
def selu(x: Array, alpha: float, gamma: float) -> Pair:
    below = _negative(x)
    value = (_positive(x) + np.expm1(below) * alpha) * gamma
    return value, np.where(x > 0.0, gamma, np.exp(below) * alpha * gamma)


@within(700.0)
def elu(x: Array, alpha: float) -> Pair:
    return selu.function(x, alpha, 1.0)


def _positive(x: Array) -> Array:
    """max(x, 0). NumPy's clip takes half the time of its maximum."""
    return np.clip(x, 0.0, INFINITY)


def _negative(x: Array) -> Array:
    return np.clip(x, -INFINITY, 0.0)


def _indicator(mask: Mask) -> Array:
    return mask.astype(np.float64)


# --- from exp(-|x|) -----------------------------------------------------------------------------------------------


@everywhere
def sigmoid(x: Array) -> Pair:
    """With e = exp(-|x|): 1 / (1 + e) or e / (1 + e), and the slope e / (1 + e)²."""
    e = np.exp(-np.abs(x))
    return np.where(x < 0.0, e, 1.0) / (1.0 + e), e / (1.0 + e * (2.0 + e))


@within(350.0)
def tanh(x: Array) -> Pair:
    """The slope is sech² = 4e / (1 + e)² with e = exp(-2|x|), not 1 - tanh²."""
    e = np.exp(-2.0 * np.abs(x))
    return np.tanh(x), 4.0 * e / (1.0 + e * (2.0 + e))


@within(1e150)
def softsign(x: Array) -> Pair:
    size = 1.0 + np.abs(x)
    return x / size, 1.0 / (size * size)


def _until_decayed(beta: float) -> float:
    return 700.0 / max(abs(beta), 1e-290)


def _minus_size(x: Array, beta: float) -> tuple[Array, Array | float]:
    """-|beta x| and its rounding error."""
    return (-np.abs(x), 0.0) if abs(beta) == 1.0 else two_product(np.abs(x), -abs(beta))


@within(_until_decayed)
def softplus(x: Array, beta: float) -> Pair:
    u, rest = _minus_size(x, beta)
    e = np.exp(u)
    e += e * rest
    return _positive(x) + np.log1p(e) / beta, np.where(x < 0.0, e, 1.0) / (1.0 + e)


@within(700.0)
def log_sigmoid(x: Array) -> Pair:
    value, slope = softplus.function(-x, 1.0)
    return -value, slope


@within(_until_decayed)
def silu(x: Array, beta: float) -> Pair:
    """x σ(beta x)"""
    u, rest = _minus_size(x, beta)
    return _gated(x, u, rest, 0.0, beta * x < 0.0)


@within(_until_decayed(1.702))
def quick_gelu(x: Array) -> Pair:
    return silu.function(x, 1.702)


@within(20.0)
def gelu_tanh(x: Array) -> Pair:
    """x σ(v) with v = sqrt(8/π) (x + 0.044715 x³)"""
    size = -np.abs(x)
    v, rest = gelu_tanh_argument(size)
    return _gated(x, v, rest, (2.0 * _CUBIC_OF_V) * (size * size * size), x < 0.0)


_CUBIC_OF_V = 0.07135481627260025  # 0.044715 sqrt(8/π)


def _gated(x: Array, v: Array, rest: Array | float, bend: Array | float, shut: Mask) -> Pair:
    """x σ(v(x)) for an odd v, given v + rest < 0 and bend = x v' - v where the gate shuts.

    There the slope is e (o + e) / (1 + e)² with e = e^v and o = 1 + x v', and at -x it is 1 minus that. The terms are
    added up such that the large one, 1 + v, which is exact below -1, comes last.
    """
    e = np.exp(v)
    opened = 1.0 + v
    small = bend + (rest + (opened + bend) * rest + e * ((1.0 - (opened + bend) * (2.0 + e)) / (1.0 + e * (2.0 + e))))
    slope = e * (opened + small)
    e += e * rest
    return x * (np.where(shut, e, 1.0) / (1.0 + e)), np.where(shut, slope, 1.0 - slope)


@within(700.0)
def mish(x: Array) -> Pair:
    """x g with g = h / (1 + h), h = e + e²/2, e = e^x, which is x from 50 on; g' = (e + e²) / (1 + h)²."""
    y = np.clip(x, -INFINITY, 50.0)
    e = np.exp(y)
    h = e + 0.5 * e * e
    share = 1.0 / (1.0 + h)
    slope = share * (h + y * (e + e * e) * share)
    shut = e * ((1.0 + y) + e * (1.5 + y + e * (1.0 + 0.25 * e))) / (1.0 + h * (2.0 + h))
    return x * (h / (1.0 + h)), np.where(x < -1.0, shut, slope)


# --- the normal distribution, and waves -----------------------------------------------------------------------------


@within(37.0)
def gelu(x: Array) -> Pair:
    """x Φ(x) and Φ(x) + x φ(x)."""
    bell = _exp_minus_square(x, 0.5)
    cdf = np.abs(_indicator(x > 0.0) - special.scaled_upper_tail(np.abs(x)) * bell)
    return x * cdf, cdf + x * bell * (1.0 / math.sqrt(2.0 * math.pi))


@within(26.0)
def erf(x: Array) -> Pair:
    return special.erf(x), _exp_minus_square(x, 1.0) * (2.0 / math.sqrt(math.pi))


def _exp_minus_square(x: Array, share: float) -> Array:
    """exp(-share x²) = exp(-share h²) exp(-share (x - h) (x + h)), where h is x to 24 bits and its square exact."""
    h = x.astype(np.float32).astype(np.float64)
    bell = np.exp(-share * (h * h))
    bell += bell * np.expm1(-share * ((x - h) * (x + h)))
    return bell


@everywhere
def sin(x: Array) -> Pair:
    return np.sin(x), np.cos(x)
