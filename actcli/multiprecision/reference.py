"""Reference for audits of float64: results with errors far below half a spacing."""

import math
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from typing import Any, Final

import mpmath
import numpy as np
from mpmath import mpf

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.normal_gate import GELU
from actcli.core.arrays import Array
from actcli.core.audit.sides import ExactSigns, Sides
from actcli.core.audit.ulp import NEXT_TO_NOTHING, Reference, Signs, below_power_of_two
from actcli.core.numerics.formats import FLOAT_FORMATS, flushed
from actcli.multiprecision.evaluator import Evaluator
from actcli.multiprecision.series import NO_NUMBER, fraction

_BITS: Final = (160, 320, 1300, 2600)
"""Working precisions, tried until two results agree far beyond float64."""
_AGREED, _RANGE = 80, 1200


class _Both:
    """f and f' at a point and a precision, computed once.

    vanished: as in Evaluator
    """

    def __init__(self, activation: Elementwise) -> None:
        self._evaluate = Evaluator(activation, 1)
        self._known: dict[tuple[float, int], tuple[list[Any] | Exception, bool]] = {}
        self.vanished = False

    def __call__(self, x: float) -> list[Any]:
        point = x, mpmath.mp.prec
        if point not in self._known:
            try:
                found: list[Any] | Exception = self._evaluate(x)
            except NO_NUMBER as error:
                found = error
            self._known[point] = found, self._evaluate.vanished
        found, self.vanished = self._known[point]
        if isinstance(found, Exception):
            raise found
        return found


class _Value:
    """f at a point, taken from f and f' together if both exist there.

    vanished: as in Evaluator
    """

    def __init__(self, activation: Elementwise, both: _Both) -> None:
        self._both, self._alone, self.vanished = both, Evaluator(activation, 0), False

    def __call__(self, x: float) -> list[Any]:
        with suppress(*NO_NUMBER):
            value, slope = self._both(x)
            if isinstance(slope, mpf) and mpmath.isfinite(slope):
                self.vanished = self._both.vanished
                return [value]
        value = self._alone(x)
        self.vanished = self._alone.vanished
        return value


Evaluate = Evaluator | _Both | _Value


def value_and_slope_reference(activation: Elementwise) -> tuple[Callable[..., Reference], Callable[..., Reference]]:
    """`float64_reference` of f and of f'; both together cost as much as that of f'."""
    both = _Both(activation)
    return _reference(activation, 0, False, _Value(activation, both)), _reference(activation, 1, False, both)


def float64_reference(activation: Elementwise, order: int, flush: bool) -> Callable[..., Reference]:
    """The reference of an activation's derivative in float64, for an Auditor.

    Results at infinite inputs, and where the formula has no finite value, are the core's. A result that no number of
    digits tells from a tie or a power of two is placed by the function's limit there. A second array is an incoming
    gradient: the product is rounded once.
    """
    return _reference(activation, order, flush, Evaluator(activation, order))


def _reference(activation: Elementwise, order: int, flush: bool, evaluate: Evaluate) -> Callable[..., Reference]:
    sides = Sides(activation, order)

    def exact(x: Array, grad: Array | None = None) -> Reference:
        known = activation.derivative(x, order) if order else activation(x)
        pairs = zip(x.tolist(), known.tolist(), strict=True)
        if grad is None:
            found = [_rounded(_value(evaluate, at, y == 0.0), y) for at, y in pairs]
        else:
            found = [
                _times(_value(evaluate, at, y == 0.0), y, g) for (at, y), g in zip(pairs, grad.tolist(), strict=True)
            ]
        rounded, remainder, spacing = (np.array(column) for column in zip(*found, strict=True))
        spacing = spacing.astype(np.int32)
        at = np.flatnonzero(((remainder == 0.0) | (np.abs(remainder) == 0.5)) & np.isfinite(rounded))
        if at.size and grad is None:
            rounded[at], remainder[at], spacing[at] = _aside(
                x[at], rounded[at], remainder[at], spacing[at], sides, evaluate
            )
        if flush:
            rounded = flushed(rounded, "float64")
            remainder = np.where(rounded == 0.0, 0.0, remainder)
        return Reference(rounded, remainder, spacing, rounded)

    return exact


def _aside(
    x: Array, rounded: Array, remainder: Array, spacing: Any, sides: Sides, evaluate: Evaluate
) -> tuple[Array, Array, Any]:
    """Results that look like a float64 or a tie, moved to the side of the exact result."""
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
    """(x, y) -> signs of f^(order)(x) - y; 0 for no difference in thousands of bits, or no value."""
    evaluate = Evaluator(activation, order)

    def signs(x: Array, y: Array) -> Signs:
        return np.array([_sign(evaluate, *pair) for pair in zip(x.tolist(), y.tolist(), strict=True)], dtype=np.int8)

    return signs


def doubled_gelu() -> Callable[[Array], tuple[Array, Array]]:
    """gelu in double-double: x -> high and low part."""
    activation = GELU
    evaluate = Evaluator(activation, 0)

    def values(x: Array) -> tuple[Array, Array]:
        pairs = np.empty((x.size, 2))
        for i, (at, known) in enumerate(zip(x.ravel().tolist(), activation(x).ravel().tolist(), strict=True)):
            value = _value(evaluate, at, known == 0.0)
            if value is None:
                pairs[i] = known, 0.0
                continue
            with mpmath.workprec(_BITS[0]):
                high = float(value)
                pairs[i] = high, float(value - high)
        return pairs[:, 0].reshape(x.shape), pairs[:, 1].reshape(x.shape)

    return values


def _sign(evaluate: Evaluate, x: float, y: Any) -> int:
    if not math.isfinite(x):
        return 0
    try:
        for bits in _BITS:
            with mpmath.workprec(bits):
                away = evaluate(x)[-1] - y
                if not isinstance(away, mpf):
                    return 0
                # A smaller difference may be rounding.
                if abs(away) > abs(y) * mpf(2) ** (16 - bits):
                    return int(mpmath.sign(away))
    except NO_NUMBER:
        pass
    return 0


def _value(evaluate: Evaluate, x: float, small: bool) -> Any:
    """The highest derivative at x, to at least 80 bits; None if mpmath finds no real number.

    small: it is 0 in float64, so that an underflow of float64's range counts as 0
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


def _times(value: Any, known: float, factor: float) -> tuple[float, float, int]:
    if value is None or not math.isfinite(factor):
        return _rounded(None, known * factor)
    with mpmath.workprec(_BITS[-1]):
        return _rounded(value * mpf(factor), known * factor)


def _rounded(value: Any, known: float) -> tuple[float, float, int]:
    """Nearest float64, (exact - rounded)/spacing, and log2 of the spacing. value None: those of `known`."""
    form = FLOAT_FORMATS["float64"]
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
    whole = round(in_spacings)  # ties to even
    rounded = math.copysign(0.0, value) if whole == 0 else _ldexp(whole, spacing)
    return rounded, 0.0 if math.isinf(rounded) else float(in_spacings - whole), spacing


def _ldexp(whole: int, exponent: int) -> float:
    try:
        return math.ldexp(whole, exponent)
    except OverflowError:
        return math.copysign(math.inf, whole)
