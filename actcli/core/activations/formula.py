"""Formulas in x as activations, over float64 arrays or jets."""

import ast
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cache, partial
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from actcli.core.activations.activation import Activation, Elementwise
from actcli.core.activations.expression import Call, Name, Node, compiled, compiled_once
from actcli.core.activations.grammar import CONSTANTS, MAX_EXPONENT, read
from actcli.core.activations.mending import Mender
from actcli.core.arrays import Array, Mask, union
from actcli.core.jets import elementary
from actcli.core.jets.choice import like, select, where
from actcli.core.jets.elementary import integrate, log
from actcli.core.jets.jet import Jet, Operand, value_of


def formula(text: str, given_parameters: Mapping[str, float], activations: Mapping[str, Activation]) -> Elementwise:
    """The activation of a formula in x, such as `x*sigmoid(1.702*x)` or, with parameters, `relu(w*x + b)`.

    A formula may contain arithmetic, comparisons, `a if c else b`, `and`, `or`, `not`, pi, e, the elementary functions,
    max, min, abs, sign, where, clip, and elementwise `activations` (name or alias -> activation) with their parameters.
    Any other name is a parameter, with its value from `given_parameters`. Raises InputError, with the column.
    """
    given = MappingProxyType(dict(given_parameters))
    expression = read(text, given, activations, FLOAT64)
    term = compiled_once(expression.tree, FLOAT64)
    function: Callable[[Any], Any] = term if callable(term) else lambda x: like(x, term)

    @cache
    def ties() -> tuple[Array, Mask]:
        switches = [compiled(switch, FLOAT64) for switch in expression.switches]
        return _nearest_zeros([switch for switch in switches if callable(switch)])

    @cache
    def breakpoints() -> Mapping[float, int]:
        return _find_breakpoints(function, *ties(), mender.limits)

    mender = Mender(expression.tree, partial(tree_of, activations=activations), FLOAT64, lambda: ties()[0])

    own = _activation_of_x(expression.tree)
    return Elementwise(
        name=expression.text,
        function=function,
        formula=expression.text,
        reference="a formula",
        breakpoints=breakpoints,
        mend=mender,
        given_parameters=given,
        **{name: getattr(own, name) for name in ("fused", "fused_radius", "single", "single_radius") if own},
    )


def _activation_of_x(tree: Node) -> Elementwise | None:
    """The activation of a formula such as relu(x), so that it trains as fast as the name."""
    match tree:
        case Call(activation, Name("x")) if not activation.parameters:
            return activation
        case _:
            return None


def is_formula(text: str) -> bool:
    """Whether a text is a formula rather than a name."""
    text = text.strip()
    name_like = re.fullmatch(r"[A-Za-z_][\w-]*", text) and not {"x", *CONSTANTS} & set(text.split("-"))
    return bool(text) and not name_like


def tree_of(activation: Elementwise, activations: Mapping[str, Activation], text: str | None = None) -> Node:
    """Syntax tree of an activation's formula, or of another text in x and its parameters."""
    values = {**activation.given_parameters, **activation.exact_parameters}
    return read(text or activation.formula, values, activations, FLOAT64, all_used=False).tree


def switches_of(activation: Elementwise, activations: Mapping[str, Activation]) -> tuple[Node, ...]:
    """Branch conditions of an activation's formula, as functions of x; another piece may begin at their zeros."""
    values = {**activation.given_parameters, **activation.exact_parameters}
    return read(activation.formula, values, activations, FLOAT64, all_used=False).switches


def switching_points(activation: Elementwise, activations: Mapping[str, Activation]) -> tuple[float, ...]:
    """Zeros of the switches nearest to 0, ascending. The function may be smooth at such a point."""
    switches = [compiled(switch, FLOAT64) for switch in switches_of(activation, activations)]
    with np.errstate(all="ignore"):  # poles of a switch are no zeros of it
        points = {x + 0.0 for switch in switches if callable(switch) for x in _zeros(switch)}
    return tuple(sorted(sorted(points, key=abs)[:_MOST]))


# --- the arithmetic -------------------------------------------------------------------------------------------------


