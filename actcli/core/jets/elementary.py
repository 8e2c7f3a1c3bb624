"""Elementary functions over arrays or jets, defined by a table of differential equations.

A row of the table has the values of a system y, g, ... at x, with y = f, and the rates dy/du, dg/du, ... as polynomials
of u and the system. The jet of f(u) follows by integrating the series term by term, for every order. The companions
g, ... are chosen so that no rate cancels: tanh' is a companion sech², not 1 - tanh².

Source: Moore, Interval Analysis (1966); Griewank and Walther (2008), section 13.2.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from actcli.core.arrays import Array
from actcli.core.jets.choice import clamp
from actcli.core.jets.jet import Jet, Operand, value_of
from actcli.core.numerics import special
from actcli.core.numerics.compensated import two_product

Values = tuple[Array, ...]
LOG2_E = 1.0 / math.log(2.0)
LOG10_E = 1.0 / math.log(10.0)

Rates = Callable[..., tuple[Any, ...]]
"""rates(u, *system), over jets or over arrays."""


@dataclass(frozen=True, slots=True)
class Elementary:
    """A function f: its value, and a system of differential equations whose first component is f."""

    value: Callable[[Array], Array]
    system: Callable[[Array], Values]
    rates: Rates

    def __call__(self, x: Operand) -> Operand:
        if not isinstance(x, Jet):
            return self.value(x)
        start = self.system(x.value)
        if x.order == 1:  # the chain rule; companions are not needed
            return x.chain(start[0], self.rates(x.value, *start)[0])
        return integrate(x, start, self.rates)[0]

    def at(self, u: Operand, error: Array) -> Operand:
        """f(u + error) = f(u) + f'(u) * error, for an argument u with known rounding error."""
        if isinstance(u, Jet):
            jets = integrate(u, self.system(u.value), self.rates)
            expanded: Jet = jets[0] + self.rates(u, *jets)[0] * error
            return expanded
        values = self.system(u)
        corrected: Array = values[0] + self.rates(u, *values)[0] * error
        return corrected

    def of_product(self, x: Operand, factor: float, shift: float = 0.0) -> Operand:
        """f(factor * x + shift), corrected for the rounding of the product; adding `shift` must be exact."""
        if factor == 1.0:
            return self(x + shift)
        _, error = two_product(value_of(x), factor)
        return self.at(x * factor + shift, error)

    def of_quotient(self, x: Operand, divisor: float) -> Operand:
        """f(x / divisor), corrected for the rounding of the quotient."""
        if divisor == 1.0:
            return self(x)
        quotient = x / divisor
        product, rest = two_product(value_of(quotient), divisor)
        error = ((value_of(x) - product) - rest) / divisor
        return self.at(quotient, np.where(np.isfinite(error), error, 0.0))


def integrate(u: Jet, start: Values, rates: Rates) -> tuple[Jet, ...]:
    """The jets of v(u) where dv/du = rates(u, *v) and v(u_0) = start."""
    d = u.derivatives
    curved = [j for j in range(2, len(d)) if d[j].any()]
    system = [np.empty_like(d) for _ in start]
    for v, v0 in zip(system, start, strict=True):
        v[0] = v0
    for k in range(1, len(d)):
        known = rates(Jet(d[:k]), *(Jet(v[:k]) for v in system))
        for v, rate in zip(system, known, strict=True):
            # v^(k) is the derivative of order k - 1 of u' * rate: Leibniz' rule.
            v[k] = d[1] * rate.derivatives[k - 1]
            for j in (j for j in curved if j <= k):
                v[k] += math.comb(k - 1, j - 1) * d[j] * rate.derivatives[k - j]
    return tuple(Jet(v) for v in system)


# --- the values that the systems start from -------------------------------------------------------------------


def decay_of(x: Array) -> Array:
    """exp(-|x|)."""
    decay: Array = np.exp(-np.abs(x))
    return decay


def open_part(x: Array, decay: Array) -> Array:
    """exp(min(x, 0)), given decay = exp(-|x|): 1 for x >= 0, decay for x < 0, nan for nan. Saves an exponential."""
    part: Array = np.maximum((x >= 0.0).astype(decay.dtype), decay)
    return part


def sigmoid_and_slope(x: Array) -> tuple[Array, Array]:
    """sigmoid and its slope for |x| <= 700: r or 1 - r, and r (1 - r), with r = 1 / (1 + exp(|x|)) <= 1/2.

    Computed in place, for training: fewer arrays, of which more stay in the cache.
    """
    r = np.abs(x)
    np.exp(r, out=r)
    r += 1.0
    np.divide(1.0, r, out=r)
    slope = 1.0 - r
    slope *= r
    value = (x >= 0.0).astype(r.dtype)
    value -= r
    return np.abs(value, out=value), slope


def _sigmoid_system(x: Array) -> Values:
    """sigmoid, its slope and tanh(x/2), without cancellation."""
    decay = decay_of(x)
    return _sigmoid(x), decay / (1.0 + decay * (2.0 + decay)), _tanh(0.5 * x)


def _sigmoid(x: Array) -> Array:
    """sigmoid; exp(x) for x < -700."""
    r = np.abs(x)
    far = r > 700.0
    any_far = far.any()
    r = np.exp(r.clip(0.0, 700.0) if any_far else r)
    r += 1.0
    r = 1.0 / r
    value: Array = (x >= 0.0).astype(np.float64)
    value -= r
    value = np.abs(value)
    return np.where(far & (x < 0.0), np.exp(np.minimum(x, 0.0)), value) if any_far else value


