"""Germs: jets at x or at an infinitesimal distance from x, in numbers that neither overflow nor underflow.

A germ is taken at x + rest with an infinitesimal rest. So the sign of x at 0 is 1 on one side and -1 on the other, and
sqrt(x²) has the slopes of |x|. Poles, singular powers and overflows have one-sided values. A function of a constant has
derivative 0, even if its own slope is infinite.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from actcli.core.arrays import Array, Indices, Mask
from actcli.core.numerics.wide import Wide, scaled, where

BESIDE: Final = -(1 << 20)
"""log2 of the infinitesimal distance."""
_INFINITESIMAL: Final = -(1 << 17)


class Germ:
    """Derivatives d_0, d_1, ... as wide numbers, with value d_0 + rest. Ties of d_0 are compared by the rest."""

    __slots__ = ("rest", "rows")
    __array_ufunc__ = None

    def __init__(self, rows: Sequence[Wide], rest: Wide | None = None) -> None:
        self.rows = list(rows)
        self.rest = Wide.zeros(rows[0].mantissa.shape) if rest is None else rest

    @classmethod
    def variable(cls, x: Array, order: int, side: Array | float, beside: Indices | int = 1) -> Germ:
        """x + t at x; to its right (side 1) or left (side -1) at distance 2^(beside BESIDE)."""
        zeros = np.zeros_like(x)
        rows = [Wide.of(x), Wide.of(zeros + 1.0), *[Wide.zeros(zeros.shape)] * (order - 1)]
        return cls(rows[: order + 1], Wide(zeros + side, beside * BESIDE))

    @property
    def order(self) -> int:
        """Order of the highest derivative."""
        return len(self.rows) - 1

    @property
    def at(self) -> Wide:
        """The value; the rest, if the value is 0."""
        return where(self.rows[0].is_zero, self.rest, self.rows[0])

    @property
    def flat(self) -> Mask:
        """Mask of constants: all derivatives and the rest are 0."""
        flat: Mask = np.logical_and.reduce([row.is_zero for row in self.rows[1:]] + [self.rest.is_zero])
        return flat

    def constant(self, value: Wide | Array | float) -> Germ:
        """`value` as a germ of this one's shape and order."""
        zeros = Wide.zeros(self.rows[0].mantissa.shape)
        return Germ([Wide.of(value) + zeros, *[zeros] * self.order])

    def __getitem__(self, which: Any) -> Germ:
        return Germ([row[which] for row in self.rows], self.rest[which])

    def __neg__(self) -> Germ:
        return Germ([-row for row in self.rows], -self.rest)

    def __add__(self, other: Germ | Array | float) -> Germ:
        if not isinstance(other, Germ):
            return Germ([self.rows[0] + other, *self.rows[1:]], self.rest)
        return Germ([a + b for a, b in zip(self.rows, other.rows, strict=True)], self.rest + other.rest)

    def __sub__(self, other: Germ | Array | float) -> Germ:
        return self + -other

    def __rsub__(self, other: Array | float) -> Germ:
        return -self + other

    def __mul__(self, other: Germ | Array | float) -> Germ:
        if not isinstance(other, Germ):
            return Germ([row * other for row in self.rows], self.rest * other)
        a, b = [self.at, *self.rows[1:]], [other.at, *other.rows[1:]]
        rows = [self.rows[0] * other.rows[0]]
        for k in range(1, len(a)):
            # Terms with a derivative 0 are left out; a value 0 may be multiplied by an infinite slope.
            terms = [scaled(a[j], b[k - j]) * math.comb(k, j) for j in range(1, k)]
            rows.append(total([scaled(b[k], a[0]), *terms, scaled(a[k], b[0])]))
        u, v = self.rows[0], other.rows[0]
        rest = scaled(other.rest, u) + scaled(self.rest, v) + scaled(self.rest, other.rest)
        return _settled(rows, rest, self.at * other.at)

    __radd__, __rmul__ = __add__, __mul__

    def square(self) -> Germ:
        """The square."""
        return self * self

    def __truediv__(self, other: Germ | Array | float) -> Germ:
        if not isinstance(other, Germ):
            return Germ([row / other for row in self.rows], self.rest / other)
        return _quotient(self, other)

    def __rtruediv__(self, other: Array | float) -> Germ:
        return _quotient(self.constant(other), self)

    def __abs__(self) -> Germ:
        return self * np.sign(self.at.mantissa)


def total(terms: Sequence[Wide]) -> Wide:
    """The sum, added from first to last."""
    added = terms[0]
    for term in terms[1:]:
        added = added + term
    return added


def _settled(rows: list[Wide], rest: Wide, at: Wide) -> Germ:
    """The germ with the value beside x, if there is none at x (0 times inf)."""
    lost = np.isnan(rows[0].mantissa) & ~np.isnan(at.mantissa)
    if lost.any():
        tiny = at.smaller_than(_INFINITESIMAL)
        rows[0] = where(lost, where(tiny, 0.0, at), rows[0])
        rest = where(lost, where(tiny, at, 0.0), rest)
    return Germ(rows, rest)


