"""Gated activations: x times a gate with values from 0 to 1.

Arrays are computed by closed forms with few roundings, as long as their exponentials are normal numbers.
"""

import math

import numpy as np

from actcli.core.activations.activation import Elementwise, Parameter
from actcli.core.activations.normal_gate import GELU, TANH_FORM
from actcli.core.activations.parts import (
    INFINITY,
    SHIFT,
    Pair,
    at_ends,
    gated,
    indicator,
    or_mirrored,
    times,
    until_decayed,
)
from actcli.core.arrays import Array, Mask
from actcli.core.jets.choice import clamp, select, where
from actcli.core.jets.elementary import decay_of, exp, log1p, open_part, sigmoid
from actcli.core.jets.jet import Jet, Operand, value_of
from actcli.core.numerics.compensated import two_product, two_sum

# --- gelu_tanh, quick_gelu, silu: the gate is a sigmoid -------------------------------------------------------------


def silu(x: Operand, beta: float) -> Operand:
    """x sigmoid(beta x)."""
    if beta < 0.0:
        return -silu(-x, -beta)
    if beta == 0.0:
        return x * 0.5
    return gated(
        x,
        lambda x: _times_sigmoid(x, *times(x, beta)),
        lambda x: sigmoid.of_product(x, beta),
        radius=700.0 / beta,
        low_tail=lambda x: exp.of_product(x, beta, SHIFT),
        high=700.0 / beta,
        high_tail=lambda x: exp.of_product(x, -beta, SHIFT),
        shut=1000.0 / beta,
    )


def silu_fused(x: Array, beta: float) -> Pair:
    """x σ(beta x) and its slope."""
    v, rest = times(x, beta)
    e = decay_of(v)
    value, slope = _x_sigmoid(x, v, rest, e), _slope_of_gated(v, rest, e)
    if abs(beta) < 1.0:  # the error bound is absolute within 1 of the zero, but the cancellation reaches further
        near = np.abs(v - _SILU_ZERO) < 0.25
        if near.any():
            slope[near] = _slope_near_its_zero(v[near], rest[near] if isinstance(rest, np.ndarray) else rest)
    return value, slope


# Zero v0 of 1 + v + e^v, the rounding error of v0, and e^v0.
_SILU_ZERO, _SILU_ZERO_REST, _E_THERE = -1.2784645427610737, -1.0946994183093437e-16, 0.2784645427610738


def _slope_near_its_zero(v: Array, rest: Array | float) -> Array:
    """(1 + v + e^v) / (2 + e^v + e^-v) near its zero v0. With d = v - v0 the numerator is d + e^v0 (e^d - 1)."""
    d = (v - _SILU_ZERO) + (rest - _SILU_ZERO_REST)
    e = np.exp(v)
    return (d + _E_THERE * np.expm1(d)) / (2.0 + e + 1.0 / e)


def _times_sigmoid(x: Array, v: Array, error: Array | float) -> Array:
    return _x_sigmoid(x, v, error, decay_of(v))


def _x_sigmoid(x: Array, v: Array, error: Array | float, e: Array) -> Array:
    """x sigmoid(v + error). e: e^-|v|, a normal number."""
    if np.ndim(error):
        e = e - e * error * (2.0 * indicator(v > 0.0, v.dtype) - 1.0)  # e^-|v + error|
    value = open_part(v, e)
    value *= x
    value /= 1.0 + e
    return value


def _slope_of_gated(
    v: Array, rest: Array | float, e: Array, bend: Array | float = 0.0, bend_rest: Array | float = 0.0
) -> Array:
    """Slope of x σ(v(x)) for an odd function v.

    v + rest: v(x); bend + bend_rest: x v'(x) - v(x); e: e^-|v|

    For v < 0 the slope is (1 + x v' + e) / (2 + e + 1/e). The slope at -x is 1 minus the slope at x. The terms are
    added from small to large; 1 + v is exact for v < -1.
    """
    positive = indicator(v > 0.0, v.dtype)
    size = np.abs(v)
    large, small = 1.0 - size, e
    if np.ndim(rest):  # a scalar rest is 0: v is exact and linear in x
        sign = 1.0 - 2.0 * positive
        large, large_rest = two_sum(large, bend * sign)
        small = e + (large_rest + bend_rest * sign + rest * sign * (1.0 + large + 2.0 * e))
    slope = large
    slope += small
    if np.maximum.reduce(size, initial=0.0) <= 700.0:
        slope /= 1.0 / e + (2.0 + e)
    else:  # subnormal slopes are divided in two steps, of which only the second one loses digits
        slope /= 1.0 / np.exp(-size.clip(-INFINITY, 700.0)) + (2.0 + e)
        slope /= np.exp(size.clip(700.0, INFINITY) - 700.0)
    return or_mirrored(slope, positive)


