"""Value and slope of the catalogue's elementwise entries as terms that keep their digits in the tails.

Each entry is a function of x and its parameters. A slope at a kink is the one of PyTorch's autograd.
"""

import math
from collections.abc import Callable, Mapping
from inspect import signature
from typing import Final, TypeAlias

from actcli.core.code.helpers import (
    HELPERS,
    Helper,
    bell,
    by_slope,
    gate,
    gated,
    gated_slope,
    inverse_mills,
    polynomial,
    product_error,
    quotient_error,
    sum_error,
)
from actcli.core.code.term import (
    Term,
    absolute,
    apply,
    arctan,
    clip,
    compare,
    cos,
    exp,
    expm1,
    hypot,
    log1p,
    maximum,
    minimum,
    sin,
    sqrt,
    tanh,
    term,
    where,
)

Pair: TypeAlias = tuple[Term, Term]
_ONE, _ZERO = term(1.0), term(0.0)


def both(a: Term, b: Term) -> Term:
    """A condition: a and b."""
    return Term("and", (a, b))


def _within(x: Term, low: Term | float, high: Term | float) -> Term:
    return both(x > low, x < high)


def _step_between(x: Term, low: Term | float, high: Term | float, slope: Term | float = 1.0) -> Term:
    return where(_within(x, low, high), slope, 0.0)


# --- rectifiers ---------------------------------------------------------------------------------------------------


def _leaky_relu(x: Term, slope: Term) -> Pair:
    return where(x > 0.0, x, slope * x), where(x > 0.0, 1.0, slope)


def _relu_squared(x: Term) -> Pair:
    rectified = maximum(x, 0.0).named("rectified")
    return rectified * rectified, 2.0 * rectified


def _elu(x: Term, alpha: Term, gamma: Term | float = 1.0) -> Pair:
    # min(x, 0): the branch that is not taken must not overflow, or its gradient would be nan.
    below = minimum(x, 0.0)
    return where(x > 0.0, gamma * x, gamma * alpha * expm1(below)), where(x > 0.0, gamma, gamma * alpha * exp(below))


def _celu(x: Term, alpha: Term) -> Pair:
    below = (minimum(x, 0.0) / alpha).named("below")
    return where(x > 0.0, x, alpha * expm1(below)), where(x > 0.0, 1.0, exp(below))


def _softplus(x: Term, beta: Term) -> Pair:
    g = gate((beta * x).named("v"), product_error(x, beta))
    value = maximum(x, 0.0) + log1p(g.decay) / beta
    return value, where(g.negative, g.decay, 1.0) / (1.0 + g.decay)


def _squareplus(x: Term, b: Term) -> Pair:
    size, root = absolute(x).named("size"), hypot(x, sqrt(b)).named("root")
    rest = 0.25 * b / (0.5 * root + 0.5 * size)
    return maximum(x, 0.0) + rest, where(x < 0.0, rest / root, 0.5 + 0.5 * apply("over_hypot", x, sqrt(b)))


def _sparse_plus(x: Term) -> Pair:
    risen = (maximum(x, -1.0) + 1.0).named("risen")
    return where(x >= 1.0, x, 0.25 * risen * risen), where(x >= 1.0, 1.0, 0.5 * risen)


# --- gates --------------------------------------------------------------------------------------------------------

_CUBIC: Final = 0.044715
_SQRT_8_OVER_PI, _SQRT_8_OVER_PI_REST = 1.5957691216057308, -9.96930880911092e-17


def _gelu_tanh(x: Term) -> Pair:
    """x sigmoid(v) with v = sqrt(8/pi) (x + 0.044715 x^3), compensated for the rounding error of v."""
    near = clip(x, -100.0, 100.0).named("near")
    square = (near * near).named("square")
    cubic = (_CUBIC * square).named("cubic")
    factor = (1.0 + cubic).named("factor")
    product = (near * factor).named("product")
    v = (_SQRT_8_OVER_PI * product).named("v")
    lost = sum_error(factor, term(1.0), cubic) + product_error(square, term(_CUBIC))
    lost = lost + _CUBIC * product_error(near, near)
    lost = (product_error(near, factor) + near * lost).named("lost")
    error = product_error(product, term(_SQRT_8_OVER_PI)) + _SQRT_8_OVER_PI * lost + _SQRT_8_OVER_PI_REST * product
    g = gate(v, error.named("error"))
    return gated(x, g), gated_slope(g, v + 2.0 * _SQRT_8_OVER_PI * near * cubic)


