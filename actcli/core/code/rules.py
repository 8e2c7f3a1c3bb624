"""Symbolic differentiation: the derivative of each operation with respect to each of its arguments.

At a kink the rules agree with the formulas' jets: max and min take the slope of the first argument that attains it, abs
has slope 0 at 0, and a choice has the slope of the branch taken.
"""

import math
from collections.abc import Callable, Mapping
from typing import Final

from actcli.core.code.helpers import HELPERS, body
from actcli.core.code.term import (
    Term,
    apply,
    compare,
    cos,
    exp,
    hypot,
    log,
    names_in,
    power,
    rebuilt,
    sin,
    sqrt,
    substituted,
    term,
    where,
)

Rule = Callable[..., Term]

_RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    "+": (lambda a, b: term(1.0), lambda a, b: term(1.0)),
    "-": (lambda a, b: term(1.0), lambda a, b: term(-1.0)),
    "neg": (lambda a: term(-1.0),),
    "*": (lambda a, b: b, lambda a, b: a),
    "/": (lambda a, b: 1.0 / b, lambda a, b: -(a / b) / b),
    "exp": (exp,),
    "expm1": (exp,),
    "log": (lambda u: 1.0 / u,),
    "log1p": (lambda u: 1.0 / (1.0 + u),),
    "log2": (lambda u: 1.0 / math.log(2.0) / u,),
    "log10": (lambda u: 1.0 / math.log(10.0) / u,),
    "sqrt": (lambda u: 0.5 / sqrt(u),),
    "sin": (cos,),
    "cos": (lambda u: -sin(u),),
    "tan": (lambda u: 1.0 + apply("tan", u) * apply("tan", u),),
    "sinh": (lambda u: apply("cosh", u),),
    "cosh": (lambda u: apply("sinh", u),),
    "tanh": (lambda u: apply("tanh_slope", u),),
    "arcsin": (lambda u: 1.0 / sqrt((1.0 - u) * (1.0 + u)),),
    "arccos": (lambda u: -1.0 / sqrt((1.0 - u) * (1.0 + u)),),
    "arctan": (lambda u: 1.0 / hypot(u, 1.0) / hypot(u, 1.0),),
    "arcsinh": (lambda u: 1.0 / hypot(u, 1.0),),
    "arccosh": (lambda u: 1.0 / sqrt((u - 1.0) * (u + 1.0)),),
    "arctanh": (lambda u: 1.0 / ((1.0 - u) * (1.0 + u)),),
    "hypot": (lambda a, b: a / hypot(a, b), lambda a, b: b / hypot(a, b)),
    "abs": (lambda u: apply("sign", u),),
    "maximum": (lambda a, b: where(a >= b, 1.0, 0.0), lambda a, b: where(a >= b, 0.0, 1.0)),
    "minimum": (lambda a, b: where(a <= b, 1.0, 0.0), lambda a, b: where(a <= b, 0.0, 1.0)),
}

_FLAT: Final = frozenset({"sign", "floor", "number", "product_error"})


class Derivative:
    """Derivative with respect to x or a parameter.

    guarded: 0 times infinity is 0 in products of the chain rule
    smooth:  there are no kinks: at 0 an |u| has the slope from above, in place of 0
    """

    def __init__(self, by: str, guarded: bool = False, smooth: bool = False) -> None:
        self.by, self.guarded, self.smooth = by, guarded, smooth
        self._known: dict[Term, Term] = {}

    def __call__(self, node: Term) -> Term:
        if node not in self._known:
            self._known[node] = self._of(node)
        return self._known[node]

    def _of(self, node: Term) -> Term:
        if node.op == "name":
            return term(float(node.value == self.by))
        if node.op in _FLAT:
            return term(0.0)
        if node.op == "where":
            return where(node.args[0], self(node.args[1]), self(node.args[2]))
        inner = [self(arg) for arg in node.args]
        if node.op in ("maximum", "minimum"):
            first = compare(">=" if node.op == "maximum" else "<=", *node.args)
            return where(first, *inner)
        if all(each.is_value(0.0) for each in inner):
            return term(0.0)
        if node.op == "**":
            return self._power(*node.args, *inner)
        if node.op == "/":
            return self._quotient(*node.args, *inner)
        total = term(0.0)
        for i, each in enumerate(inner):
            if not each.is_value(0.0):
                above = self.smooth and node.op == "abs"
                rule = where(compare(">=", node.args[0], term(0.0)), 1.0, -1.0) if above else _rule(node, i)
                total = total + self._times(rule, each)
        return total

    def _quotient(self, a: Term, b: Term, da: Term, db: Term) -> Term:
        if db.is_value(0.0):
            return da / b
        if da.is_value(0.0):
            return -self._times(a / b / b, db)
        return (da - self._times(a / b, db)) / b

    def _power(self, base: Term, exponent: Term, dbase: Term, dexponent: Term) -> Term:
        total = term(0.0)
        if not dbase.is_value(0.0):
            total = self._times(exponent * power(base, exponent - 1.0), dbase)
        if not dexponent.is_value(0.0):
            total = total + self._times(power(base, exponent) * log(base), dexponent)
        return total

    def _times(self, outer: Term, inner: Term) -> Term:
        if outer.op == "where" and outer.args[1].is_number and outer.args[2].is_number:
            return where(outer.args[0], outer.args[1] * inner, outer.args[2] * inner)
        if inner.op == "neg":
            return -self._times(outer, inner.args[0])
        if outer.op == "neg":
            return -self._times(outer.args[0], inner)
        if inner.is_number:
            return inner * outer
        return apply("product", outer, inner) if self.guarded and not outer.is_number else outer * inner


def with_guards(root: Term) -> Term:
    """The term with 0 times infinity = 0 in every product of two factors that depend on x."""
    done: dict[Term, Term] = {}

    def walk(node: Term) -> Term:
        if not node.args:
            return node
        if node not in done:
            args = tuple(map(walk, node.args))
            varies = node.op == "*" and args[0] != args[1] and all("x" in names_in(arg) for arg in args)
            done[node] = apply("product", *args) if varies else rebuilt(node, args)
        return done[node]

    return walk(root)


def _rule(node: Term, i: int) -> Term:
    """∂/∂(argument i) of an operation."""
    if node.op in _RULES:
        return _RULES[node.op][i](*node.args)
    if node.op in HELPERS:
        slopes = HELPERS[node.op].slopes
        rule = slopes[i] if i < len(slopes) else None
        if rule is not None:
            return rule(*node.args)
        names = HELPERS[node.op].names
        return substituted(Derivative(names[i])(body(node.op)), dict(zip(names, node.args, strict=True)))
    raise AssertionError(f"no rule for {node.op}")
