"""Formulas computed with mpmath: what float64 cannot know of them, and the reference for float64 itself.

This is the only module that imports mpmath, and it is imported only where float64 cannot decide; the core knows it as
a function that it is given.
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from contextlib import suppress
from fractions import Fraction
from functools import partial
from typing import Any, Final

import mpmath
import numpy as np
from mpmath import mpf

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import ACTIVATIONS
from actcli.core.activations.expression import Node, compiled, function_of
from actcli.core.activations.formula import tree_of
from actcli.core.activations.grammar import MAX_EXPONENT
from actcli.core.arrays import Array
from actcli.core.audit.sides import ExactSigns, Sides
from actcli.core.audit.trees import without_lossy_sums
from actcli.core.audit.ulp import NEXT_TO_NOTHING, Reference, Signs, below_power_of_two
from actcli.core.numerics.formats import FORMATS, flushed

_BITS: Final = (160, 320, 1300, 2600)
"""Working precisions, tried until two agree to far more than float64 shows."""
_AGREED, _RANGE = 80, 1200

_LARGEST_EXPONENT: Final = 2.0**64
"""Beyond this exp() is 0 or too large for all purposes, and would take all the memory there is."""

_FAR: Final = 2.0**80
"""Beyond this erf is 1."""

NO_NUMBER: Final = (ArithmeticError, ValueError, TypeError)
"""What a pole raises, or an order of complex numbers."""


class Series:
    """A power series in mpmath's numbers, cut off: its coefficients c_0, c_1, ...

    exact: whether it is a polynomial piece of x with the constants of the formula, of which a difference may be 0
    flat:  whether it does not depend on x
    """

    __slots__ = ("c", "exact", "flat")

    def __init__(self, coefficients: list[Any], exact: bool = False, flat: bool = False) -> None:
        self.c, self.exact, self.flat = coefficients, exact, flat

    def of(self, constant: Any) -> "Series":
        return Series([mpf(constant), *[mpf(0)] * (len(self.c) - 1)], exact=True, flat=True)

    def __neg__(self) -> "Series":
        return Series([-a for a in self.c], self.exact, self.flat)

    def __add__(self, other: "Series") -> "Series":
        total = [a + b for a, b in zip(self.c, other.c, strict=True)]
        return Series(total, self.exact and other.exact, self.flat and other.flat)

    def __sub__(self, other: "Series") -> "Series":
        return self + -other

    def __mul__(self, other: "Series") -> "Series":
        product = [sum(self.c[j] * other.c[k - j] for j in range(k + 1)) for k in range(len(self.c))]
        return Series(product, self.exact and other.exact, self.flat and other.flat)

    def __truediv__(self, other: "Series") -> "Series":
        quotient: list[Any] = []
        for k, a in enumerate(self.c):
            quotient.append((a - sum(other.c[j] * quotient[k - j] for j in range(1, k + 1))) / other.c[0])
        return Series(quotient, flat=self.flat and other.flat)

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
    for k in range(1, len(u.c)):
        c.append(sum(j * u.c[j] * c[k - j] for j in range(1, k + 1)) / k)
    return Series(c)


def _sqrt(u: Series) -> Series:
    c = [mpmath.sqrt(u.c[0])]
    for k in range(1, len(u.c)):
        c.append((u.c[k] - sum(c[j] * c[k - j] for j in range(1, k))) / (2 * c[0]))
    return Series(c)


def _waves(u: Series, sign: int, s: Any, c: Any) -> tuple[Series, Series]:
    """sin and cos (sign -1), or sinh and cosh (sign 1), which are each other's derivatives."""
    sines, cosines = [s], [c]
    for k in range(1, len(u.c)):
        sines.append(sum(j * u.c[j] * cosines[k - j] for j in range(1, k + 1)) / k)
        cosines.append(sign * sum(j * u.c[j] * sines[k - j] for j in range(1, k + 1)) / k)
    return Series(sines), Series(cosines)


