"""Numbers with float64's precision and a separate exponent, from 2^-2^45 to 2^2^45: no overflow, no underflow.

0 is exactly 0, and inf is a pole. An operation takes as long as ten of NumPy's, so it is used only for the few numbers
that overflow or underflow in float64.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, Final

import numpy as np

from actcli.core.arrays import Array, Indices, Mask
from actcli.core.numerics.compensated import two_product

_END: Final = 1 << 45
_OF_ZERO: Final = -(1 << 50)  # the exponent of 0, below all others: 0 + y is exactly y
_BEYOND: Final = 1 << 17
_LN2_HIGH, _LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10


class Wide:
    """The numbers mantissa * 2^exponent, element by element; 0.5 <= |mantissa| < 1, or it is 0, inf or nan."""

    __slots__ = ("exponent", "mantissa")
    __array_ufunc__ = None  # array * wide is computed by this class, not by NumPy

    def __init__(self, mantissa: Array, exponent: Indices | int = 0) -> None:
        fraction, shift = np.frexp(mantissa)
        total = np.add(shift, exponent, dtype=np.int64)
        within = (np.abs(fraction) < 1.0) & (np.abs(total) <= _END)
        if not within.all():
            beyond = ~within & (np.abs(fraction) < 1.0) & (fraction != 0.0)
            fraction = np.where(beyond, fraction * np.where(total > 0, np.inf, 0.0), fraction)
            total = np.where(within, total, -_OF_ZERO)
        zero = fraction == 0.0
        self.mantissa: Array = fraction
        self.exponent: Indices = np.where(zero, _OF_ZERO, total) if zero.any() else total

    @classmethod
    def of_parts(cls, mantissa: Array, exponent: Indices) -> Wide:
        """From parts of wide numbers, which are in order."""
        wide = object.__new__(cls)
        wide.mantissa, wide.exponent = mantissa, exponent
        return wide

    @classmethod
    def of(cls, number: Wide | Array | float) -> Wide:
        """The number as a Wide."""
        if isinstance(number, Wide):
            return number
        return cls(number) if isinstance(number, np.ndarray) else _constant(float(number), math.copysign(1.0, number))

    @classmethod
    def zeros(cls, shape: tuple[int, ...]) -> Wide:
        """Zeros in this shape."""
        return cls.of_parts(np.zeros(shape), np.full(shape, _OF_ZERO))

    def rounded(self) -> Array:
        """The numbers as float64: inf on overflow, 0 or subnormal on underflow."""
        rounded: Array = np.ldexp(self.mantissa, self.exponent.clip(-4000, 4000).astype(np.int32))
        return rounded

    def __getitem__(self, which: Any) -> Wide:
        return Wide.of_parts(self.mantissa[which], self.exponent[which])

    def __neg__(self) -> Wide:
        return Wide.of_parts(-self.mantissa, self.exponent)

    def __abs__(self) -> Wide:
        return Wide.of_parts(np.abs(self.mantissa), self.exponent)

    def __add__(self, other: Wide | Array | float) -> Wide:
        other = Wide.of(other)
        top = np.maximum(self.exponent, other.exponent)
        a, b = (np.ldexp(w.mantissa, (w.exponent - top).clip(-3000, 0).astype(np.int32)) for w in (self, other))
        total = a + b
        # If two numbers beyond float64's range cancel, only their rounding error is left: nan.
        lost = (top > _BEYOND) & (np.abs(total) < 2.0**-40) & np.isfinite(total) & (a != 0.0) & (b != 0.0)
        return Wide(np.where(lost, np.nan, total), top)

    def __sub__(self, other: Wide | Array | float) -> Wide:
        return self + -Wide.of(other)

    def __rsub__(self, other: Array | float) -> Wide:
        return -self + other

    def __mul__(self, other: Wide | Array | float) -> Wide:
        other = Wide.of(other)
        return Wide(self.mantissa * other.mantissa, self.exponent + other.exponent)

    def __truediv__(self, other: Wide | Array | float) -> Wide:
        other = Wide.of(other)
        return Wide(self.mantissa / other.mantissa, self.exponent - other.exponent)

    def __rtruediv__(self, other: Array | float) -> Wide:
        return Wide.of(other) / self

    __radd__, __rmul__ = __add__, __mul__

    @property
    def is_zero(self) -> Mask:
        """Whether it is 0."""
        zero: Mask = self.mantissa == 0.0
        return zero

    def smaller_than(self, exponent: int) -> Mask:
        """Whether |number| < 2^exponent."""
        smaller: Mask = self.exponent <= exponent
        return smaller


@lru_cache(maxsize=256)
def _constant(number: float, _sign: float) -> Wide:  # 0.0 == -0.0, so the sign belongs to the key
    return Wide(np.asarray(number))


def product(x: Wide, factor: float) -> tuple[Wide, Wide]:
    """x factor = hi + lo, exactly."""
    other = Wide.of(factor)
    hi, lo = two_product(x.mantissa, other.mantissa)
    exponent = x.exponent + other.exponent
    return Wide(hi, exponent), Wide(np.where(x.is_zero, 0.0, lo), exponent)


def quotient(x: Wide, divisor: float) -> tuple[Wide, Wide]:
    """x / divisor = hi + lo, with twice float64's digits."""
    other = Wide.of(divisor)
    hi = x.mantissa / other.mantissa
    back, error = two_product(hi, other.mantissa)
    exponent = x.exponent - other.exponent
    return Wide(hi, exponent), Wide(np.where(x.is_zero, 0.0, ((x.mantissa - back) - error) / other.mantissa), exponent)


