"""Truncated power series with mpmath's numbers, and elementary functions of them."""

import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial
from typing import Any, Final

import mpmath
from mpmath import mpf

from actcli.core.activations.grammar import MAX_EXPONENT

_LARGEST_EXPONENT: Final = 2.0**64
"""Largest |u| for exp(u): beyond, it is 0 or too large, and mpmath would take all memory."""

_FAR: Final = 2.0**80
"""Largest |u| for erf(u): beyond, it is ±1."""

NO_NUMBER: Final = (ArithmeticError, ValueError, TypeError)
"""Exceptions at a pole, or for a comparison of complex numbers."""


class Series:
    """A truncated power series with coefficients c_0, c_1, ...

    exact: computed without rounding from x and the formula's constants, so that a difference of 0 is exact
    flat:  independent of x
    """

    __slots__ = ("c", "exact", "flat")

    def __init__(self, coefficients: list[Any], exact: bool = False, flat: bool = False) -> None:
        self.c, self.exact, self.flat = coefficients, exact, flat

    def of(self, constant: Any) -> "Series":
        return Series([mpf(constant), *[mpf(0)] * (len(self.c) - 1)], exact=True, flat=True)

    def __neg__(self) -> "Series":
        return Series([-a for a in self.c], self.exact, self.flat)

    def __add__(self, other: "Series") -> "Series":
        a, b, exact = self.c, other.c, self.exact and other.exact
        if other.flat:
            return Series([a[0] + b[0], *a[1:]], exact, self.flat)
        if self.flat:
            return Series([a[0] + b[0], *b[1:]], exact)
        return Series([a_k + b_k for a_k, b_k in zip(a, b, strict=True)], exact)

    def __sub__(self, other: "Series") -> "Series":
        if other.flat:
            return Series([self.c[0] - other.c[0], *self.c[1:]], self.exact and other.exact, self.flat)
        return self + -other

    def __mul__(self, other: "Series") -> "Series":
        a, b, exact = self.c, other.c, self.exact and other.exact
        if self.flat:
            return Series([a[0] * c for c in b], exact, other.flat)
        if other.flat:
            return Series([c * b[0] for c in a], exact)
        if len(a) == 2:  # as below, in a third of the time
            return Series([a[0] * b[0], a[0] * b[1] + a[1] * b[0]], exact)
        return Series([sum(a[j] * b[k - j] for j in range(k + 1)) for k in range(len(a))], exact)

    def __truediv__(self, other: "Series") -> "Series":
        quotient: list[Any] = []
        for k, a in enumerate(self.c):
            known = 0 if other.flat else sum(other.c[j] * quotient[k - j] for j in range(1, k + 1))
            quotient.append((a - known) / other.c[0])
        exact = self.exact and other.exact and other.flat
        exact = exact and all(
            mpmath.fmul(q, other.c[0], exact=True) == a for q, a in zip(quotient, self.c, strict=True)
        )
        return Series(quotient, exact, self.flat and other.flat)

    def times(self, factor: Any) -> "Series":
        return Series([a * factor for a in self.c], self.exact, self.flat)


def _integral(start: Any, rate: Series, u: Series) -> Series:
    """start + ∫ rate du."""
    terms = (sum(j * u.c[j] * rate.c[k - j] for j in range(1, k + 1)) / k for k in range(1, len(u.c)))
    return Series([start, *terms])


def _exp(u: Series) -> Series:
    if abs(u.c[0]) > _LARGEST_EXPONENT:
        if u.c[0] > 0:
            raise OverflowError
        return u.of(0)
    c = [mpmath.exp(u.c[0])]
    if len(u.c) == 2:
        return Series([c[0], u.c[1] * c[0]])
    for k in range(1, len(u.c)):
        c.append(sum(j * u.c[j] * c[k - j] for j in range(1, k + 1)) / k)
    return Series(c)


