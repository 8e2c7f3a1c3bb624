"""Elementary functions of germs, and activations whose formula would cancel.

The differential equations are those of `elementary`; this module has their initial values as wide numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from actcli.core.arrays import Array
from actcli.core.jets import elementary
from actcli.core.jets.germ import Germ, applied, chosen, compared, divided, integrated, total
from actcli.core.numerics import special, wide
from actcli.core.numerics.wide import Wide, scaled, where


def germ_of(name: str, u: Germ, *parameters: float) -> Germ:
    """An elementary function of a germ."""
    system, rates = SYSTEMS[name]
    if name == "log":  # by division: where the slope of log(cosh(x)) rounds to 1, its derivatives are then 0
        return _logarithm(u, applied(u, system, rates))
    return applied(u, lambda x: system(x, *parameters), lambda u, *v: rates(u, *v, *parameters))


def _germ_near(name: str, u: Germ, error: Wide) -> Germ:
    """f(u + error) = f(u) + f'(u) error, for an argument u with known rounding error."""
    system, rates = SYSTEMS[name]
    rows = [u.at, *u.rows[1:]]
    jets = integrated(rows, system(u.at), rates)
    slope = rates(Germ(rows), *(Germ(jet) for jet in jets))[0]
    corrections = [row * error for row in slope.rows]
    return Germ([a + where(np.isfinite(b.mantissa), b, 0.0) for a, b in zip(jets[0], corrections, strict=True)])


def _of_product(name: str, u: Germ, factor: float) -> Germ:
    """f(factor u), corrected for the rounding of the product."""
    if not u.rest.is_zero.all():
        return germ_of(name, u * factor)
    hi, lo = wide.product(u.rows[0], factor)
    return _germ_near(name, Germ([hi, *(row * factor for row in u.rows[1:])]), lo)


def _of_quotient(name: str, u: Germ, divisor: float) -> Germ:
    """f(u / divisor), corrected for the rounding of the quotient."""
    if not u.rest.is_zero.all():
        return germ_of(name, u / divisor)
    hi, lo = wide.quotient(u.rows[0], divisor)
    return _germ_near(name, Germ([hi, *(row / divisor for row in u.rows[1:])]), lo)


def _logarithm(u: Germ, logarithm: Germ) -> Germ:
    """The rows of log(u) from u y' = u'."""
    rows = [logarithm.rows[0]]
    for k in range(1, len(u.rows)):
        known = [u.rows[k], *(-scaled(u.rows[j], rows[k - j]) * math.comb(k - 1, j) for j in range(1, k))]
        rows.append(divided(total(known), u.at))
    return Germ(rows, logarithm.rest)


# --- powers -----------------------------------------------------------------------------------------------------------


def power(base: Germ, exponent: float) -> Germ:
    """base ** exponent; integer exponents by products."""
    if float(exponent).is_integer() and abs(exponent) <= 1000:
        result = _whole_power(base, abs(int(exponent))) if exponent else base.constant(1.0)
        return result if exponent >= 0 else 1.0 / result
    return _constant_power(base, np.asarray(exponent))