class _Float64:
    """Arrays of float64 or jets; a number is a float."""

    def number(self, value: float | Fraction) -> float:
        return float(value)

    def constant(self, name: str) -> float:
        return float(getattr(np, name))

    def function(self, name: str, source: ast.expr | None) -> Callable[..., Any]:
        function: Callable[..., Any] = _OPERATIONS.get(name) or getattr(elementary, name)
        return function

    def activation(self, activation: Elementwise) -> Callable[[Any], Any]:
        return activation.of

    def choose(self, x: Any, condition: Mask, then: Callable[[Any], Any], otherwise: Callable[[Any], Any]) -> Any:
        return select(x, (condition, then), otherwise=otherwise)

    def indicator(self, x: Any, condition: Mask) -> Any:
        numbers = condition.astype(np.float64)
        return x.constant(numbers) if isinstance(x, Jet) else numbers

    def folded(self, function: Callable[..., Any], *numbers: float | bool) -> float | bool:
        """Computed by NumPy instead of Python: 1/0 is inf and raises no exception."""
        with np.errstate(all="ignore"):  # overflow and division by 0 belong to the formula
            if function is _raised:
                base, exponent = numbers
                return float(np.power(base, exponent))  # scalars: NumPy rounds x**-1 of arrays differently
            result: float | bool = np.ravel(function(*(np.array([number]) for number in numbers)))[0].item()
        return result


FLOAT64: Final = _Float64()


def _compared(compare: Callable[[Any, Any], Mask]) -> Callable[[Any, Any], Mask]:
    return lambda a, b: compare(value_of(a), value_of(b))


def _extreme(first: Callable[[Any, Any], Mask], u: Any, v: Any) -> Any:
    """max or min, with the slope of the first argument that attains it; nan if either is nan."""
    u_value = value_of(u)
    takes_first = first(u_value, value_of(v)) | np.isnan(u_value)
    return where(takes_first, u, v) if not isinstance(v, float) else where(~takes_first, v, u)


def _sign(x: Any) -> Any:
    return x.constant(np.sign(x.value)) if isinstance(x, Jet) else np.sign(x)


def _raised(base: Any, exponent: Any) -> Any:
    return power(base, exponent) if isinstance(exponent, float) else variable_power(base, exponent)


_OPERATIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": _raised, "neg": operator.neg,
    "<": _compared(np.less), "<=": _compared(np.less_equal), "==": _compared(np.equal),
    ">": _compared(np.greater), ">=": _compared(np.greater_equal), "!=": _compared(np.not_equal),
    "and": operator.and_, "not": operator.invert, "abs": abs, "sign": _sign,
    "maximum": partial(_extreme, np.greater_equal), "minimum": partial(_extreme, np.less_equal),
}  # fmt: skip


# --- powers ---------------------------------------------------------------------------------------------------------

_MAX_PRODUCT: Final = 8
"""Values up to this exponent are products: error at most (n - 1) / 2 ULP; NumPy's power takes 100 times as long."""


def power(base: Operand, exponent: float) -> Operand:
    """base ** exponent: for integers by products, otherwise as the solution of u y' = exponent y u'."""
    if exponent in range(1, _MAX_PRODUCT + 1):
        return _whole_power(base, int(exponent))
    if not isinstance(base, Jet):
        return np.asarray(np.power(base, exponent))
    if float(exponent).is_integer() and abs(exponent) <= MAX_EXPONENT:  # a nan is no whole number
        product = _whole_power(base, abs(int(exponent))) if exponent else base.constant(1.0)
        result = product if exponent >= 0 else 1.0 / product
        result.derivatives[0] = np.power(base.value, exponent)
        return result
    return select(
        base,
        ((base.value == 0.0) & (not np.isnan(exponent)), lambda u: _power_at_zero(u, exponent)),
        otherwise=lambda u: integrate(
            u,
            (np.power(u.value, exponent), 1.0 / u.value),
            lambda u, y, reciprocal: (y * reciprocal * exponent, -reciprocal * reciprocal),
        )[0],
    )


def variable_power(base: Operand | float, exponent: Operand) -> Operand:
    """base ** exponent for an exponent that depends on x: exp(exponent log(base))."""
    if not isinstance(exponent, Jet):
        return np.asarray(np.power(base, exponent))
    value = base.value if isinstance(base, Jet) else base
    logarithm = log(base) if isinstance(base, Jet) else np.log(value)
    start = np.power(value, exponent.value)
    return integrate(exponent * logarithm, (start,), lambda u, y: (y,))[0]