def _sqrt(u: Series) -> Series:
    c = [mpmath.sqrt(u.c[0])]
    for k in range(1, len(u.c)):
        c.append((u.c[k] - sum(c[j] * c[k - j] for j in range(1, k))) / (2 * c[0]))
    return Series(c)


def _waves(u: Series, sign: int, s: Any, c: Any) -> tuple[Series, Series]:
    """sin and cos (sign -1), or sinh and cosh (sign 1), which are each other's derivatives up to sign."""
    sines, cosines = [s], [c]
    for k in range(1, len(u.c)):
        sines.append(sum(j * u.c[j] * cosines[k - j] for j in range(1, k + 1)) / k)
        cosines.append(sign * sum(j * u.c[j] * sines[k - j] for j in range(1, k + 1)) / k)
    return Series(sines), Series(cosines)


def _moderate(x: Any, most: int) -> Any:
    """x; an exception if it is so large that mpmath would need too much memory."""
    if mpmath.mag(x) > most:
        raise OverflowError
    return x


def _circular(u: Series) -> tuple[Series, Series]:
    return _waves(u, -1, mpmath.sin(_moderate(u.c[0], 1 << 14)), mpmath.cos(u.c[0]))


def _hyperbolic(u: Series) -> tuple[Series, Series]:
    return _waves(u, 1, mpmath.sinh(_moderate(u.c[0], 64)), mpmath.cosh(u.c[0]))


def _tanh(u: Series) -> Series:
    """tanh by the recurrence between its coefficients and those of its slope."""
    if abs(u.c[0]) > _LARGEST_EXPONENT:
        return Series(u.of(mpmath.sign(u.c[0])).c)
    decay = mpmath.exp(-2 * abs(u.c[0]))
    y = [mpmath.tanh(u.c[0]) if abs(u.c[0]) < 1 else mpmath.sign(u.c[0]) * (1 - decay) / (1 + decay)]
    slope = [4 * decay / (1 + decay) ** 2]
    for k in range(1, len(u.c)):
        y.append(sum(j * u.c[j] * slope[k - j] for j in range(1, k + 1)) / k)
        if k == len(u.c) - 1:
            break
        product = (Series(y[:k]) * Series(slope)).c
        slope.append(-2 * sum(j * u.c[j] * product[k - j] for j in range(1, k + 1)) / k)
    return Series(y)


def _bell(u: Series) -> Series:
    """The slope of erf."""
    return _exp(-(u * u)).times(2 / mpmath.sqrt(mpmath.pi))


def _logarithm(u: Series, base: int | None = None) -> Series:
    scale = 1 if base is None else 1 / mpmath.log(base)
    return _integral(mpmath.log(u.c[0]) * scale, u.of(scale) / u, u)


def _power(a: Series, b: Series) -> Series:
    exponent = b.c[0]
    if a.c[0] == 0 and not any(b.c[1:]) and exponent > 0 and (len(a.c) - 1 < exponent or a.flat):
        return Series(a.of(0).c, flat=a.flat)
    if any(b.c[1:]) or abs(exponent) > MAX_EXPONENT or exponent != int(exponent):
        return _exp(b * _logarithm(a))
    power, square, bits = a.of(1), a, abs(int(exponent))
    while bits:
        power = power * square if bits & 1 else power
        bits >>= 1
        square = square * square if bits else square
    return power if exponent >= 0 else a.of(1) / power


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Series, Series], bool]:
    return lambda u, v: bool(compare(u.c[0], v.c[0]))


