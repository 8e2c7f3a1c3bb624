"""The syntax tree of a formula, and its compilation to a function over an arithmetic.

An `Arithmetic` is float64 with its jets, a kernel's narrow type, mpmath, or code of another language.
`grammar.read` makes the trees.
"""

import ast
import operator
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any, Protocol

from actcli.core.activations.activation import Elementwise


@dataclass(frozen=True, slots=True)
class Name:
    """x, pi or e."""

    name: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number in the text, or the value of a parameter."""

    value: float | Fraction
    name: str = ""
    """Name of the parameter; empty for a number in the text."""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator or an elementary function of one or two terms; names as in `Arithmetic.function`."""

    name: str
    terms: "tuple[Node, ...]"
    source: ast.expr | None = None
    """Syntax tree of an operator in the text, for messages."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """a < b <= c: one sign fewer than terms."""

    signs: tuple[str, ...]
    terms: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Indicator:
    """1 where the condition holds, else 0."""

    condition: "Node"


@dataclass(frozen=True, slots=True)
class Choice:
    """`then` where the condition holds, else `otherwise`."""

    condition: "Node"
    then: "Node"
    otherwise: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    """An activation applied to a term."""

    activation: Elementwise
    argument: "Node"
    given_parameters: "tuple[tuple[str, Node], ...]" = ()
    """The parameters set explicitly, as written."""


Node = Name | Number | Operation | Comparison | Indicator | Choice | Call


def parts(node: Node) -> tuple[Node, ...]:
    """The terms of a node, and its branches."""
    match node:
        case Operation() | Comparison():
            return node.terms
        case Call():
            return (node.argument,)
        case Indicator():
            return (node.condition,)
        case Choice():
            return (node.condition, node.then, node.otherwise)
        case _:
            return ()


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed formula.

    text:     the formula as written, without a prefix such as `f(x) =`
    tree:     its syntax tree
    switches: branch conditions as functions of x; another piece may begin at their zeros
    """

    text: str
    tree: Node
    switches: tuple[Node, ...]


class Arithmetic(Protocol):
    """A kind of numbers and the operations on them. Numbers and conditions must not be callable."""

    def number(self, value: float | Fraction) -> Any:
        """A number in the formula, or the value of a parameter."""

    def constant(self, name: str) -> Any:
        """pi or e."""

    def function(self, name: str, source: ast.expr | None) -> Callable[..., Any]:
        """The function with this name: + - * / ** neg, < <= > >= == !=, and, not; maximum, exp, ... as in NumPy.

        source: syntax tree of an operator in the text, for messages
        """

    def activation(self, activation: Elementwise) -> Callable[[Any], Any]:
        """An activation called in a formula."""

    def choose(self, x: Any, condition: Any, then: Callable[[Any], Any], otherwise: Callable[[Any], Any]) -> Any:
        """then(x) where the condition holds, otherwise(x) elsewhere."""

    def indicator(self, x: Any, condition: Any) -> Any:
        """1 where the condition holds, 0 elsewhere."""

    def folded(self, function: Callable[..., Any], *numbers: Any) -> Any:
        """The function of constant numbers or conditions: computed at once, or as a function of x."""


def compiled(node: Node, arithmetic: Arithmetic, share: Callable[[Node, Any], Any] | None = None) -> Any:
    """The tree over the arithmetic: a function of x; a number or truth value if it does not depend on x.

    share: (node, its term) -> replacement of the term
    """
    term = _term(node, arithmetic, lambda part: compiled(part, arithmetic, share))
    return share(node, term) if share else term


