"""Activations of the form x gate(x), the gate running from 0 to 1."""

import math

import numpy as np

from actcli.core import special
from actcli.core.choice import minimum, select
from actcli.core.compensated import two_product, two_sum
from actcli.core.elementary import exp, integrate, log1p, normal_cdf, sigmoid
from actcli.core.jet import Array, Jet, Mask, Operand, value_of
from actcli.core.tails import SHIFT, UNSHIFT, gated


def gelu(x: Operand) -> Operand:
    """x Φ(x)."""
    return gated(
        x,
        normal_cdf,
        low=-37.0,
        low_tail=_shifted_normal_cdf,
        high=37.0,
        high_tail=lambda x: _shifted_normal_cdf(-x),
    )


def _shifted_normal_cdf(x: Operand) -> Operand:
    """e^100 Φ(x) for x < 0."""

    def tail(x: Array) -> Array:
        return special.scaled_upper_tail(-x) * special.exp_minus_square(x, SHIFT, 0.5)

    if isinstance(x, Jet):
        start = tail(x.value), special.normal_density(x.value, SHIFT)
        return integrate(x, start, lambda u, y, g: (g, -u * g))[0]
    return tail(x)


def silu(x: Operand, beta: float) -> Operand:
    """x sigmoid(beta x)."""
    if beta < 0.0:
        return -silu(-x, -beta)
    if beta == 0.0:
        return x * 0.5
    y = gated(
        x,
        lambda x: sigmoid.of_product(x, beta),
        low=-700.0 / beta,
        low_tail=lambda x: exp.of_product(x, beta, SHIFT),
        high=700.0 / beta,
        high_tail=lambda x: exp.of_product(x, -beta, SHIFT),
        shut=1000.0 / beta,
    )
    if isinstance(x, Jet) and x.order and beta != 1.0:  # for which 3 ULP are not exceeded anyway
        u, error = two_product(x.value, beta)
        _replace_slope(y, x, (u < 0.0) & (u > -700.0), _slope_of_sigmoid_gate(u, error, 1.0 + u))
    return y


# gate(x) + x gate'(x) cancels in part for x < 0 and leaves up to 4.5 ULP. Closed forms leave up to 3.5.


def _replace_slope(y: Jet, x: Jet, taken: Mask, slope: Array) -> None:
    y.derivatives[1] = np.where(taken, slope * x.derivatives[1], y.derivatives[1])


def _slope_of_sigmoid_gate(v: Array, error: Array, opened: Array) -> Array:
    """The slope of x sigmoid(v(x)) for v < 0: e^v (opened + e^v) / (1 + e^v)² with opened = 1 + x v'(x)."""
    e = np.exp(np.minimum(v, 0.0))
    e = e + e * error
    return e * (opened + e) / (1.0 + e * (2.0 + e))


def gelu_tanh(x: Operand) -> Operand:
    """x (1 + tanh(v / 2)) / 2 = x sigmoid(v) with v = sqrt(8/π) (x + 0.044715 x³)."""

    def gate(x: Operand) -> Operand:
        v, error = gelu_tanh_argument(x)
        return sigmoid.at(v, error)

    def tail(sign: float, x: Operand) -> Operand:
        v, error = gelu_tanh_argument(x)
        return exp.at(v * sign + SHIFT, error * sign)

    y = gated(
        x,
        gate,
        low=-21.0,
        low_tail=lambda x: tail(1.0, x),
        high=21.0,
        high_tail=lambda x: tail(-1.0, x),
    )
    if isinstance(x, Jet) and x.order:
        v, error = gelu_tanh_argument(x.value)
        triple, triple_rest = two_product(v, 3.0)
        line, line_rest = two_product(x.value, 2.0 * _SQRT_8_OVER_PI)
        w, w_rest = two_sum(triple, -line)
        opened, opened_rest = two_sum(w, 1.0)
        rest = triple_rest - line_rest + 3.0 * error - 2.0 * _SQRT_8_OVER_PI_REST * x.value
        opened = opened + (opened_rest + w_rest + rest)
        far = x.value < -21.0
        e = np.exp(np.where(far, v + SHIFT, 0.0))
        tail_slope = (e + e * error) * opened * UNSHIFT
        slope = np.where(far, tail_slope, _slope_of_sigmoid_gate(v, error, opened))
        _replace_slope(y, x, (v < 0.0) & (v > -900.0), slope)
    return y


_CUBIC = 0.044715
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


def mish(x: Operand) -> Operand:
    """x tanh(softplus(x)), and with n = e^x (e^x + 2) that is x n / (n + 2), or x sigmoid(log(n / 2))."""

    def closing(x: Operand) -> Operand:
        n = exp(x) * (exp(x) + 2.0)
        return n / (n + 2.0)

    def opening(x: Operand) -> Operand:
        return sigmoid(2.0 * x - math.log(2.0) + log1p(exp(-x) * 2.0))

    def gate(x: Operand) -> Operand:
        if isinstance(x, Jet):
            return select(x, (x < -1.0, closing), otherwise=opening)
        return closing(minimum(x, 20.0))  # which is 1 to all digits

    y = gated(
        x,
        gate,
        low=-700.0,
        low_tail=lambda x: exp(x + SHIFT),
        high=350.0,
        high_tail=lambda x: exp(SHIFT + math.log(2.0) - 2.0 * x),
    )
    if isinstance(x, Jet) and x.order:
        v = x.value
        e = np.exp(np.minimum(v, 0.0))
        n = e * (e + 2.0)
        slope = e * ((1.0 + v) + e * (1.5 + v + e * (1.0 + 0.25 * e))) / (1.0 + n * (1.0 + 0.25 * n))
        _replace_slope(y, x, (v < -1.0) & (v > -700.0), slope)
    return y
