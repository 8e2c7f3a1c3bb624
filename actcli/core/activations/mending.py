"""Derivatives of a formula where float64's jets do not give them.

Three cases: a derivative is nan though the value is finite (an infinite slope times an inner derivative 0); a step of
the computation overflowed or underflowed; pieces of the formula meet. The formula is then computed again over germs:
at x, with unbounded exponents, and if that gives no number, from both sides. Where both one-sided derivatives exist and
agree, they are the derivative. Otherwise the chain rule holds, with each part's own slope at its kink (0 for relu at
0). Values are never changed.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from actcli.core.arrays import Array, Indices, Mask
from actcli.core.jets.jet import Jet, value_of

if TYPE_CHECKING:
    import ast

    from actcli.core.activations.activation import Elementwise
    from actcli.core.activations.expression import Node

_LARGE: Final = 2.0**50
"""An underflow has an error below 2^-1074; times a factor up to this one the error stays subnormal."""
_SMALL: Final = 2.0**-25
_FEW: Final = 8
"""Up to this number, ties are compared with x one by one."""
_STEEP_NEAR_ZERO: Final = ("/", "**", "log", "log2", "log10", "sqrt")


class Watch:
    """A formula over jets that notes each x at which an intermediate result overflows or underflows."""

    def __init__(self, tree: Node, float64: Any) -> None:
        from actcli.core.activations.expression import compiled

        self._float64 = float64
        self._noted: Mask = np.zeros(0, dtype=np.bool_)
        self._function = compiled(tree, self)

    def __call__(self, x: Array, order: int) -> Mask:
        self._noted = np.zeros(x.shape, dtype=np.bool_)
        self._places = np.arange(x.size)
        if callable(self._function):
            self._function(Jet.variable(x, order))
        return self._noted

    def __getattr__(self, name: str) -> Any:
        return getattr(self._float64, name)  # number, constant, folded, indicator

    def function(self, name: str, source: ast.expr | None) -> Callable[..., Any]:
        """float64's function, which also notes small divisors and large results."""
        function = self._float64.function(name, source)

        def watched(*terms: Any) -> Any:
            near = terms[-1 if name == "/" else 0]
            if name in _STEEP_NEAR_ZERO and isinstance(near, Jet):
                self._note(np.abs(value_of(near)) < (_underflows(terms[1]) if name == "**" else _SMALL))
            return self._seen(function(*terms))

        return watched

    def activation(self, activation: Elementwise) -> Callable[[Any], Any]:
        """The activation, which also notes large results."""
        return lambda u: self._seen(activation.of(u))

    def choose(self, x: Any, condition: Mask, then: Callable[[Any], Any], otherwise: Callable[[Any], Any]) -> Any:
        """Each branch is computed, and noted, only where it is taken."""
        from actcli.core.jets.choice import select

        def among(mask: Mask, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
            def run(part: Any) -> Any:
                places = self._places
                self._places = places[mask]
                try:
                    return function(part)
                finally:
                    self._places = places

            return run

        return select(x, (condition, among(condition, then)), otherwise=among(~condition, otherwise))

    def _seen(self, result: Any) -> Any:
        if isinstance(result, Jet):
            self._note(~(np.abs(result.derivatives).max(axis=0) <= _LARGE))  # negated: nan is noted too
        return result

    def _note(self, mask: Mask) -> None:
        self._noted[self._places[mask]] = True


def _underflows(exponent: Any) -> float:
    """|x| below which x**exponent is computed again. An integer power is not steep near 0, but may underflow."""
    whole = isinstance(exponent, float) and exponent >= 0.0 and exponent.is_integer()
    return min(_SMALL, 2.0 ** (-900.0 / max(exponent, 1.0))) if whole else _SMALL


class Mender:
    """Corrects derivatives of a formula after overflow or underflow, and at ties: the x where pieces meet."""

    def __init__(
        self, tree: Node, definition: Callable[[Elementwise], Node], float64: Any, ties: Callable[[], Array]
    ) -> None:
        """definition: activation -> syntax tree of its formula; float64: float64's arithmetic; ties: gives the ties."""
        self._tree, self._definition, self._float64, self._find_ties = tree, definition, float64, ties
        self._watch: Watch | None = None
        self._germs: Callable[[Any], Any] | None = None
        self._ties: Array | None = None
        self._at_ties: dict[int, Array] = {}

    def __call__(self, derivatives: Array, x: Array, flags: Collection[str]) -> None:
        """Correct the rows 1, 2, ... of `derivatives` in place. flags: floating-point errors that NumPy reported."""
        order = len(derivatives) - 1
        noted: Mask | None = None
        if set(flags) - {"invalid value"}:  # something overflowed, underflowed or was a pole
            noted = self._watched(x, order) & np.isfinite(x)
        elif flags:
            undefined = np.isnan(derivatives[0])
            derivatives[1:, undefined] = np.nan
            noted = np.isnan(derivatives[1:]).any(axis=0) & ~undefined & np.isfinite(x)
        if noted is not None and noted.any():
            derivatives[1:, noted] = self._exact(x[noted], derivatives[:, noted])[1:]
        self._mend_ties(derivatives, x)

    def _watched(self, x: Array, order: int) -> Mask:
        if self._watch is None:
            self._watch = Watch(self._tree, self._float64)
        return self._watch(x, order)

    def _mend_ties(self, derivatives: Array, x: Array) -> None:
        if self._ties is None:
            self._ties = self._find_ties()
        # Mostly there are few ties: comparing with each is faster than isin. In training x meets none of them.
        if len(self._ties) <= _FEW and not any((x == tie).any() for tie in self._ties.tolist()):
            return
        here = np.flatnonzero(np.isin(x, self._ties))
        if not here.size:
            return
        order, ascending = len(derivatives) - 1, np.argsort(self._ties)
        at = ascending[np.searchsorted(self._ties, x[here], sorter=ascending)]
        if order not in self._at_ties:
            self._at_ties[order] = np.full((order + 1, len(self._ties)), np.nan)
        known = self._at_ties[order]
        new, first = np.unique(at, return_index=True)
        new, first = new[np.isnan(known[0, new])], first[np.isnan(known[0, new])]
        if new.size:
            known[:, new] = self._from_both_sides(self._ties[new], derivatives[:, here[first]])
            known[0, new] = 0.0  # computed
        derivatives[1:, here] = known[1:, at]

    # --- over germs -----------------------------------------------------------------------------------------------

    def _run(self, x: Array, order: int, side: Array | float, beside: Indices | int = 1) -> Any:
        """The germ of the formula at x, in wide numbers."""
        from actcli.core.activations.expression import compiled
        from actcli.core.jets.germ import Germ

        if self._germs is None:
            self._germs = compiled(self._tree, _Germs(self._definition, self._float64))
        variable = Germ.variable(x, order, side, beside)
        if not callable(self._germs):
            return variable.constant(self._germs)
        return self._germs(variable)

    def _exact(self, x: Array, rules: Array) -> Array:
        """Derivatives at x; nan where there are none. rules: float64's derivatives by the chain rule."""
        germ = self._run(x, len(rules) - 1, 0.0)
        found = np.stack([row.rounded() for row in germ.rows])
        mantissas = np.stack([row.mantissa for row in germ.rows])
        undefined = np.isnan(mantissas[0])
        found[:, undefined] = np.nan
        # An infinite value with a finite slope is no pole: the function is infinite on an interval.
        found[1:, np.isinf(mantissas[0]) & np.isfinite(mantissas[1])] = np.nan
        unclear = ~np.isfinite(mantissas).all(axis=0) & ~np.isinf(mantissas[0]) & ~undefined
        if unclear.any():
            found[:, unclear] = self._from_both_sides(x[unclear], rules[:, unclear])
        return found

    def _from_both_sides(self, x: Array, rules: Array) -> Array:
        left, right = self.limits(x, len(rules) - 1)
        at = self._run(x, 0, 0.0).rows[0].rounded()
        here = np.where(np.isnan(at), rules[0], at)
        # Where the function is defined on one side alone, its derivatives are those of that side.
        left[:, np.isnan(left[0])], right[:, np.isnan(right[0])] = (
            right[:, np.isnan(left[0])],
            left[:, np.isnan(right[0])],
        )
        agree = continuous = _close(left[0], right[0], here) & _close(left[0], here, here)
        result = np.full_like(rules, np.nan)
        for k in range(1, len(rules)):
            lower_is_infinite = np.isinf(result[k - 1]) if k > 1 else np.zeros(x.shape, dtype=np.bool_)
            size = np.maximum(np.abs(left[: k + 1]).max(axis=0), np.abs(right[: k + 1]).max(axis=0))
            agree = agree & _close(left[k], right[k], np.where(np.isfinite(size), size, 0.0))
            middle = np.where(continuous, 0.5 * (left[k] + right[k]), np.nan)
            by_rules = np.where(np.isnan(rules[k]), middle, rules[k])
            both = np.where(_close(rules[k], right[k], right[k]), rules[k], right[k])
            result[k] = np.where(agree, both, np.where(lower_is_infinite, np.nan, by_rules))
        result[1:, np.isnan(here)] = np.nan
        return result

    def limits(self, x: Array, order: int) -> tuple[Array, Array]:
        """f, f', ... f^(order) from the left and from the right; ±inf where they grow without bound."""
        sides = np.repeat([-1.0, -1.0, 1.0, 1.0], x.size)
        germ = self._run(np.tile(x, 4), order, sides, np.repeat([1, 2, 1, 2], x.size))
        rows = np.stack([row.rounded() for row in germ.rows])
        left_near, left, right_near, right = np.split(rows, 4, axis=1)
        return self._limit(left_near, left), self._limit(right_near, right)

    @staticmethod
    def _limit(a: Array, b: Array) -> Array:
        """Limit towards x from two values: a close to x, b much closer. nan if there is none."""
        same = (a == b) | (np.abs(a - b) <= 1e-6 * np.abs(b))
        grows = (np.abs(b) > 1.5 * np.abs(a)) & (np.sign(a) == np.sign(b))
        return np.where(same, a, np.where(grows, np.copysign(np.inf, b), np.nan))


def _close(a: Array, b: Array, scale: Array) -> Mask:
    allowed = 1e-9 * np.maximum(np.abs(a), np.abs(b)) + 4e-16 * np.abs(scale)
    close: Mask = (a == b) | ((np.abs(a - b) <= allowed) & np.isfinite(allowed))
    return close


class _Germs:
    """Germs as the arithmetic of a formula; a number is a float."""

    def __init__(self, definition: Callable[[Elementwise], Node], float64: Any) -> None:
        from actcli.core.jets import germ, one_sided

        self._definition, self._float64, self._germ, self._jets = definition, float64, germ, one_sided
        self.constant, self.number = float64.constant, float64.number
        self._of_numbers: dict[Callable[..., Any], Callable[..., Any]] = {}

    def function(self, name: str, source: ast.expr | None) -> Callable[..., Any]:
        germs, operations = self._jets, _operations(self._germ, self._jets)

        def function(*terms: Any) -> Any:
            return germs.germ_of(name, *terms) if name in germs.SYSTEMS else operations[name](*terms)

        self._of_numbers[function] = self._float64.function(name, source)
        return function

    def activation(self, activation: Elementwise) -> Callable[[Any], Any]:
        function = self._activation(activation)
        self._of_numbers[function] = activation.of
        return function

    def folded(self, function: Callable[..., Any], *numbers: float | bool) -> float | bool:
        """float64's result. A function without a float64 twin is a chain of comparisons, which takes numbers too."""
        known = self._of_numbers.get(function)
        result: float | bool = self._float64.folded(known, *numbers) if known else bool(function(*numbers))
        return result

    def _activation(self, activation: Elementwise) -> Callable[[Any], Any]:
        from actcli.core.activations.expression import compiled, function_of

        own = self._jets.ACTIVATIONS.get(activation.name)
        if own:
            parameters = activation.parameter_values
            return lambda u: own(u, **parameters)
        compute = function_of(compiled(self._definition(activation), self))
        return lambda u: compute(u)  # a new function for each activation: `_of_numbers` has it as a key

    def choose(self, x: Any, condition: Any, then: Callable[[Any], Any], otherwise: Callable[[Any], Any]) -> Any:
        """Each branch is computed only where it is taken."""
        results = []
        for mask, function in ((condition, then), (~condition, otherwise)):
            part = x[mask]
            result = function(part)
            results.append((mask, result if isinstance(result, type(x)) else part.constant(result)))
        return self._germ.merged(x, results)

    def indicator(self, x: Any, condition: Mask) -> Any:
        return x.constant(condition.astype(np.float64))


def _operations(germ: Any, functions: Any) -> dict[str, Callable[..., Any]]:
    def compared(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        return lambda a, b: germ.compared(compare, a, b)

    def raised(base: Any, exponent: Any) -> Any:
        return (
            functions.power(base, exponent) if isinstance(exponent, float) else functions.variable_power(base, exponent)
        )

    def extreme(first: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        def function(a: Any, b: Any) -> Any:
            return germ.chosen(germ.compared(first, a, b) | germ.is_nan(a), a, b)

        return function

    return {
        "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": raised,
        "neg": operator.neg, "abs": abs, "sign": germ.sign,
        "<": compared(np.less), "<=": compared(np.less_equal), "==": compared(np.equal),
        ">": compared(np.greater), ">=": compared(np.greater_equal), "!=": compared(np.not_equal),
        "and": operator.and_, "not": operator.invert,
        "maximum": extreme(np.greater_equal), "minimum": extreme(np.less_equal),
    }  # fmt: skip