def _at_ends_of_silu(x: Array, order: int, beta: float) -> Mask:
    """Mask as for `Elementwise.at_ends`. Value and slope have scaled tails: they need it only for extreme beta."""
    if beta == 0.0 or (order == 1 and 1e-15 < abs(beta) < 1e15):
        return np.zeros(x.shape, dtype=np.bool_)
    return at_ends(x, np.abs(x * beta), order, *[beta] * (order > 1))


SILU = Elementwise(
    name="silu",
    aliases=("swish",),
    function=silu,
    fused=silu_fused,
    fused_radius=until_decayed,
    single=silu_fused,
    single_radius=lambda beta: 80.0 / max(abs(beta), 1e-30),
    formula="x*sigmoid(beta*x)",
    reference="Elfwing, Uchibe and Doya 2017, arXiv:1702.03118; Ramachandran et al. 2017, arXiv:1710.05941",
    parameters=(Parameter("beta", 1.0),),
    at_ends=lambda x, order, beta: _at_ends_of_silu(x, order, beta),
    spellings={0: ("x/(1 + exp(-beta*x))",), 1: ("sigmoid(beta*x)*(1 + beta*x*(1 - sigmoid(beta*x)))",)},
    stand_ins=("hard_swish", "quick_gelu"),
)

QUICK_GELU = Elementwise(
    name="quick_gelu",
    aliases=("gelu_quick", "gelu_fast_approx"),
    function=lambda x: silu(x, 1.702),
    fused=lambda x: silu_fused(x, 1.702),
    fused_radius=until_decayed(1.702),
    single=lambda x: silu_fused(x, 1.702),
    single_radius=47.0,
    formula="x*sigmoid(1.702*x)",
    reference="Hendrycks and Gimpel 2016, arXiv:1606.08415, section 2",
    stand_ins=("gelu", "gelu_tanh", "silu"),
)


def gelu_tanh(x: Operand) -> Operand:
    """x (1 + tanh(v / 2)) / 2 = x sigmoid(v) with v = sqrt(8/π) (x + 0.044715 x³)."""

    def tail(sign: float, x: Operand) -> Operand:
        v, error = _gelu_tanh_argument(x)
        return exp.at(v * sign + SHIFT, error * sign)

    return gated(
        x,
        lambda x: _times_sigmoid(x, *_gelu_tanh_argument(x)),
        lambda x: sigmoid.at(*_gelu_tanh_argument(x)),
        radius=_GELU_TANH_TAILS,
        low_tail=lambda x: tail(1.0, x),
        high=_GELU_TANH_TAILS,
        high_tail=lambda x: tail(-1.0, x),
    )


_CUBIC = 0.044715
_GELU_TANH_TAILS = 21.0
_SQRT_8_OVER_PI, _SQRT_8_OVER_PI_REST = 1.5957691216057308, -9.96930880911092e-17


def _gelu_tanh_argument(x: Operand) -> tuple[Operand, Array]:
    """v and the rounding error of its value, computed with twice float64's digits."""
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


def gelu_tanh_fused(x: Array) -> Pair:
    """x σ(v) and its slope. bend: the cubic part of v, v - sqrt(8/π) x."""
    v, rest = _gelu_tanh_argument(x)
    line, line_rest = two_product(x, _SQRT_8_OVER_PI)
    line_rest = line_rest + _SQRT_8_OVER_PI_REST * x
    bend = v - line
    bend_rest = ((v - bend) - line) + (rest - line_rest)
    e = decay_of(v)
    value = _x_sigmoid(x, v, rest, e)
    tails = np.abs(x) > _GELU_TANH_TAILS
    if tails.any():
        value[tails] = gelu_tanh(x[tails])
    return value, _slope_of_gated(v, rest, e, 2.0 * bend, 2.0 * bend_rest)


