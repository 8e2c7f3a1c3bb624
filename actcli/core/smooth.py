"""Smooth activations that are not gates, and what keeps each of them exact."""

import math

import numpy as np

from actcli.core import elementary, special
from actcli.core.choice import minimum, where
from actcli.core.elementary import exp, integrate, sin, softplus
from actcli.core.jet import Array, Jet, Operand
from actcli.core.tails import SHIFT, between_limits


def tanh(x: Operand) -> Operand:
    return between_limits(
        x,
        elementary.tanh,
        low=-350.0,
        low_limit=-1.0,
        low_tail=lambda x: exp(2.0 * x + SHIFT) * 2.0,
        high=350.0,
        high_limit=1.0,
        high_tail=lambda x: exp(SHIFT - 2.0 * x) * -2.0,
    )


def erf(x: Operand) -> Operand:
    return between_limits(
        x,
        elementary.erf,
        low=-26.0,
        low_limit=-1.0,
        low_tail=lambda x: _shifted_erfc(minimum(-x, 30.0)),
        high=26.0,
        high_limit=1.0,
        high_tail=lambda x: -_shifted_erfc(minimum(x, 30.0)),
    )


def _shifted_erfc(x: Operand) -> Operand:
    """e^100 erfc(x) for x > 0."""
    if isinstance(x, Jet):
        slope = special.exp_minus_square(x.value, SHIFT) * (2.0 / math.sqrt(math.pi))
        start = special.upper_erfc(x.value, SHIFT), slope
        return integrate(x, start, lambda u, y, g: (-g, -2.0 * u * g))[0]
    return special.upper_erfc(x, SHIFT)


def softplus_beta(x: Operand, beta: float) -> Operand:
    """log(1 + e^(beta x)) / beta, without the threshold beyond which PyTorch takes x for it."""
    return softplus.of_product(x, beta) / beta


def log_sigmoid(x: Operand) -> Operand:
    return -softplus(-x)


def squareplus(x: Operand, b: float) -> Operand:
    """(x + r) / 2 with r = sqrt(x² + b), written as max(x, 0) + (b / 2) / (r + |x|), which does not cancel."""
    if isinstance(x, Jet):
        sign = np.where(x.value < 0.0, -1.0, 1.0)
        # -min(-x, 0) is max(x, 0) with the slope of x at 0, as the sign there has it.
        return -minimum(-x, 0.0) + 1.0 / (_radius(x, b) + x * sign) * (0.5 * b)
    size = np.abs(x)
    # Where x² overflows, r is |x|.
    radius = np.maximum(size, np.sqrt(np.minimum(x * x, 1e300) + b))
    return np.maximum(x, 0.0) + 0.25 * b / (0.5 * radius + 0.5 * size)


def _radius(x: Jet, b: float) -> Jet:
    """sqrt(x² + b): r' = w = x / r, w' = b q³ and q' = -w q² with q = 1 / r, none of which cancels."""
    r = np.hypot(x.value, math.sqrt(b))
    w = np.where(np.isinf(x.value), np.sign(x.value), x.value / r)
    return integrate(x, (r, w, 1.0 / r), lambda u, r, w, q: (w, q * q * q * b, -w * q * q))[0]


def tanh_shrink(x: Operand) -> Operand:
    """x - tanh(x), whose slope is tanh²."""
    if isinstance(x, Jet):
        start = _tanh_shrink(x.value), *elementary.tanh.system(x.value)
        return integrate(x, start, lambda u, y, t, g: (t * t, g, -2.0 * t * g))[0]
    return _tanh_shrink(x)


# tanh(x) = x / (1 + s T(s)) with s = x² and Lambert's continued fraction T(s) = 1 / (3 + s / (5 + s / (7 + ...))).
# Its ninth convergent P / Q, right to 2e-17 for |x| < 1.25.
_LAMBERT_P = (218243025.0, 16081065.0, 289575.0, 1430.0, 1.0)
_LAMBERT_Q = (654729075.0, 91891800.0, 2837835.0, 25740.0, 55.0)
_LAMBERT_LIMIT = 1.25


def _tanh_shrink(x: Array) -> Array:
    """Near 0, where x - tanh(x) cancels, x s P / (Q + s P), all of whose terms are positive."""
    near = np.minimum(np.abs(x), _LAMBERT_LIMIT)
    numerator = near * near * special.even_series(near, _LAMBERT_P)
    series = x * (numerator / (special.even_series(near, _LAMBERT_Q) + numerator))
    return where(np.abs(x) < _LAMBERT_LIMIT, series, x - np.tanh(x))


def softsign(x: Operand) -> Operand:
    """x / (1 + |x|): with w = 1 / (1 + |x|) its slope is w², and w' = -sign(x) w²."""
    if isinstance(x, Jet):
        sign, w = np.sign(x.value), 1.0 / (1.0 + np.abs(x.value))
        return integrate(x, (_softsign(x.value), w), lambda u, y, w: (w * w, w * w * -sign))[0]
    return _softsign(x)


def _softsign(x: Array) -> Array:
    finite = np.clip(x, -1e300, 1e300)
    return finite / (1.0 + np.abs(finite))


def snake(x: Operand, a: float) -> Operand:
    """x + sin²(a x) / a."""
    sine = sin.of_product(x, a)
    return x + sine * sine / a
