"""Stable forms of formulas: the same functions without cancellation and overflow.

One pass from the innermost terms outwards. Each term takes the first rewriting that fits, until none does.
"""

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from actcli.core.code.term import Term, apply, rebuilt, term

_SQRT_2: Final = math.sqrt(2.0)
_INVERSE_ROOTS: Final = (1.0 / _SQRT_2, math.sqrt(0.5))


def stable(root: Term) -> Term:
    """The term in its stable form."""
    done: dict[Term, Term] = {}

    def walk(node: Term) -> Term:
        if node not in done:
            changed = rebuilt(node, tuple(map(walk, node.args))) if node.args else node
            if changed.op == "neg" and changed.args[0] not in node.args:  # the sign came out of a quotient, say
                changed = -walk(changed.args[0])
            for rewriting in _REWRITINGS.get(changed.op, ()):
                found = rewriting(*changed.args)
                if found is not None:
                    changed = walk(found)
                    break
            done[node] = changed
        return done[node]

    return walk(root)


# --- sums -------------------------------------------------------------------------------------------------------------


def _sum(a: Term, b: Term) -> Term | None:
    for one, u in ((a, b), (b, a)):
        if one.is_value(1.0):
            if u.op == "tanh":  # 1 + tanh(u) = 2 sigmoid(2 u)
                return 2.0 * apply("sigmoid", 2.0 * u.args[0])
            if u.op == "erf":
                return _one_plus_erf(u.args[0])
            if u.op == "expm1":
                return apply("exp", *u.args)
        if one.is_value(-1.0) and u.op == "exp":
            return apply("expm1", *u.args)
    return None


def _difference(a: Term, b: Term) -> Term | None:
    if b.is_value(1.0) and a.op == "exp":
        return apply("expm1", *a.args)
    if b.is_value(1.0) and a.op == "*" and a.args[0].is_value(2.0) and a.args[1].op == "sigmoid":
        return apply("tanh", 0.5 * a.args[1].args[0])
    if not a.is_value(1.0):
        return None
    match b.op:
        case "exp":
            return -apply("expm1", *b.args)
        case "sigmoid":
            return apply("sigmoid", -b.args[0])
        case "tanh":
            return 2.0 * apply("sigmoid", -2.0 * b.args[0])
        case "erf":
            return _one_plus_erf(-b.args[0])
        case "*" if b.args[0] == b.args[1] and b.args[0].op == "tanh":
            return apply("tanh_slope", *b.args[0].args)
    return None


def _one_plus_erf(u: Term) -> Term:
    """1 + erf(u) as erfc(-u), or as 2 Φ(t) for u = t / sqrt(2)."""
    sign, size = (-1.0, u.args[0]) if u.op == "neg" else (1.0, u)
    if size.op == "/" and size.args[1].is_value(_SQRT_2):
        return 2.0 * apply("normal_cdf", sign * size.args[0])
    if size.op == "*" and any(size.args[0].is_value(root) for root in _INVERSE_ROOTS):
        return 2.0 * apply("normal_cdf", sign * size.args[1])
    return apply("erfc", -u)


# --- products and quotients -------------------------------------------------------------------------------------------


def _factors(*terms: Term) -> Iterator[Term]:
    for node in terms:
        if node.op == "*":
            yield from _factors(*node.args)
        elif node.op == "/" and node.args[1].is_number and abs(math.frexp(node.args[1].number)[0]) == 0.5:
            yield from _factors(node.args[0])
            yield term(1.0 / node.args[1].number)
        else:
            yield node


def _product(a: Term, b: Term) -> Term | None:
    """u sigmoid(c u) as silu, u tanh(softplus(u)) as mish, u Φ(u) as gelu."""
    factors = list(_factors(a, b))
    for gate in factors:
        found = _gated(gate)
        if found is None:
            continue
        function, u, scale = found
        rest = list(factors)
        rest.remove(gate)
        if all(map(partial(_removed, rest), _factors(u))):
            scales = (scale,) if function == "silu" else ()
            result = apply(function, u, *scales)
            coefficient = term(1.0)
            for factor in rest:
                if factor.is_number:
                    coefficient = coefficient * factor
                else:
                    result = factor * result
            return coefficient * result
    return None


def _removed(factors: list[Term], factor: Term) -> bool:
    """Remove a factor from the list; False if it is not in it."""
    if factor not in factors:
        return False
    factors.remove(factor)
    return True