def _quotient(a: Germ, b: Germ) -> Germ:
    """By Leibniz' rule for quotient * divisor = dividend, solved for one derivative after the other."""
    divisor, rows = b.at, [a.at / b.at]
    for k in range(1, len(a.rows)):
        known = [a.rows[k], *(-scaled(b.rows[j], rows[k - j]) * math.comb(k, j) for j in range(1, k + 1))]
        rows.append(divided(total(known), divisor))
    tiny = rows[0].smaller_than(_INFINITESIMAL)
    beside = b.rows[0].is_zero & ~b.rest.is_zero
    value = where(beside, where(tiny, 0.0, rows[0]), a.rows[0] / b.rows[0])
    rest = divided(a.rest - scaled(b.rest, value), divisor)
    return Germ([value, *rows[1:]], where(beside, where(tiny, rows[0], 0.0), rest))


def divided(a: Wide, b: Wide) -> Wide:
    """a / b; 0 where a is 0, even where b is 0."""
    return where(a.is_zero, 0.0, a / b)


def applied(u: Germ, system: Callable[[Wide], tuple[Wide, ...]], rates: Callable[..., Any]) -> Germ:
    """Function of a germ; system(x): its value and companions, rates: their derivatives."""
    rows = integrated([u.at, *u.rows[1:]], system(u.at), rates)[0]
    if u.rest.is_zero.all():
        return Germ(rows)
    # f(x + rest) - f(x), by a series of three terms.
    x = u.rows[0]
    ones = Wide.of(np.ones_like(x.mantissa))
    f = integrated([x, ones, ones * 0.0, ones * 0.0], system(x), rates)[0]
    terms = [f[1] * u.rest, f[2] * u.rest * u.rest * 0.5, f[3] * u.rest * u.rest * u.rest * (1.0 / 6.0)]
    rest = where(u.rest.is_zero, 0.0, total([where(np.isfinite(t.mantissa), t, np.nan) for t in terms]))
    value = where(u.rest.is_zero, rows[0], f[0])
    # No such series exists at a pole or a branch point, but the function has a value beside it.
    singular = ~(np.isfinite(rest.mantissa) & np.isfinite(value.mantissa))
    tiny = rows[0].smaller_than(_INFINITESIMAL)
    value = where(singular, where(tiny, 0.0, rows[0]), value)
    return Germ([value, *rows[1:]], where(singular, where(tiny, rows[0], 0.0), rest))


def integrated(d: list[Wide], start: tuple[Wide, ...], rates: Callable[..., Any]) -> list[list[Wide]]:
    """`elementary.integrate` for germs; a derivative 0 times an infinite rate counts as 0."""
    system = [[value] for value in start]
    for k in range(1, len(d)):
        known = rates(Germ(d[:k]), *(Germ(v) for v in system))
        for v, rate in zip(system, known, strict=True):
            v.append(total([scaled(d[j], rate.rows[k - j]) * math.comb(k - 1, j - 1) for j in range(1, k + 1)]))
    return system


# --- choices ----------------------------------------------------------------------------------------------------------


def sign(u: Germ) -> Germ:
    """1, -1 or 0, with derivatives 0."""
    return u.constant(np.sign(u.at.mantissa))


def compared(compare: Callable[[Any, Any], Any], a: Germ | float, b: Germ | float) -> Mask:
    """compare(a, b) by the values; beside x if these are equal."""
    if isinstance(a, Germ):
        difference = a - b
    elif isinstance(b, Germ):
        difference = -(b - a)
    else:
        of_numbers: Mask = compare(a, b)
        return of_numbers
    numbers = difference.at.mantissa
    both_infinite = np.isnan(numbers)
    holds: Mask = compare(np.where(both_infinite, 0.0, numbers), 0.0)
    return holds & np.logical_not(is_nan(a)) & np.logical_not(is_nan(b))


def is_nan(a: Germ | float) -> Mask | bool:
    """Whether there is no value."""
    return np.isnan(a.rows[0].mantissa) if isinstance(a, Germ) else math.isnan(a)


def chosen(mask: Mask, then: Germ | float, otherwise: Germ | float) -> Germ:
    """`then` where the mask holds, else `otherwise`; one of them is a germ."""
    if not isinstance(then, Germ):
        assert isinstance(otherwise, Germ)
        then = otherwise.constant(then)
    if not isinstance(otherwise, Germ):
        otherwise = then.constant(otherwise)
    rows = [where(mask, a, b) for a, b in zip(then.rows, otherwise.rows, strict=True)]
    return Germ(rows, where(mask, then.rest, otherwise.rest))


def merged(x: Germ, parts: Sequence[tuple[Mask, Germ]]) -> Germ:
    """Germs of parts of x, put together."""
    columns = [*x.rows, x.rest]
    mantissas = np.empty((len(columns), *x.rest.mantissa.shape))
    exponents = np.empty(mantissas.shape, dtype=np.int64)
    for mask, part in parts:
        for k, row in enumerate((*part.rows, part.rest)):
            mantissas[k, mask], exponents[k, mask] = row.mantissa, row.exponent
    *rows, rest = [Wide(mantissas[k], exponents[k]) for k in range(len(columns))]
    return Germ(rows, rest)
