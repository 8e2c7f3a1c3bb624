"""Formulas in x as activations: Python's expression syntax, compiled to a function over arrays or jets.

Nothing that is typed here reaches Python: the text is parsed to a syntax tree, every node of which is looked up in
the tables below, and what does not stand there is refused. Size, depth and exponents are bounded.
"""

import ast
import math
import operator
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cache, reduce
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from actcli.core.activations.activation import Activation, Elementwise
from actcli.core.activations.breaks import find_breaks
from actcli.core.activations.power import MAX_EXPONENT, power, variable_power
from actcli.core.arrays import Array, Mask
from actcli.core.errors import InputError, did_you_mean
from actcli.core.jets import elementary
from actcli.core.jets.choice import select, where
from actcli.core.jets.jet import Jet, value_of

MAX_LENGTH: Final = 2000
MAX_DEPTH: Final = 60

# A compiled expression: a number where it does not depend on x, and otherwise a function of the array or jet x.
Term = float | Callable[[Any], Any]
Condition = bool | Callable[[Any], Mask]

_CONSTANTS: Final = {"pi": math.pi, "e": math.e}

_FUNCTIONS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "exp": elementary.exp,
    "expm1": elementary.expm1,
    "log": elementary.log,
    "log1p": elementary.log1p,
    "log2": elementary.log2,
    "log10": elementary.log10,
    "sqrt": elementary.sqrt,
    "cos": elementary.cos,
    "tan": elementary.tan,
    "asin": elementary.arcsin,
    "acos": elementary.arccos,
    "sinh": elementary.sinh,
    "cosh": elementary.cosh,
    "asinh": elementary.arcsinh,
    "acosh": elementary.arccosh,
    "atanh": elementary.arctanh,
    "erfc": elementary.erfc,
    "arcsin": elementary.arcsin,
    "arccos": elementary.arccos,
    "arcsinh": elementary.arcsinh,
    "arccosh": elementary.arccosh,
    "arctanh": elementary.arctanh,
}
_CHOICES: Final = ("max", "min", "maximum", "minimum", "abs", "where", "clip", "pow", "sign")

# What elsewhere is called otherwise, and by its letters resembles something else.
_OTHER_NAMES: Final = {"ln": "log", "σ": "sigmoid", "sgn": "sign"}