_COMPARISONS: Final = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne
}  # fmt: skip
_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "exp": _exp,
    "expm1": lambda u: _integral(mpmath.expm1(u.c[0]) if abs(u.c[0]) < 1 else _exp(u).c[0] - 1, _exp(u), u),
    "log": _logarithm,
    "log2": lambda u: _logarithm(u, 2),
    "log10": lambda u: _logarithm(u, 10),
    "log1p": lambda u: _integral(mpmath.log1p(u.c[0]), u.of(1) / (u.of(1) + u), u),
    "sqrt": _sqrt,
    "cos": lambda u: _circular(u)[1],
    "tan": lambda u: _circular(u)[0] / _circular(u)[1],
    "sinh": lambda u: _hyperbolic(u)[0],
    "cosh": lambda u: _hyperbolic(u)[1],
    "arcsin": lambda u: _integral(mpmath.asin(u.c[0]), u.of(1) / _sqrt(u.of(1) - u * u), u),
    "arccos": lambda u: _integral(mpmath.acos(u.c[0]), u.of(-1) / _sqrt(u.of(1) - u * u), u),
    "arcsinh": lambda u: _integral(mpmath.asinh(u.c[0]), u.of(1) / _sqrt(u * u + u.of(1)), u),
    "arccosh": lambda u: _integral(mpmath.acosh(u.c[0]), u.of(1) / _sqrt(u * u - u.of(1)), u),
    "arctanh": lambda u: _integral(mpmath.atanh(u.c[0]), u.of(1) / (u.of(1) - u * u), u),
    "erfc": lambda u: _integral(mpmath.erfc(u.c[0]), -_bell(u), u) if abs(u.c[0]) < _FAR else u.of(2 * (u.c[0] < 0)),
    "abs": lambda u: u.times(mpmath.sign(u.c[0])),
    "sign": lambda u: u.of(mpmath.sign(u.c[0])),
    "maximum": lambda u, v: u if u.c[0] >= v.c[0] else v,
    "minimum": lambda u, v: u if u.c[0] <= v.c[0] else v,
    "neg": operator.neg,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": _power,
    **{sign: _compared(compare) for sign, compare in _COMPARISONS.items()},
    "and": lambda a, b: a and b,
    "not": operator.not_,
}
_ACTIVATIONS: Final[Mapping[str, Callable[[Series], Series]]] = {
    "exponential": _exp,
    "sin": lambda u: _circular(u)[0],
    "tanh": _tanh,
    "arctan": lambda u: _integral(mpmath.atan(u.c[0]), u.of(1) / (u.of(1) + u * u), u),
    "erf": lambda u: _integral(mpmath.erf(u.c[0]), _bell(u), u) if abs(u.c[0]) < _FAR else u.of(mpmath.sign(u.c[0])),
}
"""Catalogue entries that are elementary functions; others are computed by their formula."""

_OF_ONE: Final = frozenset(_FUNCTIONS) - {
    *("maximum", "minimum", "neg", "+", "-", "*", "/", "**", "<", "<=", ">", ">=", "==", "!=", "and", "not")
}  # fmt: skip


_PLAIN: Final = {"arcsin": mpmath.asin, "arccos": mpmath.acos, "arccosh": mpmath.acosh, "sqrt": mpmath.sqrt}
"""Functions with an infinite slope at an end of their domain."""


def _of_flat(function: Callable[[Series], Series], plain: Callable[[Any], Any] | None, u: Series) -> Series:
    """The function of u; all derivatives are 0 for a constant u, even where the function's slope is infinite."""
    if not u.flat and len(u.c) > 1:
        return function(u)
    value = plain(u.c[0]) if plain else function(Series(u.c[:1])).c[0]
    return Series([value, *u.c[1:]], flat=True)


def function_named(name: str) -> Callable[..., Any]:
    """The function or operator of a name in the formula grammar."""
    function = _FUNCTIONS[name]
    return partial(_of_flat, function, _PLAIN.get(name)) if name in _OF_ONE else function


def activation_named(name: str) -> Callable[[Series], Series] | None:
    """The catalogue entry of this name if it is an elementary function, else None."""
    series = _ACTIVATIONS.get(name)
    return partial(_of_flat, series, None) if series else None


def fraction(value: Any) -> Fraction:
    """A finite mpmath number as an exact fraction."""
    sign, mantissa, exponent, _ = value._mpf_
    whole, exponent = -int(mantissa) if sign else int(mantissa), int(exponent)
    return Fraction(whole << exponent) if exponent >= 0 else Fraction(whole, 1 << -exponent)