def _hard_swish(x: Term) -> Pair:
    value = maximum(x, -3.0) * ((clip(x, -3.0, 3.0) + 3.0) / 6.0)
    return value, where(x >= 3.0, 1.0, where(x > -3.0, (x + 1.5) / 3.0, 0.0))


# --- squashers ----------------------------------------------------------------------------------------------------


def _log_sigmoid(x: Term) -> Pair:
    return -apply("softplus", -x), apply("sigmoid", -x)


def _hard_sigmoid(x: Term, alpha: Term, beta: Term) -> Pair:
    if alpha.is_value(1.0 / 6.0) and beta.is_value(0.5):  # exactly 1/6, which is no float64
        return (clip(x, -3.0, 3.0) + 3.0) / 6.0, _step_between(x, -3.0, 3.0, 1.0 / 6.0)
    line = (alpha * x + beta).named("line")
    return clip(line, 0.0, 1.0), _step_between(line, 0.0, 1.0, alpha)


def _softsign(x: Term) -> Pair:
    share = (1.0 / (1.0 + absolute(x))).named("share")
    near = apply("bounded", x).named("near")  # inf / inf is nan
    return near / (1.0 + absolute(near)), share * share


def _arctan_slope(x: Term) -> Term:
    root = hypot(x, 1.0).named("root")
    return 1.0 / root / root


# --- shrinkage, waves, recent models ------------------------------------------------------------------------------


def _hard_shrink(x: Term, lambd: Term) -> Pair:
    inside = compare("<=", absolute(x), lambd)
    return where(inside, 0.0, x), where(inside, 0.0, 1.0)


def _soft_shrink(x: Term, lambd: Term) -> Pair:
    value = maximum(x - lambd, 0.0) - maximum(-x - lambd, 0.0)
    return value, where(compare("<=", absolute(x), lambd), 0.0, 1.0)


def _tanh_shrink(x: Term) -> Pair:
    """Near 0 Lambert's continued fraction, because x - tanh(x) cancels there."""
    near = minimum(absolute(x), 1.25)
    square = (near * near).named("square")
    rest = polynomial("tanh_shrink_a", square) / polynomial("tanh_shrink_p", square)
    fraction = x * (square / (3.0 + square * (1.0 + rest)))
    slope = tanh(x).named("t")
    return where(absolute(x) < 1.25, fraction, x - tanh(x)), slope * slope


def _snake(x: Term, a: Term) -> Pair:
    s, c = sin(a * x).named("s"), cos(a * x).named("c")
    finite = sin(apply("bounded", a * x)).named("finite")
    return x + finite * finite / a, (s + c) * (s + c)


def _softcap(x: Term, cap: Term) -> Pair:
    u = (x / cap).named("u")
    rest = quotient_error(x, u, cap).named("rest")
    e = exp(-2.0 * absolute(u)).named("e")
    carried = 1.0 - where(u < 0.0, -2.0 * rest, 2.0 * rest)
    bent = where(e > 0.0, 4.0 * e * carried / ((1.0 + e) * (1.0 + e)), 0.0)  # for a large x the rest may be nan
    return cap * tanh(u), bent


def _laplace(x: Term, mu: Term, sigma: Term) -> Pair:
    near = clip(x, mu - 50.0 * sigma, mu + 50.0 * sigma).named("near")
    away = (near - mu).named("away")
    u = (away / sigma).named("u")
    lost = sum_error(away, near, -mu) / sigma + quotient_error(away, u, sigma)
    rest = (u * lost).named("rest")
    b = bell(u)
    decay = (b.rest * (1.0 - rest)).named("decay")
    tail = (decay / inverse_mills(b.z) * b.half * b.half).named("tail")
    density = 1.0 / math.sqrt(2.0 * math.pi) * decay / sigma * b.half * b.half
    return where(u < 0.0, tail, 1.0 - tail), density


def _gelu_10(x: Term) -> Pair:
    # min(x, 10): the branch that is not taken must not overflow.
    near = minimum(x, 10.0)
    return where(x > 10.0, 10.0, apply("gelu", near)), where(x > 10.0, 0.0, apply("gelu_slope", near))


