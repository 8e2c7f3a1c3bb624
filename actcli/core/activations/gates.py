"""Activations of the form x gate(x), the gate running from 0 to 1.

Arrays take a closed form with as few roundings as can be wherever its exponentials are normal numbers.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from actcli.core.activations.tails import SHIFT, gated
from actcli.core.arrays import Array
from actcli.core.jets.choice import select
from actcli.core.jets.elementary import exp, integrate, log1p, normal_cdf, sigmoid
from actcli.core.jets.jet import Jet, Operand, value_of
from actcli.core.numerics import special
from actcli.core.numerics.compensated import two_product, two_sum


def _gated(
    x: Operand, closed_form: Callable[[Array], Array], gate: Callable[[Operand], Operand], *, low: float, **tails: Any
) -> Operand:
    """x gate(x); of an array by the closed form where |x| <= -low."""

    def general(x: Operand) -> Operand:
        return gated(x, gate, low=low, **tails)

    return general(x) if isinstance(x, Jet) else select(x, (np.abs(x) > -low, general), otherwise=closed_form)


def gelu(x: Operand) -> Operand:
    """x Φ(x)."""
    return _gated(
        x,
        lambda x: x * special.normal_cdf(x),
        normal_cdf,
        low=-37.5,
        low_tail=_shifted_normal_cdf,
        high=37.5,
        high_tail=lambda x: _shifted_normal_cdf(-x),
    )


def _shifted_normal_cdf(x: Operand) -> Operand:
    """e^100 Φ(x) for x < 0."""
    if isinstance(x, Jet):
        start = special.upper_normal_tail(-x.value, SHIFT), special.normal_density(x.value, SHIFT)
        return integrate(x, start, lambda u, y, g: (g, -u * g))[0]
    return special.upper_normal_tail(-x, SHIFT)


def silu(x: Operand, beta: float) -> Operand:
    """x sigmoid(beta x)."""
    if beta < 0.0:
        return -silu(-x, -beta)
    if beta == 0.0:
        return x * 0.5
    return _gated(
        x,
        lambda x: x_sigmoid(x, *times(x, beta)),
        lambda x: sigmoid.of_product(x, beta),
        low=-700.0 / beta,
        low_tail=lambda x: exp.of_product(x, beta, SHIFT),
        high=700.0 / beta,
        high_tail=lambda x: exp.of_product(x, -beta, SHIFT),
        shut=1000.0 / beta,
    )


def times(x: Array, beta: float) -> tuple[Array, Array | float]:
    """beta x and its rounding error."""
    return (x * beta, 0.0) if abs(beta) == 1.0 else two_product(x, beta)


def x_sigmoid(x: Array, v: Array, error: Array | float) -> Array:
    """x sigmoid(v + error) = x / (1 + e^-(v + error)) for v > -709."""
    decay = np.exp(-v)
    return x / (decay + (1.0 - decay * error))


def gelu_tanh(x: Operand) -> Operand:
    """x (1 + tanh(v / 2)) / 2 = x sigmoid(v) with v = sqrt(8/π) (x + 0.044715 x³)."""

    def tail(sign: float, x: Operand) -> Operand:
        v, error = gelu_tanh_argument(x)
        return exp.at(v * sign + SHIFT, error * sign)

    return _gated(
        x,
        lambda x: x_sigmoid(x, *gelu_tanh_argument(x)),
        lambda x: sigmoid.at(*gelu_tanh_argument(x)),
        low=-GELU_TANH_TAILS,
        low_tail=lambda x: tail(1.0, x),
        high=GELU_TANH_TAILS,
        high_tail=lambda x: tail(-1.0, x),
    )


_CUBIC = 0.044715
GELU_TANH_TAILS = 21.0
_SQRT_8_OVER_PI, _SQRT_8_OVER_PI_REST = 1.5957691216057308, -9.96930880911092e-17


def gelu_tanh_argument(x: Operand) -> tuple[Operand, Array]:
    """v and the rounding error of its value, from arithmetic with twice the digits."""
    value = value_of(x)
    square, square_rest = two_product(value, value)
    term, term_rest = two_product(square, _CUBIC)
    factor, factor_rest = two_sum(term, 1.0)
    product, product_rest = two_product(value, factor)
    v, v_rest = two_product(product, _SQRT_8_OVER_PI)
    rest = product_rest + value * (factor_rest + term_rest + _CUBIC * square_rest)
    error = v_rest + _SQRT_8_OVER_PI * rest + _SQRT_8_OVER_PI_REST * product
    if isinstance(x, Jet):
        jet = (x + x * x * x * _CUBIC) * _SQRT_8_OVER_PI
        return Jet(np.concatenate([v[None], jet.derivatives[1:]])), error
    return v, error


def gelu_tanh_line(x: Array) -> tuple[Array, Array]:
    """The line sqrt(8/π) x and its rounding error."""
    line, rest = two_product(x, _SQRT_8_OVER_PI)
    return line, rest + _SQRT_8_OVER_PI_REST * x


def mish(x: Operand) -> Operand:
    """x tanh(softplus(x)), and with n = e^x (e^x + 2) that is x n / (n + 2), or x sigmoid(log(n / 2))."""

    def closing(x: Operand) -> Operand:
        n = exp(x) * (exp(x) + 2.0)
        return n / (n + 2.0)

    def opening(x: Operand) -> Operand:
        return sigmoid(2.0 * x - math.log(2.0) + log1p(exp(-x) * 2.0))

    return _gated(
        x,
        x_mish_gate,
        lambda x: select(x, (x < -1.0, closing), otherwise=opening),
        low=-700.0,
        low_tail=lambda x: exp(x + SHIFT),
        high=350.0,
        high_tail=lambda x: exp(SHIFT + math.log(2.0) - 2.0 * x),
    )


def x_mish_gate(x: Array) -> Array:
    """x / (1 + 2 / n), where 1 + 2 / n = e^-x + 1 - 1 / (2 + e^x); |x| < 709."""
    return x / (np.exp(-x) + (1.0 - 1.0 / (2.0 + np.exp(x))))
