"""Jets: Taylor series truncated after order n, for derivatives of every order.

A jet holds d_0 ... d_n of the series Σ d_k t^k / k!. A function of the jet x + t gives the jet with d_k = f^(k)(x). The
derivatives d_k are stored instead of d_k / k!, which would underflow earlier. This module has the arithmetic of series,
`elementary` the elementary functions.

Source: Griewank and Walther, Evaluating Derivatives (2nd ed., 2008), chapter 13; Bettencourt, Johnson and
Duvenaud, Taylor-Mode Automatic Differentiation for Higher-Order Derivatives in JAX (2019).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np

from actcli.core.arrays import Array, Mask


class Jet:
    """A truncated Taylor series in every element: derivatives of shape (order + 1, *shape).

    Floats and arrays may be combined with jets as constants. Comparisons use the value d_0 alone.
    """

    __slots__ = ("derivatives",)
    __array_ufunc__ = None  # array * jet is computed by this class, not by NumPy

    def __init__(self, derivatives: Array) -> None:
        self.derivatives = derivatives

    @classmethod
    def variable(cls, x: Array, order: int) -> Jet:
        """The jet x + t, cut off after `order`."""
        derivatives = np.empty((order + 1, *x.shape))
        derivatives[0] = x
        derivatives[1:2] = 1.0
        derivatives[2:] = 0.0
        return cls(derivatives)

    @property
    def order(self) -> int:
        """n, the order of the highest derivative."""
        return len(self.derivatives) - 1

    @property
    def value(self) -> Array:
        """d_0, the value of the function."""
        value: Array = self.derivatives[0]
        return value

    def constant(self, value: Array | float) -> Jet:
        """`value` as a jet of this one's shape and order."""
        derivatives = np.zeros_like(self.derivatives)
        derivatives[0] = value
        return Jet(derivatives)

    def chain(self, value: Array, slope: Array) -> Jet:
        """The jet of f(self) of order 1, from f and f': f, and f' times the derivative."""
        derivatives = np.empty_like(self.derivatives)
        derivatives[0] = value
        np.multiply(slope, self.derivatives[1], out=derivatives[1, ...])
        return Jet(derivatives)

    def __neg__(self) -> Jet:
        return Jet(-self.derivatives)

    def __add__(self, other: Jet | Array | float) -> Jet:
        if isinstance(other, Jet):
            return Jet(self.derivatives + other.derivatives)
        total = self.derivatives.copy()
        total[0] += other
        return Jet(total)

    __radd__ = __add__

    def __sub__(self, other: Jet | Array | float) -> Jet:
        return self + (-other)

    def __rsub__(self, other: Array | float) -> Jet:
        return -self + other

    def __mul__(self, other: Jet | Array | float) -> Jet:
        if not isinstance(other, Jet):
            return Jet(self.derivatives * other)
        a, b = self.derivatives, other.derivatives
        pairs = itertools.product(_nonzero(a), _nonzero(b))
        return _sum_of_products(a, b, ((j, k, math.comb(j + k, j)) for j, k in pairs))

    def square(self) -> Jet:
        """self * self, with equal terms added by doubling."""
        a = self.derivatives
        pairs = itertools.combinations_with_replacement(_nonzero(a), 2)
        return _sum_of_products(a, a, ((j, k, (1 if j == k else 2) * math.comb(j + k, j)) for j, k in pairs))

    __rmul__ = __mul__

    def __truediv__(self, other: Jet | Array | float) -> Jet:
        if not isinstance(other, Jet):
            return Jet(self.derivatives / other)
        return _quotient(self.derivatives, other.derivatives, np.empty_like(self.derivatives))

    def __rtruediv__(self, other: Array | float) -> Jet:
        return _quotient([other, *[0.0] * self.order], self.derivatives, np.empty_like(self.derivatives))

    def __abs__(self) -> Jet:
        """|x|, with slope 0 where x is 0, as in PyTorch's autograd."""
        return self * np.sign(self.value)

    def __lt__(self, other: Jet | Array | float) -> Mask:
        return np.less(self.value, _plain(other))

    def __le__(self, other: Jet | Array | float) -> Mask:
        return np.less_equal(self.value, _plain(other))

    def __gt__(self, other: Jet | Array | float) -> Mask:
        return np.greater(self.value, _plain(other))

    def __ge__(self, other: Jet | Array | float) -> Mask:
        return np.greater_equal(self.value, _plain(other))


Operand = TypeVar("Operand", Array, Jet)
"""An array (a function of it gives values) or a jet (a function of it gives derivatives)."""


def _sum_of_products(a: Array, b: Array, terms: Iterable[tuple[int, int, int]]) -> Jet:
    """Leibniz' rule: the sum of factor * a[j] * b[k] over the terms (j, k, factor), each in the row j + k."""
    product = np.empty(np.broadcast(a, b).shape)
    empty = set(range(len(product)))
    for j, k, factor in terms:
        row = j + k
        if row in empty:
            np.multiply(_times(factor, a[j]), b[k], out=product[row, ...])
            empty.remove(row)
        elif row < len(product):
            product[row] += _times(factor, a[j]) * b[k]
    for row in empty:
        product[row] = 0.0
    return Jet(product)


def _quotient(dividend: Sequence[Array | float] | Array, divisor: Array, quotient: Array) -> Jet:
    """Leibniz' rule for quotient * divisor = dividend, solved for one derivative after the other."""
    for k, row in enumerate(quotient):
        left = dividend[k]
        for j in range(1, k + 1):
            left = np.subtract(left, _times(math.comb(k, j), divisor[j]) * quotient[k - j], out=row)
        np.divide(left, divisor[0], out=row)
    return Jet(quotient)


def _times(factor: int, a: Array) -> Array:
    """factor * a, without a copy for the factor 1, which is the most frequent one in low orders."""
    return a if factor == 1 else factor * a


def _nonzero(derivatives: Array) -> list[int]:
    """Orders whose derivatives are not all 0. The others are left out: infinity times a derivative 0 counts as 0."""
    # Fast path: the first element is rarely 0.
    return [k for k, d in enumerate(derivatives) if k == 0 or d.flat[:1].any() or d.any()]


def value_of(x: Jet | Array) -> Array:
    """The value of a jet; an array itself."""
    return x.value if isinstance(x, Jet) else x


def _plain(x: Jet | Array | float) -> Array | float:
    return x.value if isinstance(x, Jet) else x