_ARITHMETIC: Final[Mapping[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}

# `f(x) =`, `y =` or `return` may stand before a formula, as it does in texts.
_PREFIX = re.compile(r"\s*(return\b|[^\W\d]\w*\s*(\([\w\s,]*\))?\s*=(?!=))?\s*")


def formula(text: str, settings: Mapping[str, float], activations: Mapping[str, Activation]) -> Elementwise:
    """The activation that a formula in x describes, e.g. `x*sigmoid(1.702*x)` or, with settings, `relu(w*x + b)`.

    Available are arithmetic, comparisons, `a if c else b`, `and`, `or`, `not`, pi, e, the elementary functions, max,
    min, abs, sign, where, clip, and every elementwise one of `activations` with its parameters. Any other name is a
    parameter that takes its value from `settings`. Raises InputError, which names the column.
    """
    given = MappingProxyType(dict(settings))
    compiler = _Compiler(text, given, activations)
    function = compiler.compile()
    written = compiler.text[compiler.offset :].strip()

    @cache
    def breaks() -> Mapping[float, int]:
        return find_breaks(function, compiler.switches)

    return Elementwise(
        name=written,
        function=function,
        formula=written,
        reference="a formula",
        breaks=breaks,
        settings=given,
    )


def is_formula(text: str) -> bool:
    """Whether a text is meant as a formula and not as a name of the catalogue."""
    text = text.strip()
    name_like = re.fullmatch(r"[A-Za-z_][\w-]*", text) and not {"x", *_CONSTANTS} & set(text.split("-"))
    return bool(text) and not name_like


class _Compiler:
    """One formula on its way from text to function, with the switches that decide between its pieces."""

    def __init__(self, text: str, settings: Mapping[str, float], activations: Mapping[str, Activation]) -> None:
        self.activations = {
            name: entry
            for entry in activations.values()
            for name in (entry.name, *entry.aliases)
            if name not in _FUNCTIONS
        }
        self.text = re.sub(r"\s", " ", text)
        self.settings = settings
        self.switches: list[Callable[[Array], Array]] = []
        self.used: set[str] = set()
        prefix = _PREFIX.match(self.text)
        self.offset = prefix.end() if prefix else 0

    def compile(self) -> Callable[[Any], Any]:
        tree = self._parse()
        with np.errstate(all="ignore"):  # constants may divide by zero; the formula is computed as it is written
            term = self._number(tree, 0)
        if unused := set(self.settings) - self.used:
            raise InputError(f"the formula {self._shown} has no parameter {min(unused)!r}")
        if callable(term):
            return term
        constant = term
        return lambda x: x.constant(constant) if isinstance(x, Jet) else np.full_like(x, constant)

    @property
    def _shown(self) -> str:
        return repr(self.text if len(self.text) <= 60 else self.text[:57] + "...")

    def _parse(self) -> ast.expr:
        if not self.text.strip():
            raise InputError("an empty formula")
        if len(self.text) > MAX_LENGTH:
            raise InputError(f"the formula has {len(self.text)} characters, and at most {MAX_LENGTH} are taken")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about Python programs, which this is not
                return ast.parse(self.text[self.offset :].rstrip(), mode="eval").body
        except SyntaxError as error:
            column = self.offset + (error.offset or len(self.text))
            what = "a product is written 2*x," if error.msg == "invalid decimal literal" else _decapitalised(error.msg)
            raise InputError(f"{what} in column {column} of the formula {self._shown}") from None
        except (RecursionError, MemoryError):
            raise InputError(f"the formula {self._shown} is nested too deeply") from None
        except ValueError:  # a null character, or bytes that are no text
            raise InputError(f"not a formula: {self._shown}") from None

    def _error(self, node: ast.AST, message: str) -> InputError:
        column = self.offset + getattr(node, "col_offset", 0) + 1
        return InputError(f"{message}, in column {column} of the formula {self._shown}")

    # --- numbers ------------------------------------------------------------------------------------------------

    def _number(self, node: ast.expr, depth: int) -> Term:
        if depth > MAX_DEPTH:
            raise self._error(node, f"nested more than {MAX_DEPTH} deep")
        match node:
            case ast.Constant():
                return self._constant(node)
            case ast.Name():
                return self._name(node)
            case ast.UnaryOp(op=ast.USub()):
                return _apply(operator.neg, self._number(node.operand, depth + 1))
            case ast.UnaryOp(op=ast.UAdd()):
                return self._number(node.operand, depth + 1)
            case ast.BinOp(op=ast.Pow()):
                return self._power(node.left, node.right, depth)
            case ast.BinOp() if type(node.op) in _ARITHMETIC:
                left, right = self._number(node.left, depth + 1), self._number(node.right, depth + 1)
                return _apply(_ARITHMETIC[type(node.op)], left, right)
            case ast.IfExp():
                return self._choice(node.test, node.body, node.orelse, depth)
            case ast.Call():
                return self._call(node, depth)
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                condition = self._condition(node, depth)
                if isinstance(condition, bool):
                    return float(condition)
                return lambda x: _indicator(x, condition(x))
            case ast.BinOp(op=ast.BitXor()):
                raise self._error(node, "^ is not available: a power is written **")
            case ast.BinOp() | ast.UnaryOp():
                raise self._error(node, f"the operator {type(node.op).__name__} is not available")
            case ast.Attribute():
                raise self._error(node, f"names have no dots here: write {node.attr}, without what stands before it")
            case _:
                raise self._error(node, f"{type(node).__name__} is not available")

    def _constant(self, node: ast.Constant) -> float:
        if not isinstance(node.value, int | float) or isinstance(node.value, bool):
            raise self._error(node, f"{node.value!r:.20} is not a real number")
        try:
            return float(node.value)
        except OverflowError:
            raise self._error(node, "the number is too large") from None

    def _name(self, node: ast.Name) -> Term:
        name = node.id
        if name == "x":
            return lambda x: x
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        if name in self.settings:
            self.used.add(name)
            return self.settings[name]
        if name in _FUNCTIONS or name in self.activations or name in _CHOICES:
            raise self._error(node, f"{name} is a function: write {name}(x)")
        raise self._error(node, f"{name} has no value: is it a parameter, as in '...:{name}=1'?")

    def _power(self, base: ast.expr, exponent: ast.expr, depth: int) -> Term:
        u, v = self._number(base, depth + 1), self._number(exponent, depth + 1)
        if callable(v):
            return _apply(variable_power, u, v)
        if abs(v) > MAX_EXPONENT:
            raise self._error(exponent, f"the exponent {v:g} is too large (at most {MAX_EXPONENT})")
        return (lambda x: power(u(x), v)) if callable(u) else float(np.power(u, v))

    # --- calls --------------------------------------------------------------------------------------------------

    def _call(self, node: ast.Call, depth: int) -> Term:
        if not isinstance(node.func, ast.Name):
            if isinstance(node.func, ast.Attribute):
                raise self._error(node, f"names have no dots here: write {node.func.attr}(...)")
            raise self._error(node, "only a function can be called")
        name = node.func.id
        if any(isinstance(argument, ast.Starred) for argument in node.args):
            raise self._error(node, "an argument with a star is not available")
        if name in self.activations:
            return self._activation(self.activations[name], node, depth)
        if node.keywords:
            raise self._error(node, f"{name} takes no parameters")
        if name in _FUNCTIONS:
            (argument,) = self._arguments(node, depth, 1, 1)
            return _apply(_FUNCTIONS[name], argument)
        match name:
            case "max" | "maximum":
                return _halving(self._larger, self._arguments(node, depth, 2, 99))
            case "min" | "minimum":
                return _halving(self._smaller, self._arguments(node, depth, 2, 99))
            case "abs" | "sign":
                (argument,) = self._arguments(node, depth, 1, 1)
                self._switch(argument, 0.0)
                return _apply(abs if name == "abs" else _sign, argument)
            case "clip":
                argument, low, high = self._arguments(node, depth, 3, 3)
                return self._smaller(self._larger(argument, low), high)
            case "where":
                if len(node.args) != 3:
                    raise self._error(node, "where takes 3 arguments")
                test, then, otherwise = node.args
                return self._choice(test, then, otherwise, depth)
            case "pow":
                if len(node.args) != 2:
                    raise self._error(node, "pow takes 2 arguments")
                base, exponent = node.args
                return self._power(base, exponent, depth)
        if name in _OTHER_NAMES:
            raise self._error(node, f"there is no function {name!r}; did you mean {_OTHER_NAMES[name]}?")
        known = (*_FUNCTIONS, *self.activations, *_CHOICES)
        raise self._error(node, f"there is no function {name!r}{did_you_mean(name, known)}")

    def _arguments(self, node: ast.Call, depth: int, least: int, most: int) -> list[Term]:
        if not least <= len(node.args) <= most:
            assert isinstance(node.func, ast.Name)
            number = f"{least} argument{'s' * (least > 1)}{' or more' * (most > least)}"
            raise self._error(node, f"{node.func.id} takes {number}, not {len(node.args)}")
        return [self._number(argument, depth + 1) for argument in node.args]

    def _activation(self, entry: Activation, node: ast.Call, depth: int) -> Term:
        """An activation of the catalogue, its parameters by position or by name."""
        if not isinstance(entry, Elementwise):
            raise self._error(node, f"{entry.name} acts on whole rows, and a formula on each x")
        argument, *values = self._arguments(node, depth, 1, 1 + len(entry.parameters))
        names = [parameter.name for parameter in entry.parameters]
        given = dict(zip(names, values, strict=False))
        for keyword in node.keywords:
            if keyword.arg is None or keyword.arg in given:
                raise self._error(node, f"{entry.name} gets {keyword.arg or 'its parameters'} twice")
            given[keyword.arg] = self._number(keyword.value, depth + 1)
        numbers: dict[str, float] = {}
        for name, value in given.items():
            if callable(value):
                raise self._error(node, f"{name} of {entry.name} must not depend on x")
            numbers[name] = float(value)
        try:
            activation = entry.with_parameters(**numbers)
        except InputError as error:
            raise self._error(node, str(error)) from None
        for kink in activation.kinks(order=99):
            self._switch(argument, kink)
        return _apply(activation.of, argument)

    # --- choices ------------------------------------------------------------------------------------------------

    def _choice(self, test: ast.expr, then: ast.expr, otherwise: ast.expr, depth: int) -> Term:
        """Each branch is computed only where it is taken."""
        condition = self._condition(test, depth + 1)
        a, b = self._number(then, depth + 1), self._number(otherwise, depth + 1)
        if isinstance(condition, bool):
            return a if condition else b
        return lambda x: select(x, (condition(x), _function(a)), otherwise=_function(b))

    def _condition(self, node: ast.expr, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            raise self._error(node, f"nested more than {MAX_DEPTH} deep")
        match node:
            case ast.Compare():
                if unknown := [op for op in node.ops if type(op) not in _COMPARISONS]:
                    raise self._error(node, f"the comparison {type(unknown[0]).__name__} is not available")
                terms = [self._number(term, depth + 1) for term in (node.left, *node.comparators)]
                return self._comparison([_COMPARISONS[type(op)] for op in node.ops], terms)
            case ast.BoolOp():
                conditions = [self._condition(value, depth + 1) for value in node.values]
                return reduce(_both if isinstance(node.op, ast.And) else _either, conditions)
            case ast.UnaryOp(op=ast.Not()):
                return _negated(self._condition(node.operand, depth + 1))
            case _:  # a number is true where it is not zero
                return self._comparison([np.not_equal], [self._number(node, depth + 1), 0.0])

    def _comparison(self, compare: Sequence[Callable[[Any, Any], Any]], terms: Sequence[Term]) -> Condition:
        """a < b < ..., where each term is computed once: twice, and a nest of them would take for ever."""
        for a, b in pairwise(terms):
            self._switch(a, b)

        def holds(values: Sequence[Any]) -> Any:
            return reduce(operator.and_, map(operator.call, compare, values, values[1:]))

        if not any(map(callable, terms)):
            return bool(holds(terms))
        return lambda x: np.broadcast_to(holds([_value(term, x) for term in terms]), value_of(x).shape)

    def _larger(self, a: Term, b: Term) -> Term:
        """max(a, b), with the slope of the first that attains it."""
        return self._extreme(np.greater_equal, a, b)

    def _smaller(self, a: Term, b: Term) -> Term:
        return self._extreme(np.less_equal, a, b)

    def _extreme(self, first: Callable[[Any, Any], Any], a: Term, b: Term) -> Term:
        self._switch(a, b)

        def extreme(u: Any, v: Any) -> Any:
            u_value, v_value = value_of(u), value_of(v)
            takes_first = first(u_value, v_value) | np.isnan(u_value)
            return where(takes_first, u, v) if not isinstance(v, float) else where(~takes_first, v, u)

        return _apply(extreme, a, b)

    def _switch(self, a: Term, b: Term) -> None:
        """Remember that the formula changes its piece where a equals b."""
        if callable(a) or callable(b):
            self.switches.append(lambda x: np.broadcast_to(_value(a, x) - _value(b, x), x.shape))


def _apply(function: Callable[..., Any], *terms: Term) -> Term:
    """The function of the terms; a number at once where none of them depends on x."""
    if not any(callable(term) for term in terms):
        return float(_at_constants(function, [term for term in terms if not callable(term)]))
    if len(terms) == 1:
        (u,) = terms
        return lambda x: function(u(x))  # type: ignore[operator]  # one of one term is callable
    a, b = terms
    if not callable(b):
        return lambda x: function(a(x), b)  # type: ignore[operator]  # then a is
    if not callable(a):
        return lambda x: function(a, b(x))
    return lambda x: function(a(x), b(x))


def _halving(larger: Callable[[Term, Term], Term], terms: Sequence[Term]) -> Term:
    """The largest of many, by halves: each pair's switch computes what it compares, in a chain all before it."""
    if len(terms) == 1:
        return terms[0]
    middle = len(terms) // 2
    return larger(_halving(larger, terms[:middle]), _halving(larger, terms[middle:]))


def _at_constants(function: Callable[..., Any], numbers: list[float]) -> Any:
    """NumPy's numbers, and not Python's: 1/0 is inf and no exception."""
    return np.ravel(function(*(np.array([number]) for number in numbers)))[0]


def _function(term: Term) -> Callable[[Any], Any]:
    return term if callable(term) else lambda x: term


def _value(term: Term, x: Any) -> Any:
    return value_of(term(x)) if callable(term) else term


def _indicator(x: Any, mask: Mask) -> Any:
    numbers = mask.astype(np.float64)
    return x.constant(numbers) if isinstance(x, Jet) else numbers


def _sign(x: Any) -> Any:
    return x.constant(np.sign(x.value)) if isinstance(x, Jet) else np.sign(x)


def _both(a: Condition, b: Condition) -> Condition:
    if isinstance(a, bool):
        return b if a else False
    if isinstance(b, bool):
        return a if b else False
    return lambda x: a(x) & b(x)


def _either(a: Condition, b: Condition) -> Condition:
    return _negated(_both(_negated(a), _negated(b)))


def _negated(a: Condition) -> Condition:
    return not a if isinstance(a, bool) else lambda x: ~a(x)


def _decapitalised(message: str) -> str:
    return message[:1].lower() + message[1:]
