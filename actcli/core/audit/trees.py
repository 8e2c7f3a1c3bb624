"""Steps of a kernel's formula: their text, the formula with one replaced, and a stable form of one."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Final

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import CATALOGUE
from actcli.core.activations.expression import (
    Call,
    Choice,
    Comparison,
    Indicator,
    Name,
    Node,
    Number,
    Operation,
    compiled,
    function_of,
    parts,
)
from actcli.core.activations.formula import FLOAT64
from actcli.core.arrays import Array
from actcli.core.jets.choice import like

_TIGHT: Final = {"+": 1, "-": 1, "*": 2, "/": 2, "neg": 3, "**": 4}


def nodes(node: Node) -> Iterator[Node]:
    """All computed steps of a formula that depend on x, innermost first, the formula itself last."""
    for part in parts(node):
        yield from nodes(part)
    if isinstance(node, Operation | Call | Choice) and depends_on_x(node):
        yield node


def depends_on_x(node: Node) -> bool:
    """Whether x occurs in the node."""
    return (isinstance(node, Name) and node.name == "x") or any(map(depends_on_x, parts(node)))


def constants(node: Node) -> Iterator[tuple[str, float]]:
    """Text and value of each maximal constant part of a formula: a number, a name or an operation without x."""
    for part in parts(node):
        if depends_on_x(part):
            yield from constants(part)
        elif isinstance(part, Number | Name | Operation):
            yield text_of(part), float(compiled(part, FLOAT64))


def text_of(node: Node, around: int = 0) -> str:
    """The text of a node: `1 + erf(x/sqrt(2))`. around: binding strength of the operator around it."""
    match node:
        case Name():
            return node.name
        case Number():
            return _number(node.value)
        case Operation(name="neg"):
            return _bracketed(f"-{text_of(node.terms[0], 3)}", 3, around)
        case Operation() if node.name in _TIGHT:
            if node.source is not None and not around:
                text = ast.unparse(node.source)
                return text.replace(" ** ", "**").replace(" * ", "*").replace(" / ", "/")
            tight = _TIGHT[node.name]
            a, b = (text_of(term, tight + later) for later, term in enumerate(node.terms))
            sign = node.name if tight > 1 else f" {node.name} "
            return _bracketed(f"{a}{sign}{b}", tight, around)
        case Operation():
            return f"{node.name}({', '.join(map(text_of, node.terms))})"
        case Call():
            given_parameters = "".join(
                f", {name}={_number(value)}" for name, value in node.activation.given_parameters.items()
            )
            return f"{node.activation.name}({text_of(node.argument)}{given_parameters})"
        case Comparison():
            first, *rest = map(text_of, node.terms)
            signs = "".join(f" {sign} {term}" for sign, term in zip(node.signs, rest, strict=True))
            return f"{first}{signs}"
        case Indicator():
            return f"({text_of(node.condition)})"
        case Choice():
            words = f"{text_of(node.then, 1)} if {text_of(node.condition)} else {text_of(node.otherwise, 1)}"
            return _bracketed(words, 0, around)


def _number(value: float | Fraction) -> str:
    return f"{float(value):.12g}"


def _bracketed(text: str, tight: int, around: int) -> str:
    return f"({text})" if tight < around else text


def replaced(formula: Node, part: str, by: Node) -> Node:
    """The formula with every step of this text replaced."""
    if text_of(formula) == part:
        return by
    match formula:
        case Operation():  # without the source, which no longer matches
            return Operation(formula.name, tuple(replaced(term, part, by) for term in formula.terms))
        case Comparison():
            return Comparison(formula.signs, tuple(replaced(term, part, by) for term in formula.terms))
        case Call():
            return replace(formula, argument=replaced(formula.argument, part, by))
        case Indicator():
            return replace(formula, condition=replaced(formula.condition, part, by))
        case Choice():
            condition, then, otherwise = (replaced(part_, part, by) for part_ in parts(formula))
            return Choice(condition, then, otherwise)
        case _:
            return formula


def exactly(part: Node, name: str = "exactly") -> Node:
    """The step as one function of x, computed in float64 in a form that does not cancel or overflow."""
    function = function_of(compiled(stable(part), FLOAT64))

    def values(x: Array) -> Array:
        with np.errstate(all="ignore"):  # overflows in every form
            return np.asarray(like(x, function(x)), dtype=np.float64)

    return Call(Elementwise(name=name, function=values, formula="x", reference=""), Name("x"))


# --- forms that do not cancel or overflow -----------------------------------------------------------------------------


def stable(node: Node) -> Node:
    """The same function in a stable form: erfc(-u) for 1 + erf(u), expm1, log1p, sigmoid(-u) for 1 - sigmoid(u), ..."""
    match node:
        case Operation():
            return _rewritten(replace(node, terms=tuple(map(stable, node.terms)), source=None))
        case Call():
            return replace(node, argument=stable(node.argument))
        case Choice():
            return Choice(node.condition, stable(node.then), stable(node.otherwise))
        case _:
            return node


def without_lossy_sums(node: Node) -> Node:
    """The same function without sums that lose hundreds of digits: 1 + erf(u), 1 + tanh(u), log(1 + u).

    Unlike `stable`, it uses no catalogue function, because such a sum may define one.
    """
    match node:
        case Operation():
            terms = tuple(map(without_lossy_sums, node.terms))
            if node.name == "+" and _is_number(terms[0], 1.0) and _calls(terms[1], "erf"):
                return Operation("erfc", (_neg(_argument(terms[1])),))
            if node.name == "+" and _is_number(terms[0], 1.0) and _calls(terms[1], "tanh"):
                growth = Operation("exp", (_times(-2.0, _argument(terms[1])),))
                return Operation("/", (Number(2.0), Operation("+", (Number(1.0), growth))))
            if node.name == "log" and _is(terms[0], "+") and _is_number(parts(terms[0])[0], 1.0):
                return Operation("log1p", (parts(terms[0])[1],))
            return replace(node, terms=terms)
        case Call():
            return replace(node, argument=without_lossy_sums(node.argument))
        case _:
            return node


def _rewritten(node: Operation) -> Node:
    name, terms = node.name, node.terms
    if name == "+":
        return _sum(*terms) or _sum(*terms[::-1]) or node
    if name == "-":
        return _difference(*terms) or node
    if name == "/":
        return _quotient(*terms) or _hyperbolic(*terms) or node
    if name == "log" and (inner := _one_plus(terms[0])):
        return _call("softplus", inner.terms[0]) if _is(inner, "exp") else Operation("log1p", (inner,))
    if name == "log" and _calls(terms[0], "sigmoid"):
        return _neg(_call("softplus", _neg(_argument(terms[0]))))
    if name == "log1p" and _is(terms[0], "exp"):
        return _call("softplus", parts(terms[0])[0])
    return node


def _sum(a: Node, b: Node) -> Node | None:
    if _is_number(a, 1.0):
        if _calls(b, "erf"):
            return Operation("erfc", (_neg(_argument(b)),))
        if _calls(b, "tanh"):
            return _times(2.0, _call("sigmoid", _times(2.0, _argument(b))))
        if _is(b, "expm1"):
            return Operation("exp", parts(b))
    if _is(a, "exp") and _is(b, "exp") and text_of(_neg(parts(a)[0])) == text_of(parts(b)[0]):
        return _times(2.0, Operation("cosh", parts(a)))
    if _is(b, "*") and any(_is(term, "expm1") for term in parts(b)):  # a*expm1(u) + a
        factor, growth = sorted(parts(b), key=lambda term: _is(term, "expm1"))
        if text_of(factor) == text_of(a):
            return Operation("*", (factor, Operation("exp", parts(growth))))
    if _is(b, "sqrt") and _is(square := parts(b)[0], "+"):  # u + sqrt(u² + b)
        u2, constant = parts(square)
        if _is_square(u2, a) and not depends_on_x(constant):
            return _times(2.0, _call("squareplus", a, b=_value(constant)))
    return None


def _difference(a: Node, b: Node) -> Node | None:
    if _is(a, "exp") and _is(b, "exp") and text_of(_neg(parts(a)[0])) == text_of(parts(b)[0]):
        return _times(2.0, Operation("sinh", parts(a)))
    if _is_number(a, 1.0):
        if _calls(b, "sigmoid"):
            return _call("sigmoid", _neg(_argument(b)))
        if _calls(b, "tanh"):
            return _times(2.0, _call("sigmoid", _times(-2.0, _argument(b))))
        if _calls(b, "erf"):
            return Operation("erfc", (_argument(b),))
        if _is(b, "erfc"):
            return _call("erf", parts(b)[0])
        if _is(b, "exp"):
            return _neg(Operation("expm1", parts(b)))
        root = parts(b)[0] if parts(b) else b
        if _is_square(b, root) and _calls(root, "tanh"):
            u = _argument(root)
            both = Operation("*", tuple(_call("sigmoid", _times(factor, u)) for factor in (2.0, -2.0)))
            return _times(4.0, both)
        if _is(b, "abs") and _calls(parts(b)[0], "softsign"):
            u = _argument(parts(b)[0])
            return Operation("/", (Number(1.0), Operation("+", (Number(1.0), Operation("abs", (u,))))))
        if (gate := _doubled_sigmoid(b)) is not None:
            return _call("tanh", _times(-0.5, gate))
    if _is_number(b, 1.0):
        if _is(a, "exp"):
            return Operation("expm1", parts(a))
        if (gate := _doubled_sigmoid(a)) is not None:
            return _call("tanh", _times(0.5, gate))
    if _calls(a, "sigmoid") and _is_square(b, a):
        return Operation("*", (a, _call("sigmoid", _neg(_argument(a)))))
    if _calls(b, "tanh") and text_of(_argument(b)) == text_of(a):
        return _call("tanh_shrink", a)
    return None


def _quotient(a: Node, b: Node) -> Node | None:
    """a/(1 + e^u) as a sigmoid(-u)."""
    squared = _is(b, "**") and _is_number(parts(b)[1], 2.0)
    inner = _one_plus(parts(b)[0] if squared else b)
    if inner is None or not _is(inner, "exp"):
        return None
    u = parts(inner)[0]
    shut, open_ = _call("sigmoid", _neg(u)), _call("sigmoid", u)
    grown = _is(a, "exp") and text_of(parts(a)[0]) == text_of(u)
    if grown:
        return Operation("*", (open_, shut)) if squared else open_
    if squared:
        return Operation("*", (Operation("*", (a, shut)), shut))
    return shut if _is_number(a, 1.0) else Operation("*", (a, shut))


def _hyperbolic(a: Node, b: Node) -> Node | None:
    """sinh(u)/cosh(u) as tanh(u)."""
    if _is(a, "*") and _is(b, "*") and text_of(parts(a)[0]) == text_of(parts(b)[0]):
        a, b = parts(a)[1], parts(b)[1]
    if _is(a, "sinh") and _is(b, "cosh") and text_of(parts(a)[0]) == text_of(parts(b)[0]):
        return _call("tanh", parts(a)[0])
    return None


def _doubled_sigmoid(node: Node) -> Node | None:
    """The argument u of 2 sigmoid(u)."""
    if _is(node, "*"):
        a, b = parts(node)
        if _is_number(a, 2.0) and _calls(b, "sigmoid"):
            return _argument(b)
    return None


def _one_plus(node: Node) -> Operation | None:
    """The operation u of 1 + u or u + 1."""
    if _is(node, "+"):
        for one, other in (parts(node), parts(node)[::-1]):
            if _is_number(one, 1.0) and isinstance(other, Operation):
                return other
    return None


def _is(node: Node, name: str) -> bool:
    return isinstance(node, Operation) and node.name == name


def _is_number(node: Node, value: float) -> bool:
    return isinstance(node, Number) and float(node.value) == value


def _calls(node: Node, name: str) -> bool:
    return isinstance(node, Call) and node.activation.name == name


def _is_square(node: Node, root: Node) -> bool:
    if _is(node, "**"):
        base, exponent = parts(node)
        return _is_number(exponent, 2.0) and text_of(base) == text_of(root)
    return _is(node, "*") and all(text_of(term) == text_of(root) for term in parts(node))


def _argument(node: Node) -> Node:
    return parts(node)[0]


def _value(node: Node) -> float:
    return float(compiled(node, FLOAT64))


def _call(name: str, argument: Node, **given_parameters: float) -> Node:
    activation = CATALOGUE[name]
    assert isinstance(activation, Elementwise)
    return Call(activation.with_parameters(**given_parameters), argument)


def _neg(node: Node) -> Node:
    return parts(node)[0] if _is(node, "neg") else Operation("neg", (node,))


def _times(factor: float, node: Node) -> Node:
    return Operation("*", (Number(factor), node))
