"""The grammar of formulas, Python's expression syntax in x: from a text to a checked syntax tree.

The text is parsed and never run as Python code. Only the node types in the tables below are accepted. Length, depth
and exponents are bounded. `expression` computes the tree.
"""

import ast
import re
import warnings
from collections.abc import Mapping
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from typing import Final

from actcli.core.activations import expression as tree
from actcli.core.activations.activation import Activation, Elementwise
from actcli.core.activations.expression import Arithmetic, Expression, Node, Number, Operation, compiled
from actcli.core.errors import InputError, count, decapitalised, did_you_mean, shown

MAX_LENGTH: Final = 2000
MAX_DEPTH: Final = 60
MAX_EXPONENT: Final = 1000
"""The largest constant exponent."""

CONSTANTS: Final = ("pi", "e")
_ELEMENTARY: Final = (
    *("exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "cos", "tan", "sinh", "cosh", "erfc"),
    *("arcsin", "arccos", "arcsinh", "arccosh", "arctanh"),
)
_FUNCTIONS: Final = {name: name for name in _ELEMENTARY} | {
    name.replace("arc", "a"): name for name in _ELEMENTARY if name.startswith("arc")
}
"""Name of an elementary function outside of the catalogue -> its name in NumPy."""
_EXTREMES: Final = {"max": "maximum", "maximum": "maximum", "min": "minimum", "minimum": "minimum"}
_CHOICES: Final = (*_EXTREMES, "abs", "where", "clip", "pow", "sign")
FUNCTIONS: Final = (*_FUNCTIONS, *_CHOICES)
"""Names of all functions other than activations."""
_OPERATORS: Final[Mapping[type[ast.operator], str]] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_COMPARISONS: Final[Mapping[type[ast.cmpop], str]] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="
}  # fmt: skip

# Names of other programs whose spelling would suggest a wrong function.
_OTHER_NAMES: Final = {"ln": "log", "σ": "sigmoid", "sgn": "sign", "clamp": "clip"}

# Optional prefix of a formula: `f(x) =`, `y =` or `return`.
_PREFIX = re.compile(r"\s*(return\b|[^\W\d]\w*\s*(\([\w\s,]*\))?\s*=(?!=))?\s*")


def read(
    text: str,
    given_parameters: Mapping[str, float | Fraction],
    activations: Mapping[str, Activation],
    arithmetic: Arithmetic,
    *,
    all_used: bool = True,
) -> Expression:
    """The parsed formula. Raises InputError, with the column.

    given_parameters: value of every parameter; unused ones are refused, unless all_used is False
    activations:      functions other than the elementary ones: name or alias -> activation
    arithmetic:       float64's, for constant exponents and the parameters of activations
    """
    reader = _Reader(text, given_parameters, activations, arithmetic)
    parsed = reader.parsed()
    root = reader.number(parsed, 0)
    if all_used and (unused := set(given_parameters) - reader.used):
        raise InputError(f"the formula {reader.shown} has no parameter {shown(min(unused))}")
    if all_used and not reader.has_x:
        what = "the number" if _is_constant(parsed) else "the formula"
        raise InputError(f"{what} {reader.shown} has no x; {_with_x(parsed, activations)}")
    if reader.has_x and reader.arguments and "x" not in reader.arguments:
        raise InputError(f"x is no argument of the function, which takes {', '.join(reader.arguments)}")
    return Expression(reader.text[reader.offset :].strip(), root, tuple(reader.switches))


def _is_constant(node: ast.expr) -> bool:
    return isinstance(node.operand if isinstance(node, ast.UnaryOp) else node, ast.Constant)


def _with_x(parsed: ast.expr, activations: Mapping[str, Activation]) -> str:
    """Suggestion for a formula without x: a parameter for leaky_relu(0.2), a value for relu(0.1)."""
    match parsed:
        case ast.Call(func=ast.Name(id=name), args=arguments) if name in activations and len(ast.unparse(parsed)) < 60:
            names = [parameter.name for parameter in activations[name].parameters]
            if arguments and len(arguments) <= len(names):
                texts = (f"{key}={ast.unparse(value)}" for key, value in zip(names, arguments, strict=False))
                return f"did you mean {name}:{','.join(texts)}?"
            return f"did you mean {name}?"
        case ast.Name(id=name):
            return f"a constant is written '{name}*x**0'"
        case ast.Constant() | ast.UnaryOp(operand=ast.Constant()) if len(text := ast.unparse(parsed)) < 30:
            return f"a constant is written '{text}*x**0'"
    return "the variable of a formula is x"