def _term(node: Node, arithmetic: Arithmetic, of: Callable[[Node], Any]) -> Any:
    match node:
        case Name():
            return _itself if node.name == "x" else arithmetic.constant(node.name)
        case Number():
            return arithmetic.number(node.value)
        case Operation(name="and"):
            return _conjunction(arithmetic, *map(of, node.terms))
        case Operation():
            function = arithmetic.function(node.name, node.source)
            return _applied(arithmetic, function, [*map(of, node.terms)])
        case Call():
            return _applied(arithmetic, arithmetic.activation(node.activation), [of(node.argument)])
        case Comparison():
            return _comparison(arithmetic, node.signs, [*map(of, node.terms)])
        case Indicator():
            condition = of(node.condition)
            if callable(condition):
                return lambda x: arithmetic.indicator(x, condition(x))
            return arithmetic.number(float(condition))
        case Choice():
            condition, then, otherwise = of(node.condition), of(node.then), of(node.otherwise)
            if not callable(condition):
                return then if condition else otherwise
            then, otherwise = function_of(then), function_of(otherwise)
            return lambda x: arithmetic.choose(x, condition(x), then, otherwise)


class _Once:
    """A term that occurs several times in a formula, computed once for each x."""

    def __init__(self, term: Callable[[Any], Any]) -> None:
        self.term = term
        self.known: tuple[Any, Any] | None = None

    def __call__(self, x: Any) -> Any:
        known = self.known
        if known is None or known[0] is not x:
            self.known = known = x, self.term(x)
        return known[1]


def compiled_once(tree: Node, arithmetic: Arithmetic) -> Any:
    """As `compiled`, with equal terms computed once, such as exp(x) in (exp(x) - exp(-x))/(exp(x) + exp(-x))."""
    numbers: dict[tuple[Any, ...], int] = {}
    number_of: dict[int, int] = {}

    def number(node: Node) -> int:
        """A number that is the same for equal terms."""
        match node:
            case Name() | Operation():
                says: Any = node.name
            case Number():
                says = repr(node.value)
            case Call():
                says = node.activation.label
            case Comparison():
                says = node.signs
            case _:
                says = None
        found = numbers.setdefault((type(node), says, *map(number, parts(node))), len(numbers))
        number_of[id(node)] = found
        times[found] += 1
        return found

    times: Counter[int] = Counter()
    number(tree)
    repeated: dict[int, _Once] = {}

    def share(node: Node, term: Any) -> Any:
        found = number_of[id(node)]
        if times[found] == 1 or term is _itself or not callable(term):
            return term
        return repeated.setdefault(found, _Once(term))

    term = compiled(tree, arithmetic, share)
    if not repeated or not callable(term):  # a number depends on no term, as that of (1 > 2 and exp(x) < exp(x))
        return term

    def function(x: Any) -> Any:
        try:
            return term(x)
        finally:
            for once in repeated.values():
                once.known = None

    return function


def function_of(term: Any) -> Callable[[Any], Any]:
    """A compiled term as a function of x; constant for a number."""
    return term if callable(term) else lambda x: term


def _itself(x: Any) -> Any:
    return x


def _applied(arithmetic: Arithmetic, function: Callable[..., Any], terms: list[Any]) -> Any:
    """The function of the terms; a number if no term depends on x."""
    if not any(map(callable, terms)):
        return arithmetic.folded(function, *terms)
    if len(terms) == 1:
        (u,) = terms
        return lambda x: function(u(x))
    if len(terms) > 2:
        functions = [function_of(term) for term in terms]
        return lambda x: function(*[term(x) for term in functions])
    a, b = terms
    if not callable(b):
        return lambda x: function(a(x), b)
    if not callable(a):
        return lambda x: function(a, b(x))
    return lambda x: function(a(x), b(x))


def _conjunction(arithmetic: Arithmetic, a: Any, b: Any) -> Any:
    """a and b; a truth value instead of a function of x if one of them decides."""
    if not callable(a):
        return b if a else a
    if not callable(b):
        return a if b else b
    return _applied(arithmetic, arithmetic.function("and", None), [a, b])


def _comparison(arithmetic: Arithmetic, signs: tuple[str, ...], terms: list[Any]) -> Any:
    """a < b < ..., each term computed once: twice would take exponential time in nested comparisons."""
    compare = [arithmetic.function(sign, None) for sign in signs]
    if len(compare) == 1:
        return _applied(arithmetic, compare[0], terms)
    both = arithmetic.function("and", None)

    def holds(*values: Any) -> Any:
        return reduce(both, map(operator.call, compare, values, values[1:]))

    return _applied(arithmetic, holds, terms)