def _moderate(x: Any, most: int) -> Any:
    """x, unless it has more bits before the point: mpmath would take all the memory there is for a function of it."""
    if mpmath.mag(x) > most:
        raise OverflowError
    return x


def _circular(u: Series) -> tuple[Series, Series]:
    return _waves(u, -1, mpmath.sin(_moderate(u.c[0], 1 << 14)), mpmath.cos(u.c[0]))


def _hyperbolic(u: Series) -> tuple[Series, Series]:
    return _waves(u, 1, mpmath.sinh(_moderate(u.c[0], 64)), mpmath.cosh(u.c[0]))


def _tanh(u: Series) -> Series:
    """tanh and its slope, of which each gives the other's next coefficient."""
    if abs(u.c[0]) > _LARGEST_EXPONENT:
        return Series(u.of(mpmath.sign(u.c[0])).c)
    decay = _exp(u.of(-2 * abs(u.c[0]))).c[0]
    y = [mpmath.tanh(u.c[0]) if abs(u.c[0]) < 1 else mpmath.sign(u.c[0]) * (1 - decay) / (1 + decay)]
    slope = [4 * decay / (1 + decay) ** 2]
    for k in range(1, len(u.c)):
        y.append(sum(j * u.c[j] * slope[k - j] for j in range(1, k + 1)) / k)
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
"""Entries of the catalogue that are elementary functions; the others are computed by their formula."""

_OF_ONE: Final = frozenset(_FUNCTIONS) - {
    *("maximum", "minimum", "neg", "+", "-", "*", "/", "**", "<", "<=", ">", ">=", "==", "!=", "and", "not")
}  # fmt: skip


_PLAIN: Final = {"arcsin": mpmath.asin, "arccos": mpmath.acos, "arccosh": mpmath.acosh, "sqrt": mpmath.sqrt}
"""Those that are infinitely steep where they end."""


def _of_flat(function: Callable[[Series], Series], plain: Callable[[Any], Any] | None, u: Series) -> Series:
    """The function of u; where u is flat so is the result, even where the function is infinitely steep."""
    if not u.flat and len(u.c) > 1:
        return function(u)
    value = plain(u.c[0]) if plain else function(Series(u.c[:1])).c[0]
    return Series([value, *u.c[1:]], flat=True)


_VANISHING: Final = ("+", "-", "log", "log2", "log10", "arccosh")
"""Those that may be 0 because an argument was rounded."""


class _Multiprecision:
    """Series of an order as an arithmetic, at the working precision."""

    def __init__(self, order: int) -> None:
        self._one = Series([mpf(1), *[mpf(0)] * order])
        self.vanished = False
        """Whether something came out as 0 that may only be too small for the precision."""
        self.lost = False
        """Whether nothing but rounding is left of a coefficient."""
        self._rounding = mpf(2) ** (64 - mpmath.mp.prec)

    def number(self, value: float | Fraction) -> Series:
        return self._one.of(mpf(value.numerator) / value.denominator if isinstance(value, Fraction) else value)

    def constant(self, name: str) -> Series:
        return self._one.of(+getattr(mpmath, name))

    def function(self, name: str, source: ast.expr | None) -> Callable[..., Any]:
        function = _FUNCTIONS[name]
        if name in _OF_ONE:
            function = partial(_of_flat, function, _PLAIN.get(name))
        return partial(self._watched, function) if name in _VANISHING else function

    def activation(self, activation: Elementwise) -> Callable[[Series], Series]:
        series = _ACTIVATIONS.get(activation.name)
        if series:
            return partial(_of_flat, series, None)
        return function_of(compiled(without_lossy_sums(tree_of(activation, ACTIVATIONS)), self))

    def choose(
        self, x: Series, condition: bool, then: Callable[[Series], Series], otherwise: Callable[[Series], Series]
    ) -> Series:
        return then(x) if condition else otherwise(x)

    def indicator(self, x: Series, condition: bool) -> Series:
        return self._one.of(int(condition))

    def folded(self, function: Callable[..., Any], *numbers: Any) -> Any:
        """At once, unless it fails or vanishes: that is told when an x takes the branch in which it stands."""
        with suppress(*NO_NUMBER):
            self.vanished = False
            result = function(*numbers)
            if not self.vanished:
                return result
        return lambda x: function(*numbers)

    def _watched(self, function: Callable[..., Series], *arguments: Series) -> Series:
        result = function(*arguments)
        self.vanished |= result.c[0] == 0 and arguments[0].c[0] != 0
        if not result.exact and not self.lost:
            pairs = zip(result.c, arguments[0].c, strict=True)
            self.lost = any(a != 0 and abs(c) <= abs(a) * self._rounding for c, a in pairs)
        return result


