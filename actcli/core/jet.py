"""Jets: Taylor series cut off after order n, the carriers of derivatives of every order.

A jet holds d_0 ... d_n of the series Σ d_k t^k / k!. Run a function on the jet x + t, and d_k of the result is
f^(k)(x). The derivatives themselves are kept, and not d_k / k!, which would underflow before they do.
Arithmetic on series is here; what an elementary function does to a series stands in `elementary`.

Source: Griewank and Walther, Evaluating Derivatives (2nd ed., 2008), chapter 13; Bettencourt, Johnson and
Duvenaud, Taylor-Mode Automatic Differentiation for Higher-Order Derivatives in JAX (2019).
"""

from __future__ import annotations

import itertools
import math
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]


class Jet:
    """A truncated Taylor series in every element: derivatives of shape (order + 1, *shape).

    Constants (floats, arrays) mix with jets. Comparisons look at the value d_0 alone.
    """

    __slots__ = ("derivatives",)
    __array_ufunc__ = None  # array * jet is the jet's business, not NumPy's

    def __init__(self, derivatives: Array) -> None:
        self.derivatives = derivatives

    @classmethod
    def variable(cls, x: Array, order: int) -> Jet:
        """The jet x + t, cut off after `order`."""
        derivatives = np.zeros((order + 1, *x.shape))
        derivatives[0] = x
        derivatives[1:2] = 1.0
        return cls(derivatives)

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

    def __getitem__(self, where: Mask) -> Jet:
        return Jet(self.derivatives[:, where])

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
        product = np.zeros(np.broadcast_shapes(a.shape, b.shape))
        for j, k in itertools.product(_nonzero(a), _nonzero(b)):
            if j + k < len(product):
                product[j + k] += math.comb(j + k, j) * a[j] * b[k]
        return Jet(product)

    def square(self) -> Jet:
        """self * self, with equal terms added by doubling."""
        a = self.derivatives
        product = np.zeros_like(a)
        for j, k in itertools.combinations_with_replacement(_nonzero(a), 2):
            if j + k < len(product):
                product[j + k] += (1 if j == k else 2) * math.comb(j + k, j) * a[j] * a[k]
        return Jet(product)

    __rmul__ = __mul__

    def __truediv__(self, other: Jet | Array | float) -> Jet:
        if not isinstance(other, Jet):
            return Jet(self.derivatives / other)
        # Leibniz' rule for quotient * divisor = self, solved for one derivative after the other.
        divisor = other.derivatives
        quotient = self.derivatives.copy()
        for k in range(len(quotient)):
            for j in range(1, k + 1):
                quotient[k] -= math.comb(k, j) * divisor[j] * quotient[k - j]
            quotient[k] /= divisor[0]
        return Jet(quotient)

    def __rtruediv__(self, other: Array | float) -> Jet:
        return self.constant(other) / self

    def __abs__(self) -> Jet:
        """|x|, with slope 0 where x is 0 (as autograd has it)."""
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


def _nonzero(derivatives: Array) -> list[int]:
    """The orders whose derivatives are not zero everywhere: an infinite value times no slope is no slope."""
    return [k for k, derivative in enumerate(derivatives) if k == 0 or derivative.any()]


def value_of(x: Jet | Array) -> Array:
    """The value of a jet; an array is its own."""
    return x.value if isinstance(x, Jet) else x


def _plain(x: Jet | Array | float) -> Array | float:
    return x.value if isinstance(x, Jet) else x