def _whole_power(base: Operand, exponent: int) -> Operand:
    """base ** exponent by repeated squaring; exponent >= 1."""
    if exponent == 1:
        return base
    root = _whole_power(base, exponent // 2)
    return root * root * base if exponent % 2 else root * root


def _power_at_zero(u: Jet, exponent: float) -> Jet:
    """Derivatives below the exponent are 0; beyond it they are infinite, with the sign of the falling factorial."""
    derivatives = np.zeros_like(u.derivatives)
    factor = 1.0
    for k in range(len(derivatives)):
        if k > exponent:
            derivatives[k] = factor * np.inf * u.derivatives[1] ** k if k else np.inf
        factor *= exponent - k
    return Jet(derivatives)


# --- kinks and jumps of a formula, found among the zeros of its branch conditions -----------------------------------

_HIGHEST_ORDER = 3
_MOST = 256
_OFF = 2.0**-40

# Where breakpoints are sought: evenly near zero, and over the magnitudes beyond. A breakpoint between two zeros of its
# switch that are closer than this grid is missed.
_MAGNITUDES = union(10.0 ** np.linspace(1, 6, 2001), 10.0 ** np.linspace(6, 9, 61))
_GRID = union(np.linspace(-50.0, 50.0, 20001), _MAGNITUDES, -_MAGNITUDES)


def _find_breakpoints(
    function: Callable[[Jet], Jet], ties: Array, exact: Mask, limits: Callable[[Array, int], tuple[Array, Array]]
) -> Mapping[float, int]:
    """Ties at which a derivative of the function jumps -> lowest order that jumps, from 0 to 3.

    exact:  mask of the ties that float64 has exactly; at the others a derivative is compared at some distance
    limits: (x, order) -> derivatives from the left and from the right
    """
    with np.errstate(all="ignore"):  # a pole has infinite derivatives on both sides
        found = _jumps(function, ties) if ties.size else {}
        known = ties[exact]
        if known.size:
            below, above = limits(known, _HIGHEST_ORDER)
            size = np.abs(np.where(np.isfinite(above), above, 0.0)).max(axis=0)
            jumps = ~((below == above) | (np.abs(below - above) <= 1e-9 * size + 1e-12))  # a nan counts as a jump
            for tie, jump in zip(known.tolist(), jumps.T, strict=True):
                at_distance = found.pop(tie, _HIGHEST_ORDER)
                if jump.any():
                    found[tie] = int(jump.argmax())
                elif at_distance == 1:  # the switch is 0 at the tie by rounding alone, and the limits are of one piece
                    found[tie] = at_distance
        return found


def _nearest_zeros(switches: Sequence[Callable[[Array], Array]]) -> tuple[Array, Mask]:
    """Zeros of the switches, where pieces of the formula meet, and a mask: whether a switch is exactly 0 there.

    At most _MOST, those nearest to 0.
    """
    with np.errstate(all="ignore"):  # poles of a switch are no zeros of it
        zeros = [_zeros(switch) for switch in switches]
        ties = np.array(sorted({x for points in zeros for x in points}, key=abs)[:_MOST])
        exact = np.zeros(ties.shape, dtype=np.bool_)
        for switch, points in zip(switches, zeros, strict=True):  # a switch may also be 0 on a whole interval
            exact |= (switch(ties) == 0.0) & np.isin(ties, points)
        return ties, exact


def _zeros(switch: Callable[[Array], Array]) -> list[float]:
    values = switch(_GRID)
    # Of a run of zeros the middle: at the ends of an interval on which the switch is 0, it has inner switches.
    edges = np.flatnonzero(np.diff(np.concatenate([[False], values == 0.0, [False]]).astype(np.int8)))
    first, last = edges[::2], edges[1::2] - 1
    exact = _GRID[(first + last) // 2][(first == last) | ((first > 0) & (last < len(_GRID) - 1))]
    crossings = np.flatnonzero(values[1:] * values[:-1] < 0.0)
    # Crossings further out cannot be among the _MOST nearest of all switches.
    crossings = crossings[np.argsort(np.abs(_GRID[crossings]), kind="stable")[:_MOST]]
    low, high, sign = _GRID[crossings], _GRID[crossings + 1], np.sign(values[crossings])
    while True:
        middle = 0.5 * (low + high)
        if not ((low < middle) & (middle < high)).any():
            break
        same = np.sign(switch(middle)) == sign
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    # The neighbour with the smaller |switch|, which is 0 if float64 has the zero exactly.
    closer = np.abs(switch(low)) < np.abs(switch(high))
    return [*exact.tolist(), *np.where(closer, low, high).tolist()]


def _jumps(function: Callable[[Jet], Jet], x: Array) -> dict[float, int]:
    """x at which a derivative jumps -> lowest order that jumps."""
    # At some distance: right beside a break, rounding may select the other piece.
    off = _OFF * np.maximum(1.0, np.abs(x))
    sides = np.stack([x - off, x + off])
    sizes = function(Jet.variable(sides, _HIGHEST_ORDER + 1)).derivatives
    here, above = sizes[:-1], sizes[1:]
    smooth = 1e-9 * np.abs(here).sum(axis=1) + 2.5 * off * np.abs(above).max(axis=1) + 1e-12
    jumps = ~(np.abs(here[:, 0] - here[:, 1]) <= smooth)  # a nan counts as a jump
    return {at: int(jump.argmax()) for at, jump in zip(x.tolist(), jumps.T, strict=True) if jump.any()}