class Evaluator:
    """x -> f(x), f'(x), ... f^(order)(x), by the formula as it is written, at mpmath's working precision.

    Compiled once for each precision. Where the formula has no real value the result is complex or not finite, or an
    ArithmeticError, ValueError or TypeError is raised. At a kink a derivative is that of the piece that is taken.
    """

    def __init__(self, activation: Elementwise, order: int, node: Node | None = None) -> None:
        self._activation, self._order, self._node = activation, order, node
        self._compiled: dict[int, tuple[_Multiprecision, Callable[[Series], Series]]] = {}
        self.vanished = False
        """Whether more bits might show something in the last result that came out as 0."""
        self.lost = False
        """Whether more bits might show something in any of the last derivatives."""

    def __call__(self, x: Any) -> list[Any]:
        if mpmath.mp.prec not in self._compiled:
            arithmetic = _Multiprecision(self._order)
            function = function_of(compiled(self._node, arithmetic)) if self._node else None
            self._compiled[mpmath.mp.prec] = arithmetic, function or arithmetic.activation(self._activation)
        arithmetic, function = self._compiled[mpmath.mp.prec]
        arithmetic.vanished = arithmetic.lost = False
        result = function(Series([mpf(x), mpf(1), *[mpf(0)] * self._order][: self._order + 1], exact=True))
        self.vanished, self.lost = arithmetic.vanished, arithmetic.lost
        return [c * math.factorial(k) for k, c in enumerate(result.c)]


def float64_reference(activation: Elementwise, order: int, flush: bool) -> Callable[[Array], Reference]:
    """The exact results of an activation's derivative as float64 sees them, for an audit.

    At infinite inputs, and where the formula as it is written has no finite value, they are the core's. What comes
    closer to a tie or a power of two than any digits show is judged by what the function approaches there.
    """
    evaluate, sides = Evaluator(activation, order), Sides(activation, order)

    def exact(x: Array) -> Reference:
        known = activation.derivative(x, order) if order else activation(x)
        pairs = zip(x.tolist(), known.tolist(), strict=True)
        found = [_rounded(_value(evaluate, at, y == 0.0), y) for at, y in pairs]
        rounded, remainder, spacing = (np.array(column) for column in zip(*found, strict=True))
        spacing = spacing.astype(np.int32)
        at = np.flatnonzero(((remainder == 0.0) | (np.abs(remainder) == 0.5)) & np.isfinite(rounded))
        if at.size:
            rounded[at], remainder[at], spacing[at] = _aside(
                x[at], rounded[at], remainder[at], spacing[at], sides, evaluate
            )
        if flush:
            rounded = flushed(rounded, "float64")
            remainder = np.where(rounded == 0.0, 0.0, remainder)
        return Reference(rounded, remainder, spacing, rounded)

    return exact