def tanh_and_slope(x: Array) -> tuple[Array, Array]:
    """tanh and sech² for |x| <= 350: ±t / (t + 2) and r (2 - r), with t = exp(2|x|) - 1, r = 2 / (t + 2)."""
    t = np.abs(x)
    t += t
    np.expm1(t, out=t)
    r = t + 2.0
    t /= r
    np.divide(2.0, r, out=r)
    slope = 2.0 - r
    slope *= r
    return signed_like(x, t), slope


def _tanh(x: Array) -> Array:
    """tanh; ±1 for |x| >= 50."""
    t = np.abs(x)
    if (t > 50.0).any():
        t = t.clip(0.0, 50.0)
    t += t
    t = np.expm1(t)
    divisor = t + 2.0
    t /= divisor
    return signed_like(x, t)


def signed_like(x: Array, size: Array) -> Array:
    """copysign(size, x) for size >= 0, in place and on the bits: two thirds of np.copysign's time."""
    integer: Any = np.int64 if x.dtype.itemsize == 8 else np.int32
    bits = size.view(integer)
    bits |= x.view(integer) & np.iinfo(integer).min
    signed: Array = bits.view(x.dtype)
    return signed


def _softplus(x: Array) -> Array:
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


def _sech_squared(x: Array) -> Array:
    decay = np.exp(-2.0 * np.abs(x))
    return 4.0 * decay / (1.0 + decay * (2.0 + decay))


def _inverse_cosine(x: Array) -> Array:
    """1 / sqrt(1 - x²), the slope of arcsin."""
    return 1.0 / np.sqrt((1.0 - x) * (1.0 + x))


def _arctan_system(x: Array) -> Values:
    """arctan, 1 / (1 + x²) and x / (1 + x²), without x² where that would overflow."""
    p = 1.0 / (x + 1.0 / x)
    return np.arctan(x), np.where(np.abs(x) > 1.0, p / x, 1.0 / (1.0 + x * x)), p


# --- the table: value; the system at x; its rates ---------------------------------------------------------------

exp = Elementary(np.exp, lambda x: (np.exp(x),), lambda u, y: (y,))
expm1 = Elementary(np.expm1, lambda x: (np.expm1(x), np.exp(x)), lambda u, y, g: (g, g))
log = Elementary(np.log, lambda x: (np.log(x), 1.0 / x), lambda u, y, g: (g, -g * g))
log1p = Elementary(np.log1p, lambda x: (np.log1p(x), 1.0 / (1.0 + x)), lambda u, y, g: (g, -g * g))
log2 = Elementary(np.log2, lambda x: (np.log2(x), 1.0 / x), lambda u, y, g: (g * LOG2_E, -g * g))
log10 = Elementary(np.log10, lambda x: (np.log10(x), 1.0 / x), lambda u, y, g: (g * LOG10_E, -g * g))
sqrt = Elementary(np.sqrt, lambda x: (np.sqrt(x), 0.5 / np.sqrt(x)), lambda u, y, g: (g, -2.0 * g * g * g))

sin = Elementary(np.sin, lambda x: (np.sin(x), np.cos(x)), lambda u, s, c: (c, -s))
cos = Elementary(np.cos, lambda x: (np.cos(x), np.sin(x)), lambda u, c, s: (-s, c))
tan = Elementary(np.tan, lambda x: (np.tan(x),), lambda u, y: (y * y + 1.0,))
arcsin = Elementary(np.arcsin, lambda x: (np.arcsin(x), _inverse_cosine(x)), lambda u, y, g: (g, u * g * g * g))
arccos = Elementary(np.arccos, lambda x: (np.arccos(x), _inverse_cosine(x)), lambda u, y, g: (-g, u * g * g * g))
arctan = Elementary(np.arctan, _arctan_system, lambda u, y, g, p: (g, -2.0 * p * g, g - 2.0 * p * p))

sinh = Elementary(np.sinh, lambda x: (np.sinh(x), np.cosh(x)), lambda u, s, c: (c, s))
cosh = Elementary(np.cosh, lambda x: (np.cosh(x), np.sinh(x)), lambda u, c, s: (s, c))
tanh = Elementary(_tanh, lambda x: (_tanh(x), _sech_squared(x)), lambda u, y, g: (g, -2.0 * y * g))
arcsinh = Elementary(np.arcsinh, lambda x: (np.arcsinh(x), 1.0 / np.hypot(1.0, x)), lambda u, y, g: (g, -u * g * g * g))
arccosh = Elementary(
    np.arccosh,
    lambda x: (np.arccosh(x), 1.0 / np.sqrt((x - 1.0) * (x + 1.0))),
    lambda u, y, g: (g, -u * g * g * g),
)
arctanh = Elementary(
    np.arctanh, lambda x: (np.arctanh(x), 1.0 / ((1.0 - x) * (1.0 + x))), lambda u, y, g: (g, 2.0 * u * g * g)
)

sigmoid = Elementary(_sigmoid, _sigmoid_system, lambda u, y, g, t: (g, -t * g, 2.0 * g))
softplus = Elementary(
    _softplus,
    lambda x: (_softplus(x), *_sigmoid_system(x)),
    lambda u, y, s, g, t: (s, g, -t * g, 2.0 * g),
)
normal_cdf = Elementary(
    special.normal_cdf,
    special.normal_cdf_and_density,
    lambda u, y, g: (g, -u * g),
)
erf = Elementary(special.erf, special.erf_and_slope, lambda u, y, g: (g, -2.0 * u * g))
_erfc = Elementary(special.erfc, special.erfc_and_fall, lambda u, y, g: (-g, -2.0 * u * g))


def erfc(x: Operand) -> Operand:
    """1 - erf(x); where it equals its limit, the limit with derivatives 0."""
    return _erfc(clamp(x, -100.0, 100.0))