def _cut(x: Term, threshold: Term, value: Term | float = 0.0) -> Pair:
    return where(x <= threshold, value, x), where(x <= threshold, 0.0, 1.0)


def _shrink(x: Term, lambd: Term, bias: Term) -> Pair:
    inside = compare("<=", absolute(x), lambd)
    return where(inside, 0.0, where(x < 0.0, x + bias, x - bias)), where(inside, 0.0, 1.0)


def _of_helper(name: str, slope: str) -> Callable[..., Pair]:
    return lambda *args: (HELPERS[name].body(*args), HELPERS[slope].body(*args))


ENTRIES: Final[Mapping[str, Callable[..., Pair]]] = {
    "identity": lambda x: (x, _ONE),
    "relu": lambda x: (maximum(0.0, x), where(x > 0.0, 1.0, 0.0)),
    "leaky_relu": lambda x, negative_slope: _leaky_relu(x, negative_slope),
    "prelu": lambda x, weight: _leaky_relu(x, weight),
    "rrelu": lambda x, lower, upper: _leaky_relu(x, (0.5 * lower + 0.5 * upper).named("slope")),
    "relu6": lambda x: (clip(x, 0.0, 6.0), _step_between(x, 0.0, 6.0)),
    "relu_squared": _relu_squared,
    "threshold": _cut,
    "elu": lambda x, alpha: _elu(x, alpha),
    "celu": _celu,
    "selu": lambda x, alpha, gamma: _elu(x, alpha, gamma),
    "gelu": _of_helper("gelu", "gelu_slope"),
    "gelu_tanh": _gelu_tanh,
    "quick_gelu": lambda x: _of_helper("silu", "silu_slope")(x, term(1.702)),
    "silu": _of_helper("silu", "silu_slope"),
    "mish": _of_helper("mish", "mish_slope"),
    "hard_swish": _hard_swish,
    "softplus": _softplus,
    "squareplus": _squareplus,
    "sparse_plus": _sparse_plus,
    "exponential": lambda x: (exp(x), exp(x)),
    "sigmoid": _of_helper("sigmoid", "sigmoid_slope"),
    "log_sigmoid": _log_sigmoid,
    "hard_sigmoid": _hard_sigmoid,
    "sparse_sigmoid": lambda x: (0.5 * (clip(x, -1.0, 1.0) + 1.0), _step_between(x, -1.0, 1.0, 0.5)),
    "tanh": lambda x: (tanh(x), apply("tanh_slope", x)),
    "hard_tanh": lambda x, min_val, max_val: (clip(x, min_val, max_val), _step_between(x, min_val, max_val)),
    "softsign": _softsign,
    "erf": lambda x: (apply("erf", x), 2.0 / math.sqrt(math.pi) * apply("exp_minus_square", x)),
    "arctan": lambda x: (arctan(x), _arctan_slope(x)),
    "step": lambda x: (where(x >= 0.0, 1.0, where(x < 0.0, 0.0, x)), _ZERO),
    "hard_shrink": _hard_shrink,
    "soft_shrink": _soft_shrink,
    "tanh_shrink": _tanh_shrink,
    "sin": lambda x: (sin(x), cos(x)),
    "snake": _snake,
    "softcap": _softcap,
    "laplace": _laplace,
    "gelu_10": _gelu_10,
    "fatrelu": lambda x, threshold: _cut(x, threshold),
    "shrink": _shrink,
}
"""Name -> (x, parameters) -> value and slope."""

SHORT: Final = frozenset({
    *("identity", "relu", "leaky_relu", "prelu", "threshold", "fatrelu", "exponential", "tanh", "sin"),
    *("arctan", "step", "erf"),
})  # fmt: skip
"""Entries whose terms are inlined where a formula calls them; the others become functions."""


def _as_helper(name: str) -> Helper:
    names = tuple(signature(ENTRIES[name]).parameters)
    slope = f"{name}_slope"
    HELPERS[slope] = Helper(names, lambda *args: ENTRIES[name](*args)[1], f"The slope of {name}.")
    return Helper(names, lambda *args: ENTRIES[name](*args)[0], f"{name}, as in the literature.", by_slope(slope))


for _name in ENTRIES:
    if _name not in HELPERS and _name not in SHORT:
        HELPERS[_name] = _as_helper(_name)
