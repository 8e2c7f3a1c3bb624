"""`core.analysis.digits.Digits` by mpmath: exact values and breakpoints of a formula."""

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

import mpmath
from mpmath import mpf

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import ACTIVATIONS
from actcli.core.activations.expression import Call, Node, Number, Operation, parts
from actcli.core.activations.formula import switches_of, tree_of
from actcli.core.analysis.digits import Exact
from actcli.multiprecision.evaluator import Evaluator
from actcli.multiprecision.series import NO_NUMBER, fraction

_ROOT_BITS: Final = 480
_RELIABLE = 80
_LARGEST_MAGNITUDE: Final = 1 << 14


class Digits:
    """f, f', ... at an exact x as fractions, accurate to 64 bits."""

    def __init__(self, activation: Elementwise) -> None:
        self._activation = activation
        self._evaluators: dict[int, Evaluator] = {}
        self._switches: list[Evaluator] | None = None

    def __call__(self, x: Fraction | float, order: int, bits: int) -> Exact | None:
        evaluate = self._evaluators.setdefault(order, Evaluator(self._activation, order))
        return _exact(evaluate, Fraction(x), order, bits)

    def breakpoints_near(self, x: float) -> tuple[Fraction, ...]:
        """The zeros of branch conditions within a few roundings of x, ascending."""
        at, near = Fraction(x), Fraction(max(abs(x), 1.0)) / (1 << 40)
        if self._switches is None:
            exact = _inexact_kinks(tree_of(self._activation, ACTIVATIONS))
            nodes = *exact, *switches_of(self._activation, ACTIVATIONS)
            self._switches = [Evaluator(self._activation, 1, node) for node in nodes]
        roots = sorted(root for switch in self._switches if (root := _root(switch, at, near)) is not None)
        same = near / (1 << (_ROOT_BITS - 140))
        return tuple(root for k, root in enumerate(roots) if k == 0 or root - roots[k - 1] > same)


def _inexact_kinks(node: Node) -> Iterator[Node]:
    """Switches of called activations whose kinks are no float64, as 2/3 of hard_sigmoid(x, alpha=3, beta=-2)."""
    if isinstance(node, Call):
        values = {name: Fraction(value) for name, value in node.activation.parameter_values.items()}
        for kink in node.activation.breakpoints(**values):
            if isinstance(kink, Fraction) and kink != float(kink):
                yield Operation("-", (node.argument, Number(kink)))
    for part in parts(node):
        yield from _inexact_kinks(part)


def _root(function: Evaluator, at: Fraction, near: Fraction) -> Fraction | None:
    """Root by Newton's method from `at`, at most `near` away; None if there is none."""
    point = at
    try:
        with mpmath.workprec(_ROOT_BITS):
            for _ in range(6):
                value, slope = function(mpf(point.numerator) / point.denominator)
                if value == 0:
                    return point if slope else None  # a switch that is 0 around the point has no break there
                if slope == 0 or abs(step := fraction(value / slope)) > near:
                    return None
                point = _shortened(point - step)
                if abs(step) < Fraction(1, 1 << (_ROOT_BITS - 60)) * max(abs(point), Fraction(1)):
                    return point
    except NO_NUMBER:
        return None
    return None


def _shortened(x: Fraction) -> Fraction:
    return Fraction(round(x * (1 << _ROOT_BITS)), 1 << _ROOT_BITS)


def _exact(evaluate: Evaluator, x: Fraction, order: int, bits: int) -> Exact | None:
    least = max(x.numerator.bit_length(), x.denominator.bit_length()) + _RELIABLE
    try:
        with mpmath.workprec(max(bits, least)):
            values = evaluate(mpf(x.numerator) / x.denominator)
            if not all(isinstance(value, mpf) and mpmath.isfinite(value) for value in values):
                return Exact((math.nan,) * (order + 1), (), False)
            rounding = mpf(2) ** (_RELIABLE - mpmath.mp.prec) if evaluate.lost else 0
            rounding *= max(1, *map(abs, values))
    except (OverflowError, MemoryError):
        return None
    except NO_NUMBER:
        return Exact((math.nan,) * (order + 1), (), False)
    lost = (k for k, value in enumerate(values) if evaluate.lost and abs(value) <= rounding)
    return Exact(tuple(map(_number, values)), tuple(lost), evaluate.lost)


def _number(value: Any) -> Fraction | float:
    """The value as a fraction; infinity or the smallest fraction of its sign if it is too large or too small."""
    if not value:
        return Fraction(0)
    magnitude = mpmath.mag(value)
    if magnitude > _LARGEST_MAGNITUDE:
        return math.copysign(math.inf, value)
    return (
        fraction(value)
        if magnitude > -_LARGEST_MAGNITUDE
        else Fraction(1 if value > 0 else -1, 1 << _LARGEST_MAGNITUDE)
    )