_SLIPS: Final = {"=>": "'at least' is written >=,", "=<": "'at most' is written <=,", ";": "commas part arguments,"}
"""Signs of other languages that Python's parser does not explain."""

_SYNTAX: Final = {
    "invalid decimal literal": "a product is written 2*x,",
    "leading zeros": "a number begins with 0 and another digit",
    "unterminated": "a quotation mark is no part of a formula,",
    "bytes": "a quotation mark is no part of a formula,",
    "f-string": "a quotation mark is no part of a formula,",
    "unexpected character after line continuation": "a backslash is no part of a formula,",
}
"""Beginning of a message of Python's parser -> the same in words of formulas."""

_CYRILLIC: Final = str.maketrans("аеорсхуіѕ", "aeopcxyis")
"""Cyrillic letters that look like Latin ones."""

_PLAIN: Final = "; a formula is written as in 'x*tanh(x)'"


class _Reader:
    """Parser of one formula, which collects its switches (branch conditions)."""

    def __init__(
        self,
        text: str,
        given_parameters: Mapping[str, float | Fraction],
        activations: Mapping[str, Activation],
        arithmetic: Arithmetic,
    ) -> None:
        self.text = re.sub(r"\s", " ", text)
        self.given_parameters = given_parameters
        self.activations = activations
        self.arithmetic = arithmetic
        self.switches: list[Node] = []
        self.used: set[str] = set()
        self.has_x = False
        prefix = _PREFIX.match(self.text)
        self.offset = prefix.end() if prefix else 0
        self.arguments = re.findall(r"\w+", (prefix and prefix[2]) or "")  # of `f(x) =`

    @property
    def shown(self) -> str:
        return repr(self.text if len(self.text) <= 60 else self.text[:57] + "...")

    def parsed(self) -> ast.expr:
        if not self.text.strip():
            raise InputError("an empty formula")
        if len(self.text) > MAX_LENGTH:
            raise InputError(f"the formula has {len(self.text)} characters, and at most {MAX_LENGTH} are taken")
        for column, character in enumerate(self.text, 1):
            if not character.isprintable():
                what = f"the character U+{ord(character):04X}, which no font shows,"
                raise InputError(f"{what} is no part of a formula, in column {column} of the formula {self.shown}")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # SyntaxWarnings of Python's parser
                self.root = ast.parse(self.text[self.offset :].rstrip(), mode="eval").body
                return self.root
        except SyntaxError as error:
            column = self.offset + (error.offset or len(self.text))
            said = decapitalised(error.msg)
            slip = next((text for sign, text in _SLIPS.items() if sign in self.text), None)
            what = slip or next((text for start, text in _SYNTAX.items() if said.startswith(start)), said)
            raise InputError(f"{what} in column {column} of the formula {self.shown}") from None
        except (RecursionError, MemoryError):
            raise InputError(f"the formula {self.shown} is nested too deeply") from None

    def _error(self, node: ast.AST, message: str, hint: str = "", change: str = "") -> InputError:
        column = self.offset + getattr(node, "col_offset", 0) + 1
        return InputError(f"{message}, in column {column} of the formula {self.shown}{hint}", change=change)

    # --- numbers ------------------------------------------------------------------------------------------------

    def number(self, node: ast.expr, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self._error(node, f"nested more than {MAX_DEPTH} deep")
        match node:
            case ast.Constant():
                return self._constant(node)
            case ast.Name():
                return self._name(node)
            case ast.UnaryOp(op=ast.USub()):
                return Operation("neg", (self.number(node.operand, depth + 1),))
            case ast.UnaryOp(op=ast.UAdd()):
                return self.number(node.operand, depth + 1)
            case ast.BinOp(op=ast.Pow()):
                return self._power(node.left, node.right, depth)
            case ast.BinOp() if type(node.op) in _OPERATORS:
                terms = self.number(node.left, depth + 1), self.number(node.right, depth + 1)
                return Operation(_OPERATORS[type(node.op)], terms, node)
            case ast.IfExp():
                return self._choice(node.test, node.body, node.orelse, depth)
            case ast.Call():
                return self._call(node, depth)
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                return tree.Indicator(self._condition(node, depth))
            case ast.BinOp(op=ast.BitXor()):
                raise self._error(node, "^ is not available: a power is written **")
            case ast.BinOp() | ast.UnaryOp():
                raise self._error(node, f"the operator {_symbol(node.op)} is not available")
            case ast.Attribute():
                write = f": write {node.attr} alone" if node.attr in self._functions else _PLAIN
                raise self._error(node, f"names have no dots here{write}")
            case ast.Tuple() if re.search(r"\d,\d", self.text):
                raise self._error(node, "a decimal comma, or a comma too many", "; a half is written 0.5")
            case _:
                raise self._error(node, f"{ast.unparse(node):.40} is no part of a formula")

    def _constant(self, node: ast.Constant) -> Node:
        if not isinstance(node.value, int | float) or isinstance(node.value, bool):
            raise self._error(node, f"{node.value!r:.20} is not a real number")
        try:
            return Number(float(node.value))
        except OverflowError:
            raise self._error(node, "the number is too large") from None

    def _name(self, node: ast.Name) -> Node:
        name = node.id
        self.has_x |= name == "x"
        if name == "x" or name in CONSTANTS:
            return tree.Name(name)
        if name in self.given_parameters:
            self.used.add(name)
            return Number(self.given_parameters[name], name)
        if name in self._functions:
            raise self._error(node, f"{name} is a function: write {name}(x)")
        if (latin := name.translate(_CYRILLIC)) != name:
            raise self._error(node, f"{name} has Cyrillic letters; did you mean {latin}?")
        if len(name) > 60:
            raise self._error(node, f"{shown(name)} has no value")
        raise self._error(node, f"{name} has no value", self._with_values())

    def _with_values(self) -> str:
        """Suggestion for a formula with unknown names: the formula with a value for each, or its variable."""
        known = {*CONSTANTS, *self._functions, *self.given_parameters}
        typed = sorted((n for n in ast.walk(self.root) if isinstance(n, ast.Name)), key=lambda n: n.col_offset)
        names = [*dict.fromkeys(node.id for node in typed)]
        if "x" not in names:
            return "; the variable of a formula is x"
        given = [f"{key}={float(value):.12g}" for key, value in self.given_parameters.items()]
        missing = [f"{name}=1" for name in names if name not in {"x", *known}]
        text = self.text[self.offset :].strip()
        whole = f"{text if len(text) <= 60 else '...'}:{','.join(given + missing)}"
        return f"; a parameter gets its value after a colon: {whole!r}"

    @property
    def _functions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*_FUNCTIONS, *self.activations, *_CHOICES)))

    def _power(self, base: ast.expr, exponent: ast.expr, depth: int) -> Node:
        u, v = self.number(base, depth + 1), self.number(exponent, depth + 1)
        number = compiled(v, self.arithmetic)
        if not callable(number) and abs(number) > MAX_EXPONENT:
            raise self._error(exponent, f"the exponent {number:g} is too large (at most {MAX_EXPONENT})")
        return Operation("**", (u, v))

    # --- calls --------------------------------------------------------------------------------------------------

    def _call(self, node: ast.Call, depth: int) -> Node:
        if not isinstance(node.func, ast.Name):
            if isinstance(node.func, ast.Attribute):
                write = f": write {node.func.attr}(...)" if node.func.attr in self._functions else _PLAIN
                raise self._error(node, f"names have no dots here{write}")
            raise self._error(node, "only a function can be called")
        name = node.func.id
        if any(isinstance(argument, ast.Starred) for argument in node.args):
            raise self._error(node, "an argument with a star is not available")
        if name not in _FUNCTIONS and name not in _CHOICES and name in self.activations:
            return self._activation(self.activations[name], node, depth)
        if node.keywords:
            raise self._error(node, f"{name} takes no parameters")
        if name in _FUNCTIONS:
            return Operation(_FUNCTIONS[name], tuple(self._arguments(node, depth, 1, 1)))
        if name in _EXTREMES:
            return self._extreme(_EXTREMES[name], self._arguments(node, depth, 2, 99))
        match name:
            case "abs" | "sign":
                (argument,) = self._arguments(node, depth, 1, 1)
                self._switch(argument)
                return Operation(name, (argument,))
            case "clip":
                argument, low, high = self._arguments(node, depth, 3, 3)
                return self._extreme("minimum", [self._extreme("maximum", [argument, low]), high])
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
        other = f"; did you mean {_OTHER_NAMES[name]}?" if name in _OTHER_NAMES else ""
        meant = other or did_you_mean(name.translate(_CYRILLIC), self._functions)
        raise self._error(node, f"there is no function {shown(name)}", meant, change="" if meant else "function")

    def _arguments(self, node: ast.Call, depth: int, least: int, most: int) -> list[Node]:
        if not least <= len(node.args) <= most:
            assert isinstance(node.func, ast.Name)
            number = f"{count(least, 'argument')}{' or more' * (most > least)}"
            raise self._error(node, f"{node.func.id} takes {number}, not {len(node.args)}")
        return [self.number(argument, depth + 1) for argument in node.args]

    def _extreme(self, name: str, terms: list[Node]) -> Node:
        """max or min of several terms, by halves: a chain would recompute all earlier terms in each comparison."""
        if len(terms) == 1:
            return terms[0]
        middle = len(terms) // 2
        pair = self._extreme(name, terms[:middle]), self._extreme(name, terms[middle:])
        self._switch(*pair)
        return Operation(name, pair)

    def _activation(self, entry: Activation, node: ast.Call, depth: int) -> Node:
        """Call of an activation, with parameters by position or by name."""
        if not isinstance(entry, Elementwise):
            raise self._error(node, f"{entry.name} acts on whole rows, and a formula on each x")
        argument, *values = self._arguments(node, depth, 1, 1 + len(entry.parameters))
        names = [parameter.name for parameter in entry.parameters]
        given = dict(zip(names, values, strict=False))
        for keyword in node.keywords:
            if keyword.arg is None or keyword.arg in given:
                raise self._error(node, f"{entry.name} gets {keyword.arg or 'its parameters'} twice")
            given[keyword.arg] = self.number(keyword.value, depth + 1)
        numbers: dict[str, float] = {}
        for name, value in given.items():
            number = compiled(value, self.arithmetic)
            if callable(number):
                raise self._error(node, f"{name} of {entry.name} must not depend on x")
            numbers[name] = float(number)
        try:
            activation = entry.with_parameters(**numbers)
        except InputError as error:
            raise self._error(node, str(error)) from None
        for kink in activation.kinks(order=99):
            self._switch(argument, Number(kink))
        return tree.Call(activation, argument, tuple(given.items()))

    # --- choices ------------------------------------------------------------------------------------------------

    def _choice(self, test: ast.expr, then: ast.expr, otherwise: ast.expr, depth: int) -> Node:
        condition = self._condition(test, depth + 1)
        return tree.Choice(condition, self.number(then, depth + 1), self.number(otherwise, depth + 1))

    def _condition(self, node: ast.expr, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self._error(node, f"nested more than {MAX_DEPTH} deep")
        match node:
            case ast.Compare():
                if unknown := [op for op in node.ops if type(op) not in _COMPARISONS]:
                    raise self._error(node, f"the comparison {_symbol(unknown[0])!r} is not available")
                terms = tuple(self.number(term, depth + 1) for term in (node.left, *node.comparators))
                for a, b in pairwise(terms):
                    self._switch(a, b)
                return tree.Comparison(tuple(_COMPARISONS[type(op)] for op in node.ops), terms)
            case ast.BoolOp():
                conditions = [self._condition(value, depth + 1) for value in node.values]
                if isinstance(node.op, ast.And):
                    return reduce(_both, conditions)
                return _negated(reduce(_both, map(_negated, conditions)))
            case ast.UnaryOp(op=ast.Not()):
                return _negated(self._condition(node.operand, depth + 1))
            case _:  # a number is true if it is not 0
                number = self.number(node, depth + 1)
                self._switch(number)
                return tree.Comparison(("!=",), (number, Number(0.0)))

    def _switch(self, a: Node, b: Node | None = None) -> None:
        """Record a switch: another piece may begin where a = b, or a = 0 without b."""
        self.switches.append(Operation("-", (a, b)) if b else a)


def _symbol(op: ast.operator | ast.unaryop | ast.cmpop) -> str:
    """The operator as it is typed: @, is not."""
    a, b = ast.Name("a"), ast.Name("b")
    if isinstance(op, ast.unaryop):
        return ast.unparse(ast.UnaryOp(op, a)).replace("a", "").strip()
    expression = ast.Compare(a, [op], [b]) if isinstance(op, ast.cmpop) else ast.BinOp(a, op, b)
    return ast.unparse(expression)[1:-1].strip()


def _both(a: Node, b: Node) -> Node:
    return Operation("and", (a, b))


def _negated(condition: Node) -> Node:
    return Operation("not", (condition,))