def where(mask: Mask, then: Wide | Array | float, otherwise: Wide | Array | float) -> Wide:
    """`then` where the mask holds, else `otherwise`."""
    a, b = Wide.of(then), Wide.of(otherwise)
    return Wide.of_parts(np.where(mask, a.mantissa, b.mantissa), np.where(mask, a.exponent, b.exponent))


def scaled(factor: Wide, x: Wide) -> Wide:
    """factor x; 0 where the factor is 0, even where x is infinite."""
    result, zero = factor * x, factor.is_zero
    return where(zero, 0.0, result) if zero.any() else result


def exp(x: Wide) -> Wide:
    """e^x"""
    v = x.rounded().clip(-2.0 * _END, 2.0 * _END)
    k = np.rint(np.where(np.isnan(v), 0.0, v) / math.log(2.0))
    return Wide(np.exp((v - k * _LN2_HIGH) - k * _LN2_LOW), k.astype(np.int64))


def log(x: Wide) -> Wide:
    """The natural logarithm."""
    v = x.rounded()
    normal = (v >= 2.0**-1022) & (v < np.inf)
    exponent = np.where(np.isfinite(x.mantissa) & (x.mantissa > 0.0), x.exponent, 0)
    return Wide.of(np.where(normal, np.log(v), np.log(x.mantissa) + exponent * math.log(2.0)))


def sqrt(x: Wide) -> Wide:
    """The square root."""
    odd = x.exponent & 1
    return Wide(np.sqrt(np.ldexp(x.mantissa, odd.astype(np.int32))), (x.exponent - odd) >> 1)


def power(base: Wide, exponent: Array | float) -> Wide:
    """base ** exponent, as NumPy's power: nan for a negative base and an exponent that is no integer."""
    direct = np.power(base.rounded(), exponent)
    special = base.is_zero | ~np.isfinite(base.mantissa)
    inside = special | ((np.abs(direct) > 2.0**-1000) & (np.abs(direct) < 2.0**1000) & ~base.smaller_than(-1022))
    doublings = np.where(special, 0.0, base.exponent * np.asarray(exponent, dtype=np.float64))
    doublings = np.nan_to_num(doublings).clip(-4.0 * _END, 4.0 * _END)
    whole = np.floor(doublings)
    parted = Wide(np.power(base.mantissa, exponent) * np.exp2(doublings - whole), whole.astype(np.int64))
    return where(inside, direct, parted)