def _gated(gate: Term) -> tuple[str, Term, Term] | None:
    """(function, u, scale) for which u times the gate is the function of u, with the scale in the gate."""
    if gate.op == "sigmoid":
        inner = gate.args[0]
        sign = 1.0
        if inner.op == "neg":
            inner, sign = inner.args[0], -1.0
        if inner.op == "*" and (inner.args[0].is_number or _is_parameter(inner.args[0])):
            return ("silu", inner.args[1], sign * inner.args[0])
        return ("silu", inner, term(sign))
    if gate.op == "tanh" and gate.args[0].op == "softplus":
        return "mish", gate.args[0].args[0], term(1.0)
    if gate.op == "exp" and not gate.args[0].is_number:
        return "x_exp", gate.args[0], term(1.0)
    if gate.op == "normal_cdf":
        return "gelu", gate.args[0], term(1.0)
    return None


def _is_parameter(node: Term) -> bool:
    return node.op == "name" and node.value != "x"


def _quotient(a: Term, b: Term) -> Term | None:
    if b.is_number and a.op == "*" and abs(math.frexp(b.number)[0]) == 0.5 and a.args[0].is_number:
        return (1.0 / b.number) * a
    if b.op == "+" and {*b.args} == {term(1.0), apply("abs", a)}:
        return apply("softsign", a)
    if b.op == "hypot" and a in b.args:
        return apply("over_hypot", a, b.args[b.args[0] == a])
    growth = _one_plus_exp(b)
    if growth is not None:
        u = growth.args[0]
        if a == growth:
            return apply("sigmoid", u)
        if a.op == "expm1" and a.args == (u,):
            return apply("tanh", 0.5 * u)
        if a.op == "x_exp" and a.args == (u,):
            return apply("silu", u, 1.0)
        if a.op == "*" and growth in a.args:
            other = a.args[0] if a.args[1] == growth else a.args[1]
            return other * apply("sigmoid", u)
        return a * apply("sigmoid", -u)
    return _tanh(a, b)


def _one_plus_exp(node: Term) -> Term | None:
    """The term exp(u) of 1 + exp(u) or exp(u) + 1."""
    if node.op == "+":
        for one, u in (node.args, node.args[::-1]):
            if one.is_value(1.0) and u.op == "exp":
                return u
    return None


def _tanh(a: Term, b: Term) -> Term | None:
    """tanh(u) for (exp(u) - exp(-u)) / (exp(u) + exp(-u)) and sinh(u) / cosh(u)."""
    if (a.op, b.op) == ("sinh", "cosh") and a.args == b.args:
        return apply("tanh", *a.args)
    if (a.op, b.op) == ("-", "+") and a.args == b.args and a.args[0].op == a.args[1].op == "exp":
        u, v = (each.args[0] for each in a.args)
        if u == -v:
            return apply("tanh", u)
    return None


# --- functions --------------------------------------------------------------------------------------------------------


def _exp(u: Term) -> Term | None:
    """exp(-t²) and exp(-t²/2) with the helpers that keep their tails."""
    if u.op == "neg":
        size = u.args[0]
        if size.op == "*" and size.args[0] == size.args[1]:
            return apply("exp_minus_square", size.args[0])
        if size.op == "/" and size.args[1].is_value(2.0) and size.args[0].op == "*":
            t, same = size.args[0].args
            if t == same:
                return math.sqrt(2.0 * math.pi) * apply("normal_density", t)
    return None


def _log(u: Term) -> Term | None:
    growth = _one_plus_exp(u)
    if growth is not None:
        return apply("softplus", *growth.args)
    if u.op == "+":
        for one, rest in (u.args, u.args[::-1]):
            if one.is_value(1.0):
                return apply("log1p", rest)
    if u.op == "sigmoid":
        return -apply("softplus", -u.args[0])
    return None


def _log1p(u: Term) -> Term | None:
    return apply("softplus", *u.args) if u.op == "exp" else None


def _sqrt(u: Term) -> Term | None:
    """sqrt(t² + c²) as hypot(t, c), which does not overflow."""
    if u.op == "+":
        for constant, square in (u.args, u.args[::-1]):
            if constant.is_number and constant.number > 0.0 and square.op == "*" and square.args[0] == square.args[1]:
                return apply("hypot", square.args[0], math.sqrt(constant.number))
    return None


_REWRITINGS: Final[dict[str, tuple[Callable[..., Term | None], ...]]] = {
    "+": (_sum,),
    "-": (_difference,),
    "*": (_product,),
    "/": (_quotient,),
    "exp": (_exp,),
    "log": (_log,),
    "log1p": (_log1p,),
    "sqrt": (_sqrt,),
}
