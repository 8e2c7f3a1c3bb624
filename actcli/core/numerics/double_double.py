"""Arrays of numbers with twice float64's digits: unevaluated sums hi + lo, with a relative error of about 2^-100.

Source: Dekker, A floating-point technique for extending the available precision (1971); Hida, Li and Bailey,
Algorithms for quad-double precision floating point arithmetic (2001).
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from actcli.core.arrays import Array, Indices
from actcli.core.numerics.compensated import two_product, two_sum

# ln 2 in three parts. An integer up to 2^20 times the first part is exact.
_LN2: Final = (0.6931471803691238, 1.9082149292705877e-10, 1.1612227229362532e-26)
_LARGEST: Final = 1e5
"""|x| beyond which e^x overflows or underflows in every type."""
_HALVINGS: Final = 9
_TERMS: Final = 10
_SMALL: Final = 2.0**-6


class Double:
    """The numbers hi + lo, where hi is the nearest float64."""

    __slots__ = ("hi", "lo")
    __array_ufunc__ = None  # array * double is computed by this class, not by NumPy

    def __init__(self, hi: Array, lo: Array | float = 0.0) -> None:
        self.hi: Array = np.asarray(hi, dtype=np.float64)
        self.lo: Array = np.broadcast_to(np.asarray(lo, dtype=np.float64), self.hi.shape)

    @classmethod
    def total(cls, a: Array, b: Array | float) -> Double:
        """a + b, exactly; either may be the larger."""
        return cls(*two_sum(a, b))

    @classmethod
    def product(cls, a: Array, b: Array | float) -> Double:
        """a b, exactly."""
        return cls(*two_product(a, b))

    def __neg__(self) -> Double:
        return Double(-self.hi, -self.lo)

    def __getitem__(self, which: Any) -> Double:
        return Double(self.hi[which], self.lo[which])

    def __add__(self, other: Double | Array | float) -> Double:
        b = _of(other)
        high, error = two_sum(self.hi, b.hi)
        low, rest = two_sum(self.lo, b.lo)
        high, error = _fast_sum(high, error + low)
        return Double(*_fast_sum(high, error + rest))

    def __sub__(self, other: Double | Array | float) -> Double:
        return self + -_of(other)

    def __mul__(self, other: Double | Array | float) -> Double:
        b = _of(other)
        high, error = two_product(self.hi, b.hi)
        return Double(*_fast_sum(high, error + (self.hi * b.lo + self.lo * b.hi)))

    def __truediv__(self, other: Double | Array | float) -> Double:
        b = _of(other)
        first = self.hi / b.hi
        rest = self - b * first
        second = rest.hi / b.hi
        third = (rest - b * second).hi / b.hi
        return Double(*_fast_sum(first, second)) + third

    __radd__, __rmul__ = __add__, __mul__

    def scaled(self, exponent: Indices | int) -> Double:
        """Times 2^exponent."""
        shift = np.clip(exponent, -4000, 4000).astype(np.int32)
        return Double(np.ldexp(self.hi, shift), np.ldexp(self.lo, shift))


def _of(number: Double | Array | float) -> Double:
    return number if isinstance(number, Double) else Double(np.asarray(number, dtype=np.float64))


def _fast_sum(large: Array, small: Array) -> tuple[Array, Array]:
    total = large + small
    return total, small - (total - large)


def exp(x: Double) -> tuple[Double, Indices]:
    """m and k with e^x = m 2^k, m from 0.7 to 1.5. x is clipped to [-1e5, 1e5]."""
    hi = np.clip(x.hi, -_LARGEST, _LARGEST)
    lo = np.where(hi == x.hi, x.lo, 0.0)
    k = np.rint(hi / math.log(2.0))
    rest = Double.total(hi, -k * _LN2[0]) - Double.product(k, _LN2[1]) - k * _LN2[2] + lo
    rest = Double(np.ldexp(rest.hi, -_HALVINGS), np.ldexp(rest.lo, -_HALVINGS))
    # e^x - 1 instead of e^x keeps the digits of a small x. Each doubling of x: (1 + y)^2 - 1 = y (2 + y).
    series = Double(np.full(hi.shape, 1.0 / math.factorial(_TERMS)))
    for n in range(_TERMS - 1, 0, -1):
        series = series * rest + _reciprocal(math.factorial(n))
    grown = series * rest
    for _ in range(_HALVINGS):
        grown = grown * (grown + 2.0)
    return grown + 1.0, k.astype(np.int64)


def _reciprocal(n: int) -> Double:
    return Double(np.array(1.0)) / float(n)


def log1p(x: Double) -> Double:
    """log(1 + x) for x >= 0, with a relative error of about 2^-95."""
    ratio = x / (x + 2.0)  # log(1 + x) = 2 artanh(x/(2 + x))
    square = ratio * ratio
    series = Double(np.zeros(x.hi.shape))
    for n in range(19, 0, -2):
        series = series * square + _reciprocal(n)
    small = ratio * series * 2.0
    # Newton's step for e^y = 1 + x, from float64's y.
    guess = np.log1p(x.hi)
    mantissa, exponent = exp(Double(-guess))
    off = (x + 1.0) * mantissa.scaled(exponent) - 1.0
    newton = off - off * off * 0.5 + guess
    near = x.hi < _SMALL
    return Double(np.where(near, small.hi, newton.hi), np.where(near, small.lo, newton.lo))


def row_sum(x: Double) -> Double:
    """The sum over the last axis, in pairs; of shape (..., 1)."""
    while (width := x.hi.shape[-1]) > 1:
        half = width // 2
        pairs = x[..., :half] + x[..., half : 2 * half]
        if width % 2:
            rest = x[..., -1:]
            pairs = Double(np.concatenate([pairs.hi, rest.hi], axis=-1), np.concatenate([pairs.lo, rest.lo], axis=-1))
        x = pairs
    return x
