"""Smooth activations that are not gates, and what keeps each of them exact."""

import math

import numpy as np

from actcli.core.activations.tails import SHIFT, UNSHIFT, between_limits
from actcli.core.arrays import Array
from actcli.core.jets import elementary
from actcli.core.jets.choice import minimum, select, where
from actcli.core.jets.elementary import exp, integrate, softplus
from actcli.core.jets.jet import Jet, Operand
from actcli.core.numerics import special
from actcli.core.numerics.compensated import two_product


def tanh(x: Operand) -> Operand:
    """tanh x; beyond ±350 the limit and a shifted tail, ±(1 - 2 e^(-2|x|))."""
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
    """erf x; beyond ±26 the limit and a shifted tail from erfc."""
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
    return select(
        x,
        (x > 1000.0 / beta, lambda x: x),
        (x < -700.0 / beta, lambda x: exp.of_product(x, beta, SHIFT) / beta * UNSHIFT),
        otherwise=lambda x: softplus.of_product(x, beta) / beta,
    )


def log_sigmoid(x: Operand) -> Operand:
    """log σ(x), written as -softplus(-x)."""
    return -softplus(-x)


def squareplus(x: Operand, b: float) -> Operand:
    """(x + r) / 2 with r = sqrt(x² + b), written as max(x, 0) + (b / 2) / (r + |x|), which does not cancel."""
    if isinstance(x, Jet):
        # With w = x / r and q = 1 / r the slope s is (1 + w) / 2, s' = w' / 2, w' = b q³ and q' = -w q².
        size, r = np.abs(x.value), np.hypot(x.value, math.sqrt(b))
        w = np.where(np.isinf(x.value), np.sign(x.value), x.value / r)
        s = np.where(x.value < 0.0, 0.25 * b / (0.5 * r + 0.5 * size) / r, 0.5 + 0.5 * w)
        start = _squareplus(x.value, b), s, w, 1.0 / r
        return integrate(x, start, lambda u, y, s, w, q: (s, q * q * q * (0.5 * b), q * q * q * b, -w * q * q))[0]
    return _squareplus(x, b)


def _squareplus(x: Array, b: float) -> Array:
    size = np.abs(x)
    radius: Array = np.sqrt(x * x + b)
    overflows = np.isinf(radius)
    if overflows.any():  # hypot does not, and takes ten times as long
        radius[overflows] = np.hypot(x[overflows], math.sqrt(b))
    return np.maximum(x, 0.0) + 0.25 * b / (0.5 * radius + 0.5 * size)


def tanh_shrink(x: Operand) -> Operand:
    """x - tanh(x), whose slope is tanh²."""
    if not isinstance(x, Jet):
        return _tanh_shrink(x)
    return select(
        x,
        (x < -350.0, lambda x: x + 1.0 - exp(2.0 * x + SHIFT) * 2.0 * UNSHIFT),
        (x > 350.0, lambda x: x - 1.0 + exp(SHIFT - 2.0 * x) * 2.0 * UNSHIFT),
        otherwise=lambda x: integrate(
            x,
            (_tanh_shrink(x.value), *elementary.tanh.system(x.value)),
            lambda u, y, t, g: (t.square(), g, -2.0 * t * g),
        )[0],
    )


# tanh(x) = x / (1 + s T(s)) with s = x² and Lambert's continued fraction T(s) = 1 / (3 + s / (5 + s / (7 + ...))).
# In its ninth convergent, right to 2e-17 for |x| < 1.25, 1 / T = 3 + s A / P.
_LAMBERT_P = (218243025.0, 16081065.0, 289575.0, 1430.0, 1.0)
_LAMBERT_A = (43648605.0, 1969110.0, 21450.0, 52.0)
_LAMBERT_LIMIT = 1.25


def _tanh_shrink(x: Array) -> Array:
    """Near 0, where x - tanh(x) cancels, x s / (3 + s + s A / P), all of whose terms are positive."""
    near = np.minimum(np.abs(x), _LAMBERT_LIMIT)
    square = near * near
    rest = special.even_series(near, _LAMBERT_A) / special.even_series(near, _LAMBERT_P)
    return where(np.abs(x) < _LAMBERT_LIMIT, x * (square / (3.0 + square * (1.0 + rest))), x - np.tanh(x))


def softsign(x: Operand) -> Operand:
    """x / (1 + |x|): with w = 1 / (1 + |x|) its slope is w², and w' = -sign(x) w²."""
    if isinstance(x, Jet):
        sign, w = np.sign(x.value), 1.0 / (1.0 + np.abs(x.value))
        return integrate(x, (_softsign(x.value), w), lambda u, y, w: (w.square(), w.square() * -sign))[0]
    return _softsign(x)


def _softsign(x: Array) -> Array:
    finite: Array = x.clip(-1e300, 1e300)
    return finite / (1.0 + np.abs(finite))


def snake(x: Operand, a: float) -> Operand:
    """x + sin²(a x) / a, whose slope 1 + sin(2 a x) = (sin(a x) + cos(a x))² is written so that it does not cancel."""
    if isinstance(x, Jet):
        # The slope p starts as a square; its own slope is 2a cos(2ax), of which (s + c)² would leave a difference.
        s, c = _sine_and_cosine(x.value, a)
        start = _snake(x.value, a), (s + c) * (s + c), 2.0 * s * c, (c - s) * (c + s)
        return integrate(x, start, lambda u, y, p, s2, c2: (p, c2 * (2.0 * a), c2 * (2.0 * a), s2 * (-2.0 * a)))[0]
    return _snake(x, a)


def _snake(x: Array, a: float) -> Array:
    sine = np.sin(x) if a == 1.0 else _sine_and_cosine(x, a)[0]
    # Where a x is beyond all numbers, x is all that counts.
    return np.where(np.isfinite(sine), x + sine * sine / a, x)


def _sine_and_cosine(x: Array, a: float) -> tuple[Array, Array]:
    """sin(a x) and cos(a x), as if the product were not rounded, by the addition theorem; nan where it overflows."""
    if a == 1.0:
        return np.sin(x), np.cos(x)
    scale = np.where(np.abs(x) > 1.0, 2.0**-64, 1.0)  # of large products too the rounding error is wanted
    hi, lo = (part / scale for part in two_product(x * scale, a))
    s, c, s_lo, c_lo = np.sin(hi), np.cos(hi), np.sin(lo), np.cos(lo)
    return s * c_lo + c * s_lo, c * c_lo - s * s_lo