def _aside(
    x: Array, rounded: Array, remainder: Array, spacing: Any, sides: Sides, evaluate: Evaluator
) -> tuple[Array, Array, Any]:
    """What seems to be a float64 or a tie, put right by the side on which the exact result lies."""
    tie = remainder != 0.0
    _, side = sides.nearest(x, rounded, "float64")
    side[tie] = 0
    unknown = np.flatnonzero((side == 0) & (tie | (np.abs(np.frexp(rounded)[0]) == 0.5)))
    for i in unknown:
        with mpmath.workprec(100):
            there = mpf(rounded[i]) + mpf(remainder[i]) * mpf(2) ** int(spacing[i])
        side[i] = _sign(evaluate, float(x[i]), there)
    beyond = tie & (side * np.sign(remainder) > 0)
    one = np.ldexp(np.sign(remainder), spacing)
    rounded = np.where(beyond, rounded + one, rounded)
    remainder = np.where(beyond, -remainder, np.where(tie, remainder, side * NEXT_TO_NOTHING))
    return rounded, remainder, spacing - (below_power_of_two(rounded, side, "float64") & ~tie)


def exact_signs(activation: Elementwise, order: int) -> ExactSigns:
    """(x, y) -> the signs of f^(order)(x) - y; 0 where thousands of bits see no difference, or there is no value."""
    evaluate = Evaluator(activation, order)

    def signs(x: Array, y: Array) -> Signs:
        return np.array([_sign(evaluate, *pair) for pair in zip(x.tolist(), y.tolist(), strict=True)], dtype=np.int8)

    return signs


def _sign(evaluate: Evaluator, x: float, y: Any) -> int:
    if not math.isfinite(x):
        return 0
    try:
        for bits in _BITS:
            with mpmath.workprec(bits):
                away = evaluate(x)[-1] - y
                if not isinstance(away, mpf):
                    return 0
                # What is smaller may be the arithmetic's own.
                if abs(away) > abs(y) * mpf(2) ** (16 - bits):
                    return int(mpmath.sign(away))
    except NO_NUMBER:
        pass
    return 0


def _value(evaluate: Evaluator, x: float, small: bool) -> Any:
    """The highest derivative at x, to at least 80 bits, or None where mpmath finds no real number.

    small: float64 knows it as 0, so that beyond float64's range 0 is an answer.
    """
    if not math.isfinite(x):
        return None
    previous = None
    try:
        for bits in _BITS:
            with mpmath.workprec(bits):
                value = evaluate(x)[-1]
            if not (isinstance(value, mpf) and mpmath.isfinite(value)):
                return None
            close = previous is not None and abs(value - previous) <= abs(value) * mpf(2) ** -_AGREED
            if close and ((value and not evaluate.vanished) or (small and bits > _RANGE)):
                return value
            previous = value
    except NO_NUMBER:
        return None
    return previous


def _rounded(value: Any, known: float) -> tuple[float, float, int]:
    """The nearest float64, (exact - rounded)/spacing, and log2 of the spacing; of the core's value for no other."""
    form = FORMATS["float64"]
    fallback = value is None
    if fallback:
        value = mpf(known) if math.isfinite(known) else mpf(0)
    exponent = mpmath.mag(value) - 1 if value else form.smallest_exponent
    spacing = int(min(max(exponent, form.smallest_exponent), form.largest_exponent)) - form.precision + 1
    if fallback:
        return known, 0.0, spacing if math.isfinite(known) else form.largest_exponent - form.precision + 1
    if exponent > form.largest_exponent:
        return math.copysign(math.inf, value), 0.0, spacing
    if exponent < spacing - 64:
        return math.copysign(0.0, value), 0.0, spacing
    in_spacings = fraction(value) / Fraction(2) ** spacing
    whole = round(in_spacings)  # ties to even, as the type has it
    rounded = math.copysign(0.0, value) if whole == 0 else _ldexp(whole, spacing)
    return rounded, 0.0 if math.isinf(rounded) else float(in_spacings - whole), spacing


def fraction(value: Any) -> Fraction:
    sign, mantissa, exponent, _ = value._mpf_
    return Fraction(-int(mantissa) if sign else int(mantissa)) * Fraction(2) ** int(exponent)


def _ldexp(whole: int, exponent: int) -> float:
    try:
        return math.ldexp(whole, exponent)
    except OverflowError:
        return math.copysign(math.inf, whole)