def _whole_power(base: Germ, exponent: int) -> Germ:
    if exponent == 1:
        return base
    root = _whole_power(base, exponent // 2)
    return root * root * base if exponent % 2 else root * root


def _constant_power(base: Germ, exponent: Array) -> Germ:
    """base ** exponent for a constant exponent: the solution of u y' = exponent y u'."""
    return applied(
        base,
        lambda x: (wide.power(x, exponent), 1.0 / x),
        lambda u, y, r: (y * r * exponent, -(r * r)),
    )


def variable_power(base: Germ | float, exponent: Germ) -> Germ:
    """base ** exponent: exp(exponent log(base)); for a constant exponent `_constant_power`."""
    base = base if isinstance(base, Germ) else exponent.constant(base)
    varying = germ_of("exp", exponent * germ_of("log", base))
    value = wide.power(base.at, exponent.at.rounded())
    whole_by_rounding = exponent.at.smaller_than(-1074) & ~exponent.at.is_zero
    value = where((base.at.mantissa < 0.0) & whole_by_rounding, np.nan, value)
    varying = Germ([value, *varying.rows[1:]], varying.rest)
    flat = exponent.flat
    return chosen(flat, _constant_power(base, exponent.at.rounded()), varying) if flat.any() else varying


# --- the values that the systems start from ---------------------------------------------------------------------------

System = Callable[..., tuple[Wide, ...]]


def _value(function: Callable[[Array], Array], at_zero: float | None = None) -> Callable[[Wide], Wide]:
    """A float64 function at wide numbers; at_zero: its value at the smallest x, None: x itself."""

    def value(x: Wide) -> Wide:
        computed = Wide.of(function(x.rounded()))
        return where(x.smaller_than(-500), x if at_zero is None else at_zero, computed)

    return value


def _sine_and_cosine(x: Wide) -> tuple[Wide, Wide]:
    return _value(np.sin)(x), Wide.of(np.cos(x.rounded()))


def _sinh_and_cosh(x: Wide) -> tuple[Wide, Wide]:
    far = ~(np.abs(x.rounded()) < 300.0)
    half = wide.exp(abs(x)) * 0.5
    sine, cosine = _value(np.sinh)(x), Wide.of(np.cosh(x.rounded()))
    return where(far, half * np.sign(x.mantissa), sine), where(far, half, cosine)


def _one_less(x: Wide) -> Wide:
    """e^x - 1"""
    return where(x.rounded() > 300.0, wide.exp(x), _value(np.expm1)(x))


def _log1p(x: Wide) -> Wide:
    return where(x.rounded() > 1e300, wide.log(x), _value(np.log1p)(x))


def _arc(function: Callable[[Array], Array]) -> Callable[[Wide], Wide]:
    """arcsinh and arccosh, beyond float64 the logarithm of 2|x|."""

    def value(x: Wide) -> Wide:
        far = wide.log(abs(x)) + math.log(2.0)
        return where(np.abs(x.rounded()) > 1e300, far * np.sign(x.mantissa), _value(function)(x))

    return value


def _sech_squared(x: Wide) -> Wide:
    decay = wide.exp(abs(x) * -2.0)
    return decay * 4.0 / ((decay + 1.0) * (decay + 1.0))


def _sigmoid(x: Wide) -> tuple[Wide, Wide, Wide]:
    decay = wide.exp(-abs(x))
    below = 1.0 / (decay + 1.0)
    value = where(x.mantissa < 0.0, decay * below, below)
    return value, decay * below * below, _value(np.tanh)(x * 0.5)


def _softplus(x: Wide) -> Wide:
    tail = wide.exp(x)
    v = x.rounded()
    middle = np.maximum(v, 0.0) + np.log1p(np.exp(-np.abs(v)))
    return where(v < -40.0, tail, where(v > 800.0, x, middle))


def _bell(x: Wide, share: float, scale: float) -> Wide:
    """scale exp(-share x²)"""
    hi, lo = special.square(x.rounded())
    bell = wide.exp(Wide.of(-share * hi))
    return (bell - bell * (share * lo)) * scale


def _normal_cdf(x: Wide) -> Wide:
    v = x.rounded()
    exponent, inverse, _ = special.normal_tail(np.abs(v))
    tail = wide.exp(Wide.of(-exponent)) / inverse
    return where(v > 0.0, -tail + 1.0, tail)


def _erfc(x: Wide) -> Wide:
    v = x.rounded()
    tail = _bell(x, 1.0, 2.0) / special._inverse_mills_ratio(math.sqrt(2.0) * np.abs(v).clip(0.0, 1e9))
    return where(v < 0.7, special.erfc(v), tail)


def _erf(x: Wide) -> Wide:
    return where(x.smaller_than(-500), x * (2.0 / _ROOT_PI), special.erf(x.rounded().clip(-1e9, 1e9)))


def _one_over_root(x: Wide) -> Wide:
    return 1.0 / wide.sqrt(x)


def _with(name: str, system: System) -> tuple[System, Callable[..., Any]]:
    rule: elementary.Elementary = getattr(elementary, name)
    return system, rule.rates


_ROOT_PI: Final = math.sqrt(math.pi)

SYSTEMS: Final[dict[str, tuple[System, Callable[..., Any]]]] = {
    "exp": _with("exp", lambda x: (wide.exp(x),)),
    "expm1": _with("expm1", lambda x: (_one_less(x), wide.exp(x))),
    "log": _with("log", lambda x: (wide.log(x), 1.0 / x)),
    "log2": _with("log2", lambda x: (wide.log(x) * elementary.LOG2_E, 1.0 / x)),
    "log10": _with("log10", lambda x: (wide.log(x) * elementary.LOG10_E, 1.0 / x)),
    "log1p": _with("log1p", lambda x: (_log1p(x), 1.0 / (x + 1.0))),
    "sqrt": _with("sqrt", lambda x: (wide.sqrt(x), 0.5 / wide.sqrt(x))),
    "sin": _with("sin", _sine_and_cosine),
    "cos": _with("cos", lambda x: _sine_and_cosine(x)[::-1]),
    "tan": _with("tan", lambda x: (_value(np.tan)(x),)),
    "arcsin": _with("arcsin", lambda x: (_value(np.arcsin)(x), _one_over_root((1.0 - x) * (x + 1.0)))),
    "arccos": _with("arccos", lambda x: (_value(np.arccos, math.pi / 2.0)(x), _one_over_root((1.0 - x) * (x + 1.0)))),
    "arctan": _with("arctan", lambda x: (_value(np.arctan)(x), 1.0 / (x * x + 1.0), x / (x * x + 1.0))),
    "sinh": _with("sinh", _sinh_and_cosh),
    "cosh": _with("cosh", lambda x: _sinh_and_cosh(x)[::-1]),
    "tanh": _with("tanh", lambda x: (_value(np.tanh)(x), _sech_squared(x))),
    "arcsinh": _with("arcsinh", lambda x: (_arc(np.arcsinh)(x), _one_over_root(x * x + 1.0))),
    "arccosh": _with("arccosh", lambda x: (_arc(np.arccosh)(x), _one_over_root((x - 1.0) * (x + 1.0)))),
    "arctanh": _with("arctanh", lambda x: (_value(np.arctanh)(x), 1.0 / ((1.0 - x) * (x + 1.0)))),
    "sigmoid": _with("sigmoid", _sigmoid),
    "softplus": _with("softplus", lambda x: (_softplus(x), *_sigmoid(x))),
    "normal_cdf": _with("normal_cdf", lambda x: (_normal_cdf(x), _bell(x, 0.5, 1.0 / math.sqrt(2.0 * math.pi)))),
    "erf": _with("erf", lambda x: (_erf(x), _bell(x, 1.0, 2.0 / _ROOT_PI))),
    "erfc": _with("_erfc", lambda x: (_erfc(x), _bell(x, 1.0, 2.0 / _ROOT_PI))),
}
"""Name in `elementary` -> system of wide numbers at x, and its rates."""


# --- activations whose formula cancels, or needs other functions -----------------------------------------------------


def _gelu_tanh(u: Germ) -> Germ:
    return u * germ_of("sigmoid", (u + u * u * u * 0.044715) * math.sqrt(8.0 / math.pi))


def _softsign(u: Germ) -> Germ:
    sign = np.sign(u.at.mantissa)
    return applied(
        u,
        lambda x: (x / (abs(x) + 1.0), 1.0 / (abs(x) + 1.0)),
        lambda u, y, w: (w.square(), w.square() * -sign),
    )


def _squareplus(u: Germ, b: float) -> Germ:
    def system(x: Wide) -> tuple[Wide, ...]:
        r = wide.sqrt(x * x + b)
        far = r + abs(x)
        below = x.mantissa < 0.0
        return where(below, b / far, far) * 0.5, where(below, b / far / r, far / r) * 0.5, x / r, 1.0 / r

    return applied(u, system, lambda u, y, s, w, q: (s, q * q * q * (0.5 * b), q * q * q * b, -(w * q * q)))


def _tanh_shrink(u: Germ) -> Germ:
    def system(x: Wide) -> tuple[Wide, ...]:
        near = x * x * x * (1.0 / 3.0)
        value = where(np.abs(x.rounded()) < 1e-4, near, x - np.tanh(x.rounded()))
        return value, _value(np.tanh)(x), _sech_squared(x)

    return applied(u, system, lambda u, y, t, g: (t.square(), g, t * g * -2.0))


ACTIVATIONS: Final[dict[str, Callable[..., Germ]]] = {
    **{name: (lambda u, name=name: germ_of(name, u)) for name in ("sigmoid", "tanh", "erf", "sin", "arctan")},
    "exponential": lambda u: germ_of("exp", u),
    "gelu": lambda u: u * germ_of("normal_cdf", u),
    "gelu_tanh": _gelu_tanh,
    "elu": lambda u, alpha: chosen(compared(np.greater, u, 0.0), u, germ_of("expm1", u) * alpha),
    "selu": lambda u, alpha, gamma: chosen(compared(np.greater, u, 0.0), u, germ_of("expm1", u) * alpha) * gamma,
    "celu": lambda u, alpha: chosen(compared(np.greater, u, 0.0), u, _of_quotient("expm1", u, alpha) * alpha),
    "silu": lambda u, beta: u * _of_product("sigmoid", u, beta),
    "quick_gelu": lambda u: u * _of_product("sigmoid", u, 1.702),
    "softcap": lambda u, cap: _of_quotient("tanh", u, cap) * cap,
    "softplus": lambda u, beta: _of_product("softplus", u, beta) / beta,
    "log_sigmoid": lambda u: -germ_of("softplus", -u),
    "softsign": _softsign,
    "squareplus": _squareplus,
    "tanh_shrink": _tanh_shrink,
}
"""Name in the catalogue -> function of a germ. Other activations are computed by their formula."""


def derivatives_of(name: str, x: Array, order: int, parameters: Mapping[str, float]) -> list[Array]:
    """f, f', ... f^(order) at x, as float64, of a function in SYSTEMS or ACTIVATIONS."""
    germ = ACTIVATIONS[name](Germ.variable(x, order, 0.0), **parameters)
    return [row.rounded() for row in germ.rows]