GELU_TANH = Elementwise(
    name="gelu_tanh",
    aliases=(
        *("gelu_new", "gelu_approximate", "gelu_approx", "gelu_fast", "gelu_accurate"),
        *("gelu_pytorch_tanh", "gelu_python_tanh"),
    ),
    function=gelu_tanh,
    fused=gelu_tanh_fused,
    fused_radius=23.0,
    formula=TANH_FORM,
    reference="Hendrycks and Gimpel 2016, arXiv:1606.08415, section 2",
    stand_ins=("gelu", "quick_gelu"),
)


# --- other gates ----------------------------------------------------------------------------------------------------


def mish(x: Operand) -> Operand:
    """x tanh(softplus(x)) = x n / (n + 2) = x sigmoid(log(n / 2)), with n = e^x (e^x + 2)."""

    def closing(x: Operand) -> Operand:
        n = exp(x) * (exp(x) + 2.0)
        return n / (n + 2.0)

    def opening(x: Operand) -> Operand:
        return sigmoid(2.0 * x - math.log(2.0) + log1p(exp(-x) * 2.0))

    return gated(
        x,
        _x_mish_gate,
        lambda x: select(x, (x < -1.0, closing), otherwise=opening),
        radius=700.0,
        low_tail=lambda x: exp(x + SHIFT),
        high=350.0,
        high_tail=lambda x: exp(SHIFT + math.log(2.0) - 2.0 * x),
    )


def _x_mish_gate(x: Array) -> Array:
    """x / (1 + 2 / n), where 1 + 2 / n = e^-x + 1 - 1 / (2 + e^x); |x| < 709."""
    return x / (np.exp(-x) + (1.0 - 1.0 / (2.0 + np.exp(x))))


def mish_fused(x: Array) -> Pair:
    """x g and g + x g', with e = e^x, h = e + e²/2, g = h / (1 + h), g' = (e + e²) / (1 + h)²; slope 1 for x > 50."""
    y = x.clip(-INFINITY, 50.0)
    e = np.exp(y)
    h = e + 0.5 * e * e
    share = 1.0 / (1.0 + h)
    slope = share * (h + y * (e + e * e) * share)
    # The same slope as one fraction with the denominator (1 + h)² / e.
    shut = ((1.0 + y) + e * (1.5 + y + e * (1.0 + 0.25 * e))) / (np.exp(-y) + (2.0 + h) * (1.0 + 0.5 * e))
    return _x_mish_gate(x), where(x < -1.0, shut, slope)


MISH = Elementwise(
    name="mish",
    function=mish,
    fused=mish_fused,
    fused_radius=700.0,
    formula="x*tanh(softplus(x))",
    reference="Misra 2019, arXiv:1908.08681",
    spellings={0: ("x*tanh(log(1 + exp(x)))",)},
    stand_ins=("silu", "hard_swish"),
)


def hard_swish(x: Operand) -> Operand:
    """x min(6, max(0, x + 3)) / 6."""
    middle = clamp(x, -3.0, 3.0)
    return where(x >= 3.0, x, middle * ((middle + 3.0) / 6.0))


def hard_swish_fused(x: Array) -> Pair:
    """x (x + 3) / 6 between -3 and 3, where its slope is (2x + 3) / 6."""
    middle = x.clip(-3.0, 3.0)
    gate = (middle + 3.0) / 6.0
    bent = indicator(np.abs(x) < 3.0)
    return x.clip(-3.0, INFINITY) * gate, bent * ((middle + 1.5) / 3.0) + indicator(x >= 3.0)


HARD_SWISH = Elementwise(
    name="hard_swish",
    aliases=("hard_silu",),
    function=hard_swish,
    fused=hard_swish_fused,
    formula="x*min(max(0, x + 3), 6)/6",
    reference="Howard et al. 2019, MobileNetV3, arXiv:1905.02244",
    breakpoints=lambda: {-3.0: 1, 3.0: 1},
)

GATES = (GELU, GELU_TANH, QUICK_GELU, SILU, MISH, HARD_SWISH)
