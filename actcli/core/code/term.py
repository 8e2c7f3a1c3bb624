"""Terms: trees of operations on x and parameters, simplified as they are built.

Terms of the same structure are equal, so that a shared subterm can be computed once.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

import numpy as np

Operand: TypeAlias = "Term | float"


class Term:
    """An operation on terms `args`, a number `value`, or the name `value` of x or a parameter.

    label: name for the result of a shared subterm; equality ignores it
    """

    __slots__ = ("_hash", "args", "label", "op", "value")

    def __init__(self, op: str, args: "tuple[Term, ...]" = (), value: float | str = 0.0, label: str = "") -> None:
        self.op, self.args, self.value, self.label = op, args, value, label
        self._hash = hash((op, args, value))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Term) or self._hash != other._hash:
            return False
        same_sign = not (self.op == "number" and self.value == 0.0) or _signed(self) == _signed(other)
        return (self.op, self.value, self.args) == (other.op, other.value, other.args) and same_sign

    def __repr__(self) -> str:
        return f"{self.op}({', '.join(map(repr, self.args)) or self.value})"

    def __neg__(self) -> "Term":
        if self.is_number:
            return number(-self.number)
        return self.args[0] if self.op == "neg" else Term("neg", (self,))

    def __add__(self, other: Operand) -> "Term":
        return _sum(self, term(other))

    def __radd__(self, other: Operand) -> "Term":
        return _sum(term(other), self)

    def __sub__(self, other: Operand) -> "Term":
        return _difference(self, term(other))

    def __rsub__(self, other: Operand) -> "Term":
        return _difference(term(other), self)

    def __mul__(self, other: Operand) -> "Term":
        return _product(self, term(other))

    def __rmul__(self, other: Operand) -> "Term":
        return _product(term(other), self)

    def __truediv__(self, other: Operand) -> "Term":
        return _quotient(self, term(other))

    def __rtruediv__(self, other: Operand) -> "Term":
        return _quotient(term(other), self)

    def __lt__(self, other: Operand) -> "Term":
        return compare("<", self, other)

    def __le__(self, other: Operand) -> "Term":
        return compare("<=", self, other)

    def __gt__(self, other: Operand) -> "Term":
        return compare(">", self, other)

    def __ge__(self, other: Operand) -> "Term":
        return compare(">=", self, other)

    def named(self, label: str) -> "Term":
        """The same term with a label."""
        return Term(self.op, self.args, self.value, label)

    @property
    def is_number(self) -> bool:
        """Whether the term is a number."""
        return self.op == "number"

    @property
    def number(self) -> float:
        """The value of a number."""
        assert isinstance(self.value, float)
        return self.value

    def is_value(self, value: float) -> bool:
        """Whether the term is this number."""
        return self.is_number and self.value == value


def _signed(number: Term) -> float:
    return math.copysign(1.0, number.number)


def number(value: float) -> Term:
    """The term of a number."""
    return Term("number", value=float(value))


def name(text: str) -> Term:
    """The term of x or of a parameter."""
    return Term("name", value=text)


X: Final = name("x")


def term(operand: Operand) -> Term:
    """An operand as a term."""
    return operand if isinstance(operand, Term) else number(operand)


# --- arithmetic ---------------------------------------------------------------------------------------------------


def _sum(a: Term, b: Term) -> Term:
    if a.is_number and b.is_number:
        return number(a.number + b.number)
    if a.is_value(0.0) or b.is_value(0.0):
        return b if a.is_value(0.0) else a
    if b.op == "neg":
        return a - b.args[0]
    return Term("+", (a, b))


def _difference(a: Term, b: Term) -> Term:
    if a.is_number and b.is_number:
        return number(a.number - b.number)
    if b.is_value(0.0):
        return a
    if a.is_value(0.0):
        return -b
    return a + b.args[0] if b.op == "neg" else Term("-", (a, b))


def _product(a: Term, b: Term) -> Term:
    if a.is_number and b.is_number:
        return number(_folded(lambda: np.float64(a.number) * b.number))
    if b.is_number:
        a, b = b, a
    if a.is_number:
        if a.number in (0.0, 1.0):
            return b if a.number else number(0.0)
        if a.number == -1.0:
            return -b
        if b.op == "neg":
            return number(-a.number) * b.args[0]
        if b.op == "*" and b.args[0].is_number and (_exact(a.number) or _exact(b.args[0].number)):
            return number(a.number * b.args[0].number) * b.args[1]
    for first, second in ((a, b), (b, a)):
        if first.op == "neg":
            return -(first.args[0] * second)
    return Term("*", (a, b))


def _quotient(a: Term, b: Term) -> Term:
    if a.is_number and b.is_number:
        return number(_folded(lambda: np.float64(a.number) / b.number))
    if b.is_value(1.0) or a.is_value(0.0):
        return a
    if a.op == "neg":
        return -(a.args[0] / b)
    if b.op == "neg":
        return -(a / b.args[0])
    return Term("/", (a, b))


def _exact(factor: float) -> bool:
    """Whether the factor is a power of two, so that a product with it is not rounded."""
    return abs(math.frexp(factor)[0]) == 0.5


def _folded(function: Callable[[], float]) -> float:
    with np.errstate(all="ignore"):  # 1/0 is inf
        return float(function())


def power(base: Term, exponent: Operand) -> Term:
    """base ** exponent; small whole powers are products."""
    exponent = term(exponent)
    if base.is_number and exponent.is_number:
        return number(_folded(lambda: np.power(np.float64(base.number), exponent.number)))
    if exponent.is_number and exponent.number in (0.0, 1.0):
        return base if exponent.number else number(1.0)
    if exponent.is_value(2.0):
        return Term("*", (base, base)) if base.op != "neg" else power(base.args[0], 2.0)
    return Term("**", (base, exponent))


# --- functions and choices ----------------------------------------------------------------------------------------

_FOLDED: Final[Mapping[str, Callable[[float], float]]] = {
    name: getattr(np, {"abs": "fabs"}.get(name, name))
    for name in (
        *("exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "abs"),
        *("arcsin", "arccos", "arctan", "arcsinh", "arccosh", "arctanh", "sign", "floor"),
    )
} | {"erf": math.erf, "erfc": math.erfc}


def apply(op: str, *operands: Operand) -> Term:
    """A function, elementary or a helper, applied to terms; computed at once for a number."""
    args = tuple(map(term, operands))
    if len(args) == 1 and args[0].is_number and op in _FOLDED:
        return number(_folded(lambda: _FOLDED[op](args[0].number)))
    if op in ("maximum", "minimum") and args[0] == args[1]:
        return args[0]
    return Term(op, args)


def function(op: str) -> Callable[..., Term]:
    """`apply` for the function of this name."""
    return lambda *operands: apply(op, *operands)


exp, expm1, log, log1p, sqrt = map(function, ("exp", "expm1", "log", "log1p", "sqrt"))
sin, cos, tanh, arctan, absolute = map(function, ("sin", "cos", "tanh", "arctan", "abs"))
maximum, minimum, hypot = map(function, ("maximum", "minimum", "hypot"))


def clip(u: Term, low: Operand, high: Operand) -> Term:
    """min(max(u, low), high)."""
    return minimum(maximum(u, low), high)


def compare(sign: str, a: Operand, b: Operand) -> Term:
    """A condition: a < b, ..."""
    return Term(sign, (term(a), term(b)))


def where(condition: Term, then: Operand, otherwise: Operand) -> Term:
    """`then` where the condition holds, else `otherwise`."""
    then, otherwise = term(then), term(otherwise)
    if condition.op == "true":
        return then
    if condition.op == "not":
        return where(condition.args[0], otherwise, then)
    return then if then == otherwise else Term("where", (condition, then, otherwise))


def substituted(node: Term, by: Mapping[str, Term]) -> Term:
    """The term with names replaced by terms, simplified."""
    done: dict[Term, Term] = {}

    def walk(node: Term) -> Term:
        if node.op == "name":
            return by.get(str(node.value), node)
        if not node.args:
            return node
        if node not in done:
            changed = rebuilt(node, tuple(map(walk, node.args)))
            done[node] = changed.named(node.label) if node.label and changed.args else changed
        return done[node]

    return walk(node)


def rebuilt(node: Term, args: tuple[Term, ...]) -> Term:
    """The same operation on other arguments, simplified."""
    match node.op:
        case "+":
            return args[0] + args[1]
        case "-":
            return args[0] - args[1]
        case "*":
            return args[0] * args[1]
        case "/":
            return args[0] / args[1]
        case "neg":
            return -args[0]
        case "**":
            return power(*args)
        case "where":
            return where(*args)
        case "polynomial":
            return Term(node.op, args, node.value)
        case "product_error" if any(arg.is_number and _exact(arg.number) for arg in args):
            return number(0.0)
        case _:
            return apply(node.op, *args) if node.args else node


def subterms(*roots: Term) -> Iterator[Term]:
    """All distinct subterms, arguments before their operation."""
    seen: set[Term] = set()

    def walk(node: Term) -> Iterator[Term]:
        if node not in seen:
            seen.add(node)
            for arg in node.args:
                yield from walk(arg)
            yield node

    for root in roots:
        yield from walk(root)


def names_in(*roots: Term) -> set[str]:
    """Names in the terms."""
    return {str(node.value) for node in subterms(*roots) if node.op == "name"}
